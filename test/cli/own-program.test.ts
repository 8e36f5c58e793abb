import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ITEM_BYTES_MAX } from '../../src/adapters/codec/cbor.ts';
import { playSeed } from '../../src/cli/explore/play-seed.ts';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import { MESSAGE_BYTES_MAX, SAVED_BYTES_MAX } from '../../src/lab/program.ts';
import { runCli } from './run-cli.ts';

const STEPS = `name: own
program: program.js
checks: []
steps:
  - start: n[1..3]
  - tell: { nodes: n1, to: go }
  - wait: 1s
`;

/** The program of a student: what n2 and n3 do when n1, which is told to `go`, sends them a record. */
function program(receive: string, rest = ''): string {
  return `let world = null;
export function program(env) {
  return {
    ${receive.includes('receive(') ? receive : `receive(from, message) { ${receive} }`},
    command(name, args, answer) {
      const message = { type: 'm', hops: 0 };
      if (name === 'go') for (const peer of env.peers) env.send(peer, message);
      answer.done(name === 'go' ? null : world);
    },
    ${rest}
  };
}
`;
}

function folderWith(t: ExecutionContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'confab-own-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'program.js'), text);
  return folder;
}

async function play(t: ExecutionContext, text: string, steps = STEPS) {
  const folder = folderWith(t, text);
  return playSeed({ text: steps, file: join(folder, 'scenario.yaml'), seed: 1, crypto: 'stand-in', again: false });
}

const MISTAKES: ReadonlyArray<readonly [what: string, receive: string, says: RegExp]> = [
  ['a typo', 'env.shwo(message.type);', /program\.js:4: env\.shwo is not a function/],
  ['what it throws itself', "throw 'no';", /at n[23]: no was thrown/],
  ['Math.random', 'Math.random();', /program\.js:4: Math\.random would be different each time.*env\.fraction\(\)/],
  ['a clock', 'Date.now();', /program\.js:4: Date\.now would be different.*env\.wallMillis/],
  ['a date', 'new Date();', /program\.js:4: new Date\(\) would be different/],
  ['a timer of Node.js', 'setTimeout(() => {}, 10);', /program\.js:4: setTimeout would be different.*env\.setTimer/],
  ['async', 'async receive(from, message) { await null; }', /receive returned a promise/],
  ['arguments in the wrong order', "env.send({ type: 'm' }, from);", /program\.js:4: env\.send: to is a record; it is a text/],
  ['a function in a message', 'env.send(from, { act: () => 1 });', /program\.js:4: message\.act is a function; what is sent or saved is plain data/],
  ['a map that is saved', "env.save('seen', { by: [new Map()] });", /program\.js:4: seen\.by\[0\] is a Map/],
  ['a list in place of facts', "env.show('m', 'x', [1]);", /program\.js:4: env\.show: data is a list; it is a record/],
  [
    'a message that no frame carries',
    "env.send(from, { text: 'x'.repeat(1000000) });",
    /program\.js:4: message has more than 1000000 bytes, 10000\d\d; cut it/,
  ],
  ['more than a row of the disk holds', "env.save('all', 'x'.repeat(5000000));", /program\.js:4: all has far more than 4000000 bytes; cut it/],
  ['a delay that is no number', "env.setTimer('again', 'soon');", /program\.js:4: env\.setTimer: delayMillis is the text "soon"/],
];

for (const [what, receive, says] of MISTAKES) {
  test(`a program is told of its mistake, and where: ${what}`, async (t) => {
    const outcome = await play(t, program(receive));
    t.is(outcome.verdict, 'fail', outcome.reason ?? '');
    t.deepEqual(outcome.broken, ['nothing-thrown']);
    t.regex(outcome.reason ?? '', says);
  });
}

test('what the env does for a program, and what is asked for outside of its turns, may read clocks', async (t) => {
  const outcome = await play(
    t,
    program("env.setTimer('x', 1); env.save('at', env.wallMillis); env.freshId(); new Date(env.wallMillis);", 'timer() { env.fraction(); }'),
  );
  t.is(outcome.verdict, 'pass', outcome.reason ?? '');
  t.true(Number.isFinite(Math.random() + Date.now() + new Date().getMilliseconds() + performance.now()));
});

