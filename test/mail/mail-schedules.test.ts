import test from 'ava';
import { mailSchedulesBreak } from './mail-schedules.ts';

/** More by `CONFAB_SEEDS=100`, another start by `CONFAB_SEED=123`. */
const runs = Number(process.env['CONFAB_SEEDS'] ?? 8);
const seed = Number(process.env['CONFAB_SEED'] ?? 1);

test('M1 to M3 in schedules that are made smaller when they fail', async (t) => {
  t.timeout(60_000 + runs * 5_000);
  t.is(await mailSchedulesBreak(seed, runs), null);
});
