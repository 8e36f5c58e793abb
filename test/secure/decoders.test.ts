import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { MESSAGES } from '../../src/core/messages.ts';
import { DECODERS, OWN_BYTES } from './decoders.ts';
import { fuzz, ROUNDS } from './mutations.ts';
import { SEALED_DECODERS } from './sealed-decoders.ts';

/** In every run of the tests a part of the rounds is enough; whoever asks for a number gets it for each decoder. */
const ROUNDS_EACH = process.env['FUZZ'] === undefined ? ROUNDS / 4 : ROUNDS;
/** What is kept of the past, such as records that were verified lately, is bounded; the rest is what the collector has not got to. */
const HEAP_BYTES_MAX = 400 * 1_048_576;

const home = fileURLToPath(new URL('../../../', import.meta.url));

const ALL = [...DECODERS, ...SEALED_DECODERS];

for (const { name, samples, feed } of ALL) {
  test(`${name}: takes what is right, and judges whatever else comes without a throw`, (t) => {
    for (const sample of samples) {
      t.true(feed(sample), 'the sample itself');
      const { taken, message } = fuzz(sample, feed, Math.ceil(ROUNDS_EACH / samples.length));
      t.true(taken >= 0, message);
    }
    t.true(process.memoryUsage().heapUsed < HEAP_BYTES_MAX, `${process.memoryUsage().heapUsed} bytes are in use`);
  });
}

test('every place where bytes become values is among the decoders, or it is written down why they are never those of others', (t) => {
  const reads = /\.decode\(|JSON\.parse\(|\.getUint(8|16|32)\(/;
  const known = new Set([...ALL.flatMap(({ files }) => files), ...Object.keys(OWN_BYTES)]);
  const folders = ['src/core', 'src/adapters', 'src/node', 'src/seed', 'src/control'];
  const files = folders.flatMap((folder) =>
    readdirSync(`${home}${folder}`, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${folder}/${file}`),
  );
  const found = files.filter((file) => reads.test(readFileSync(`${home}${file}`, 'utf8')));
  t.true(found.length > 15);
  t.deepEqual(
    found.filter((file) => !known.has(file)),
    [],
    'name it in test/secure/decoders.ts, with samples',
  );
  t.deepEqual(
    [...known].filter((file) => !files.includes(file)),
    [],
    'these are not there any more',
  );
});

test('every type of message has samples', (t) => {
  const names = new Set(DECODERS.map(({ name }) => name));
  for (const type of Object.keys(MESSAGES)) t.true(names.has(`message ${type}`), type);
});
