import test from 'ava';
import fc from 'fast-check';
import { personaOf } from '../../src/cli/bots/personas.ts';
import { answerTo, freshMemory, opener, pick, type TalkContext, TIPS } from '../../src/cli/bots/small-talk.ts';
import { stream } from '../../src/sim/random.ts';

function contextOf(seed = 1): TalkContext {
  const random = stream(seed, 'talk');
  return { persona: personaOf('bob'), memory: freshMemory('alice'), random: () => random.fraction(), companions: ['carol'], clockText: '14:05' };
}

const ANSWERS: ReadonlyArray<readonly [heard: string, said: RegExp]> = [
  ['hello', /alice/i],
  ['How are you?', /fine|complain/i],
  ['who are you', /baker/],
  ['call me Al', /Al\b/],
  ['I really like old bridges.', /old bridges/i],
  ['what is 12 * 12?', /144/],
  ['3 + 4', /7/],
  ['what time is it?', /14:05/],
  ['are you a bot?', /program|rules/],
  ['can the seed server read this?', /seed server|No server/i],
  ['is it encrypted?', /sealed|noise/],
  ['thanks!', /welcome|any time|not at all/i],
  ['good night', /bye|see you|until soon/i],
];

for (const [heard, said] of ANSWERS) {
  test(`"${heard}" is understood`, (t) => {
    for (let seed = 0; seed < 10; seed += 1) t.regex(answerTo(heard, contextOf(seed)), said);
  });
}

test('whoever asks for help gets every tip in turn', (t) => {
  const context = contextOf();
  const heard = TIPS.map((_, index) => answerTo(`help ${index}`, context));
  t.deepEqual(heard, TIPS);
});

test('the same text twice is noticed', (t) => {
  const context = contextOf();
  answerTo('the weather is grey', context);
  t.regex(answerTo('the weather is grey', context), /already|twice/i);
});

test('a bot does not say the same thing twice in a row where it has a choice', (t) => {
  const context = contextOf();
  let last = '';
  for (let count = 0; count < 40; count += 1) {
    const said = answerTo(`thanks ${count}`, context);
    t.not(said, last);
    last = said;
  }
});

test('every text gets an answer that can be sent, whatever is in it', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 600 }), fc.integer({ min: 0, max: 1_000 }), (text, seed) => {
      const answer = answerTo(text, contextOf(seed));
      t.true(answer.trim().length > 0);
      t.true(answer.length < 700);
      t.false(answer.includes('\n'));
    }),
    { numRuns: 300 },
  );
});

test('strangers get a word of their own name, and any name has a character', (t) => {
  t.regex(opener(contextOf()), /alice/);
  t.is(personaOf('dave').name, 'dave');
  t.true(personaOf('dave').errands.length > 0);
});

test('a random number of one or more still picks something', (t) => {
  t.is(
    pick(['a', 'b'], () => 1),
    'b',
  );
});
