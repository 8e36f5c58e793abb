import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { runCli, temporaryRoot } from '../cli/run-cli.ts';

interface Report {
  readonly nodes: number;
  readonly equal: number;
  readonly different: number;
  readonly outcomes: ReadonlyArray<{ readonly file: string; readonly outcome: string; readonly inputs: number; readonly reason: string }>;
}

const LESSON = `name: lesson
within: 15s
steps:
  - start: [alice, bob, carol]
  - join: { node: bob, through: alice }
  - join: { node: carol, through: alice }
  - register: [alice, bob, carol]
  - befriend: [alice, bob]
  - send: { from: alice, to: bob, text: "written down {n}", count: 20 }
  - expect: { ticks: { from: alice, to: bob, are: delivered } }
  - stop: bob
  - restart: bob
  - log-in: bob
  - send: { from: bob, to: alice, text: back again }
  - expect: { messages: { at: alice, with: bob, contain: [back again] } }
`;

test('what reached real processes leads the same nodes to the same state in the simulator, over a restart as well', async (t) => {
  const root = await temporaryRoot(t);
  const [lesson, inputs] = [join(root, 'lesson.yaml'), join(root, 'inputs')];
  await writeFile(lesson, LESSON);
  const ran = await runCli(['run', lesson, '--record', inputs]);
  t.is(ran.status, 0, ran.out + ran.err);
  const replayed = await runCli(['--json', 'replay', inputs]);
  const report = JSON.parse(replayed.out) as Report;
  t.is(replayed.status, 0, replayed.out);
  t.is(report.nodes, 4);
  t.is(report.different, 0);
  t.deepEqual(
    report.outcomes.map(({ file, outcome }) => `${file.slice(0, -'.inputs'.length)} ${outcome}`),
    ['alice.0001 equal', 'bob.0001 equal', 'bob.0002 equal', 'carol.0001 equal'],
  );
  t.true(report.outcomes.every(({ inputs: count }) => count > 10));

  // A single random byte that was another makes another state, or another way through the program.
  const [file = ''] = (await readdir(inputs)).filter((name) => name.startsWith('carol'));
  const bytes = await readFile(join(inputs, file));
  const drawn = Buffer.from('\x82\x65bytes\x58\x20', 'latin1');
  const at = bytes.indexOf(drawn) + drawn.length;
  t.true(at > drawn.length);
  bytes[at] = (bytes[at] as number) ^ 1;
  await writeFile(join(inputs, file), bytes);
  const changed = JSON.parse((await runCli(['--json', 'replay', inputs])).out) as Report;
  t.is(changed.different, 1, JSON.stringify(changed.outcomes));
});