test('every node has variables of its own, in all files, until it starts again; so have checks', async (t) => {
  const text = `import { heard, hear } from './heard.js';
let mine = 0;
export function program(env) {
  return {
    receive() { mine += 1; hear(); },
    command(name, args, answer) {
      if (name === 'go') for (const peer of env.peers) env.send(peer, { type: 'm' });
      answer.done(name === 'go' ? null : [String(mine), String(heard)]);
    },
  };
}
export const checks = [{ name: 'nothing-heard-here', about: 'x', judge: () => ({ outcome: mine + heard === 0 ? 'holds' : 'broken', evidence: 'x', events: [] }) }];
`;
  const asked = (node: string, count: number) => `  - expect: { answers: { of: ${node}, asked: heard, are: ["${count}", "${count}"] } }\n`;
  const steps = `${STEPS}  - tell: { nodes: n2, to: go }\n  - wait: 1s\n${asked('n1', 1)}${asked('n3', 2)}  - kill: n3\n  - restart: n3\n${asked('n3', 0)}`;
  const folder = folderWith(t, text);
  writeFileSync(join(folder, 'heard.js'), 'export let heard = 0; export function hear() { heard += 1; }');
  for (const seed of [1, 2]) {
    const outcome = await playSeed({ text: steps, file: join(folder, 'scenario.yaml'), seed, crypto: 'stand-in', again: false });
    t.is(outcome.verdict, 'pass', outcome.reason ?? '');
  }
});

