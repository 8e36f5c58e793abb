import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Benchmark, Figure } from './benchmark.ts';
import { endsWithUs } from './children.ts';
import { MAIN_PATH } from './live-network.ts';

export const fiftyUsers: Benchmark = {
  name: 'fifty-users',
  about: 'the scenario fifty-users on real processes and in the simulator, from the command to its end',
  command: 'npm run bench -- fifty-users',
  async measure(): Promise<readonly Figure[]> {
    return [
      { row: 'scenario fifty-users on 50 real processes', value: await wallSeconds('local'), unit: 's', aim: 'under 30 s on two cores' },
      { row: 'scenario fifty-users in the simulator', value: await wallSeconds('sim'), unit: 's', aim: 'under 2 s' },
    ];
  },
};

async function wallSeconds(engine: 'local' | 'sim'): Promise<number> {
  const startedMillis = performance.now();
  const child = spawn(process.execPath, [MAIN_PATH, 'run', 'fifty-users', '--engine', engine, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  endsWithUs(child);
  let printed = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    printed += chunk;
  });
  await once(child, 'close');
  const { verdict, reason } = JSON.parse(printed) as { verdict: string; reason: string | null };
  if (verdict !== 'pass') throw new Error(`fifty-users (${engine}): ${verdict}, ${reason}`);
  return (performance.now() - startedMillis) / 1_000;
}
