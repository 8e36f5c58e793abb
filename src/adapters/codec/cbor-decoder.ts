/** Texts of up to so many ASCII characters that stand as keys are remembered: there are few of them, and they come again and again. */
const REMEMBERED_LENGTH_MAX = 32;
/** A power of two. A key whose place another one has taken is read as any other text, and then has the place. */
const REMEMBERED_MAX = 1_024;
const NEGATIVE_MAX = Number.MAX_SAFE_INTEGER - 1;
const NO_BYTES = Buffer.alloc(0);

const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
const FLOAT_16 = 0xf9;
const FLOAT_32 = 0xfa;
const FLOAT_64 = 0xfb;

/** A text arrives as it was sent or not at all: broken UTF-8 is refused, and a leading byte order mark is part of the text. */
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export interface CborDecoderOptions {
  /** Arrays and maps inside each other, those with nothing in them not counted. */
  readonly nestingMax: number;
}

/**
 * Reads one item of deterministic CBOR (RFC 8949, sections 3 and 4.2.1) as strictly as it is written: definite lengths, shortest heads,
 * texts as keys and each once, no tags, and of the simple values `false`, `true` and `null` only. The order of keys is not looked at.
 * Everything that a node stores or hears passes here; a reader that builds tokens first took twice (frames) to four times (rows) as long.
 */
export class CborDecoder {
  readonly #nestingMax: number;
  readonly #remembered: Array<string | undefined> = Array.from({ length: REMEMBERED_MAX });
  #buffer: Buffer = NO_BYTES;
  #plain: Uint8Array | null = null;
  #at = 0;

  constructor(options: CborDecoderOptions) {
    this.#nestingMax = options.nestingMax;
  }

  /** Throws an Error for anything but one well-formed item. Byte arrays in it are copies. */
  decode(bytes: Uint8Array): unknown {
    this.#buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#at = 0;
    try {
      const value = this.#value(0);
      if (this.#at !== bytes.length) throw new Error('CBOR: more than one item');
      return value;
    } finally {
      this.#buffer = NO_BYTES;
      this.#plain = null;
    }
  }

  #value(depth: number): unknown {
    const first = this.#byte();
    switch (first >> 5) {
      case 0:
        return this.#argument(first);
      case 1:
        return this.#negative(first);
      case 2:
        return this.#bytes(this.#argument(first));
      case 3:
        return this.#text(this.#argument(first));
      case 4:
        return this.#array(this.#argument(first), depth);
      case 5:
        return this.#map(this.#argument(first), depth);
      case 6:
        throw new Error('CBOR: tags are not used');
      default:
        return this.#simple(first);
    }
  }

