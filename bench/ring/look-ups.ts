import type { Benchmark, Figure } from '../benchmark.ts';
import { hopFigures, lookupsUnderChurn } from '../worlds/lookups.ts';

const SIZES = [8, 64, 512, 10_000];
const LOOKUPS = 2_000;
const CHURN_NODES = 64;
const CHURN_LOOKUPS = 10_000;
const LOOKUP_EVERY_MILLIS = 60;
const MINUTE_MILLIS = 60_000;

/** The aims of the design: sessions in minutes, and bad ones in 10,000 at first and after a retry. */
const CHURNS = [
  { minutes: 60, first: 6, again: 1 },
  { minutes: 10, first: 20, again: 3 },
  { minutes: 1.4, first: 200, again: 20 },
] as const;

/** Hops among members that stay, each size a stable ring in the simulator. */
export const ringHops: Benchmark = {
  name: 'ring-hops',
  about: `look-ups of random keys on a stable ring of ${SIZES.join(', ')} members in the simulator: how many are asked, and how many answers are wrong`,
  command: 'npm run bench -- ring-hops',
  measure: ({ run, quick }) => Promise.resolve((quick ? SIZES.slice(0, 3) : SIZES).flatMap((nodes) => hopsAmong(nodes, run))),
};

function hopsAmong(nodes: number, seed: number): readonly Figure[] {
  const { mean, p99, wrong } = hopFigures({ seed, nodes, lookups: LOOKUPS, way: 'iterative' });
  const name = `look-ups among ${nodes.toLocaleString('en')} members`;
  const doublings = Math.log2(nodes);
  return [
    { row: `${name}, asked, mean`, value: mean, unit: 'hops', aim: `at most ${(doublings / 2).toFixed(1)}` },
    { row: `${name}, asked, p99`, value: p99, unit: 'hops', aim: `at most ${doublings.toFixed(1)}` },
    { row: `${name}, wrong of ${LOOKUPS.toLocaleString('en')}`, value: wrong, unit: 'look-ups', aim: '0' },
  ];
}

/** Look-ups while members die without warning and are replaced by others. */
export const ringChurn: Benchmark = {
  name: 'ring-churn',
  about: `wrong or lost look-ups in 10,000 among ${CHURN_NODES} members whose sessions last 60, 10 and 1.4 minutes, at first and when asked again a second later`,
  command: 'npm run bench -- ring-churn',
  measure: ({ run, quick }) => Promise.resolve(CHURNS.flatMap((churn) => badAmong(churn, run, quick ? CHURN_LOOKUPS / 10 : CHURN_LOOKUPS))),
};

function badAmong(churn: (typeof CHURNS)[number], seed: number, lookups: number): readonly Figure[] {
  const { bad, badAfterRetry } = lookupsUnderChurn({
    seed,
    nodes: CHURN_NODES,
    lookups,
    medianSessionMillis: churn.minutes * MINUTE_MILLIS,
    lookupEveryMillis: LOOKUP_EVERY_MILLIS,
  });
  const name = `bad look-ups, sessions of ${churn.minutes} min`;
  return [
    { row: `${name}, at first`, value: bad, unit: 'in 10,000', aim: `at most ${churn.first}` },
    { row: `${name}, asked again`, value: badAfterRetry, unit: 'in 10,000', aim: `at most ${churn.again}` },
  ];
}
