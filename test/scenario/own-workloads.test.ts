import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { runCli, temporaryRoot } from '../cli/run-cli.ts';

/** A workload that Confab knows nothing of: people pass a ball on. One file, in plain JavaScript. */
const BALL = `export const workload = {
  name: 'ball',
  about: 'clients pass a ball on, by a message each time',
  strictOnly: null,
  begin: (place, clients) => {
    const passes = [];
    return {
      prepare: () => [{ note: 'The ball of step ' + place + ' begins at ' + clients[0] }],
      operation: ({ client, clients: all, random, count }) => {
        const others = all.filter((each) => each !== client);
        const to = others[random.below(others.length)];
        passes.push({ client, to, text: 'the ball, pass ' + count });
        return [{ send: { from: client, to, text: 'the ball, pass ' + count } }];
      },
      checks: () => passes.map(({ client, to, text }) => ({ expect: { messages: { at: to, with: client, contain: [text] } }, within: '3s' })),
    };
  },
};
`;
const LESSON = `name: lesson
workloads: [games/ball.mjs]
steps:
  - seed-server: start
  - start: user[1..3]
  - register: user[1..3]
  - befriend: [user1, user2, user3]
  - workload: { kind: ball, nodes: "user[1..3]", for: 2s, think: { law: uniform, min: 300ms, max: 700ms } }
`;

interface Report {
  readonly verdict: string;
  readonly reason: string | null;
  readonly steps: ReadonlyArray<{ readonly step: string }>;
}

test('a workload is one file: a module beside the scenario is drawn, played, checked, explored and made smaller', async (t) => {
  const root = await temporaryRoot(t);
  const [lesson, module] = [join(root, 'lesson.yaml'), join(root, 'games', 'ball.mjs')];
  await mkdir(join(root, 'games'));
  await writeFile(module, BALL);
  await writeFile(lesson, LESSON);
  const played = await runCli(['--json', 'run', lesson, '--engine', 'sim', '--seed', '3']);
  const report = JSON.parse(played.out) as Report;
  t.is(report.verdict, 'pass', report.reason ?? '');
  const passes = report.steps.filter(({ step }) => /^user[0-9] (sends|writes)/.test(step)).length;
  t.true(passes >= 5, `${passes} steps about the ball`);

  // Its checker judges: one that wants what nobody wrote fails, and the failure is made smaller with the module at hand.
  await writeFile(module, BALL.replace('contain: [text]', "contain: [text + '!']"));
  const explored = await runCli(['--json', 'explore', lesson, '--seeds', '1', '--jobs', '1'], { limitMillis: 50_000 });
  t.is(explored.status, 1, explored.out + explored.err);
  const { failures, smallest } = JSON.parse(explored.out) as { failures: number; smallest: { steps: number } };
  t.is(failures, 1);
  t.true(smallest.steps <= 8, `${smallest.steps} steps`);
});

test('mistakes in modules of workloads are told', async (t) => {
  const root = await temporaryRoot(t);
  const [lesson, module] = [join(root, 'lesson.yaml'), join(root, 'games', 'ball.mjs')];
  await mkdir(join(root, 'games'));
  await writeFile(lesson, LESSON);
  const run = async () => await runCli(['run', lesson, '--engine', 'sim']);
  t.regex((await run()).err, /"workloads": there is no file .*ball\.mjs/);
  await writeFile(module, 'export const workload = { name: "ball" };');
  const nothing = await run();
  t.is(nothing.status, 2);
  t.regex(nothing.err, /exports no workload: an object with name, about, strictOnly and a function begin/);
  await writeFile(module, BALL.replace("name: 'ball'", "name: 'balls'"));
  t.regex((await run()).err, /lesson\.yaml:8:\d+: .*there is no workload ball; there are balls, .*Did you mean "balls"/);
});
