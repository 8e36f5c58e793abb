import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Benchmark, BenchOptions, Figure } from './benchmark.ts';
import { MAIN_PATH } from './live-network.ts';

const JOBS = 2;
const SEEDS = 200;
const QUICK_SEEDS = 20;

/** What `confab explore --json` says of itself. */
interface Explored {
  readonly seeds: number;
  readonly failures: number;
  readonly wallMillis: number;
}

export const explore: Benchmark = {
  name: 'explore',
  about: 'exploration of the scenario chaos-chat with two threads: 20 users, a minute of faults, all properties judged, every twentieth seed with real crypto',
  command: 'npm run bench -- explore',
  async measure({ quick }: BenchOptions): Promise<readonly Figure[]> {
    const seeds = quick ? QUICK_SEEDS : SEEDS;
    const words = ['explore', 'chaos-chat', '--seeds', String(seeds), '--jobs', String(JOBS), '--no-shrink', '--json'];
    const child = spawn(process.execPath, [MAIN_PATH, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (chunk: string) => {
      printed += chunk;
    });
    await once(child, 'close');
    const explored = JSON.parse(printed) as Explored;
    if (explored.failures > 0) throw new Error(`${explored.failures} of ${explored.seeds} seeds failed`);
    const aMinute = (explored.seeds * 60_000) / explored.wallMillis;
    return [{ row: `explore chaos-chat, ${JOBS} threads, seeds a minute`, value: aMinute, unit: '/min', aim: 'over 500 /min' }];
  },
};
