import test from 'ava';
import { valueSchedulesBreak } from './value-schedules.ts';

/** More by `CONFAB_SEEDS=100`, another start by `CONFAB_SEED=123`. */
const runs = Number(process.env['CONFAB_SEEDS'] ?? 12);
const seed = Number(process.env['CONFAB_SEED'] ?? 1);

test('D3 and D4 in schedules that are made smaller when they fail', (t) => {
  t.timeout(60_000 + runs * 5_000);
  t.is(valueSchedulesBreak(seed, runs), null);
});
