import type { Benchmark, BenchOptions, Figure } from './benchmark.ts';
import { befriend, registerAll, startAll, withNetwork } from './live-network.ts';
import { pidsOf, processorMillis, residentMegabytes } from './processes.ts';
import { mean } from './statistics.ts';

const USERS = ['alice', 'bob', 'carol'];
const SETTLE_MILLIS = 5_000;
const SAMPLE_MILLIS = 20_000;

export const idle: Benchmark = {
  name: 'idle',
  about: 'memory and processor of a node where nobody does anything, in a network of three friends (reads /proc: Linux)',
  command: 'npm run bench -- idle',
  async measure(options: BenchOptions): Promise<readonly Figure[]> {
    return await withNetwork(async (engine) => {
      await startAll(engine, USERS);
      const fresh = await pidsOf(engine, USERS);
      const freshMegabytes = await Promise.all(fresh.map(residentMegabytes));
      await registerAll(engine, USERS);
      await befriend(engine, 'alice', 'bob');
      await befriend(engine, 'alice', 'carol');
      await befriend(engine, 'bob', 'carol');
      const pids = await pidsOf(engine, USERS);
      await engine.wait(options.quick ? SETTLE_MILLIS / 5 : SETTLE_MILLIS);
      const before = await Promise.all(pids.map(processorMillis));
      const startedMillis = performance.now();
      await engine.wait(options.quick ? SAMPLE_MILLIS / 5 : SAMPLE_MILLIS);
      const after = await Promise.all(pids.map(processorMillis));
      const wallMillis = performance.now() - startedMillis;
      const shares = after.map((millis, index) => (100 * (millis - (before[index] ?? 0))) / wallMillis);
      const megabytes = await Promise.all(pids.map(residentMegabytes));
      return [
        { row: 'node process, idle, resident memory, logged in, with two friends', value: mean(megabytes), unit: 'MB', aim: 'under 75 MB' },
        { row: 'node process, resident memory just started, nobody logged in', value: mean(freshMegabytes), unit: 'MB' },
        { row: 'node process, idle, processor over 20 s', value: mean(shares), unit: '%', aim: 'under 1 %' },
      ] satisfies Figure[];
    });
  },
};
