import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { makeSim } from '../../src/cli/make-sim.ts';
import { TurnWork } from '../../src/core/turn-work.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { SILENT } from '../../src/scenario/narration.ts';
import type { RunReport } from '../../src/scenario/report.ts';
import { runScenario } from '../../src/scenario/runner.ts';

const SEED = 3;

async function play(name: string): Promise<RunReport> {
  const file = fileURLToPath(new URL(`../../../scenarios/${name}.yaml`, import.meta.url));
  const scenario = loadScenario(readFileSync(file, 'utf8'), file, SEED);
  const engine = makeSim(scenario, { seed: SEED, crypto: 'stand-in', traced: true, module: null });
  return runScenario(scenario, engine, { seed: SEED, wallMillis: () => performance.now(), listener: SILENT, ownChecks: [] });
}

/** As if every module had something to do at the end of each turn. */
async function asking<Value>(work: () => Promise<Value>): Promise<Value> {
  const isNone = Object.getOwnPropertyDescriptor(TurnWork.prototype, 'isNone') as PropertyDescriptor;
  const take = Object.getOwnPropertyDescriptor(TurnWork.prototype, 'take') as PropertyDescriptor;
  Object.defineProperty(TurnWork.prototype, 'isNone', { ...isNone, get: () => false });
  Object.defineProperty(TurnWork.prototype, 'take', { ...take, value: () => true });
  try {
    return await work();
  } finally {
    Object.defineProperty(TurnWork.prototype, 'isNone', isNone);
    Object.defineProperty(TurnWork.prototype, 'take', take);
  }
}

for (const name of ['file-transfer', 'rooms-basics', 'offline-mail', 'owner-lost']) {
  test.serial(`no module misses the end of a turn for which it has something: ${name}`, async (t) => {
    const told = await play(name);
    const asked = await asking(() => play(name));
    t.is(told.verdict, 'pass', told.reason ?? '');
    t.true(told.trace.events > 100);
    t.deepEqual(told.trace, asked.trace, `confab run scenarios/${name}.yaml --seed ${SEED} differs from a run that asks every module`);
  });
}
