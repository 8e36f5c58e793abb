import { KeyOrders } from './key-orders.ts';

/** Larger scratch space than this is given back after use, bytes. */
const KEPT_BYTES_MAX = 262_144;
const FIRST_BYTES = 16_384;
/** Values this deep are in a circle: nothing that is stored or sent comes near. */
const DEPTH_MAX = 512;
/** Up to here texts are written character by character, which is faster than a call into the runtime. */
const SHORT_TEXT_MAX = 72;
const TWO_POW_32 = 2 ** 32;

const UNSIGNED = 0x00;
const NEGATIVE = 0x20;
const BYTES = 0x40;
const TEXT = 0x60;
const ARRAY = 0x80;
const MAP = 0xa0;
const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
const FLOAT_16 = 0xf9;
const FLOAT_32 = 0xfa;
const FLOAT_64 = 0xfb;

/**
 * Writes deterministic CBOR (RFC 8949, section 4.2.1) straight into one buffer. Everything that a node stores or sends passes here,
 * and a writer that builds tokens first took three times as long. What it writes and refuses is described at CborCodec.
 */
export class CborEncoder {
  readonly #bytesMax: number;
  readonly #orders = new KeyOrders();
  #buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #view = viewOf(this.#buffer);
  #at = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Throws an Error for what cannot be encoded, and for more than the bytes allowed. */
  encode(value: unknown): Uint8Array {
    return this.encodeForNow(value).slice();
  }

  /** As `encode`; but what is returned is good until the next call only, and is copied by whoever keeps it. */
  encodeForNow(value: unknown): Uint8Array {
    this.#at = 0;
    // Something large came before, and its reader is done with it.
    if (this.#buffer.length > KEPT_BYTES_MAX) this.#resize(FIRST_BYTES);
    this.#value(value, 0);
    return new Uint8Array(this.#buffer.buffer, 0, this.#at);
  }

  #resize(bytes: number): void {
    this.#buffer = Buffer.allocUnsafeSlow(bytes);
    this.#view = viewOf(this.#buffer);
  }

  /** Makes room for so many more bytes. */
  #reserve(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed > this.#bytesMax) throw new Error(`CBOR: more than ${this.#bytesMax} bytes`);
    if (needed <= this.#buffer.length) return;
    const before = this.#buffer;
    this.#resize(Math.max(needed, before.length * 2));
    before.copy(this.#buffer, 0, 0, this.#at);
  }

  #value(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'number':
        return this.#number(value);
      case 'boolean':
        return this.#byte(value ? TRUE : FALSE);
      case 'object':
        return this.#object(value, depth);
      default:
        throw new Error(`CBOR: ${typeof value} cannot be encoded`);
    }
  }

  #object(value: object | null, depth: number): void {
    if (value === null) return this.#byte(NULL);
    if (depth > DEPTH_MAX) throw new Error('CBOR: in a circle, or too deep');
    if (value instanceof Uint8Array) return this.#bytes(value);
    if (Array.isArray(value)) {
      this.#head(ARRAY, value.length);
      for (const item of value) this.#value(item, depth + 1);
      return;
    }
    if (Object.prototype.toString.call(value) !== '[object Object]') throw new Error(`CBOR: ${Object.prototype.toString.call(value)} cannot be encoded`);
    this.#record(value as Record<string, unknown>, depth);
  }

  #record(value: Readonly<Record<string, unknown>>, depth: number): void {
    const order = this.#orders.of(value);
    // An absent field and an undefined one are the same to every reader, so both are written as absent.
    let present = order.length;
    for (const key of order) if (value[key] === undefined) present -= 1;
    this.#head(MAP, present);
    for (const key of order) {
      const field = value[key];
      if (field === undefined) continue;
      this.#text(key);
      this.#value(field, depth + 1);
    }
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#buffer[this.#at++] = byte;
  }

  /** The shortest head that holds the number (section 3). */
  #head(major: number, argument: number): void {
    this.#reserve(9);
    const buffer = this.#buffer;
    if (argument < 24) buffer[this.#at++] = major | argument;
    else if (argument < 0x100) {
      buffer[this.#at++] = major | 24;
      buffer[this.#at++] = argument;
    } else if (argument < 0x10000) {
      buffer[this.#at++] = major | 25;
      buffer[this.#at++] = argument >>> 8;
      buffer[this.#at++] = argument & 0xff;
    } else if (argument < TWO_POW_32) {
      buffer[this.#at++] = major | 26;
      this.#view.setUint32(this.#at, argument);
      this.#at += 4;
    } else {
      buffer[this.#at++] = major | 27;
      this.#view.setUint32(this.#at, Math.floor(argument / TWO_POW_32));
      this.#view.setUint32(this.#at + 4, argument % TWO_POW_32);
      this.#at += 8;
    }
  }

  #bytes(bytes: Uint8Array): void {
    this.#head(BYTES, bytes.length);
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #text(text: string): void {
    if (text.length <= SHORT_TEXT_MAX && this.#plainText(text)) return;
    const length = Buffer.byteLength(text);
    this.#head(TEXT, length);
    this.#reserve(length);
    this.#at += this.#buffer.write(text, this.#at, length, 'utf8');
  }

  /** False, with nothing written, when a character takes more than one byte. */
  #plainText(text: string): boolean {
    const start = this.#at;
    this.#head(TEXT, text.length);
    this.#reserve(text.length);
    const buffer = this.#buffer;
    let at = this.#at;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) {
        this.#at = start;
        return false;
      }
      buffer[at++] = code;
    }
    this.#at = at;
    return true;
  }

  #number(value: number): void {
    if (!Number.isFinite(value) || Object.is(value, -0)) throw new Error(`CBOR: the number ${Object.is(value, -0) ? '-0' : value} cannot be encoded`);
    if (Number.isSafeInteger(value)) return value >= 0 ? this.#head(UNSIGNED, value) : this.#head(NEGATIVE, -1 - value);
    this.#reserve(9);
    const half = Math.fround(value) === value ? halfOf(value) : null;
    if (half !== null) {
      this.#buffer[this.#at++] = FLOAT_16;
      this.#view.setUint16(this.#at, half);
      this.#at += 2;
    } else if (Math.fround(value) === value) {
      this.#buffer[this.#at++] = FLOAT_32;
      this.#view.setFloat32(this.#at, value);
      this.#at += 4;
    } else {
      this.#buffer[this.#at++] = FLOAT_64;
      this.#view.setFloat64(this.#at, value);
      this.#at += 8;
    }
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
}

const single = new DataView(new ArrayBuffer(4));

/** The bits of the half-precision float (IEEE 754) that is equal to a single-precision one; null when there is none. */
function halfOf(value: number): number | null {
  single.setFloat32(0, value);
  const bits = single.getUint32(0);
  const sign = (bits >>> 31) << 15;
  const exponent = ((bits >>> 23) & 0xff) - 127;
  const fraction = bits & 0x7fffff;
  if (exponent >= -14 && exponent <= 15) return (fraction & 0x1fff) === 0 ? sign | ((exponent + 15) << 10) | (fraction >>> 13) : null;
  if (exponent < -24 || exponent > 15) return null;
  const shift = 13 - 14 - exponent;
  const full = fraction | 0x800000;
  return (full & ((1 << shift) - 1)) === 0 ? sign | (full >>> shift) : null;
}
