/** Small files all look alike, empty ones too. */
const PADDED_BYTES_MIN = 4_096;

/**
 * Bytes that the chunks of a file hold, with filler: Padmé (Nikitin, Barman, Lueks, Underwood, Hubaux, Ford, "Reducing Metadata
 * Leakage from Encrypted Files and Communication with PURBs", PoPETs 2019), which keeps the leading bits of a size, and fewer of the
 * following the larger it is. Who watches learns one of 321 sizes up to 16 MiB; above 4 KiB that costs 6 % at most.
 */
export function paddedBytesOf(bytes: number): number {
  if (bytes <= PADDED_BYTES_MIN) return PADDED_BYTES_MIN;
  const exponent = 31 - Math.clz32(bytes);
  const kept = 32 - Math.clz32(exponent);
  const step = 2 ** (exponent - kept);
  return Math.ceil(bytes / step) * step;
}
