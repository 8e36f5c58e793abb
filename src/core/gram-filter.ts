const GRAM_CHARACTERS = 3;
/** About one bit in five is set by 256 lines of chat. */
export const FILTER_BYTES = 4_096;
/** Lines that one filter spans. */
export const FILTER_LINES = 256;

/** Notes all sequences of three characters of a text in a Bloom filter (Bloom 1970). */
export function addGrams(filter: Uint8Array, text: string): void {
  for (const gram of gramsOf(text.toLowerCase())) for (const bit of bitsOf(gram)) filter[bit >>> 3] = (filter[bit >>> 3] as number) | (1 << (bit & 7));
}

/** What somebody looks for: all words, in any case, also as parts of words. */
export interface Query {
  /** Whether the filter's lines may have all of it. */
  mayHold(filter: Uint8Array): boolean;
  isIn(text: string): boolean;
}

export function queryOf(query: string): Query {
  const words = query.toLowerCase().split(/\s+/u).filter(Boolean);
  const bits = [...new Set(words.flatMap((word) => gramsOf(word)).flatMap(bitsOf))];
  return {
    mayHold: (filter) => bits.every((bit) => ((filter[bit >>> 3] as number) & (1 << (bit & 7))) !== 0),
    isIn: (text) => {
      const small = text.toLowerCase();
      return words.every((word) => small.includes(word));
    },
  };
}

/** All sequences of three code units. */
function gramsOf(text: string): string[] {
  const grams = new Set<string>();
  for (let at = 0; at + GRAM_CHARACTERS <= text.length; at += 1) grams.add(text.slice(at, at + GRAM_CHARACTERS));
  return [...grams];
}

/** Two places in the filter; a multiplicative hash is enough, since nobody gains by lines that are read in vain. */
function bitsOf(gram: string): number[] {
  let hash = 0x811c9dc5;
  for (let at = 0; at < gram.length; at += 1) hash = Math.imul(hash ^ gram.charCodeAt(at), 0x01000193) >>> 0;
  const other = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  return [hash % (FILTER_BYTES * 8), other % (FILTER_BYTES * 8)];
}
