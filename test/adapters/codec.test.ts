import test from 'ava';
import { decode, encode, rfc8949EncodeOptions } from 'cborg';
import fc from 'fast-check';
import { CborCodec, NESTING_MAX } from '../../src/adapters/codec/cbor.ts';
import { CborFrameCodec } from '../../src/adapters/codec/frame-codec.ts';
import { fromBase64url, recordFromJson, recordsFromJson, recordToJson, toBase64url } from '../../src/core/directory/seed-json.ts';
import { FRAME_VERSION, type Frame } from '../../src/core/messages.ts';
import { CORE_OPTIONS } from '../../src/core/options.ts';

const codec = new CborCodec();
const frames = new CborFrameCodec(codec);
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const hex = (array: Uint8Array): string => Buffer.from(array).toString('hex');

const anyText = fc.string({ unit: fc.oneof(fc.string({ unit: 'grapheme', maxLength: 1 }), fc.constantFrom('\ufeff', '\ufffd', '\0', '\n')), maxLength: 40 });
const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger().map((number) => number + 0),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    anyText,
    fc.uint8Array({ maxLength: 300 }).map((array) => new Uint8Array(array)),
    fc.array(tie('value'), { maxLength: 6 }),
    fc.dictionary(anyText, tie('value'), { maxKeys: 6, noNullPrototype: true }),
  ),
}));

test('examples of RFC 8949, appendix A', (t) => {
  const examples: ReadonlyArray<readonly [unknown, string]> = [
    [0, '00'],
    [23, '17'],
    [24, '1818'],
    [1_000_000_000_000, '1b000000e8d4a51000'],
    [-1, '20'],
    [-1000, '3903e7'],
    [1.5, 'f93e00'],
    [1.1, 'fb3ff199999999999a'],
    [2 ** -24, 'f90001'],
    [0.00006103515625, 'f90400'],
    [100000.5, 'fa47c35040'],
    [false, 'f4'],
    [null, 'f6'],
    [bytes('01020304'), '4401020304'],
    ['\u00fc', '62c3bc'],
    ['\u{10151}', '64f0908591'],
    [[1, [2, 3], [4, 5]], '8301820203820405'],
    [{ a: 1, b: [2, 3] }, 'a26161016162820203'],
  ];
  for (const [value, encoded] of examples) {
    t.is(hex(codec.encode(value)), encoded);
    t.deepEqual(codec.decode(bytes(encoded)), value);
  }
});

test('keys are written in bytewise order, whatever the order of the fields', (t) => {
  t.is(hex(codec.encode({ aa: 1, b: 2, '': 3, a: 4 })), 'a46003616104616202626161' + '01');
  t.deepEqual(codec.encode({ x: 1, y: 2 }), codec.encode({ y: 2, x: 1 }));
});

/** Halves below this have fewer bits (subnormal ones); the other implementation writes them as singles. */
const HALF_MIN = 2 ** -14;

function hasSubnormalHalf(value: unknown): boolean {
  if (typeof value === 'number') return value !== 0 && Math.abs(value) < HALF_MIN && Math.fround(value) === value;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false;
  return Object.values(value).some(hasSubnormalHalf);
}

test('another implementation of deterministic CBOR writes the same bytes', (t) => {
  const float = fc.oneof(
    fc.float({ noNaN: true, noDefaultInfinity: true }),
    fc.integer({ min: -14, max: 20 }).map((exponent) => 2 ** exponent * 1.5),
    fc.constantFrom(65_504, 65_504.5, 65_519.5, 2 ** -25, 2 ** -14, 2 ** -14 * 1.25, 0.1, 1e300, 2 ** 60),
  );
  const keys = fc.dictionary(fc.oneof(anyText, fc.constantFrom('\u{ffff}', '\u{10000}', 'a', 'aa', 'b')), anyValue, { maxKeys: 30, noNullPrototype: true });
  fc.assert(
    fc.property(
      fc.oneof(
        anyValue,
        keys,
        float.map((number) => number + 0),
        fc.string({ minLength: 60, maxLength: 90 }),
      ),
      (value) => {
        fc.pre(!hasSubnormalHalf(value));
        t.is(hex(codec.encode(value)), hex(encode(value, rfc8949EncodeOptions)));
      },
    ),
    { numRuns: 2_000 },
  );
});

test('a value in a circle is refused', (t) => {
  const circle: unknown[] = [];
  circle.push(circle);
  t.throws(() => codec.encode(circle), { message: /circle/ });
  t.deepEqual(codec.encode([1]), bytes('8101'), 'and the next one is written as ever');
});

