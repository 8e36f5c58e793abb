import test from 'ava';
import { soak } from './soak.ts';

test('every seed of every suite is played, and a failure says how to repeat it', async (t) => {
  const played: string[] = [];
  const lines: string[] = [];
  const failed = await soak({
    suites: [
      {
        name: 'good',
        play: (seed) => {
          played.push(`good ${seed}`);
          return null;
        },
      },
      { name: 'bad', play: (seed) => (seed === 8 ? 'lost a message' : null) },
      {
        name: 'throwing',
        play: (seed) => {
          if (seed === 9) throw new Error('out of bounds');
          return null;
        },
      },
    ],
    firstSeed: 7,
    seedCount: 3,
    say: (line) => lines.push(line),
  });
  t.is(failed, 2);
  t.deepEqual(played, ['good 7', 'good 8', 'good 9']);
  t.is(lines[0], 'FAILED bad, seed 8: lost a message');
  t.regex(lines[1] ?? '', /npm run soak -- 1 8 bad$/u);
  t.regex(lines[2] ?? '', /^FAILED throwing, seed 9: Error: out of bounds/u);
});
