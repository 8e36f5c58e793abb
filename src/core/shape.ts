/**
 * Shapes of untrusted values: what the edge checks before a protocol module sees anything.
 * A shape is data, so that docs/PROTOCOL.md is generated from the very table that is enforced.
 */
export type Shape =
  | { readonly kind: 'bytes'; readonly min: number; readonly max: number }
  | { readonly kind: 'text'; readonly min: number; readonly max: number; readonly pattern?: RegExp }
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'choice'; readonly of: readonly string[] }
  | { readonly kind: 'list'; readonly of: Shape; readonly max: number }
  | { readonly kind: 'record'; readonly fields: Readonly<Record<string, Shape>> }
  | { readonly kind: 'nullable'; readonly of: Shape }
  /** A field that may be missing. */
  | { readonly kind: 'optional'; readonly of: Shape }
  /** A list of this many parts, each of its own form. */
  | { readonly kind: 'tuple'; readonly of: readonly Shape[] }
  | { readonly kind: 'number'; readonly min: number; readonly max: number }
  | { readonly kind: 'either'; readonly of: readonly Shape[] }
  | { readonly kind: 'anything' };

export const bytes = (min: number, max = min): Shape => ({ kind: 'bytes', min, max });
/** `min` and `max` count UTF-16 code units. */
export const text = (min: number, max: number, pattern?: RegExp): Shape => (pattern ? { kind: 'text', min, max, pattern } : { kind: 'text', min, max });
export const integer = (min = 0, max: number = Number.MAX_SAFE_INTEGER): Shape => ({ kind: 'integer', min, max });
export const boolean: Shape = { kind: 'boolean' };
export const choice = (...of: string[]): Shape => ({ kind: 'choice', of });
export const list = (of: Shape, max: number): Shape => ({ kind: 'list', of, max });
export const record = (fields: Readonly<Record<string, Shape>>): Shape => ({ kind: 'record', fields });
export const nullable = (of: Shape): Shape => ({ kind: 'nullable', of });
export const optional = (of: Shape): Shape => ({ kind: 'optional', of });
/** A finite double. */
export const number = (min: number, max: number): Shape => ({ kind: 'number', min, max });
export const tuple = (...of: Shape[]): Shape => ({ kind: 'tuple', of });
export const either = (...of: Shape[]): Shape => ({ kind: 'either', of });
export const anything: Shape = { kind: 'anything' };
/** 64 hex characters: the id of a user or a node. */
export const hexId: Shape = text(64, 64, /^[0-9a-f]{64}$/);

/** Null when the value fits, else the path and what is wrong with it. */
export function misfit(shape: Shape, value: unknown, path = ''): string | null {
  switch (shape.kind) {
    case 'record':
    case 'list':
    case 'tuple':
    case 'either':
      // Nearly all that comes fits: words are found only for what does not.
      return checkOf(shape)(value) ? null : describe(shape, value, path);
    default:
      return describe(shape, value, path);
  }
}

/** The same as `misfit`, part by part and in words. */
function describe(shape: Shape, value: unknown, path: string): string | null {
  switch (shape.kind) {
    case 'anything':
      return null;
    case 'boolean':
      return typeof value === 'boolean' ? null : `${path}: not a boolean`;
    case 'integer':
      return typeof value === 'number' && Number.isSafeInteger(value) && value >= shape.min && value <= shape.max
        ? null
        : `${path}: not an integer from ${shape.min} to ${shape.max}`;
    case 'text':
      if (typeof value !== 'string' || value.length < shape.min || value.length > shape.max)
        return `${path}: not a text of ${shape.min} to ${shape.max} characters`;
      return shape.pattern && !shape.pattern.test(value) ? `${path}: not of the form ${shape.pattern.source}` : null;
    case 'bytes':
      return value instanceof Uint8Array && value.length >= shape.min && value.length <= shape.max ? null : `${path}: not ${shape.min} to ${shape.max} bytes`;
    case 'choice':
      return typeof value === 'string' && shape.of.includes(value) ? null : `${path}: not one of ${shape.of.join(', ')}`;
    case 'number':
      return typeof value === 'number' && value >= shape.min && value <= shape.max ? null : `${path}: not a number from ${shape.min} to ${shape.max}`;
    case 'nullable':
      return value === null ? null : describe(shape.of, value, path);
    case 'optional':
      return value === undefined ? null : describe(shape.of, value, path);
    case 'tuple':
      return misfitOfTuple(shape.of, value, path);
    case 'either':
      return shape.of.some((each) => describe(each, value, path) === null) ? null : `${path}: of no known form`;
    case 'list':
      return misfitOfList(shape.of, shape.max, value, path);
    case 'record':
      return misfitOfRecord(shape.fields, value, path);
  }
}