test('what is encoded comes back as it was, and the same value gives the same bytes', (t) => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const encoded = codec.encode(value);
      const decoded = codec.decode(encoded);
      t.deepEqual(decoded, value);
      t.deepEqual(codec.encode(decoded), encoded);
    }),
    { numRuns: 300 },
  );
});

test('fields that are undefined are left out', (t) => {
  t.deepEqual(codec.encode({ a: 1, b: undefined }), codec.encode({ a: 1 }));
});

test('values that would not come back are refused', (t) => {
  for (const value of [undefined, [undefined], -0, { a: -0 }, Number.NaN, Number.POSITIVE_INFINITY, 1n, 2n ** 70n, new Map(), () => 1, Symbol('s')])
    t.throws(() => codec.encode(value));
  const circle: unknown[] = [];
  circle.push(circle);
  t.throws(() => codec.encode(circle));
});

test('bytes that are not one strict item are refused', (t) => {
  const hostile = {
    'nothing at all': '',
    'trailing bytes': '0000',
    'a key twice': 'a2616101616102',
    'keys that are no texts': 'a10102',
    'an indefinite array': '9f01ff',
    'an indefinite text': '7f6161ff',
    'a break': 'ff',
    'a tag': 'c11a514b67b0',
    'a big number': 'c249010000000000000000',
    'a number that is not written shortest': '1801',
    'an integer beyond safety': '1bffffffffffffffff',
    undefined: 'f7',
    NaN: 'f97e00',
    Infinity: 'f97c00',
    'negative zero': 'f98000',
    'half a text': '6461',
    'broken UTF-8': '62c328',
    'a surrogate in UTF-8': '63eda080',
    'an array that promises too much': '9affffffff00',
    'a map that promises too much': 'bb001fffffffffffff00',
    'bytes that promise too much': '5b001fffffffffffff00',
  };
  for (const [what, encoded] of Object.entries(hostile)) t.throws(() => codec.decode(bytes(encoded)), undefined, what);
});

/** What this codec refuses beyond the other implementation's strict mode. */
const STRICTER = /tags|negative zero|nested|encoded data was not valid/;

test('another implementation reads the same from bytes that were damaged, or refuses them too', (t) => {
  const strict = { strict: true, allowIndefinite: false, allowUndefined: false, allowBigInt: false, allowInfinity: false, allowNaN: false };
  const attempt = (read: () => unknown): { readonly value: unknown } | { readonly error: string } => {
    try {
      return { value: read() };
    } catch (error) {
      return { error: String(error) };
    }
  };
  const damaged = fc
    .tuple(anyValue, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), fc.oneof(fc.constant(0), fc.nat(3)))
    .map(([value, changes, cut]) => {
      const copy = new Uint8Array(codec.encode(value));
      for (const [at, byte] of changes) copy[at % copy.length] = byte;
      return copy.subarray(0, Math.max(0, copy.length - cut));
    });
  const seen = { read: 0, refused: 0 };
  fc.assert(
    fc.property(fc.oneof({ weight: 5, arbitrary: damaged }, fc.uint8Array({ maxLength: 12 })), (input) => {
      // The other one drops a byte order mark at the beginning of a text.
      fc.pre(!hex(input).includes('efbbbf'));
      const ours = attempt(() => codec.decode(input));
      const theirs = attempt(() => decode(input, { ...strict, rejectDuplicateMapKeys: true }));
      if ('error' in ours) {
        seen.refused += 1;
        t.true('error' in theirs || STRICTER.test(ours.error), `${hex(input)}: ${ours.error}`);
        return;
      }
      seen.read += 1;
      if ('value' in theirs) t.is(hex(codec.encode(ours.value)), hex(codec.encode(theirs.value)), hex(input));
      else t.fail(`${hex(input)}: ${theirs.error}`);
    }),
    { numRuns: 5_000 },
  );
  t.true(seen.read > 500 && seen.refused > 500, JSON.stringify(seen));
});

test('nesting is bounded, so that no peer exhausts the stack', (t) => {
  const nested = (depth: number): Uint8Array => bytes(`${'81'.repeat(depth)}00`);
  t.notThrows(() => codec.decode(nested(NESTING_MAX)));
  t.throws(() => codec.decode(nested(NESTING_MAX + 1)), { message: /nested/ });
  t.throws(() => codec.decode(nested(1_000_000)), { message: /nested/ });
  t.throws(() => codec.decode(bytes(`${'a16161'.repeat(200_000)}00`)), { message: /nested/ });
});

