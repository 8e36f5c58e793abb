import type { Benchmark, BenchOptions, Figure } from './benchmark.ts';
import { explored } from './explored.ts';

const JOBS = 2;
/** So many that what the first ones cost more, before their code is compiled, counts little. */
const SEEDS = 1_000;
const QUICK_SEEDS = 20;

export const explore: Benchmark = {
  name: 'explore',
  about: 'exploration of the scenario chaos-chat with two threads: 20 users, a minute of faults, all properties judged, every twentieth seed with real crypto',
  command: 'npm run bench -- explore',
  runsMax: 3,
  async measure({ quick }: BenchOptions): Promise<readonly Figure[]> {
    const count = quick ? QUICK_SEEDS : SEEDS;
    const { seeds, failures, wallMillis } = await explored(['chaos-chat', '--seeds', String(count), '--jobs', String(JOBS), '--no-shrink']);
    if (failures > 0) throw new Error(`${failures} of ${seeds} seeds failed`);
    return [{ row: `explore chaos-chat, ${JOBS} threads, seeds a minute`, value: (seeds * 60_000) / wallMillis, unit: '/min', aim: 'over 500 /min' }];
  },
};
