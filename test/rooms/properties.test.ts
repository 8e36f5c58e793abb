import test from 'ava';
import { liveRoom } from './room-life.ts';

/**
 * Seeds that failed once: a removed member who was away never heard of it (4), an answer was shown before a question whose key was
 * late (5, 7), a room was lost while it was joined again (6), the keys of somebody who had left were asked of nobody (13), and those who
 * were out of a room that shows nobody its past were held to know what others had reacted meanwhile (40001).
 */
const FAILED = [4, 5, 6, 7, 13, 40_001];

/** ROOM_SEEDS=100-200 plays others. */
function seeds(): number[] {
  const [from, to] = (process.env['ROOM_SEEDS'] ?? '').split('-').map(Number);
  return from === undefined || to === undefined ? FAILED : Array.from({ length: to - from + 1 }, (_, count) => from + count);
}

for (const seed of seeds()) {
  test(`L3-L7: a random life of a room ends with the same room on every screen (seed ${seed}; ROOM_SEEDS=${seed}-${seed} repeats it)`, async (t) => {
    const { problems, log, world } = await liveRoom(seed, 60);
    t.deepEqual(problems, [], log.join('\n'));
    await world.engine.stop();
  });
}
