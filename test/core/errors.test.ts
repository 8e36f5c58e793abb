import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { ConfabError, ERRORS, errorAdvice, errorSentence, isErrorCode } from '../../src/core/errors.ts';

/** This file runs in dist/test/core. */
const source = fileURLToPath(new URL('../../../src/', import.meta.url));
const texts = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('core/errors.ts'))
  .map((path) => readFileSync(source + path, 'utf8'))
  .join('\n');

for (const [code, entry] of Object.entries(ERRORS)) {
  test(`error ${code} has a sentence, advice, statuses, and is used`, (t) => {
    t.regex(entry.message, /^[A-Z{].*[.}]$/);
    t.regex(entry.advice, /^[A-Z].*[.}/a-z]$/s);
    t.true(entry.httpStatus >= 400 && entry.httpStatus < 600);
    t.true(entry.exitStatus >= 1 && entry.exitStatus <= 3);
    t.true(texts.includes(`'${code}'`), `${code} is in the table and nowhere in src`);
  });
}

test('errors fill in their details and say what to do', (t) => {
  const error = new ConfabError('name-taken', { name: 'alice' });
  t.is(error.message, 'The name alice is taken.');
  t.is(error.advice, 'Choose another name.');
  t.is(errorSentence('text-too-long', { bytes: 70_000, max: 65_536 }), 'The text has 70000 bytes; 65536 is the most.');
  t.is(errorAdvice('rate-limited', { seconds: 3 }), 'Wait 3 seconds and try again.');
  t.true(isErrorCode('yourself'));
  t.false(isErrorCode('constructor'));
});
