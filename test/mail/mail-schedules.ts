import fc from 'fast-check';
import { type MailAction, mailSchedule, OTHERS, TALKERS } from './mail-life.ts';

const person = fc.constantFrom(...TALKERS, ...OTHERS);
const talker = fc.constantFrom(...TALKERS);

const action: fc.Arbitrary<MailAction> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .record({ do: fc.constant('write' as const), from: talker, to: talker, count: fc.integer({ min: 1, max: 5 }) })
      .filter(({ from, to }) => from !== to),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('return', 'stop', 'kill', 'logout', 'login'), who: person }) },
  { weight: 1, arbitrary: fc.constant({ do: 'join' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const), left: fc.subarray([...TALKERS, ...OTHERS], { minLength: 1, maxLength: 3 }) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'heal' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delay' as const), millis: fc.integer({ min: 10, max: 400 }) }) },
);

const steps = fc.array(fc.record({ action, pauseMillis: fc.constantFrom(0, 5, 50, 400, 1_500, 4_000) }), { minLength: 5, maxLength: 30 });

/**
 * Schedules of joins, leaves, deaths, returns, cuts, healings and delays in any order among people who write: each message
 * arrives once and in order (M1 to M3). Null, or the smallest schedule that fails and how to repeat it.
 */
export async function mailSchedulesBreak(seed: number, runs: number): Promise<string | null> {
  const property = fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), steps, async (world, schedule) => {
    const { problems } = await mailSchedule(world, schedule);
    if (problems.length > 0) throw new Error(problems.join('; '));
  });
  const outcome = await fc.check(property, { seed, numRuns: runs });
  return outcome.failed ? ((await fc.asyncDefaultReportMessage(outcome)) ?? 'failed without a report') : null;
}
