import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { runCli, temporaryRoot } from './run-cli.ts';

/** Three of ten actions end somebody; at the end everybody was to run. */
const SOMETIMES = `name: sometimes
steps:
  - start: user[1..4]
  - random:
      nodes: user[1..4]
      times: 3
      pause: 200ms
      of:
        - { weight: 8, steps: [{ wait: 10ms }] }
        - { weight: 1, steps: [{ stop: any-up }] }
  - expect: { running: user1..4 }
    within: 100ms
`;

test('failures come with the command that repeats them, and the first is made small', async (t) => {
  const root = await temporaryRoot(t);
  const [file, saved] = [join(root, 'sometimes.yaml'), join(root, 'small.yaml')];
  await writeFile(file, SOMETIMES);
  const ran = await runCli(['--json', 'explore', file, '--seeds', '30', '--jobs', '2', '--failures', '3', '--save', saved]);
  t.is(ran.status, 1, ran.err);
  const report = JSON.parse(ran.out) as {
    seeds: number;
    failures: number;
    firstFailures: Array<{ seed: number; command: string; reason: string }>;
    smallest: { steps: number; file: string };
  };
  t.true(report.failures >= 1 && report.failures <= 4, ran.out);
  const [first] = report.firstFailures;
  t.regex(first?.reason ?? '', /run/);
  const again = await runCli((first?.command ?? '').split(' ').slice(1));
  t.is(again.status, 1, again.out);
  t.is(report.smallest.steps, 3, await readFile(saved, 'utf8'));
  const small = await runCli(['run', saved, '--engine', 'sim', '--stand-in-crypto']);
  t.is(small.status, 1, small.out);
});

test('where nothing fails the status says so, and a bad file is refused before anything is played', async (t) => {
  const root = await temporaryRoot(t);
  const file = join(root, 'fine.yaml');
  await writeFile(file, 'name: fine\nsteps:\n  - start: alice\n  - register: alice\n');
  const fine = await runCli(['explore', file, '--seeds', '5', '--jobs', '1']);
  t.is(fine.status, 0, fine.out + fine.err);
  t.regex(fine.out, /PASS {2}5 seeds .* none failed/);
  await writeFile(file, 'name: fine\nsteps:\n  - strat: alice\n');
  const bad = await runCli(['explore', file, '--seeds', '5', '--jobs', '1']);
  t.is(bad.status, 2);
  t.regex(bad.err, /3:5: the key "strat" is not known here/);
});
