import test from 'ava';
import fc from 'fast-check';
import { parseDuration, sayMillis } from '../../src/scenario/durations.ts';
import { misfitOfContained, misfitOfExact } from '../../src/scenario/expectations/messages.ts';
import { misfitOfSet } from '../../src/scenario/expectations/people.ts';
import { expandNames, misfitOfNames, userOf } from '../../src/scenario/names.ts';
import { concealed, listed, quoted, revealed } from '../../src/scenario/words.ts';

test('exact texts: missing, extra, doubled and swapped ones are told', (t) => {
  t.is(misfitOfExact(['a', 'b'], ['a', 'b']), null);
  t.is(misfitOfExact([], []), null);
  t.is(revealed(misfitOfExact(['a'], ['a', 'b']) ?? ''), '1 message; number 2 is nothing instead of "b"');
  t.is(revealed(misfitOfExact(['a', 'b'], ['a']) ?? ''), '2 messages; number 2 is "b"');
  t.is(revealed(misfitOfExact(['b', 'a'], ['a', 'b']) ?? ''), '2 messages; number 1 is "b" instead of "a"');
});

test('contained texts: each once and in order, others may lie between', (t) => {
  t.is(misfitOfContained(['x', 'a', 'y', 'b'], ['a', 'b']), null);
  t.is(revealed(misfitOfContained(['a'], ['a', 'b']) ?? ''), '"b" is missing among 1 message');
  t.is(revealed(misfitOfContained(['a', 'b', 'a'], ['a', 'b']) ?? ''), '"a" is there 2 times');
  t.is(revealed(misfitOfContained(['b', 'a'], ['a', 'b']) ?? ''), '"b" is there, but too early');
});

test('a list with something thrown in still contains what it contained', (t) => {
  const distinct = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 8 });
  t.notThrows(() =>
    fc.assert(
      fc.property(distinct, fc.nat(), (texts, place) => {
        const seen = texts.toSpliced(place % (texts.length + 1), 0, 'something else');
        if (misfitOfContained(seen, texts) !== null) throw new Error('refused');
        if (misfitOfExact(seen, texts) === null) throw new Error('not noticed');
      }),
    ),
  );
});

test('sets of names', (t) => {
  t.is(misfitOfSet(['bob', 'carol'], { are: ['carol', 'bob'] }), null);
  t.is(misfitOfSet(['bob'], { are: [] }), 'bob there as well');
  t.is(misfitOfSet([], { are: ['bob'] }), 'bob missing among nobody');
  t.is(misfitOfSet(['bob', 'carol'], { include: ['bob'], not: ['carol'] }), 'carol there still');
});

test('durations need a unit', (t) => {
  t.is(parseDuration('500ms'), 500);
  t.is(parseDuration('1.5s'), 1_500);
  t.is(parseDuration('2m'), 120_000);
  t.is(parseDuration('1h'), 3_600_000);
  for (const wrong of ['5', 's', '5 s', '-1s', '1d', '', '1s ', '1e3ms']) t.is(parseDuration(wrong), null, wrong);
  t.deepEqual([840, 2_400, 5_000, 60_000, 185_000].map(sayMillis), ['840 ms', '2.4 s', '5 s', '1 min', '3 min 5 s']);
});

test('names, labels and ranges', (t) => {
  t.deepEqual(expandNames('user[8..11]'), ['user8', 'user9', 'user10', 'user11']);
  t.deepEqual(expandNames(['alice@desk', 'u1..2@attic']), ['alice@desk', 'u1@attic', 'u2@attic']);
  t.is(userOf('alice@desk'), 'alice');
  t.regex(misfitOfNames('user[1..20000]') ?? '', /10000 is the most/);
  t.regex(misfitOfNames('user9007199254740992..9007199254740999') ?? '', /is not a name/, 'numbers that cannot be counted on');
  t.regex(misfitOfNames(['a1..3', 'a2']) ?? '', /a2 is named twice/);
  t.is(misfitOfNames(['alice', 'alice@desk']), null);
});

test('texts are shown to people and hidden from files, whatever is in them', (t) => {
  const sentence = `alice says ${quoted('sesame')} and ${quoted('open')}`;
  t.is(revealed(sentence), 'alice says "sesame" and "open"');
  t.regex(concealed(sentence), /^alice says \[6 bytes, [0-9a-f]{8}\] and \[4 bytes, [0-9a-f]{8}\]$/);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
      const shown = revealed(`x ${quoted(text)} y`);
      if (/\p{Cc}/u.test(shown)) throw new Error('a control character got through');
      if (!/^x \[\d+ bytes, [0-9a-f]{8}\] y$/.test(concealed(`x ${quoted(text)} y`))) throw new Error('text got through');
    }),
  );
  t.regex(revealed(quoted('é'.repeat(100))), /^"é{60}…" \(100 characters\)$/);
  t.is(listed(['a', 'b', 'c', 'd', 'e', 'f', 'g']), 'a, b … g (7)');
});
