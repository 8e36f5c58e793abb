import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { runCli, temporaryRoot } from './run-cli.ts';

test('help lists every command, and each command has examples', async (t) => {
  const { status, out } = await runCli(['--help']);
  t.is(status, 0);
  const commands = ['up', 'tui', 'run', 'node', 'seed', 'ps', 'stop', 'users', 'call', 'inspect', 'trace', 'doctor'];
  for (const command of commands) t.regex(out, new RegExp(`^ {2}${command} `, 'm'), command);
  for (const command of ['node', 'seed', 'ps', 'stop', 'users', 'call', 'inspect', 'trace', 'doctor']) {
    const help = await runCli([command, '--help']);
    t.is(help.status, 0);
    t.regex(help.out, /Examples:\n {2}\$ confab/, command);
  }
});

test('a name with a path in it is refused before anything is made', async (t) => {
  const root = await temporaryRoot(t);
  for (const args of [
    ['node', '../../x'],
    ['node', 'a/b'],
    ['node', 'alice', '--node', '../x'],
    ['node', 'Alice'],
    ['inspect', '../x'],
    ['call', '../x', 'info'],
    ['stop', '..'],
  ]) {
    const { status, out, err } = await runCli(['--root', root, ...args]);
    t.is(status, 2, args.join(' '));
    t.is(out, '');
    t.regex(err, /cannot be used/);
    t.notRegex(err, /at .*:\d+:\d+/);
  }
  t.deepEqual(await readdir(root), []);
});

test('the manual as JSON is one object, a list of records for each section', async (t) => {
  const { status, out } = await runCli(['manual', 'errors', '--json']);
  t.is(status, 0);
  const { errors } = JSON.parse(out) as { readonly errors: ReadonlyArray<Readonly<Record<string, string>>> };
  t.like(errors.find(({ code }) => code === 'folder-locked') ?? {}, { exit: '2' });
});

test('bad usage is status 2, with a guess', async (t) => {
  const root = await temporaryRoot(t);
  for (const [args, expected] of [
    [['nod'], /Did you mean node/],
    [['ps', '--al'], /unknown option/],
    [['call', 'alice', 'freinds'], /Did you mean "friends"/],
    [['call', 'alice', 'send', 'to=bob', 'texd=x'], /no argument "texd".*"text"/],
    [['call', 'alice', 'login', 'password=abc'], /never taken from the command line/],
    [['call', 'alice', 'info'], /No node of alice runs/],
    [['node', 'alice', '--port', '99999'], /--port must be a whole number/],
    [['node', 'alice', '--peer', 'nonsense'], /not the address of a peer/],
    [['node', 'alice', '--seed', 'nonsense'], /--seed must be a URL/],
    [['node', 'alice', '--seed', 'http://127.0.0.1:5555#mistyped'], /behind the # of --seed must be the key/],
    [['node', 'alice', '--network', 'a b'], /--network takes/],
    [['trace', 'x.ndjson', '--type', 'sned'], /Did you mean "send"/],
    [['node', 'alice', '--login'], /a password is needed/],
  ] as const) {
    const { status, err } = await runCli(['--root', root, ...args]);
    t.is(status, 2, args.join(' '));
    t.regex(err, expected, args.join(' '));
  }
  t.deepEqual(await readdir(root), []);
});

test('errors as JSON go to stderr, the root comes from the environment too', async (t) => {
  const root = await temporaryRoot(t);
  const { status, out, err } = await runCli(['users', '--json'], { env: { CONFAB_ROOT: root } });
  t.is(status, 1);
  t.is(out, '');
  t.like(JSON.parse(err), { error: { code: 'nothing-runs', exitStatus: 1 } });
});

test('nothing runs: ps and stop say so and are content', async (t) => {
  const root = await temporaryRoot(t);
  for (const command of ['ps', 'stop']) {
    const { status, out } = await runCli(['--root', root, command]);
    t.is(status, 0);
    t.regex(out, /Nothing runs under/);
  }
  t.deepEqual(JSON.parse((await runCli(['--root', root, 'ps', '--json'])).out), { seedServer: null, nodes: [] });
});

test('a root that is a file is refused in words', async (t) => {
  const root = await temporaryRoot(t);
  const file = join(root, 'file');
  await writeFile(file, '');
  const { status, err } = await runCli(['--root', file, 'node', 'alice', '--no-seed']);
  t.is(status, 2);
  t.regex(err, /cannot be written/);
  t.true(existsSync(file));
});

test('doctor finds this machine fit', async (t) => {
  const root = await temporaryRoot(t);
  const { status, out } = await runCli(['--root', root, 'doctor', '--json']);
  t.is(status, 0);
  const { findings } = JSON.parse(out) as { findings: Array<{ verdict: string; what: string }> };
  t.true(findings.length >= 10);
  t.deepEqual(
    findings.filter((finding) => finding.verdict === 'fail'),
    [],
  );
});

test('a trace is printed, filtered, and its damaged lines are counted', async (t) => {
  const root = await temporaryRoot(t);
  const file = join(root, 'x.ndjson');
  const event = (n: number, node: string, detail: object) =>
    JSON.stringify({ id: `${node}/1/${n}`, node, logical: n, monotonicMillis: n, wallMillis: 1_000 + n * 10, detail });
  const lines = [
    event(1, 'alice', { type: 'life', what: 'start' }),
    event(2, 'alice', {
      type: 'send',
      frame: 'alice/1/f1',
      to: 'bob',
      kind: 'data',
      messages: [{ type: 'envelope', id: 'm1' }, { type: 'sync-want' }],
      bytes: 99,
    }),
    '{"half":',
    event(3, 'bob', { type: 'receive', frame: 'alice/1/f1', from: 'alice', kind: 'data', messages: [{ type: 'envelope', id: 'm1' }], bytes: 99 }),
    event(4, 'bob', { type: 'note', text: 'a\u001b[2Jb' }),
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const other = join(root, 'letter.txt');
  await writeFile(other, 'Dear all,\n');
  t.like(await runCli(['trace', other]), { status: 2, out: '' });
  t.regex((await runCli(['trace', other])).err, /letter\.txt holds no events of a trace/);
  const all = await runCli(['trace', file]);
  t.is(all.status, 0);
  t.regex(all.out, /alice {8}send {5}-> bob {2}data \[envelope\(m1\), sync-want\] {2}99 B/);
  t.regex(all.out, /4 of 4 events, 1 lines are no events/);
  t.false(all.out.includes('\u001b'));
  t.regex((await runCli(['trace', file, '--message', 'm1', '--node', 'bob'])).out, /1 of 4 events/);
  t.regex((await runCli(['trace', file, '--peer', 'bob'])).out, /1 of 4 events/);
  const json = await runCli(['trace', file, '--type', 'note', '--json']);
  t.is(json.out.trim(), lines[4] ?? '');
});
