import { wordlist } from '@scure/bip39/wordlists/english.js';

/** The 2,048 English words of BIP39, in their order: no two begin with the same four letters. */
export const ENGLISH_WORDS: readonly string[] = wordlist;