  #byte(): number {
    const byte = this.#buffer[this.#at];
    if (byte === undefined) throw new Error('CBOR: shorter than it says');
    this.#at += 1;
    return byte;
  }

  /** The number in the head of an item: its value, or how much follows. */
  #argument(first: number): number {
    const minor = first & 31;
    if (minor < 24) return minor;
    const at = this.#at;
    switch (minor) {
      case 24:
        return shortest(this.#byte(), 24);
      case 25:
        this.#at += 2;
        return shortest(this.#buffer.readUInt16BE(at), 0x100);
      case 26:
        this.#at += 4;
        return shortest(this.#buffer.readUInt32BE(at), 0x10000);
      case 27: {
        this.#at += 8;
        const value = this.#buffer.readUInt32BE(at) * 2 ** 32 + this.#buffer.readUInt32BE(at + 4);
        if (value > Number.MAX_SAFE_INTEGER) throw new Error('CBOR: a number beyond 53 bits');
        return shortest(value, 2 ** 32);
      }
      default:
        throw new Error('CBOR: a length that is not told');
    }
  }

  #negative(first: number): number {
    const argument = this.#argument(first);
    if (argument > NEGATIVE_MAX) throw new Error('CBOR: a number beyond 53 bits');
    return -1 - argument;
  }

  #simple(first: number): unknown {
    const at = this.#at;
    switch (first) {
      case FALSE:
        return false;
      case TRUE:
        return true;
      case NULL:
        return null;
      case FLOAT_16:
        this.#at += 2;
        return usual(halfFrom(this.#buffer.readUInt16BE(at)));
      case FLOAT_32:
        this.#at += 4;
        return usual(this.#buffer.readFloatBE(at));
      case FLOAT_64:
        this.#at += 8;
        return usual(this.#buffer.readDoubleBE(at));
      default:
        throw new Error(`CBOR: 0x${first.toString(16)} is not used`);
    }
  }

  /** Moves over so many bytes and returns where they begin. */
  #skip(length: number): number {
    const from = this.#at;
    if (length > this.#buffer.length - from) throw new Error('CBOR: shorter than it says');
    this.#at = from + length;
    return from;
  }

  #bytes(length: number): Uint8Array {
    const from = this.#skip(length);
    // `slice` of a Buffer is a view of memory that belongs to a socket or a pool; that of a plain array is a copy.
    this.#plain ??= new Uint8Array(this.#buffer.buffer, this.#buffer.byteOffset, this.#buffer.length);
    return this.#plain.slice(from, from + length);
  }

  #text(length: number): string {
    const from = this.#skip(length);
    const buffer = this.#buffer;
    for (let at = from; at < this.#at; at += 1) if ((buffer[at] as number) > 0x7f) return strictUtf8.decode(buffer.subarray(from, this.#at));
    return buffer.toString('latin1', from, this.#at);
  }

  #key(): string {
    const first = this.#byte();
    if (first >> 5 !== 3) throw new Error('CBOR: a key that is no text');
    const length = this.#argument(first);
    if (length > REMEMBERED_LENGTH_MAX) return this.#text(length);
    const from = this.#skip(length);
    const buffer = this.#buffer;
    let hash = length;
    for (let at = from; at < this.#at; at += 1) hash = (Math.imul(hash, 31) + (buffer[at] as number)) | 0;
    const place = (hash ^ (hash >>> 10)) & (REMEMBERED_MAX - 1);
    const known = this.#remembered[place];
    if (known !== undefined && this.#isAt(from, length, known)) return known;
    this.#at = from;
    const text = this.#text(length);
    // One character a byte means ASCII; others would be compared by units that are no bytes.
    if (text.length === length) this.#remembered[place] = text;
    return text;
  }

  #isAt(from: number, length: number, text: string): boolean {
    if (text.length !== length) return false;
    for (let index = 0; index < length; index += 1) if (this.#buffer[from + index] !== text.charCodeAt(index)) return false;
    return true;
  }

  /** Each item has at least one byte, so a length that cannot be true is refused before anything is built. */
  #begin(items: number, depth: number): void {
    if (items > this.#buffer.length - this.#at) throw new Error('CBOR: shorter than it says');
    if (items > 0 && depth >= this.#nestingMax) throw new Error(`CBOR: nested deeper than ${this.#nestingMax}`);
  }

  #array(length: number, depth: number): unknown[] {
    this.#begin(length, depth);
    const items: unknown[] = [];
    for (let index = 0; index < length; index += 1) items.push(this.#value(depth + 1));
    return items;
  }

  #map(length: number, depth: number): Record<string, unknown> {
    this.#begin(length * 2, depth);
    const fields: Record<string, unknown> = {};
    for (let index = 0; index < length; index += 1) {
      const key = this.#key();
      if (Object.hasOwn(fields, key)) throw new Error(`CBOR: the key ${JSON.stringify(key)} comes twice`);
      const value = this.#value(depth + 1);
      // Setting this one would change the prototype instead.
      if (key === '__proto__') Object.defineProperty(fields, key, { value, configurable: true, enumerable: true, writable: true });
      else fields[key] = value;
    }
    return fields;
  }
}

function shortest(value: number, least: number): number {
  if (value < least) throw new Error('CBOR: a number that is not written shortest');
  return value;
}

function usual(value: number): number {
  if (!Number.isFinite(value)) throw new Error(`CBOR: ${value} is not used`);
  if (Object.is(value, -0)) throw new Error('CBOR: negative zero is not used');
  return value;
}

/** The value of a half-precision float (IEEE 754). */
function halfFrom(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent === 31
        ? fraction === 0
          ? Number.POSITIVE_INFINITY
          : Number.NaN
        : (fraction + 1024) * 2 ** (exponent - 25);
  return bits < 0x8000 ? size : -size;
}
