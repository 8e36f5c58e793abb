import type { RingView } from '../../src/core/commands.ts';
import { RING_OPTIONS } from '../../src/core/ring/ring-port.ts';
import { type RingSurvey, surveyRing } from '../../src/core/ring/ring-survey.ts';
import type { LocalEngine } from '../../src/engine/local.ts';
import type { Benchmark, Figure } from '../benchmark.ts';
import { PASSWORD, until, withNetwork } from '../live-network.ts';

const NODES = 20;
const DEADLINE_MILLIS = 60_000;

/** Real processes that start together, register at once, and are asked until their answers fit together. */
export const ringLive: Benchmark = {
  name: 'ring-live',
  about: `${NODES} real processes start at once: until they form one valid ring, and until all its pointers are right`,
  command: 'npm run bench -- ring-live',
  async measure({ say }): Promise<readonly Figure[]> {
    const users = Array.from({ length: NODES }, (_, index) => `user${index}`);
    return await withNetwork(async (engine) => {
      const startedMillis = performance.now();
      await engine.startSeedServer();
      await Promise.all(
        users.map(async (user) => {
          await engine.startNode(user);
          await engine.command(user, 'register', { password: PASSWORD });
        }),
      );
      const registeredMillis = performance.now() - startedMillis;
      say(`all have registered after ${Math.round(registeredMillis)} ms`);
      const millisUntil = async (what: string, enough: (survey: RingSurvey) => boolean): Promise<number> => {
        await until(engine, what, async () => enough(await survey(engine, users)), DEADLINE_MILLIS);
        return performance.now() - startedMillis;
      };
      const valid = await millisUntil(
        'one valid ring',
        ({ verdict, rings, outside }) => verdict !== 'broken' && rings[0]?.length === NODES && outside.length === 0,
      );
      const ideal = await millisUntil('an ideal ring', ({ verdict, outside }) => verdict === 'ideal' && outside.length === 0);
      const name = `${NODES} real processes started at once, registration included`;
      return [
        { row: `${name}, until one valid ring`, value: valid / 1_000, unit: 's', aim: 'under 6 s' },
        { row: `${name}, from the last registration until one valid ring`, value: (valid - registeredMillis) / 1_000, unit: 's' },
        { row: `${name}, until it is ideal`, value: ideal / 1_000, unit: 's' },
      ];
    });
  },
};

async function survey(engine: LocalEngine, users: readonly string[]): Promise<RingSurvey> {
  const views = await Promise.all(users.map(async (user) => (await engine.command(user, 'ring', {})) as RingView));
  return surveyRing(views, RING_OPTIONS.successorCount);
}
