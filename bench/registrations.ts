import type { Benchmark, Figure } from './benchmark.ts';
import { PASSWORD, startAll, withNetwork } from './live-network.ts';

const USERS = Array.from({ length: 20 }, (_, index) => `user${index + 1}`);

export const registrations: Benchmark = {
  name: 'registrations',
  about: 'twenty people register at the same instant, each on a process of its own',
  command: 'npm run bench -- registrations',
  async measure(): Promise<readonly Figure[]> {
    return await withNetwork(async (engine) => {
      await startAll(engine, USERS);
      const startedMillis = performance.now();
      const outcomes = await Promise.allSettled(USERS.map((user) => engine.command(user, 'register', { password: PASSWORD })));
      const tookMillis = performance.now() - startedMillis;
      const succeeded = outcomes.filter((outcome) => outcome.status === 'fulfilled').length;
      return [
        { row: '20 registrations at the same instant, that succeed', value: succeeded, unit: 'of 20', aim: '20 of 20' },
        { row: '20 registrations at the same instant, until the last is done', value: tookMillis / 1_000, unit: 's' },
      ];
    });
  },
};
