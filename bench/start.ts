import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { UserView } from '../src/core/commands.ts';
import type { Benchmark, Figure } from './benchmark.ts';
import { endsWithUs } from './children.ts';
import { MAIN_PATH, registerAll, startAll, until, withNetwork } from './live-network.ts';

const USERS = ['alice', 'bob', 'carol'];
/** The words of the tour's first message that is delivered. */
const DELIVERED = /are delivered/;

export const start: Benchmark = {
  name: 'start',
  about: 'cold start of the tour, and of a network of three',
  command: 'npm run bench -- start',
  async measure(): Promise<readonly Figure[]> {
    const tour = await tourToFirstDelivered();
    return [
      { row: 'confab run scenarios/tour.yaml, from the command to the first delivered message', value: tour.deliveredMillis / 1_000, unit: 's' },
      { row: 'confab run scenarios/tour.yaml, whole', value: tour.wholeMillis / 1_000, unit: 's' },
      ...(await threeNodes()),
    ];
  },
};

async function tourToFirstDelivered(): Promise<{ deliveredMillis: number; wholeMillis: number }> {
  const startedMillis = performance.now();
  const child = spawn(process.execPath, [MAIN_PATH, 'run', 'tour'], { stdio: ['ignore', 'pipe', 'inherit'] });
  endsWithUs(child);
  let deliveredMillis = Number.NaN;
  let seen = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    seen += chunk;
    if (Number.isNaN(deliveredMillis) && DELIVERED.test(seen)) deliveredMillis = performance.now() - startedMillis;
  });
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new Error(`the tour ended with status ${status}`);
  return { deliveredMillis, wholeMillis: performance.now() - startedMillis };
}

async function threeNodes(): Promise<readonly Figure[]> {
  return await withNetwork(async (engine) => {
    const startedMillis = performance.now();
    await startAll(engine, USERS);
    const readyMillis = performance.now() - startedMillis;
    await registerAll(engine, USERS);
    await until(engine, 'all see all on line', async () => (await Promise.all(USERS.map((user) => seesAll(engine, user)))).every(Boolean));
    const metMillis = performance.now() - startedMillis;
    return [
      { row: 'seed server and three nodes, from nothing to ready', value: readyMillis / 1_000, unit: 's', aim: 'under 2 s' },
      { row: 'the same, until all three have registered and know each other', value: metMillis / 1_000, unit: 's' },
    ];
  });
}

async function seesAll(engine: Parameters<Parameters<typeof withNetwork>[0]>[0], user: string): Promise<boolean> {
  const { users } = (await engine.command(user, 'users', {})) as { users: readonly UserView[] };
  return USERS.every((name) => users.some((view) => view.name === name));
}
