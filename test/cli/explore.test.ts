import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { Progress } from '../../src/cli/explore/progress.ts';
import { explorationHtml } from '../../src/scenario/reports/exploration-html.ts';
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
  t.regex(bad.err, /fine\.yaml:3:5: the key "strat" is not known here/);
  // What only a thread finds out is told like the rest.
  await writeFile(file, 'name: fine\nprogram: gone.js\nsteps:\n  - start: alice\n');
  const gone = await runCli(['explore', file, '--seeds', '5', '--jobs', '1']);
  t.is(gone.status, 2);
  t.regex(gone.err, /^confab: \S+fine\.yaml:1: "program": there is no file \S+gone\.js\n/m);
});

/** A notebook whose planted bug shows only when somebody writes, starts again, and is asked: what was written last is not saved. */
const NOTEBOOK = `export const program = (env) => {
  let notes = env.load('notes') ?? [];
  return {
    command: (name, { text }, answer) => {
      if (name === 'note') {
        if (notes.length > 0) env.save('notes', notes);
        notes = [...notes, text];
        env.state('note', String(notes.length), 'kept');
      }
      answer.done(notes.length);
    },
    start: () => env.state('notes', 'all', String(notes.length)),
    receive: () => {},
  };
};
export const checks = [{
  name: 'notes-last',
  about: 'what was noted is there after a restart',
  judge: (trace) => {
    const kept = new Map();
    for (const { id, node, detail } of trace) {
      if (detail.type !== 'state') continue;
      if (detail.subject === 'note') kept.set(node, Number(detail.id));
      if (detail.subject === 'notes' && Number(detail.to) < (kept.get(node) ?? 0)) return { outcome: 'broken', evidence: node + ' has forgotten', events: [id] };
    }
    return { outcome: 'holds', evidence: 'all there' };
  },
}];
`;

