import test from 'ava';
import { playSeed } from '../../src/cli/explore/play-seed.ts';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import { PACES } from '../../src/engine/crowd-pace.ts';
import { loadScenario } from '../../src/scenario/load.ts';

test('values are judged by as many copies as the scenario wants of each', async (t) => {
  for (const copies of [2, 6]) {
    const steps = '  - seed-server: start\n  - start: user[1..7]\n  - register: user[1..7]\n  - wait: 60s\n';
    const text = `name: copies\noptions: { replicaCopies: ${copies} }\nchecks: [values-held]\nsteps:\n${steps}`;
    const { verdict, reason } = await playSeed({ text, file: 'copies.yaml', seed: 1, crypto: 'stand-in', again: false });
    t.is(verdict, 'pass', reason ?? '');
  }
});

test("at the crowd's pace nodes are looked after a tenth as often, and what the file says of options goes before it", (t) => {
  const text = 'name: crowd\npace: crowd\noptions: { deadMillis: 7000 }\nsteps:\n  - note: hi\n';
  const { options, pace } = loadScenario(text, 'crowd.yaml');
  t.is(pace, 'crowd');
  t.deepEqual(options, { ...PACES.crowd.coreOptions, deadMillis: 7_000 });
  t.is(options.swimPeriodMillis, 10 * CORE_OPTIONS.swimPeriodMillis);
  t.deepEqual(loadScenario('name: few\nsteps:\n  - note: hi\n', 'few.yaml').options, {});
});

test('who was killed is offline when the pace says so, and its properties are due so much later', async (t) => {
  const steps = `  - seed-server: start
  - start: user[1..4]
  - register: user[1..4]
  - befriend: [user1, user2]
  - kill: user2
`;
  const still = '  - expect: { presence: { of: user2, seen-by: user1, is: online } }\n    for: 10s\n';
  const gone = '  - expect: { presence: { of: user2, seen-by: user1, is: offline } }\n    within: 60s\n';
  const play = (pace: string, after: string) =>
    playSeed({
      text: `name: pace\npace: ${pace}\nchecks: [presence-converges]\nsteps:\n${steps}${after}`,
      file: 'pace.yaml',
      seed: 1,
      crypto: 'stand-in',
      again: false,
    });
  const crowd = await play('crowd', still + gone);
  t.is(crowd.verdict, 'pass', crowd.reason ?? '');
  const full = await play('full', still);
  t.is(full.verdict, 'fail');
  t.regex(full.reason ?? '', /suspect/);
});
