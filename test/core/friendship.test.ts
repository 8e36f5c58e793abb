import test from 'ava';
import fc from 'fast-check';
import { agree, mergeWords, refuse, relationOf, SILENCE, sameWord, type Word } from '../../src/core/friends/friendship.ts';

const word = fc.record({ yes: fc.nat(6), no: fc.nat(6) });

test('F3: words merge in any order and any number of times', (t) => {
  fc.assert(fc.property(word, word, (a, b) => sameWord(mergeWords(a, b), mergeWords(b, a))));
  fc.assert(fc.property(word, (a) => sameWord(mergeWords(a, a), a)));
  t.notThrows(() => fc.assert(fc.property(word, word, word, (a, b, c) => sameWord(mergeWords(mergeWords(a, b), c), mergeWords(a, mergeWords(b, c))))));
});

test('F1: two sides that hold the same words see the same relation', (t) => {
  const mirror = { none: 'none', outgoing: 'incoming', incoming: 'outgoing', friend: 'friend' };
  t.notThrows(() => fc.assert(fc.property(word, word, (mine, theirs) => relationOf(theirs, mine) === mirror[relationOf(mine, theirs)])));
});

test('F2: whatever one side says, alone it befriends nobody', (t) => {
  const steps = fc.array(fc.boolean(), { maxLength: 12 });
  t.notThrows(() =>
    fc.assert(
      fc.property(steps, (says) => {
        const mine = says.reduce((own: Word, yes) => (yes ? agree(own, SILENCE) : refuse(own, SILENCE)), SILENCE);
        return relationOf(mine, SILENCE) !== 'friend' && relationOf(SILENCE, mine) !== 'friend';
      }),
    ),
  );
});

test('agreeing and refusing mean what they say, from any state', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(word, word, (mine, theirs) => {
        const agreed = relationOf(agree(mine, theirs), theirs);
        const refused = relationOf(refuse(mine, theirs), theirs);
        const grows =
          sameWord(mergeWords(mine, agree(mine, theirs)), agree(mine, theirs)) && sameWord(mergeWords(mine, refuse(mine, theirs)), refuse(mine, theirs));
        return grows && (agreed === 'friend' || agreed === 'outgoing') && refused === 'none';
      }),
    ),
  );
});

test('F1, F3: any schedule of words and late deliveries ends in one relation at both sides', (t) => {
  const step = fc.record({ side: fc.nat(1), what: fc.constantFrom('agree', 'refuse', 'deliver') });
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        // Each side holds its own word and the other's as last heard.
        const own: [Word, Word] = [SILENCE, SILENCE];
        const heard: [Word, Word] = [SILENCE, SILENCE];
        for (const { side, what } of steps) {
          const other = 1 - side;
          if (what === 'deliver') heard[other] = mergeWords(heard[other] as Word, own[side] as Word);
          else own[side] = (what === 'agree' ? agree : refuse)(own[side] as Word, heard[side] as Word);
        }
        heard[0] = mergeWords(heard[0], own[1]);
        heard[1] = mergeWords(heard[1], own[0]);
        const [a, b] = [relationOf(own[0], heard[0]), relationOf(own[1], heard[1])];
        return (a === 'friend') === (b === 'friend') && (a === 'none') === (b === 'none');
      }),
      { numRuns: 1_000 },
    ),
  );
});