test('decoded byte arrays are copies of plain type, also out of a Buffer', (t) => {
  const source = Buffer.from('43010203', 'hex');
  const decoded = codec.decode(source) as Uint8Array;
  source.fill(9);
  t.deepEqual(decoded, new Uint8Array([1, 2, 3]));
});

test('a name like __proto__ is a field like any other', (t) => {
  const decoded = codec.decode(bytes('a1695f5f70726f746f5f5fa161780161'.slice(0, -2))) as object;
  t.is(Object.getPrototypeOf(decoded), Object.prototype);
  t.true(Object.hasOwn(decoded, '__proto__'));
});

const frame: Frame = {
  version: FRAME_VERSION,
  network: 'test',
  kind: 'data',
  run: 123_456_789_012,
  toRun: 0,
  sequence: 4,
  acknowledged: 3,
  logical: 99,
  count: 17,
  messages: [
    { type: 'refusal', ids: [], reason: 'not-friends' },
    { type: 'lookup', id: 'x'.repeat(21), name: 'bob', hops: 1 },
  ],
};

test('frames of every kind come back as they were, in few bytes', (t) => {
  for (const kind of ['hello', 'data', 'ping', 'goodbye'] as const) t.deepEqual(frames.decode(frames.encode({ ...frame, kind })), { ...frame, kind });
  t.true(frames.encode({ ...frame, messages: [] }).length < 32);
});

test('an unknown message type passes the frame codec, so that it costs nothing but itself', (t) => {
  const messages = [{ type: 'from-the-future', more: 1 }] as unknown as Frame['messages'];
  t.deepEqual(frames.decode(frames.encode({ ...frame, messages })), { ...frame, messages });
});

test('random and mutated bytes never make the frame codec throw', (t) => {
  const encoded = frames.encode(frame);
  const mutated = fc.tuple(fc.nat(encoded.length - 1), fc.nat(255), fc.nat(encoded.length)).map(([at, byte, length]) => {
    const copy = new Uint8Array(encoded);
    copy[at] = byte;
    return copy.subarray(0, length === 0 ? encoded.length : length);
  });
  const anything = anyValue.map((value) => codec.encode(value));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated, anything), (input) => {
      const decoded = frames.decode(input);
      t.true(typeof decoded === 'string' || decoded.network.length > 0);
    }),
    { numRuns: 3_000 },
  );
});

test('frames of another form are refused with a reason', (t) => {
  t.regex(frames.decode(new Uint8Array(CORE_OPTIONS.frameBytesMax + 1)) as string, /bytes are more than/);
  t.regex(frames.decode(codec.encode([1, 2])) as string, /parts/);
  t.regex(frames.decode(codec.encode([1, 'n', 9, 1, 0, 0, 0, 0, 0, []])) as string, /kind/);
  t.regex(frames.decode(codec.encode([1, '', 1, 1, 0, 0, 0, 0, 0, []])) as string, /network/);
  t.regex(frames.decode(codec.encode([1, 'n', 1, 1, 0, 0, 0, 0, 0, Array.from({ length: 300 }, () => 0)])) as string, /messages/);
  t.throws(() => frames.encode({ ...frame, messages: [{ type: 'x', filler: new Uint8Array(2_000_000) }] as unknown as Frame['messages'] }));
});

test('base64url: RFC 4648 without padding, and only one spelling', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (array) => {
      const plain = new Uint8Array(array);
      t.is(toBase64url(plain), Buffer.from(plain).toString('base64url'));
      t.deepEqual(fromBase64url(toBase64url(plain)), plain);
    }),
  );
  for (const wrong of ['A', 'AB==', 'AB+/', 'AA\n', 'A\u00e9', 'AB', 'AAB', 5, null, undefined]) t.is(fromBase64url(wrong), null, String(wrong));
});

test('records travel in JSON and back; what is none is told', (t) => {
  const record = { bytes: new Uint8Array([1, 2, 250]), signature: new Uint8Array(64).fill(7) };
  t.deepEqual(recordFromJson(JSON.parse(JSON.stringify(recordToJson(record)))), record);
  t.is(recordFromJson({ bytes: 'AA', signature: '!' }), null);
  t.is(recordFromJson('AA'), null);
  t.is(recordsFromJson([recordToJson(record), 1]), null);
});
