import test from 'ava';
import { takeoverLife } from './takeover-life.ts';

/** More by `CONFAB_SEEDS=5000`, another start by `CONFAB_SEED=123`. */
const count = Number(process.env['CONFAB_SEEDS'] ?? 30);
const first = Number(process.env['CONFAB_SEED'] ?? 1);

test('S1, S2, S3: a user with three nodes, logins anywhere, kills and cuts: one session at last, nothing lost, nothing twice', async (t) => {
  t.timeout(180_000 + count * 1_000);
  let logins = 0;
  for (let seed = first; seed < first + count; seed += 1) {
    const { problems, log, ...verdict } = await takeoverLife({ seed, withCodec: seed % 5 === 0 });
    logins += verdict.logins;
    if (problems.length === 0) continue;
    t.log(log.join('\n'));
    return t.fail(`seed ${seed}: ${problems.join('; ')}\nrepeat with: node dist/test/session/takeover-life-main.js ${seed} 1 log`);
  }
  t.true(logins > count, 'sessions moved');
});
