import type { SignedRecord } from '../records.ts';

/**
 * How bytes and signed records travel in the JSON of the seed server's HTTP API: base64url without padding
 * (RFC 4648, section 5). Decoding is strict: one byte array has exactly one spelling.
 */
export interface SignedRecordJson {
  readonly bytes: string;
  readonly signature: string;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** What a JSON Schema writes down for a field of bytes. */
export const BASE64URL_PATTERN = '^[A-Za-z0-9_-]*$';

const INVALID = 255;
const valueOfCode = new Uint8Array(128).fill(INVALID);
for (let index = 0; index < ALPHABET.length; index += 1) valueOfCode[ALPHABET.charCodeAt(index)] = index;

export function toBase64url(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at;
    const group = ((bytes[at] as number) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    text += ALPHABET.charAt(group >> 18) + ALPHABET.charAt((group >> 12) & 63);
    if (left > 1) text += ALPHABET.charAt((group >> 6) & 63);
    if (left > 2) text += ALPHABET.charAt(group & 63);
  }
  return text;
}

/** The bytes, or null for anything that is not the one base64url spelling of some bytes. */
export function fromBase64url(text: unknown): Uint8Array | null {
  if (typeof text !== 'string') return null;
  const tail = text.length % 4;
  if (tail === 1) return null;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let at = 0;
  let bits = 0;
  let held = 0;
  for (let index = 0; index < text.length; index += 1) {
    const value = valueOfCode[text.charCodeAt(index)] ?? INVALID;
    if (value === INVALID) return null;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (held >> bits) & 255;
    }
  }
  // Bits that name no byte must be zero, else several texts would stand for the same bytes.
  return (held & ((1 << bits) - 1)) === 0 ? bytes : null;
}

export function recordToJson(record: SignedRecord): SignedRecordJson {
  return { bytes: toBase64url(record.bytes), signature: toBase64url(record.signature) };
}

/** The record as bytes, not yet verified; null when it is not of that form. */
export function recordFromJson(value: unknown): SignedRecord | null {
  if (typeof value !== 'object' || value === null) return null;
  const { bytes, signature } = value as Record<string, unknown>;
  const recordBytes = fromBase64url(bytes);
  const signatureBytes = fromBase64url(signature);
  return recordBytes === null || signatureBytes === null ? null : { bytes: recordBytes, signature: signatureBytes };
}

export function recordsToJson(records: readonly SignedRecord[]): SignedRecordJson[] {
  return records.map(recordToJson);
}

/** Null when the value is no list, or when one of its items is no record. */
export function recordsFromJson(value: unknown): SignedRecord[] | null {
  if (!Array.isArray(value)) return null;
  const records: SignedRecord[] = [];
  for (const item of value) {
    const record = recordFromJson(item);
    if (record === null) return null;
    records.push(record);
  }
  return records;
}