const WRONG_CHECKS: ReadonlyArray<readonly [what: string, judge: string, says: RegExp]> = [
  ['what it throws', 'trace.no.x', /the check mine: program\.js:\d+: Cannot read properties/],
  ['chance', "Math.random() < 2 ? { outcome: 'holds', evidence: 'x' } : null", /the check mine: program\.js:\d+: Math\.random would be different/],
  ['what is no finding', '({ outcome: true })', /the check mine: a check returns \{ outcome/],
];

for (const [what, judge, says] of WRONG_CHECKS) {
  test(`a check is told of its mistake, and where: ${what}`, async (t) => {
    const outcome = await play(t, `${program('')}export const checks = [{ name: 'mine', about: 'x', judge: (trace) => ${judge} }];\n`);
    t.is(outcome.verdict, 'crash');
    t.regex(outcome.reason ?? '', says);
  });
}

test('what is thrown while a file is loaded says where, and chance is refused there', async (t) => {
  await t.throwsAsync(play(t, `${program('')}\nnull.x;\n`), { message: /cannot be loaded: program\.js:14: Cannot read properties of null/ });
  await t.throwsAsync(play(t, `const salt = Math.random();\n${program('')}`), { message: /cannot be loaded: program\.js:1: Math\.random would be different/ });
});

test('a package that reads clocks while it is loaded is loaded by require as it is by import', async (t) => {
  const folder = folderWith(t, '');
  const inFolder = (name: string, text: string) => writeFileSync(join(folder, name), text);
  mkdirSync(join(folder, 'node_modules', 'clocky'), { recursive: true });
  inFolder('node_modules/clocky/index.js', 'exports.isLate = Date.now() + Math.random() > 0;');
  const rest = 'exports.program = (env) => ({ receive() {}, command(name, args, answer) { answer.done(String(clocky.isLate)); } });';
  inFolder('program.cjs', `const clocky = require('clocky'); ${rest}`);
  const steps = `name: packaged\nprogram: program.cjs\nchecks: []\nsteps:\n  - start: n1\n  - expect: { answers: { of: n1, asked: x, are: "true" } }\n`;
  const outcome = await playSeed({ text: steps, file: join(folder, 'scenario.yaml'), seed: 1, crypto: 'stand-in', again: false });
  t.is(outcome.verdict, 'pass', outcome.reason ?? '');
});

test('of a program that is named by a link, what it imports lies beside the file itself, and places are told of all its files', async (t) => {
  const text = "import { no } from './other.js'; export const NAME = 'x'; export function program() { return { receive() {}, start() { no(); } }; }";
  const folder = folderWith(t, text);
  writeFileSync(join(folder, 'other.js'), "import { NAME } from './program.js';\nexport const no = () => { throw new Error(NAME); };");
  const other = folderWith(t, '');
  symlinkSync(join(folder, 'program.js'), join(other, 'linked.js'));
  symlinkSync(folder, join(other, 'linked-folder'));
  for (const named of ['linked.js', 'linked-folder/program.js']) {
    const steps = `name: linked\nprogram: ${named}\nsteps:\n  - start: n1\n`;
    const outcome = await playSeed({ text: steps, file: join(other, 'scenario.yaml'), seed: 1, crypto: 'stand-in', again: false });
    t.regex(outcome.reason ?? '', /other\.js:2: x/, named);
  }
});

test('as much as a frame carries and a row holds is sent and saved', async (t) => {
  const receive = "if (env.load('all')?.length !== 3999990) env.save('all', 'x'.repeat(3999990)); else if (message.text.length !== 999980) throw 'less';";
  const send =
    "start() { if (env.name === 'n1') env.setTimer('later', 100); }, timer() { for (const peer of env.peers) env.send(peer, { text: 'x'.repeat(999980) }); }";
  const outcome = await play(t, program(receive, send));
  t.is(outcome.verdict, 'pass', outcome.reason ?? '');
  t.true(MESSAGE_BYTES_MAX < CORE_OPTIONS.frameBytesMax && SAVED_BYTES_MAX < ITEM_BYTES_MAX, 'real wires and disks carry it, too');
});

test('nodes share no data: a message that is changed where it arrives is changed there only', async (t) => {
  const receive = "message.hops += 1; if (message.hops !== 1) throw new Error('somebody else has changed it');";
  const outcome = await play(t, program(receive));
  t.is(outcome.verdict, 'pass', outcome.reason ?? '');
});

test('the trace keeps what held when it was told, also of a record that the program goes on changing', async (t) => {
  const checks = `export const checks = [{ name: 'counts', about: 'x', judge(trace) {
  const counts = trace.flatMap(({ detail }) => (detail.data?.count === undefined ? [] : [detail.data.count])).join(' ');
  return counts === '1 1 2 2' ? { outcome: 'holds', evidence: counts } : { outcome: 'broken', evidence: counts, events: [] };
} }];`;
  const told = `export function program(env) {
  const facts = { count: 0 };
  return {
    receive() {},
    command(name, args, answer) {
      facts.count += 1;
      env.show('line', 'x', facts);
      env.state('line', 'x', 'told', facts);
      answer.done();
    },
  };
}
`;
  const outcome = await play(t, `${told}${checks}`, `${STEPS}  - tell: { nodes: n1, to: go }\n`);
  t.is(outcome.verdict, 'pass', outcome.reason ?? '');
});

test('frames of a program have a size: on narrow lines none is lost, and doubled ones come twice', async (t) => {
  const text = `export function program(env) {
  let heard = 0;
  return {
    receive() { heard += 1; },
    command(name, args, answer) {
      if (name === 'go') for (const peer of env.peers) env.send(peer, { type: 'm', text: 'x'.repeat(900) });
      answer.done(name === 'go' ? null : [String(heard)]);
    },
  };
}
`;
  const steps = STEPS.replace('  - tell', '  - bandwidth: { bytes-per-second: 2000 }\n  - duplicate: { probability: 1 }\n  - tell').replace(
    'wait: 1s',
    'wait: 300ms',
  );
  // 900 bytes need nearly half a second.
  const asked = (heard: number) => `  - expect: { answers: { of: n2..3, asked: heard, are: ["${heard}"] } }\n`;
  const outcome = await play(t, text, `${steps}${asked(0)}  - wait: 1s\n${asked(2)}  - heal: everything\n`);
  t.is(outcome.verdict, 'pass', outcome.reason ?? '');
});

test('what a module prints while it is loaded, in its turns and in its checks leaves stdout to the JSON of the run', async (t) => {
  const checks =
    "export const checks = [{ name: 'mine', about: 'x', judge() { console.dir({ a: 'judged' }); return { outcome: 'holds', evidence: 'ok' }; } }];";
  const folder = folderWith(t, `console.log('loaded');\n${program("console.log('heard');")}\n${checks}`);
  const file = join(folder, 'scenario.yaml');
  writeFileSync(file, STEPS);
  const ran = await runCli(['--json', 'run', file, '--engine', 'sim']);
  t.is((JSON.parse(ran.out) as { verdict: string }).verdict, 'pass', ran.err);
  t.regex(ran.err, /^loaded$[\s\S]*^n2: heard$[\s\S]*judged/m);
  const explored = await runCli(['--json', 'explore', file, '--seeds', '2', '--jobs', '1', '--crypto', 'stand-in']);
  t.is((JSON.parse(explored.out) as { failures: number }).failures, 0, explored.err);
});

test('what was loaded and changed, and not saved, is not there after a restart', async (t) => {
  const start =
    "start() { const kept = env.load('box') ?? { count: 0 }; if (kept.count > 1) throw new Error('nobody saved that'); kept.count += 1; env.save('box', { count: 1 }); kept.count += 5; }";
  const steps = `${STEPS}  - kill: n1\n  - restart: n1\n  - kill: n1\n  - restart: n1\n`;
  const outcome = await play(t, program('', start), steps);
  t.is(outcome.verdict, 'pass', outcome.reason ?? '');
});

test('a mistake of syntax is told with its line', async (t) => {
  const thrown = await t.throwsAsync(play(t, program('env.show(;')));
  t.regex(thrown?.message ?? '', /program\.js cannot be loaded: program\.js:4: Unexpected token/);
});

test('TypeScript that nobody compiled is told as such', async (t) => {
  const steps = STEPS.replace('program.js', 'package.ts');
  const folder = mkdtempSync(join(tmpdir(), 'confab-own-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'package.ts'), 'export const program: unknown = 1 as never;');
  const thrown = await t.throwsAsync(playSeed({ text: steps, file: join(folder, 'scenario.yaml'), seed: 1, crypto: 'stand-in', again: false }));
  t.regex(thrown?.message ?? '', /write the program in JavaScript|exports no function named program/);
});
