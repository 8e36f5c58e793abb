import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { runCli, temporaryRoot } from '../cli/run-cli.ts';

interface Report {
  readonly nodes: number;
  readonly equal: number;
  readonly different: number;
  readonly outcomes: ReadonlyArray<{ readonly file: string; readonly outcome: string; readonly inputs: number; readonly reason: string }>;
}

/** The machine may be busy with other tests. */
const PATIENT = ['--patience', '4'];

const LESSON = `name: lesson
within: 15s
steps:
  - start: [alice, bob, carol]
  - start: { nodes: mallory, conduct: wrong-signatures }
  - join: { node: mallory, through: alice }
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
  t.timeout(120_000);
  const root = await temporaryRoot(t);
  const [lesson, inputs] = [join(root, 'lesson.yaml'), join(root, 'inputs')];
  await writeFile(lesson, LESSON);
  const ran = await runCli(['run', lesson, '--record', inputs, ...PATIENT], { limitMillis: 90_000 });
  t.is(ran.status, 0, ran.out + ran.err);
  const replayed = await runCli(['--json', 'replay', inputs]);
  const report = JSON.parse(replayed.out) as Report;
  t.is(replayed.status, 0, replayed.out);
  t.is(report.nodes, 5);
  t.is(report.different, 0);
  t.deepEqual(
    report.outcomes.map(({ file, outcome }) => `${file.slice(0, -'.inputs'.length)} ${outcome}`),
    ['alice.0001 equal', 'bob.0001 equal', 'bob.0002 equal', 'carol.0001 equal', 'mallory.0001 equal'],
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
  t.regex(changed.outcomes.find((each) => each.file === file)?.reason ?? '', /was changed.*\(.+\)/);

  // What is missing or cut off is no proof, and a folder holds one run.
  await truncate(join(inputs, 'alice.0001.inputs'), 3_000);
  await rm(join(inputs, file));
  const broken = await runCli(['--json', 'replay', inputs]);
  t.is(broken.status, 1);
  t.deepEqual(
    (JSON.parse(broken.out) as Report).outcomes.map(({ outcome }) => outcome),
    ['different', 'equal', 'equal', 'missing', 'equal'],
  );
  await rm(join(inputs, 'recorded-run.json'));
  t.regex((await runCli(['replay', inputs])).out, /nobody knows what is missing/);
  const twice = await runCli(['run', lesson, '--record', inputs]);
  t.is(twice.status, 2);
  t.regex(twice.err, /holds the recordings of another run/);
});

const KILLS = `name: kills
within: 20s
deadline: 3m
steps:
  - seed-server: start
  - start: [alice, bob]
  - register: [alice, bob]
  - befriend: [alice, bob]
  - repeat:
      times: 4
      steps:
        - parallel:
            - send: { from: alice, to: bob, text: "to bob, {round}, {n}", count: 60 }
              maybe: true
            - send: { from: bob, to: alice, text: "to alice, {round}, {n}", count: 60 }
              maybe: true
            - - wait: 70ms
              - kill: bob
        - restart: bob
        - log-in: bob
  - note: A disk that is full for a while, and one that is lost.
  - disk: { of: bob, is: full }
  - send: { from: bob, to: alice, text: no room }
    fails: store-failed
  - note: What bob wanted to say after the commit that failed goes with the next one, which fails as well.
  - send: { from: bob, to: alice, text: still no room }
    fails: store-failed
  - disk: { of: bob, is: free }
  - expect: { logged-in: bob }
  - kill: alice
  - restart: { nodes: alice, empty-disk: true }
  - log-in: alice
  - expect: { friends: { of: alice, are: [bob] } }
  - send: { from: alice, to: bob, text: the end }
  - expect: { messages: { at: bob, with: alice, contain: [the end] } }
`;

test('recordings go on over kill -9 in the middle of commits, a full disk and a lost one: what the next life finds is what the replay has', async (t) => {
  const root = await temporaryRoot(t);
  t.timeout(120_000);
  const [lesson, inputs] = [join(root, 'kills.yaml'), join(root, 'inputs')];
  await writeFile(lesson, KILLS);
  const ran = await runCli(['run', lesson, '--record', inputs, ...PATIENT], { limitMillis: 90_000 });
  t.is(ran.status, 0, ran.out + ran.err);
  const replayed = await runCli(['--json', 'replay', inputs]);
  const report = JSON.parse(replayed.out) as Report;
  t.deepEqual(
    report.outcomes.map(({ file, outcome, reason }) => `${file.slice(0, -'.inputs'.length)} ${outcome} ${reason}`),
    [
      'alice.0001 torn it was killed and its disk was lost: there is nothing to compare with',
      'alice.0002 equal ',
      ...[1, 2, 3, 4].map((life) => `bob.000${life} equal killed; the next life found what the replay has`),
      'bob.0005 equal ',
    ],
  );
});

test("a program of one's own is the same in both worlds, too", async (t) => {
  t.timeout(90_000);
  const root = await temporaryRoot(t);
  const lesson = join(root, 'lesson.yaml');
  const program = `export const program = (env) => ({
    command: (name, { text }, answer) => { env.save('said', text); for (const peer of env.peers) env.send(peer, { text }); answer.done(); },
    receive: (from, { text }) => env.save('heard', text + env.fraction()),
  });`;
  await writeFile(join(root, 'echo.mjs'), program);
  const steps = '  - start: [alice, bob]\n  - tell: { nodes: alice, to: say, with: { text: hello } }\n  - wait: 300ms\n';
  await writeFile(lesson, `name: echo\nprogram: echo.mjs\nchecks: []\nsteps:\n${steps}`);
  const ran = await runCli(['run', lesson, '--two-worlds', ...PATIENT], { limitMillis: 60_000 });
  t.is(ran.status, 0, ran.out + ran.err);
  t.regex(ran.out, /2 of 2 recordings end in the same state/);
});
