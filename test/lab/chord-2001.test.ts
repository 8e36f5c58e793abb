import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { playSeed } from '../../src/cli/explore/play-seed.ts';
import { runCli, temporaryRoot } from '../cli/run-cli.ts';

const folder = fileURLToPath(new URL('../../../examples/chord-2001', import.meta.url));

test('exploration finds the first published Chord broken and tells it in a few events, also on real processes', async (t) => {
  const small = join(await temporaryRoot(t), 'small.yaml');
  const ran = await runCli(['--json', 'explore', join(folder, 'scenario.yaml'), '--seeds', '2000', '--jobs', '2', '--failures', '1', '--save', small]);
  t.is(ran.status, 1, ran.err);
  const report = JSON.parse(ran.out) as { failures: number; smallest: { steps: number; reason: string } };
  t.true(report.failures >= 1);
  t.true(report.smallest.steps <= 25, `${report.smallest.steps} steps`);
  t.regex(report.smallest.reason, /ring-stays-whole: /);
  for (const engine of ['sim', 'local']) {
    const again = await runCli(['run', small, '--engine', engine]);
    t.is(again.status, 1, again.out + again.err);
    t.regex(again.out, /broken: ring-stays-whole/);
  }
});

test('the corrected ring survives the same joins and failures', async (t) => {
  const file = join(folder, 'corrected.yaml');
  const text = await readFile(file, 'utf8');
  let judged = 0;
  for (let seed = 1; seed <= 60; seed += 1) {
    const outcome = await playSeed({ text, file, seed, crypto: 'stand-in', again: false });
    t.is(outcome.verdict, 'pass', `confab run ${file} --engine sim --seed ${seed} --stand-in-crypto: ${outcome.reason}`);
    judged += outcome.events;
  }
  t.true(judged > 10_000);
});

test('both scenarios draw the same steps', async (t) => {
  const [first, second] = await Promise.all(['scenario.yaml', 'corrected.yaml'].map((name) => readFile(join(folder, name), 'utf8')));
  t.is(first?.split('\nsteps:')[1], second?.split('\nsteps:')[1]);
});
