import test from 'ava';
import { survive } from './survival.ts';

/** SURVIVAL_SEEDS=100-200 plays others. */
function seeds(): number[] {
  const [from, to] = (process.env['SURVIVAL_SEEDS'] ?? '').split('-').map(Number);
  return from === undefined || to === undefined ? [1, 2, 3] : Array.from({ length: to - from + 1 }, (_, count) => from + count);
}

for (const seed of seeds()) {
  test(`L8: what members knew outlives all of them but one (seed ${seed}; SURVIVAL_SEEDS=${seed}-${seed} repeats it)`, async (t) => {
    const { problems, log, world } = await survive(seed, 40);
    t.deepEqual(problems, [], log.join('\n'));
    await world.engine.stop();
  });
}
