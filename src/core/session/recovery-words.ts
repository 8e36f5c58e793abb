import type { Crypto } from '../capabilities.ts';

/** 256 bits. */
export const RECOVERY_BYTES = 32;
const WORDS = 24;
const BITS_PER_WORD = 11;
const LETTERS_MIN = 4;

/** As words, by BIP39: eight bits of checksum behind 256 bits, eleven bits a word. */
export function wordsOfBytes(crypto: Pick<Crypto, 'sha256' | 'wordList'>, secret: Uint8Array): string {
  if (secret.length !== RECOVERY_BYTES) throw new Error(`recovery words are made of ${RECOVERY_BYTES} bytes, not ${secret.length}`);
  const bytes = [...secret, crypto.sha256(secret)[0] as number];
  const words: string[] = [];
  for (let word = 0; word < WORDS; word += 1) {
    let index = 0;
    for (let bit = word * BITS_PER_WORD; bit < (word + 1) * BITS_PER_WORD; bit += 1) index = index * 2 + (((bytes[bit >> 3] as number) >> (7 - (bit & 7))) & 1);
    words.push(crypto.wordList[index] as string);
  }
  return words.join(' ');
}

/**
 * The bytes that recovery words stand for, however they were spaced, numbered or capitalised; the first four letters of a word are
 * enough. A string says what is wrong: how many words there are, which one is none of the list (by its place), or that one was mixed up.
 */
export function bytesOfWords(crypto: Pick<Crypto, 'sha256' | 'wordList'>, typed: string): { readonly bytes: Uint8Array } | { readonly wrong: string } {
  const words = typed.toLowerCase().match(/[a-z]+/g) ?? [];
  if (words.length !== WORDS) return { wrong: `there are ${words.length} words, and ${WORDS} are needed` };
  const bytes = new Uint8Array(RECOVERY_BYTES + 1);
  for (const [place, word] of words.entries()) {
    const index = indexOfWord(crypto.wordList, word);
    if (index < 0) return { wrong: `word ${place + 1} is none of the list` };
    for (let bit = 0; bit < BITS_PER_WORD; bit += 1) {
      if (((index >> (BITS_PER_WORD - 1 - bit)) & 1) === 0) continue;
      const at = place * BITS_PER_WORD + bit;
      bytes[at >> 3] = (bytes[at >> 3] as number) | (128 >> (at & 7));
    }
  }
  const secret = bytes.slice(0, RECOVERY_BYTES);
  if (crypto.sha256(secret)[0] !== bytes[RECOVERY_BYTES]) return { wrong: 'a word is wrong, or two have changed places' };
  return { bytes: secret };
}

function indexOfWord(list: readonly string[], word: string): number {
  const exact = list.indexOf(word);
  if (exact >= 0 || word.length < LETTERS_MIN) return exact;
  return word.length === LETTERS_MIN ? list.findIndex((each) => each.startsWith(word)) : -1;
}
