import test from 'ava';
import { playSeed } from '../../src/cli/explore/play-seed.ts';

test('values are judged by as many copies as the scenario wants of each', async (t) => {
  for (const copies of [2, 6]) {
    const steps = '  - seed-server: start\n  - start: user[1..7]\n  - register: user[1..7]\n  - wait: 60s\n';
    const text = `name: copies\noptions: { replicaCopies: ${copies} }\nchecks: [values-held]\nsteps:\n${steps}`;
    const { verdict, reason } = await playSeed({ text, file: 'copies.yaml', seed: 1, crypto: 'stand-in', again: false });
    t.is(verdict, 'pass', reason ?? '');
  }
});
