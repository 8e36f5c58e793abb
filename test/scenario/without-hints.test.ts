import test from 'ava';
import { mailLife } from '../mail/mail-life.ts';
import { RING_SCENARIOS, withoutHints } from './without-hints.ts';

/** More by `CONFAB_SEEDS=10`, another start by `CONFAB_SEED=123`; `npm run soak -- 100 1 without-hints` plays them one by one. */
const count = Number(process.env['CONFAB_SEEDS'] ?? 1);
const first = Number(process.env['CONFAB_SEED'] ?? 1);
const seeds = Array.from({ length: count }, (_, index) => first + index);

for (const name of RING_SCENARIOS) {
  test(`the ring needs no hints of the failure detector: ${name} passes with the probes switched off`, async (t) => {
    for (const seed of seeds) t.is(await withoutHints(name, seed), null);
  });
}

test('regression: a finger nearer than the successor, which was no member any more, hid whose the keys between them were', async (t) => {
  t.is(await withoutHints('ring-merge', 72), null);
});

test('nor does mail', async (t) => {
  for (const seed of [first, first + 1]) t.deepEqual((await mailLife({ seed, options: { swimPeriodMillis: 0 } })).problems, [], `seed ${seed}`);
});
