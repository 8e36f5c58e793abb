import test from 'ava';
import fc from 'fast-check';
import { didYouMean, nearest } from '../../src/control/nearest.ts';

const KNOWN = ['friend-add', 'friend-accept', 'friends', 'send', 'status', 'stop'];

const finds = test.macro((t, word: string, expected: string | null) => {
  t.is(nearest(word, KNOWN), expected);
});

test('a letter too few', finds, 'friend-ad', 'friend-add');
test('two letters swapped', finds, 'sned', 'send');
test('another letter', finds, 'stxtus', 'status');
test('capital letters', finds, 'SEND', 'send');
test('nothing like it', finds, 'zzzzzz', null);
test('an empty word', finds, '', null);

test('the sentence has its own blank, and is empty without a guess', (t) => {
  t.is(didYouMean('sedn', KNOWN), ' Did you mean "send"?');
  t.is(didYouMean('qqqqqqqq', KNOWN), '');
});

test('a known word is its own nearest, and one edit away finds something', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.constantFrom(...KNOWN), fc.nat(), (word, at) => {
        const cut = word.slice(0, at % word.length) + word.slice((at % word.length) + 1);
        return nearest(word, KNOWN) === word && nearest(cut, KNOWN) !== null;
      }),
    ),
  );
});
