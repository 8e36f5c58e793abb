import type { Codec } from '../core/capabilities.ts';

/** Deeper data is taken for a circle; what is carried may be no deeper either. */
const DEPTH_MAX = 24;
/** What precedes any item, or is a number, at most. */
const HEAD_BYTES = 9;
/** A unit of UTF-16 takes no more in UTF-8. */
const CHARACTER_BYTES = 3;

/**
 * A copy of plain data: null, booleans, finite numbers, texts, byte arrays, lists and records of these. Fields that are undefined are
 * left out, -0 becomes 0. Throws a TypeError that names the place for anything else, since it would not come out of a wire or a disk as
 * it went in. `what` begins that place: `message`.
 *
 * Real processes share no memory. In the simulator they would, if what a program sends or saves were handed on as it is: one node could
 * then change what another one holds, and a run would come out as no real one can.
 */
export function copyPlain<Value>(value: Value, what: string): Value {
  try {
    return copyOf(value, 0) as Value;
  } catch (error) {
    // Thrown from here, so that its stack is short enough to reach whoever wrote the data.
    throw new TypeError(error instanceof NotPlain ? error.say(what) : (error as Error).message);
  }
}

/**
 * Throws a TypeError when what is sent or saved has more than `bytesMax` bytes, as the codec writes it: wires and disks carry no more.
 * Most data is so small that counting roughly settles it.
 */
export function requireBytes(value: unknown, what: string, { bytesMax, codec }: { readonly bytesMax: number; readonly codec: Codec }): void {
  if (roughBytes(value, bytesMax) <= bytesMax) return;
  let bytes: number | null = null;
  try {
    bytes = codec.encode(value).length;
  } catch {
    // It is too large for the codec itself.
  }
  if (bytes !== null && bytes <= bytesMax) return;
  throw new TypeError(`${what} has ${bytes === null ? 'far ' : ''}more than ${bytesMax} bytes${bytes === null ? '' : `, ${bytes}`}; cut it into pieces`);
}

/** At least as many bytes as the codec needs for a copy of plain data; it stops counting above `bytesMax`. */
function roughBytes(value: unknown, bytesMax: number): number {
  if (typeof value === 'string') return HEAD_BYTES + value.length * CHARACTER_BYTES;
  if (typeof value !== 'object' || value === null) return HEAD_BYTES;
  if (value instanceof Uint8Array) return HEAD_BYTES + value.length;
  let bytes = HEAD_BYTES;
  const names = Array.isArray(value) ? null : Object.keys(value);
  const fields = names === null ? (value as readonly unknown[]) : Object.values(value);
  for (let index = 0; index < fields.length && bytes <= bytesMax; index += 1)
    bytes += (names === null ? 0 : HEAD_BYTES + (names[index] as string).length * CHARACTER_BYTES) + roughBytes(fields[index], bytesMax);
  return bytes;
}

/** What is wrong with data; the way to it is put together while it is thrown, since most data is right. */
class NotPlain extends Error {
  readonly #seen: string;
  #way = '';

  constructor(seen: string) {
    super(seen);
    this.#seen = seen;
  }

  within(step: string): this {
    this.#way = `${step}${this.#way}`;
    return this;
  }

  say(what: string): string {
    return `${what}${this.#way} is ${this.#seen}; what is sent or saved is plain data: null, booleans, finite numbers, texts, Uint8Arrays, lists and records`;
  }
}

function copyOf(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw new NotPlain(String(value));
      return value === 0 ? 0 : value;
    case 'object':
      return value === null ? null : copyOfObject(value, depth);
    case 'undefined':
      throw new NotPlain('undefined (null says that there is nothing)');
    default:
      throw new NotPlain(`a ${typeof value}`);
  }
}

function copyOfObject(value: object, depth: number): unknown {
  if (depth > DEPTH_MAX) throw new NotPlain('too deep, or in a circle');
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return copyOfList(value, depth);
  const kind = Object.prototype.toString.call(value).slice('[object '.length, -1);
  if (kind !== 'Object') throw new NotPlain(`a ${kind}`);
  return copyOfRecord(value, depth);
}

function copyOfList(list: readonly unknown[], depth: number): unknown[] {
  const copy: unknown[] = [];
  try {
    // A place that was never filled in is undefined, too.
    for (const item of list) copy.push(copyOf(item, depth + 1));
  } catch (error) {
    throw error instanceof NotPlain ? error.within(`[${copy.length}]`) : error;
  }
  return copy;
}

function copyOfRecord(record: object, depth: number): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  let at = '';
  try {
    for (const [name, field] of Object.entries(record)) {
      at = name;
      if (field !== undefined) set(copy, name, copyOf(field, depth + 1));
    }
  } catch (error) {
    throw error instanceof NotPlain ? error.within(`.${at}`) : error;
  }
  return copy;
}

/** A field may be called anything, `__proto__` as well. */
function set(record: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
  else record[name] = value;
}