function misfitOfList(of: Shape, max: number, value: unknown, path: string): string | null {
  if (!Array.isArray(value) || value.length > max) return `${path}: not a list of at most ${max}`;
  for (let index = 0; index < value.length; index += 1) {
    const wrong = describe(of, value[index], `${path}[${index}]`);
    if (wrong !== null) return wrong;
  }
  return null;
}

function misfitOfTuple(of: readonly Shape[], value: unknown, path: string): string | null {
  if (!Array.isArray(value) || value.length !== of.length) return `${path}: not a list of ${of.length}`;
  for (const [index, shape] of of.entries()) {
    const wrong = describe(shape, value[index], `${path}[${index}]`);
    if (wrong !== null) return wrong;
  }
  return null;
}

function misfitOfRecord(fields: Readonly<Record<string, Shape>>, value: unknown, path: string): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) return `${path}: not a record`;
  const entries = value as Record<string, unknown>;
  for (const name in fields) {
    const wrong = describe(fields[name] as Shape, entries[name], `${path}.${name}`);
    if (wrong !== null) return wrong;
  }
  for (const name in entries) if (!Object.hasOwn(fields, name)) return `${path}.${name}: unknown field`;
  return null;
}

/** Whether a value fits. */
export type Check = (value: unknown) => boolean;

/** Shapes are made once and for all: so are their checks. */
const checks = new WeakMap<Shape, Check>();

/** The same verdict as `misfit`, without words. */
export function checkOf(shape: Shape): Check {
  let check = checks.get(shape);
  if (check === undefined) {
    check = makeCheck(shape);
    checks.set(shape, check);
  }
  return check;
}

function makeCheck(shape: Shape): Check {
  switch (shape.kind) {
    case 'record':
      return checkOfRecord(shape.fields);
    case 'list': {
      const { max } = shape;
      const each = checkOf(shape.of);
      return (value) => Array.isArray(value) && value.length <= max && allFit(value, each);
    }
    case 'tuple': {
      const parts = shape.of.map(checkOf);
      return (value) => Array.isArray(value) && value.length === parts.length && parts.every((part, index) => part(value[index]));
    }
    case 'either': {
      const ways = shape.of.map(checkOf);
      return (value) => ways.some((way) => way(value));
    }
    case 'nullable': {
      const of = checkOf(shape.of);
      return (value) => value === null || of(value);
    }
    case 'optional': {
      const of = checkOf(shape.of);
      return (value) => value === undefined || of(value);
    }
    case 'text': {
      const { min, max, pattern } = shape;
      return (value) => typeof value === 'string' && value.length >= min && value.length <= max && (pattern === undefined || pattern.test(value));
    }
    case 'choice': {
      const { of } = shape;
      if (of.length === 1) return (value) => value === of[0];
      return (value) => {
        for (let index = 0; index < of.length; index += 1) if (value === of[index]) return true;
        return false;
      };
    }
    case 'bytes': {
      const { min, max } = shape;
      return (value) => value instanceof Uint8Array && value.length >= min && value.length <= max;
    }
    case 'integer': {
      const { min, max } = shape;
      return (value) => Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
    }
    default:
      return (value) => describe(shape, value, '') === null;
  }
}

function checkOfRecord(fields: Readonly<Record<string, Shape>>): Check {
  const names = Object.keys(fields);
  const parts = names.map((name) => checkOf(fields[name] as Shape));
  // Bytes have none of the fields that must be there.
  const mayBeEmpty = Object.values(fields).every(({ kind }) => kind === 'optional' || kind === 'anything');
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || (mayBeEmpty && value instanceof Uint8Array)) return false;
    const entries = value as Record<string, unknown>;
    let found = 0;
    for (let index = 0; index < names.length; index += 1) {
      const part = entries[names[index] as string];
      if (part !== undefined) found += 1;
      if (!(parts[index] as Check)(part)) return false;
    }
    // As many as were found: then there are no others. Else one may be unknown, or be there and undefined.
    let count = 0;
    for (const _ in entries) count += 1;
    if (count === found) return true;
    for (const name in entries) if (!Object.hasOwn(fields, name)) return false;
    return true;
  };
}

/** Holes are looked at too, unlike by `every`. */
function allFit(values: readonly unknown[], check: Check): boolean {
  for (let index = 0; index < values.length; index += 1) if (!check(values[index])) return false;
  return true;
}
