/** Deeper data is taken for a circle; what is carried may be no deeper either. */
const DEPTH_MAX = 24;

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
    return copyOf(value, what, 0) as Value;
  } catch (error) {
    // Thrown from here, so that its stack is short enough to reach whoever wrote the data.
    throw new TypeError((error as Error).message);
  }
}

function copyOf(value: unknown, place: string, depth: number): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw notPlain(place, String(value));
      return value === 0 ? 0 : value;
    case 'object':
      return value === null ? null : copyOfObject(value, place, depth);
    case 'undefined':
      throw notPlain(place, 'undefined (null says that there is nothing)');
    default:
      throw notPlain(place, `a ${typeof value}`);
  }
}

function copyOfObject(value: object, place: string, depth: number): unknown {
  if (depth > DEPTH_MAX) throw notPlain(place, 'too deep, or in a circle');
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map((item: unknown, index) => copyOf(item, `${place}[${index}]`, depth + 1));
  const kind = Object.prototype.toString.call(value).slice('[object '.length, -1);
  if (kind !== 'Object') throw notPlain(place, `a ${kind}`);
  const copy: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) if (field !== undefined) set(copy, name, copyOf(field, `${place}.${name}`, depth + 1));
  return copy;
}

/** A field may be called anything, `__proto__` as well. */
function set(record: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
  else record[name] = value;
}

function notPlain(place: string, seen: string): TypeError {
  return new TypeError(`${place} is ${seen}; what is sent or saved is plain data: null, booleans, finite numbers, texts, Uint8Arrays, lists and records`);
}
