import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import test from 'ava';
import fc from 'fast-check';
import { bytesOfWords, wordsOfBytes } from '../../src/core/session/recovery-words.ts';
import { tools } from '../core/tools.ts';

const { crypto } = tools;
const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 });

test('words are those of BIP39, as the library writes and reads them', (t) => {
  fc.assert(
    fc.property(secrets, (secret) => {
      const words = wordsOfBytes(crypto, secret);
      t.is(words, entropyToMnemonic(secret, wordlist));
      t.deepEqual(mnemonicToEntropy(words, wordlist), secret);
    }),
    { numRuns: 50 },
  );
});

test('words are read however they were spaced, numbered, capitalised or cut to four letters', (t) => {
  fc.assert(
    fc.property(secrets, (secret) => {
      const words = wordsOfBytes(crypto, secret).split(' ');
      const forms = [
        words.join('\n'),
        words.map((word, at) => `${at + 1}. ${word.toUpperCase()}`).join('  '),
        words.map((word) => word.slice(0, 4)).join(', '),
      ];
      for (const form of forms) t.deepEqual(bytesOfWords(crypto, form), { bytes: secret });
    }),
    { numRuns: 30 },
  );
});

test('what is wrong with words is said by its place, never by the word', (t) => {
  const words = wordsOfBytes(crypto, new Uint8Array(32).fill(7)).split(' ');
  const wrong = (typed: readonly string[]): string => {
    const read = bytesOfWords(crypto, typed.join(' '));
    return 'wrong' in read ? read.wrong : 'nothing';
  };
  t.regex(wrong(words.slice(1)), /there are 23 words, and 24 are needed/);
  t.regex(wrong([...words.slice(0, 4), 'qwertz', ...words.slice(5)]), /word 5 is none of the list/);
  t.regex(wrong(words.toReversed()), /changed places/);
  t.is(wrong(words), 'nothing');
});
