import test from 'ava';
import fc from 'fast-check';
import { concat, sameBytes, toHex, utf8, utf8Length, wellFormedText } from '../../src/core/bytes.ts';
import { fromBase64url, toBase64url } from '../../src/core/directory/seed-json.ts';
import { formatEndpoint, parseEndpoint } from '../../src/core/endpoint.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes)),
);

/** Replaces lone surrogates, as the platform does on the way to bytes. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

test('utf8 gives what the platform gives, lone surrogates included', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(anyText, (text) => {
        const expected = new TextEncoder().encode(text);
        return sameBytes(utf8(text), expected) && utf8Length(text) === expected.length;
      }),
      { numRuns: 500 },
    ),
  );
});

test('wellFormedText changes lone surrogates only', (t) => {
  fc.assert(
    fc.property(anyText, (text) => wellFormedText(text) === decoder.decode(new TextEncoder().encode(text))),
    { numRuns: 500 },
  );
  t.is(wellFormedText('a\ud800b😀\udc00'), 'a\ufffdb😀\ufffd');
});

test('hex, concat and comparison', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        const whole = concat(a, b);
        return toHex(whole) === Buffer.from(whole).toString('hex') && sameBytes(a, b) === (Buffer.compare(a, b) === 0);
      }),
    ),
  );
});

test('endpoints come back as they were written', (t) => {
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const address = fc.constantFrom('tcp://127.0.0.1:40123', 'tcp://[::1]:1', 'ipc:///run/x', 'inproc://a', 'sim:17');
  t.notThrows(() =>
    fc.assert(
      fc.property(address, key, (text, bytes) => {
        const endpoint = parseEndpoint(formatEndpoint({ address: text, key: bytes }));
        return endpoint !== null && endpoint.address === text && sameBytes(endpoint.key, bytes);
      }),
    ),
  );
});

const key43 = toBase64url(new Uint8Array(32).fill(7));
for (const wrong of [
  '',
  '#',
  key43,
  `tcp://127.0.0.1:1#${key43}A`,
  `tcp://127.0.0.1#${key43}`,
  `http://x:1#${key43}`,
  `tcp://127.0.0.1:1#${key43.slice(1)}`,
  `tcp://a b:1#${key43}`,
]) {
  test(`no endpoint: "${wrong.slice(0, 30)}" (${wrong.length})`, (t) => {
    t.is(parseEndpoint(wrong), null);
  });
}

test('base64url has one spelling for each byte array', (t) => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => sameBytes(fromBase64url(toBase64url(bytes)) ?? new Uint8Array([1, 2, 3, 4]), bytes)));
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.string(), (text) => {
        const bytes = fromBase64url(text);
        return bytes === null || toBase64url(bytes) === text;
      }),
    ),
  );
});
