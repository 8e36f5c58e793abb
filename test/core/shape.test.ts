import test from 'ava';
import {
  anything,
  boolean,
  bytes,
  choice,
  either,
  hexId,
  integer,
  list,
  misfit,
  nullable,
  number,
  optional,
  record,
  type Shape,
  text,
} from '../../src/core/shape.ts';

const fitting: ReadonlyArray<readonly [string, Shape, readonly unknown[], readonly unknown[]]> = [
  ['boolean', boolean, [true, false], [0, 'true', null, undefined]],
  ['integer', integer(1, 5), [1, 5], [0, 6, 1.5, Number.NaN, '1', null, 2 ** 60]],
  ['integer without bounds', integer(), [0, Number.MAX_SAFE_INTEGER], [-1, Number.MAX_SAFE_INTEGER + 1, Number.POSITIVE_INFINITY]],
  ['number', number(0, 1), [0, 0.5, 1], [-0.1, 1.1, Number.NaN, '0.5']],
  ['text', text(1, 3), ['a', 'abc', '😀'], ['', 'abcd', '😀😀', 1, null]],
  ['text of a form', text(1, 9, /^[a-z]+$/), ['abc'], ['ABC', 'a b', 'a\n']],
  ['bytes', bytes(2), [new Uint8Array(2)], [new Uint8Array(1), new Uint8Array(3), [1, 2], 'ab', null]],
  ['choice', choice('a', 'b'), ['a', 'b'], ['c', '', 1, ['a']]],
  ['nullable', nullable(integer()), [null, 1], [undefined, 'x']],
  ['optional', optional(integer()), [undefined, 1], [null, 'x']],
  ['either', either(integer(), boolean), [1, true], ['x', null]],
  ['list', list(integer(), 2), [[], [1], [1, 2]], [[1, 2, 3], ['x'], null, { length: 0 }, 'ab']],
  ['record', record({ a: integer() }), [{ a: 1 }], [{}, { a: 'x' }, { a: 1, b: 2 }, null, [], new Uint8Array(1), 'a']],
  [
    'record with an optional field',
    record({ a: optional(integer()) }),
    [{}, { a: 1 }, { a: undefined }],
    [{ b: 1 }, { a: null }, { a: undefined, b: 1 }, { a: 1, b: undefined }],
  ],
  ['hex id', hexId, ['0'.repeat(64)], ['0'.repeat(63), 'G'.repeat(64), '0'.repeat(65)]],
  ['anything', anything, [undefined, null, {}], []],
];

for (const [title, shape, good, bad] of fitting) {
  test(`misfit: ${title}`, (t) => {
    for (const value of good) t.is(misfit(shape, value, 'it'), null, `${JSON.stringify(value)} fits`);
    for (const value of bad) t.regex(String(misfit(shape, value, 'it')), /^it/, `${JSON.stringify(value)} does not fit`);
  });
}

test('misfit names the path of what is wrong', (t) => {
  const shape = record({ people: list(record({ name: text(1, 3) }), 4) });
  t.regex(String(misfit(shape, { people: [{ name: 'a' }, { name: '' }] }, 'message')), /^message\.people\[1\]\.name: /);
  t.is(misfit(shape, { people: [], more: 1 }, 'message'), 'message.more: unknown field');
});
