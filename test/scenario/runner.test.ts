import { stripVTControlCharacters } from 'node:util';
import test from 'ava';
import { ConfabError } from '../../src/core/errors.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { Narration, SILENT } from '../../src/scenario/narration.ts';
import { EXIT_STATUS, type RunReport, reportJson } from '../../src/scenario/report.ts';
import { type RunListener, runScenario } from '../../src/scenario/runner.ts';
import { FakeEngine } from './fake-engine.ts';

const HEAD = 'name: lesson\nabout: A lesson.\nsteps:\n  - start: [alice, bob]\n';

interface Play {
  readonly engine?: FakeEngine;
  readonly listener?: RunListener;
  readonly signal?: AbortSignal;
  readonly patience?: number;
}

async function play(text: string, { engine = new FakeEngine(), listener = SILENT, ...others }: Play = {}): Promise<RunReport> {
  const scenario = loadScenario(text, 'lesson.yaml');
  return runScenario(scenario, engine, { seed: 3, wallMillis: () => performance.now(), listener, ...others });
}

function history(...texts: readonly string[]) {
  const messages = texts.map((text, index) => ({ key: String(index), text, fromMe: false, state: 'delivered' }));
  return () => ({ messages, more: false });
}

test('plays steps in order and passes', async (t) => {
  const engine = new FakeEngine();
  const report = await play(`${HEAD}  - note: Now they talk.\n  - send: { from: alice, to: bob, text: "hi {n}", count: 2 }\n  - kill: bob\n`, { engine });
  t.is(report.verdict, 'pass');
  t.is(EXIT_STATUS[report.verdict], 0);
  t.deepEqual(
    engine.log.filter((line) => !line.startsWith('note step')),
    ['start alice', 'start bob', 'note Now they talk.', 'alice send', 'alice send', 'kill bob', 'note the steps are over'],
  );
  t.deepEqual(
    report.steps.map((step) => `${step.number} ${step.outcome}`),
    ['1 ok', '2 ok', '3 ok', '4 ok'],
  );
  t.is(engine.stops, 1);
});

test('the first failure ends the run, says what was seen, and skips the rest', async (t) => {
  const engine = new FakeEngine();
  engine.answers.set('history', history('good morning'));
  const report = await play(`${HEAD}  - expect: { messages: { at: bob, with: alice, are: [good night] } }\n    within: 1s\n  - stop: alice\n`, { engine });
  t.is(report.verdict, 'fail');
  t.is(EXIT_STATUS[report.verdict], 1);
  t.regex(
    report.reason ?? '',
    /^step 2 \(line 5\).*not so within 1 s; bob has in the chat with alice: 1 message; number 1 is .good morning. instead of .good night./,
  );
  t.deepEqual(
    report.steps.map((step) => step.outcome),
    ['ok', 'failed', 'skipped'],
  );
  const [check] = report.checks;
  t.is(check?.ok, false);
  t.regex(check?.seen ?? '', /number 1 is/);
  t.is(report.virtualMillis, 1_000);
  t.is(engine.stops, 1);
});

test('an expectation may come true later, and the report says when', async (t) => {
  const engine = new FakeEngine();
  engine.answers.set('user', () => ({ presence: engine.now() < 700 ? 'online' : 'offline', suspect: false, statusText: '' }));
  const report = await play(`${HEAD}  - expect: { presence: { of: bob, seen-by: alice, is: offline } }\n`, { engine });
  t.is(report.verdict, 'pass');
  t.is(report.steps[1]?.evidence, 'after 700 ms');
});

test('`for` wants it to stay so', async (t) => {
  const playFor = (millis: number) => {
    const engine = new FakeEngine();
    engine.answers.set('user', () => ({ relation: engine.now() < 700 ? 'none' : 'friend' }));
    return play(`${HEAD}  - expect: { relation: { of: alice, to: bob, is: none } }\n    for: ${millis}ms\n`, { engine });
  };
  t.is((await playFor(500)).verdict, 'pass');
  const broken = await playFor(900);
  t.is(broken.verdict, 'fail');
  t.regex(broken.reason ?? '', /held after 0 ms, then no longer; to alice, bob is "friend"/);
});

test('`fails` wants the refusal with that very code', async (t) => {
  const engine = new FakeEngine();
  engine.answers.set('login', () => new ConfabError('wrong-password', { name: 'alice' }));
  const step = (code: string) => `${HEAD}  - log-in: { users: alice, password: nonsense }\n    fails: ${code}\n`;
  t.is((await play(step('wrong-password'), { engine })).verdict, 'pass');
  const other = await play(step('not-registered'), { engine });
  t.is(other.verdict, 'fail');
  t.regex(other.reason ?? '', /was to be refused with "not-registered", it was with "wrong-password"/);
  const done = await play(`${HEAD}  - log-out: alice\n    fails: not-logged-in\n`);
  t.regex(done.reason ?? '', /but it was done/);
});

