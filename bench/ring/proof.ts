import type { Benchmark, Figure } from '../benchmark.ts';
import { atomicRun } from '../worlds/atomic-run.ts';
import { churn } from '../worlds/churn.ts';
import { REAL } from '../worlds/ring-world.ts';
import { strictRun } from '../worlds/strict-run.ts';

const ATOMIC_SEEDS = 10_000;
const MESSAGE_SEEDS = 1_000;
const QUICK_SHARE = 20;

/** Zave's invariants in random lives of rings, after every step and after every message. */
export const ringStrict: Benchmark = {
  name: 'ring-strict',
  about: `lives of rings in which an invariant (R1 to R10) was broken or the ring not ideal at last: ${ATOMIC_SEEDS} of atomic steps and ${MESSAGE_SEEDS} of messages`,
  command: 'npm run bench -- ring-strict',
  runsMax: 1,
  measure({ quick, say }): Promise<readonly Figure[]> {
    const share = quick ? QUICK_SHARE : 1;
    const [atomic, message] = [ATOMIC_SEEDS / share, MESSAGE_SEEDS / share];
    const broken = (seeds: number, run: (seed: number) => { readonly broken: string | null }): number => {
      let count = 0;
      for (let seed = 1; seed <= seeds; seed += 1) {
        const outcome = run(seed);
        if (outcome.broken === null) continue;
        count += 1;
        say(`seed ${seed}: ${outcome.broken}`);
      }
      return count;
    };
    const row = (seeds: number, steps: string): string => `strict ring violations, ${seeds.toLocaleString('en')} seeds, ${steps}`;
    return Promise.resolve([
      { row: row(atomic, 'atomic steps'), value: broken(atomic, (seed) => atomicRun({ seed, successorCount: 4, eager: true })), unit: 'violations', aim: '0' },
      { row: row(message, 'message by message'), value: broken(message, (seed) => strictRun({ seed })), unit: 'violations', aim: '0' },
    ]);
  },
};

const KEYS = 2_000;
const KEEPERS = 64;
const HOUR_MILLIS = 3_600_000;
const SESSION_MILLIS = 120_000;

/** Values whose holders die again and again, with their copies. */
export const ringKeys: Benchmark = {
  name: 'ring-keys',
  about: `keys of ${KEYS} that are lost in an hour among ${KEEPERS} members whose sessions last two minutes and who take their copies with them, four copies each`,
  command: 'npm run bench -- ring-keys',
  measure({ run, quick, say }): Promise<readonly Figure[]> {
    const world = { detection: REAL, replication: { copies: 4 } };
    const millis = quick ? HOUR_MILLIS / QUICK_SHARE : HOUR_MILLIS;
    const outcome = churn({ seed: run, nodes: KEEPERS, keys: KEYS, millis, medianSessionMillis: SESSION_MILLIS, world });
    say(`${outcome.deaths} deaths`);
    if (outcome.stored < KEYS) throw new Error(`only ${outcome.stored} of ${KEYS} keys were stored before anybody died`);
    const name = `${KEYS.toLocaleString('en')} keys, 4 copies, sessions of 2 min, ${millis / 60_000} min`;
    return Promise.resolve([
      { row: `${name}: lost`, value: outcome.lost, unit: 'keys', aim: '0' },
      { row: `${name}: without all copies a minute later`, value: outcome.incomplete, unit: 'keys' },
      { row: `${name}: messages a node`, value: outcome.messagesPerNodeSecond, unit: '/s' },
    ]);
  },
};
