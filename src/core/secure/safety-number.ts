import { concat, toHex, utf8 } from '../bytes.ts';
import type { Crypto } from '../capabilities.ts';
import { framed } from './chain.ts';

/** The public keys of a user that others rely on. */
export interface PublicIdentity {
  readonly name: string;
  /** Ed25519. */
  readonly identityKey: Uint8Array;
  /** X25519. */
  readonly sealingKey: Uint8Array;
}

export interface SafetyNumber {
  /** 60 decimal digits in 12 groups of five: 30 of each side, the smaller first, so that both see the same. */
  readonly digits: string;
  /** The same in words for reading aloud: six of five letters, 96 bits. */
  readonly words: string;
}

/** As Signal's numeric fingerprints: so many hashes make a search for a key with a similar number expensive (about 112 bits remain). */
const ITERATIONS = 5_200;
const VERSION = 1;
const GROUPS_EACH = 6;
const WORD_COUNT = 6;
const LABEL_WORDS = 'confab/safety-words/1';
const CONSONANTS = 'bdfghjklmnprstvz';
const VOWELS = 'aiou';

/** What two people compare by another way than this network: the same on both screens, or somebody stands between them. Takes about 20 ms. */
export function safetyNumber(crypto: Crypto, one: PublicIdentity, other: PublicIdentity): SafetyNumber {
  const halves = [half(crypto, one), half(crypto, other)].sort();
  const digits = halves.join(' ');
  return { digits, words: wordsOf(crypto.sha256(framed(LABEL_WORDS, utf8(digits)))) };
}

function half(crypto: Crypto, of: PublicIdentity): string {
  const keys = concat(of.identityKey, of.sealingKey);
  let hash = concat(Uint8Array.of(0, VERSION), keys, utf8(of.name));
  for (let round = 0; round < ITERATIONS; round += 1) hash = crypto.sha512(concat(hash, keys));
  const groups: string[] = [];
  for (let group = 0; group < GROUPS_EACH; group += 1) {
    // Five bytes, as a number below 2 ** 40, to five digits.
    const value = Number.parseInt(toHex(hash.subarray(group * 5, group * 5 + 5)), 16) % 100_000;
    groups.push(String(value).padStart(5, '0'));
  }
  return groups.join(' ');
}

/** Sixteen bits a word as consonants and vowels in turn, so that it can be said in any language (the idea of proquints, Wilkerson 2009). */
function wordsOf(hash: Uint8Array): string {
  const words: string[] = [];
  for (let word = 0; word < WORD_COUNT; word += 1) {
    const bits = ((hash[word * 2] as number) << 8) | (hash[word * 2 + 1] as number);
    const letter = (alphabet: string, shift: number): string => alphabet.charAt((bits >> shift) & (alphabet.length - 1));
    words.push(letter(CONSONANTS, 12) + letter(VOWELS, 10) + letter(CONSONANTS, 6) + letter(VOWELS, 4) + letter(CONSONANTS, 0));
  }
  return words.join(' ');
}