test('a refusal that nobody wanted is a failure, a broken engine a crash', async (t) => {
  const engine = new FakeEngine();
  engine.answers.set('alice register', () => new ConfabError('name-taken', { name: 'alice' }));
  const refused = await play(`${HEAD}  - register: [alice, bob]\n`, { engine });
  t.is(refused.verdict, 'fail');
  t.regex(refused.reason ?? '', /The name alice is taken/);
  engine.answers.set('alice register', () => new TypeError('undefined is not a function'));
  t.is((await play(`${HEAD}  - register: [alice, bob]\n`, { engine })).verdict, 'crash');
  const dead = Object.assign(new FakeEngine(), { startFails: new Error('no room') });
  const report = await play(HEAD, { engine: dead });
  t.is(report.verdict, 'crash');
  t.is(EXIT_STATUS[report.verdict], 3);
  t.is(dead.stops, 1);
});

test('arguments that the registry refuses never reach a node', async (t) => {
  const engine = new FakeEngine();
  const report = await play(`${HEAD}  - status: { of: alice, text: "${'x'.repeat(300)}" }\n    fails: bad-arguments\n`, { engine });
  t.is(report.verdict, 'pass', report.reason ?? '');
  t.false(engine.log.includes('alice status'));
});

test('a node that ends by itself makes it a crash, even while a step waits for ever', async (t) => {
  const report = await play(`${HEAD}  - placebo-crash: alice\n  - stop: bob\n`);
  t.is(report.verdict, 'crash');
  t.regex(report.reason ?? '', /process of alice ended by itself/);
  t.deepEqual(
    report.steps.map((step) => step.outcome),
    ['ok', 'crashed', 'skipped'],
  );
});

test('the death of a node explains the failure of whoever talked with it', async (t) => {
  const engine = new FakeEngine();
  engine.answers.set('alice register', () => {
    setTimeout(() => void engine.crashNode('alice'), 50);
    return new ConfabError('unavailable', { what: 'The node' });
  });
  const report = await play(`${HEAD}  - register: alice\n`, { engine });
  t.is(report.verdict, 'crash');
  t.regex(report.reason ?? '', /ended by itself/);
});

test('patience stretches the deadlines of steps and of the run', async (t) => {
  const engine = new FakeEngine();
  engine.answers.set('history', history('good morning'));
  const report = await play(`deadline: 10s\n${HEAD}  - expect: { messages: { at: bob, with: alice, are: [good night] } }\n    within: 1s\n`, {
    engine,
    patience: 3,
  });
  t.regex(report.reason ?? '', /not so within 3 s/);
});

test('a run that stands still is ended by its deadline', async (t) => {
  const engine = Object.assign(new FakeEngine(), { frozen: true });
  const report = await play(`name: lesson\ndeadline: 200ms\nsteps:\n  - wait: 1ms\n`, { engine });
  t.is(report.verdict, 'crash');
  t.regex(report.reason ?? '', /not over after 200 ms/);
  t.is(engine.stops, 1);
});

test('an interruption ends it and stops the engine', async (t) => {
  const engine = Object.assign(new FakeEngine(), { frozen: true });
  const controller = new AbortController();
  const run = play(`${HEAD}  - wait: 1m\n`, { engine, signal: controller.signal });
  controller.abort();
  t.is((await run).reason, 'interrupted');
  t.is(engine.stops, 1);
});

test('strands play side by side, rounds one after the other', async (t) => {
  const engine = new FakeEngine();
  await play(
    `${HEAD}  - parallel:\n      - [{ stop: alice }, { start: alice }]\n      - kill: bob\n  - repeat: { times: 2, steps: [ { log-out: alice } ] }\n`,
    { engine },
  );
  const log = engine.log.filter((line) => !line.startsWith('note'));
  t.deepEqual(log.slice(2).toSorted(), ['alice logout', 'alice logout', 'kill bob', 'start alice', 'stop alice']);
  t.deepEqual(log.slice(-2), ['alice logout', 'alice logout']);
});

test('rules add up and are healed one by one or all at once', async (t) => {
  const engine = new FakeEngine();
  await play(
    `${HEAD}  - cut: { between: alice, and: bob, name: ditch }\n  - delay: { between: everyone, and: bob, by: 200ms, jitter: 50ms, one-way: true }\n`,
    { engine },
  );
  t.deepEqual(engine.ruleHistory[1], [
    { id: 'ditch', kind: 'cut', from: ['alice'], to: ['bob'], oneWay: false },
    { id: 'delay-1', kind: 'delay', from: ['*'], to: ['bob'], oneWay: true, delayMillis: 200, jitterMillis: 50 },
  ]);
  t.deepEqual(engine.rules, [], 'what the steps left is healed at the end');
  engine.ruleHistory.length = 0;
  await play(`${HEAD}  - cut: { between: alice, and: bob, name: ditch }\n  - cut: { between: bob, and: alice }\n  - heal: ditch\n`, { engine });
  t.deepEqual(
    engine.ruleHistory.map((rules) => rules.map((rule) => rule.id)),
    [['ditch'], ['ditch', 'cut-1'], ['cut-1'], []],
  );
  const report = await play(`${HEAD}  - heal: nothing-of-that-name\n`, { engine });
  t.is(report.verdict, 'fail');
});

