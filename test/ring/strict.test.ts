import test from 'ava';
import { atomicRun } from '../../bench/worlds/atomic-run.ts';
import { strictRun } from '../../bench/worlds/strict-run.ts';
import { onlyOneSuccessor, predecessorNeverDead } from './controls.ts';
import { seedsOf } from './seeds.ts';

for (const [successorCount, eager] of [
  [2, false],
  [3, true],
  [4, true],
] as const) {
  test(`R1 to R8 hold in atomic steps, ${successorCount} successors, ${eager ? 'eager' : 'bare'} rules`, (t) => {
    for (const seed of seedsOf(80)) {
      const { broken, rounds } = atomicRun({ seed, successorCount, eager });
      t.is(broken, null);
      t.true(rounds <= 12, `${rounds} rounds with seed ${seed}`);
    }
  });
}

for (const successorCount of [2, 3, 4]) {
  test(`R1 to R10 hold after every event under perfect detection, ${successorCount} successors`, (t) => {
    let changes = 0;
    for (const seed of seedsOf(12)) {
      const { broken, joins, fails, millisToIdeal } = strictRun({ seed, successorCount });
      t.is(broken, null);
      changes += joins + fails;
      t.true((millisToIdeal ?? Number.POSITIVE_INFINITY) <= 5_000, `ideal after ${millisToIdeal} ms with seed ${seed}`);
    }
    t.true(changes > 500, `only ${changes} joins and failures`);
  });
}

test('regression: a member is dropped for being outside while it is on its way back in', (t) => {
  t.is(strictRun({ seed: 24, successorCount: 3 }).broken, null);
});

/** How many of the seeds a variant breaks. */
function brokenShare(seeds: number, run: (seed: number) => { readonly broken: string | null }): number {
  return seedsOf(seeds).filter((seed) => run(seed).broken !== null).length;
}

test('negative control: joining with one successor breaks the ring', (t) => {
  const broken = brokenShare(10, (seed) =>
    strictRun({ seed, successorCount: 3, taken: ({ chord }, _from, what) => ('answer' in what ? onlyOneSuccessor(chord, what) : what) }),
  );
  t.true(broken >= 3, `only ${broken} of 10 seeds were broken`);
});

test('negative control: without a dead check in rectify the ring never gets ideal', (t) => {
  t.true(brokenShare(10, (seed) => atomicRun({ seed, successorCount: 3, instead: predecessorNeverDead })) >= 5);
  t.true(brokenShare(3, (seed) => strictRun({ seed, instead: (_program, question) => predecessorNeverDead(question) })) >= 2);
});