test('a planted bug is shrunk from tens of steps to three, and the report tells its story with links to what was played', async (t) => {
  const root = await temporaryRoot(t);
  const [file, reports] = [join(root, 'notebook.yaml'), join(root, 'reports')];
  await writeFile(join(root, 'notebook.mjs'), NOTEBOOK);
  await writeFile(
    file,
    `name: notebook
program: notebook.mjs
checks: []
steps:
  - start: user[1..6]
  - random:
      nodes: user[1..6]
      times: 60
      pause: 50ms
      of:
        - { weight: 4, steps: [{ tell: { nodes: any-up, to: note, with: { text: "number {n}" } } }] }
        - { weight: 3, steps: [{ tell: { nodes: any-up, to: notes } }] }
        - { weight: 1, steps: [{ restart: any-up }] }
`,
  );
  const ran = await runCli(['--json', 'explore', file, '--seeds', '4', '--jobs', '1', '--report', reports], { limitMillis: 50_000 });
  t.is(ran.status, 1, ran.out + ran.err);
  const found = JSON.parse(ran.out) as { failures: number; report: string; smallest: { steps: number; scenario: string } };
  t.true(found.failures >= 1);
  // Somebody starts, notes something, and starts again.
  t.is(found.smallest.steps, 3, found.smallest.scenario);
  const folder = join(reports, 'latest');
  const html = await readFile(join(folder, 'index.html'), 'utf8');
  t.regex(html, /notes-last/);
  t.regex(html, / 3\. user\d starts? again/);
  const links = [...html.matchAll(/href="([^"#]+)"/g)].map(([, link]) => link ?? '');
  t.true(
    links.some((link) => /^seed-\d+\/index\.html$/.test(link)) && links.includes('smallest/index.html') && links.includes('smallest.yaml'),
    links.join(' '),
  );
  for (const link of links) t.true(existsSync(join(folder, link)), link);
  t.false(/https?:|<script/.test(html), 'it needs nothing from elsewhere');
  const again = await runCli(['run', join(folder, 'smallest.yaml'), '--engine', 'sim', '--stand-in-crypto']);
  t.is(again.status, 1, again.out);
  t.regex(again.out, /notes-last/);
});

/** Each line that somebody says goes to everybody; \`leave\` ends the thread, \`roll\` comes out otherwise each time. */
const SHOUTS = `globalThis.rolls ??= 0;
export const program = (env) => {
  const lines = [];
  const hear = (line) => lines.push(line);
  return {
    command: (name, { text }, answer) => {
      if (name === 'leave') process.exit(0);
      if (name === 'roll') env.state('roll', 'it', String((globalThis.rolls += 1)));
      if (name === 'say') for (const peer of env.peers) env.send(peer, { text });
      if (name === 'say') hear(text);
      answer.done(lines);
    },
    start: () => {},
    receive: (from, { text }) => hear(text),
  };
};
export const checks = [{
  name: 'even-rolls',
  about: 'no roll is odd',
  judge: (trace) => {
    const odd = trace.find(({ detail }) => detail.type === 'state' && detail.subject === 'roll' && Number(detail.to) % 2 === 1);
    return odd === undefined ? { outcome: 'holds', evidence: 'even' } : { outcome: 'broken', evidence: 'odd', events: [odd.id] };
  },
}];
`;

const HEAD = 'program: shouts.mjs\nchecks: []\nsteps:\n';

test('where the smaller scenario cannot be written is said before anything is played', async (t) => {
  const root = await temporaryRoot(t);
  const file = join(root, 'sometimes.yaml');
  await writeFile(file, SOMETIMES);
  for (const [saved, says] of [
    [join(root, 'missing', 'small.yaml'), /no such file or folder/],
    [root, /it is a folder/],
  ] as const) {
    const ran = await runCli(['explore', file, '--seeds', '30', '--jobs', '1', '--save', saved]);
    t.is(ran.out, '');
    t.regex(ran.err, says);
  }
});

test('an exploration that was ended before anything failed has not passed', (t) => {
  const facts = {
    scenario: 's',
    about: '',
    seeds: 0,
    firstSeed: 1,
    wallMillis: 1,
    jobs: 1,
    crypto: '',
    failures: [],
    smallest: null,
    command: '',
    machine: '',
  };
  t.regex(explorationHtml({ ...facts, ending: '; the others (9) were not played' }), /ENDED EARLY/);
  t.regex(explorationHtml({ ...facts, ending: '' }), /PASS/);
});

test('what a step expects is not taken away from it, and commands name files with blanks', async (t) => {
  const root = await temporaryRoot(t);
  const [file, saved] = [join(root, 'the line.yaml'), join(root, 'small line.yaml')];
  await writeFile(join(root, 'shouts.mjs'), SHOUTS);
  await writeFile(
    file,
    `name: the-line
${HEAD}  - start: [alice, bob, carol, dave]
  - restart: carol
  - wait: 1s
  - cut: { between: alice, and: bob }
  - kill: dave
  - tell: { nodes: alice, to: say, with: { text: are you there } }
  - wait: 1s
  - expect: { answers: { of: bob, asked: lines, are: ["are you there"] } }
    within: 300ms
`,
  );
  const ran = await runCli(['--json', 'explore', file, '--seeds', '3', '--jobs', '1', '--failures', '1', '--save', saved]);
  t.is(ran.status, 1, ran.out + ran.err);
  const found = JSON.parse(ran.out) as {
    seeds: number;
    wantedSeeds: number;
    ending: string;
    firstFailures: Array<{ command: string; repeats: boolean }>;
    smallest: { steps: number; command: string; scenario: string; reason: string };
  };
  t.deepEqual([found.seeds, found.wantedSeeds, found.ending], [1, 3, 'failures']);
  t.is(found.firstFailures[0]?.repeats, true);
  t.is(found.firstFailures[0]?.command, `confab run '${file}' --engine sim --seed 1 --stand-in-crypto`);
  // Two start, the line is cut, one speaks, and the other was to hear it.
  t.is(found.smallest.steps, 4, found.smallest.scenario);
  t.regex(found.smallest.scenario, /cut:/);
  t.is(found.smallest.command, `confab run '${saved}' --engine sim --stand-in-crypto`);
  const again = await runCli(['--json', 'run', saved, '--engine', 'sim', '--stand-in-crypto']);
  t.is((JSON.parse(again.out) as { reason: string }).reason, found.smallest.reason);
});

test('a program that ends its thread, or does not come out alike twice, ends no exploration', async (t) => {
  const root = await temporaryRoot(t);
  const [leaves, rolls] = [join(root, 'leaves.yaml'), join(root, 'rolls.yaml')];
  await writeFile(join(root, 'shouts.mjs'), SHOUTS);
  await writeFile(leaves, `name: leaves\n${HEAD}  - start: alice\n  - tell: { nodes: alice, to: leave }\n`);
  await writeFile(rolls, `name: rolls\n${HEAD}  - start: alice\n  - tell: { nodes: alice, to: roll }\n`);
  const left = await runCli(['explore', leaves, '--seeds', '2', '--jobs', '1', '--no-shrink']);
  t.is(left.status, 3, left.out + left.err);
  t.regex(left.out, /seed 1: CRASH .*ended[\s\S]*seed 2: CRASH .*ended[\s\S]*2 failed/);
  const rolled = await runCli(['--json', 'explore', rolls, '--seeds', '1', '--jobs', '1']);
  t.is(rolled.status, 1, rolled.out + rolled.err);
  const { firstFailures, smallest } = JSON.parse(rolled.out) as { firstFailures: Array<{ repeats: boolean }>; smallest: unknown };
  t.deepEqual([firstFailures[0]?.repeats, smallest], [false, null]);
  t.regex(rolled.err, /nodes that share a process have in common what shouts\.mjs:1 puts on globalThis; what shouts\.mjs:8/);
});

test('an example of Confab is explored from any folder, and what is small lies where it is asked for', async (t) => {
  const root = await temporaryRoot(t);
  const saved = join(root, 'small.yaml');
  const ran = await runCli(['explore', 'examples/naive-chat/scenario.yaml', '--seeds', '1', '--jobs', '1', '--save', saved, '--report', root], { cwd: root });
  t.is(ran.status, 1, ran.out + ran.err);
  t.regex(ran.out, /repeat it: confab run examples\/naive-chat\/scenario.yaml --engine sim --seed 1/);
  for (const small of [saved, join(root, 'latest', 'smallest.yaml')]) {
    const again = await runCli(['run', small, '--engine', 'sim', '--stand-in-crypto'], { cwd: root });
    t.is(again.status, 1, again.out + again.err);
    t.regex(again.out, /nothing-overwritten/);
  }
});

test('the line of progress fits any terminal, and names a seed that takes long', (t) => {
  const progress = new Progress({ total: 1_000, surface: 'none', nowMillis: 0, longest: () => ({ seed: 77, forMillis: 65_000 }) });
  progress.done = 250;
  progress.failed = 2;
  t.is(progress.line(60_000), '[######..................] 250 of 1000 seeds, 2 failed, 3 min left, seed 77 for 1 min 5 s by now');
  for (let columns = 4; columns < 120; columns += 1) t.true(progress.line(60_000, columns).length <= columns, `${columns} columns`);
  t.is(progress.line(60_000, 40), '250 of 1000 seeds, 2 failed, 3 min left');
  t.is(progress.line(60_000, 30), '250 of 1000 seeds, 2 failed');
  progress.done = 1_000;
  t.false(progress.line(60_000, 60).includes('left'));
});
