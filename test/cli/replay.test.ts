import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { targetOf } from '../../src/cli/replay/replay.ts';
import { stateAt } from '../../src/cli/replay/state.ts';
import { screen } from '../../src/cli/replay/view.ts';
import type { TraceEvent } from '../../src/core/trace.ts';
import { runCli, temporaryRoot } from './run-cli.ts';

const LESSON = `name: lesson
steps:
  - start: [alice, bob]
  - tell: { nodes: alice, to: say, with: { text: hello } }
  - wait: 100ms
  - kill: bob
`;

async function record(root: string, name: string, seed: number): Promise<string> {
  const file = join(root, name);
  const lesson = join(root, 'lesson.yaml');
  await writeFile(lesson, LESSON.replace('steps:', `program: ${join(process.cwd(), 'examples/naive-chat/program.ts')}\nsteps:`));
  const ran = await runCli(['run', lesson, '--engine', 'sim', '--seed', String(seed), '--trace', file]);
  if (ran.status !== 0) throw new Error(ran.out + ran.err);
  return file;
}

test('the network at a moment of a recorded run', async (t) => {
  const file = await record(await temporaryRoot(t), 'run.ndjson', 1);
  const last = await runCli(['replay', file, '--plain']);
  t.is(last.status, 0, last.err);
  t.regex(last.out, /down bob .*shown {4}1/);
  t.regex(last.out, /up {3}alice .*shown {4}1/);
  const early = await runCli(['--json', 'replay', file, '--at', '1']);
  t.is((JSON.parse(early.out) as { event: number }).event, 1);
  const bad = await runCli(['replay', join(file, 'nothing'), '--at', '1']);
  t.not(bad.status, 0);
});

test('two runs of one seed are equal; of another one, and of a changed line, the first difference is shown', async (t) => {
  const root = await temporaryRoot(t);
  const [one, same, other] = [await record(root, 'one', 1), await record(root, 'same', 1), await record(root, 'other', 2)];
  t.is((await runCli(['replay', one, same])).status, 0);
  const parted = await runCli(['replay', one, other]);
  t.is(parted.status, 1);
  t.regex(parted.out, /The traces part at event \d+: the same with another id, as another seed draws it: /);
  t.is((await runCli(['replay', one, other, '--by-node'])).status, 0);
  const lines = (await readFile(one, 'utf8')).trimEnd().split('\n');
  const changed = join(root, 'changed');
  const at = lines.findIndex((line) => line.includes('the steps are over'));
  await writeFile(changed, lines.with(at, (lines[at] as string).replace('the steps are over', 'something else')).join('\n'));
  const report = JSON.parse((await runCli(['--json', 'replay', one, changed])).out) as { divergence: { index: number; what: string } };
  t.is(report.divergence.index, at);
  t.regex(report.divergence.what, /other facts/);
});

test('keys lead on and back, and a screen keeps to its size', async (t) => {
  const text = await readFile(await record(await temporaryRoot(t), 'run.ndjson', 1), 'utf8');
  const events = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as TraceEvent);
  t.is(targetOf('n', 3, events), 4);
  t.is(targetOf('p', 3, events), 2);
  t.is(targetOf('G', 3, events), events.length);
  t.is(targetOf('q', 3, events), null);
  const at = targetOf('f', 1, events) as number;
  t.is(events[at - 1]?.node, events[0]?.node);
  const shown = screen(events, stateAt(events, 5), { columns: 60, rows: 20 }).split('\r\n');
  t.true(shown.length < 20 && shown.every((line) => line.length < 60));
  t.true(shown.some((line) => line.startsWith('>      5 ')));
  t.true(
    shown.some((line) => line.length === 59 && line.endsWith('…')),
    'a row that was cut says so',
  );
  t.true(screen(events, stateAt(events, 5), { columns: 80, rows: 24 }).includes('q quit'), 'all keys stand on a usual screen');
});

test('a trace that was cut off, damaged or made by another version is told apart from a whole one, and never breaks the command', async (t) => {
  const root = await temporaryRoot(t);
  const whole = await record(root, 'whole', 1);
  const lines = (await readFile(whole, 'utf8')).trimEnd().split('\n');
  const write = async (name: string, text: string) => {
    await writeFile(join(root, name), text);
    return join(root, name);
  };
  const cut = await write('cut', lines.join('\n').slice(0, -20));
  const shapeless = (lines[6] as string).replace(/"detail":.*/, '"detail":{"type":"send"}}');
  const damaged = await write('damaged', lines.with(6, shapeless).with(8, '{"node":').join('\n'));
  const shown = await runCli(['replay', cut, '--at', '3']);
  t.is(shown.status, 0, shown.err);
  t.regex(shown.err, /cut was cut off: its last line is no whole event/);
  for (const command of [
    ['replay', damaged, '--at', '20'],
    ['trace', damaged],
  ]) {
    const ran = await runCli(command);
    t.is(ran.status, 0, ran.err);
    t.regex(ran.out + ran.err, /2 lines (of \d+ )?are no events/);
  }
  const same = await write('same', lines.join('\n').slice(0, -20));
  const compared = await runCli(['replay', cut, same]);
  t.is(compared.status, 1, 'what cannot be read is not equal');
  t.regex(compared.out, /equal as far as they can be read/);
  t.regex((await runCli(['replay', whole, root])).err, /is a folder/);
});