test('faults of nodes add up, are healed one by one, and none outlives the run', async (t) => {
  const engine = new FakeEngine();
  await play(
    `${HEAD}  - slow: { of: alice, factor: 3 }\n  - disk: { of: alice, is: full }\n  - pause: bob\n  - clock: { of: bob, behind: 2m }\n  - slow: { of: alice, factor: 1 }\n  - kill: bob\n`,
    { engine },
  );
  t.deepEqual(
    engine.log.filter((line) => line.startsWith('faults') || line.startsWith('kill')),
    [
      'faults alice slow',
      'faults alice slow disk-full',
      'faults bob pause',
      'faults bob pause clock',
      'faults alice disk-full',
      'kill bob',
      'faults bob clock',
      'faults alice',
      'faults bob',
    ],
  );
});

test('what an engine cannot do is refused with its line before anything is started', async (t) => {
  const engine = new FakeEngine();
  engine.refusals.set('pause', 'these nodes share a process');
  const text = `${HEAD}  - parallel:\n      - wait: 1s\n      - pause: alice\n`;
  const error = await t.throwsAsync(play(text, { engine }));
  t.regex(error?.message ?? '', /:\d+: the engine "sim" cannot do this \(pause\): these nodes share a process/);
  t.deepEqual(engine.log, []);
});

test('the report in JSON has the promised keys and no text of a message', async (t) => {
  const engine = new FakeEngine();
  engine.answers.set('history', history('a secret of two'));
  const text = `${HEAD}  - send: { from: alice, to: bob, text: a secret }\n  - expect: { messages: { at: bob, with: alice, are: [a secret] } }\n    within: 200ms\n`;
  const json = reportJson(await play(text, { engine }));
  t.false(json.includes('secret'));
  t.regex(json, /\[8 bytes, [0-9a-f]{8}\]/);
  t.false(engine.log.join('\n').includes('secret'));
  const value = JSON.parse(json) as Record<string, unknown>;
  for (const key of ['scenario', 'engine', 'seed', 'verdict', 'steps', 'checks', 'trace', 'wallMillis', 'virtualMillis']) t.true(key in value, key);
  t.is(value['verdict'], 'fail');
});

function narrate(options: { terminal: boolean; colour: boolean }): { listener: Narration; written: () => string } {
  let written = '';
  const write = (text: string) => {
    written += text;
  };
  const output = { ...options, write, columns: () => 60, wallMillis: () => performance.now() };
  return { listener: new Narration(output), written: () => written };
}

test('narrates one line a step with time, outcome and evidence, and texts as they are', async (t) => {
  const { listener, written } = narrate({ terminal: false, colour: false });
  const engine = new FakeEngine();
  engine.answers.set('send', () => ({ id: 'm', state: 'queued' }));
  engine.answers.set('history', history('hi\n\u001b[31mthere'));
  await play(
    `${HEAD}  - note: They talk.\n  - wait: 2s\n  - send: { from: alice, to: bob, text: hello }\n  - expect: { messages: { at: bob, with: alice, are: [hello] } }\n`,
    {
      engine,
      listener,
    },
  );
  const lines = written().split('\n');
  t.is(lines[0], 'lesson (simulator, seed 3)');
  t.is(lines[1], '  A lesson.');
  t.true(lines.includes('   0.00 s  ok  alice and bob start · 2 nodes up'));
  t.true(lines.includes('   0.00 s  They talk.'));
  t.true(lines.includes('   2.00 s  ok  alice writes to bob: "hello" · queued'));
  t.true(lines.some((line) => line.startsWith('   7.00 s  FAILED  bob has in the chat with alice: exactly "hello"')));
  t.true(lines.some((line) => line.includes('number 1 is "hi⏎·[31mthere" instead of "hello"')));
  t.true(lines.some((line) => /^FAIL {2}lesson: 5 steps, 1 check, 7 s of virtual time in/.test(line)));
  t.false(written().includes('\u001b'));
});

test('a terminal gets a progress line for what takes long, no wider than it is, and it is wiped', async (t) => {
  const { listener, written } = narrate({ terminal: true, colour: true });
  const engine = Object.assign(new FakeEngine(), { frozen: true });
  engine.answers.set('user', () => ({ presence: 'online', suspect: false, statusText: '' }));
  await play(`deadline: 1500ms\n${HEAD}  - expect: { presence: { of: bob, seen-by: alice, is: offline } }\n`, { engine, listener });
  const progress = written()
    .split('\r\u001b[2K')
    .filter((part) => part.includes('…'));
  t.true(progress.length > 0, written());
  t.true(progress.some((part) => part.includes('alice sees bob as offline')));
  for (const part of progress) t.true((stripVTControlCharacters(part).split('\n')[0] ?? '').length <= 60);
  t.true(
    written()
      .split('\n')
      .some((line) => line.includes('\u001b[2K') && line.includes('CRASHED')),
  );
});
