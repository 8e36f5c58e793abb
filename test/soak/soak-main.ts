/**
 * Tries the seeded properties with as many seeds as it is told, in the simulator:
 * `npm run soak -- [seeds, default 100] [first seed, default 1] [suites ...]`. Exit status 1 when one failed.
 */

import { atomicRun } from '../../bench/worlds/atomic-run.ts';
import { strictRun } from '../../bench/worlds/strict-run.ts';
import { chaosVerdict } from '../core/chaos-checks.ts';
import type { SmallWorld } from '../core/small-world.ts';
import { fileLife } from '../files/file-life.ts';
import { mailLife } from '../mail/mail-life.ts';
import { mailSchedulesBreak } from '../mail/mail-schedules.ts';
import { scheduleBreaks } from '../replication/schedule.ts';
import { valueSchedulesBreak } from '../replication/value-schedules.ts';
import { liveRoom } from '../rooms/room-life.ts';
import { survive } from '../rooms/survival.ts';
import { RING_SCENARIOS, withoutHints } from '../scenario/without-hints.ts';
import { takeoverLife } from '../session/takeover-life.ts';
import { type Suite, soak } from './soak.ts';

const ROUNDS_MAX = 12;
const joined = (problems: readonly string[]): string | null => (problems.length === 0 ? null : problems.join('; '));

/** What was wrong, once the simulated network has been taken down. */
async function ended(life: Promise<{ readonly world: SmallWorld; readonly problems: readonly string[] }>): Promise<readonly string[]> {
  const { world, problems } = await life;
  await world.engine.stop();
  return problems;
}

const SUITES: readonly Suite[] = [
  { name: 'chaos', play: async (seed) => joined((await chaosVerdict({ seed, withCodec: seed % 5 === 0 })).problems) },
  {
    name: 'ring-atomic',
    play: (seed) => {
      const { broken, rounds } = atomicRun({ seed, successorCount: 2 + (seed % 3), eager: seed % 3 !== 0 });
      return broken ?? (rounds > ROUNDS_MAX ? `${rounds} rounds until the ring was ideal` : null);
    },
  },
  { name: 'ring', play: (seed) => strictRun({ seed, successorCount: 2 + (seed % 3) }).broken },
  { name: 'replication', play: (seed) => scheduleBreaks(seed) },
  { name: 'files', play: async (seed) => joined((await fileLife({ seed })).problems) },
  { name: 'mail', play: async (seed) => joined((await mailLife({ seed })).problems) },
  { name: 'mail-schedules', play: (seed) => mailSchedulesBreak(seed, 1) },
  { name: 'value-schedules', play: (seed) => valueSchedulesBreak(seed, 1) },
  { name: 'without-hints', play: (seed) => withoutHints(RING_SCENARIOS[seed % RING_SCENARIOS.length] ?? 'ring-merge', seed) },
  { name: 'mail-without-hints', play: async (seed) => joined((await mailLife({ seed, options: { swimPeriodMillis: 0 } })).problems) },
  { name: 'rooms', play: async (seed) => joined(await ended(liveRoom(seed, 60))) },
  { name: 'room-survival', play: async (seed) => joined(await ended(survive(seed, 40))) },
  { name: 'takeover', play: async (seed) => joined((await takeoverLife({ seed, withCodec: seed % 5 === 0 })).problems) },
];

const numbers = process.argv.slice(2).filter((word) => /^\d+$/.test(word));
const names = process.argv.slice(2).filter((word) => !/^\d+$/.test(word));
const unknown = names.filter((name) => !SUITES.some((suite) => suite.name === name));
if (unknown.length > 0) {
  console.error(`There is no suite ${unknown.join(', ')}. There are: ${SUITES.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}
const [seedCount = 100, firstSeed = 1] = numbers.map(Number);
const suites = names.length === 0 ? SUITES : SUITES.filter(({ name }) => names.includes(name));
const startedMillis = performance.now();
const failed = await soak({ suites, firstSeed, seedCount, say: (line) => console.log(line) });
const seconds = ((performance.now() - startedMillis) / 1_000).toFixed(0);
console.log(`${suites.map(({ name }) => name).join(', ')}: seeds ${firstSeed} to ${firstSeed + seedCount - 1}, ${failed} failures, ${seconds} s`);
process.exitCode = failed === 0 ? 0 : 1;
