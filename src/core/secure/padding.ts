import type { Codec } from '../capabilities.ts';

/** Padded sizes grow by a quarter at most, in steps of at least this many bytes. */
const STEP_BYTES_MIN = 64;

/**
 * Size up to which content of so many bytes is padded: multiples of 64 up to 256, then of a quarter of the power of two below.
 * An observer learns the bucket, and nothing is more than about a quarter longer than it was.
 */
export function bucketOf(bytes: number): number {
  let step = STEP_BYTES_MIN;
  while (step * 8 < bytes) step *= 2;
  return Math.ceil(bytes / step) * step;
}

/** ISO/IEC 7816-4: a byte 0x80, then zeros, to the end of the bucket. */
export function pad(content: Uint8Array): Uint8Array {
  const padded = new Uint8Array(bucketOf(content.length + 1));
  padded.set(content);
  padded[content.length] = 0x80;
  return padded;
}

/** Null when it was not padded like this. */
export function unpad(padded: Uint8Array): Uint8Array | null {
  let end = padded.length - 1;
  while (end >= 0 && padded[end] === 0) end -= 1;
  return end < 0 || padded[end] !== 0x80 ? null : padded.subarray(0, end);
}

/** The value that was encoded and padded, by whoever holds the keys of the seal around it; null for anything else. Never throws. */
export function decodePadded(codec: Pick<Codec, 'decode'>, padded: Uint8Array): unknown {
  const encoded = unpad(padded);
  if (encoded === null) return null;
  try {
    return codec.decode(encoded);
  } catch {
    return null;
  }
}
