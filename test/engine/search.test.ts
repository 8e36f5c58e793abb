import { randomBytes } from 'node:crypto';
import test from 'ava';
import { Search } from '../../src/engine/search.ts';

const secret = { what: 'the key', bytes: new Uint8Array(randomBytes(32)) };
const text = { what: 'the text', bytes: new Uint8Array(Buffer.from('grüße an alle, die warten')) };

test('a secret is found as it is, in hexadecimal, in UTF-16 and in base64 at every offset', (t) => {
  const key = Buffer.from(secret.bytes);
  const spellings: Record<string, Buffer> = {
    raw: key,
    hex: Buffer.from(key.toString('hex')),
    HEX: Buffer.from(key.toString('hex').toUpperCase()),
    utf16: Buffer.from(Buffer.from(text.bytes).toString('utf8'), 'utf16le'),
  };
  for (const offset of [0, 1, 2, 3, 4]) {
    for (const name of ['base64', 'base64url'] as const) {
      spellings[`${name} ${offset}`] = Buffer.from(Buffer.concat([randomBytes(offset), key, randomBytes(5)]).toString(name));
    }
  }
  for (const [name, bytes] of Object.entries(spellings)) {
    for (const before of [0, 1, 7]) {
      const search = new Search([secret, text]);
      search.look('a file', Buffer.concat([randomBytes(before), bytes, randomBytes(before)]));
      t.is(search.found.length, 1, `${name} behind ${before} bytes`);
    }
  }
});

test('what is not there is not found, and not in the one place where it may lie', (t) => {
  const search = new Search([{ ...secret, exceptIn: 'node.key' }, text]);
  search.look('noise', randomBytes(300_000));
  search.look('cut short', secret.bytes.slice(0, 31));
  search.look('node.key', secret.bytes);
  t.deepEqual(search.found, []);
  search.look('elsewhere', secret.bytes);
  search.look('elsewhere', secret.bytes);
  t.deepEqual(search.found, [{ place: 'elsewhere', what: 'the key' }]);
  t.is(search.places, 5);
});
