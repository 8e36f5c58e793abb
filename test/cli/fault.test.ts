import test from 'ava';
import { readFaultOrder } from '../../src/cli/fault-words.ts';
import { FAULT_WORDS, faultHelp, faultWordsAfter } from '../../src/control/fault-grammar.ts';
import { runCli, startCli, temporaryRoot } from './run-cli.ts';

const everyone = { from: ['*'], to: ['*'], oneWay: false };
const ORDERS: Readonly<Record<string, unknown>> = {
  '': { type: 'list' },
  'cut alice bob,carol as island': { type: 'rule', name: 'island', rule: { kind: 'cut', from: ['alice'], to: ['bob', 'carol'], oneWay: false } },
  'cut user[1..3] everyone one-way': { type: 'rule', name: null, rule: { kind: 'cut', from: ['user1', 'user2', 'user3'], to: ['*'], oneWay: true } },
  'delay 200ms jitter 50ms between alice and everyone': {
    type: 'rule',
    name: null,
    rule: { kind: 'delay', delayMillis: 200, jitterMillis: 50, from: ['alice'], to: ['*'], oneWay: false },
  },
  'latency lognormal median 60ms sigma 0.5': {
    type: 'rule',
    name: null,
    rule: { kind: 'latency', distribution: { law: 'lognormal', medianMillis: 60, sigma: 0.5 }, ...everyone },
  },
  'loss 0.2': { type: 'rule', name: null, rule: { kind: 'loss', probability: 0.2, ...everyone } },
  'reorder 0.3 by 200ms': { type: 'rule', name: null, rule: { kind: 'reorder', probability: 0.3, byMillis: 200, ...everyone } },
  'bandwidth 9000 queue 5000': { type: 'rule', name: null, rule: { kind: 'bandwidth', bytesPerSecond: 9_000, queueBytesMax: 5_000, ...everyone } },
  'heal everything': { type: 'heal', names: null },
  'heal island': { type: 'heal', names: ['island'] },
  'heal island bob,carol': { type: 'heal', names: ['island', 'bob', 'carol'] },
  'pause alice bob@desk': { type: 'pause', nodes: ['alice', 'bob@desk'] },
  'restart alice bob@desk': { type: 'restart', nodes: ['alice', 'bob@desk'], emptyDisk: false },
  'restart user[1..2] --empty-disk': { type: 'restart', nodes: ['user1', 'user2'], emptyDisk: true },
  'lie bob stale-records': { type: 'lie', nodes: ['bob'], conduct: 'stale-records' },
  'lie bob,carol babbler': { type: 'lie', nodes: ['bob', 'carol'], conduct: 'babbler' },
  'slow 5 alice for 30s': { type: 'slow', factor: 5, nodes: ['alice'], forMillis: 30_000 },
  'disk full alice': { type: 'disk', full: true, nodes: ['alice'] },
  'clock behind 45m alice bob': { type: 'clock', clock: { skewMillis: -2_700_000, driftMillisPerSecond: 0 }, nodes: ['alice', 'bob'] },
  'clock right alice': { type: 'clock', clock: { skewMillis: 0, driftMillisPerSecond: 0 }, nodes: ['alice'] },
  'clock loses 20ms alice': { type: 'clock', clock: { skewMillis: 0, driftMillisPerSecond: -20 }, nodes: ['alice'] },
};
for (const [words, order] of Object.entries(ORDERS)) {
  test(`fault words: ${words || '(none)'}`, (t) =>
    t.deepEqual(readFaultOrder(words === '' ? [] : words.split(' ')), order as ReturnType<typeof readFaultOrder>));
}

const MISTAKES: Readonly<Record<string, RegExp>> = {
  'cutt alice bob': /no fault "cutt"\. Did you mean .*cut/,
  'cut alice': /something is missing\. Write it like this: cut GROUP GROUP/,
  'loss 2': /"2" is no number from 0 to 1/,
  'delay soon': /"soon" is no time/,
  'latency lognormal median 60ms': /needs "median" and "sigma"/,
  'latency matrix nowhere': /no matrix of that name/,
  'latency matrix ./no/where.csv': /there is no file "\.\/no\/where\.csv"/,
  'slow 5 alice': /the word "for" is missing/,
  'restart --empty-disk': /the nodes are missing/,
  'lie bob stale-record': /no node behaves like "stale-record"\. Did you mean .*stale-records/,
  'lie bob stale-recrds': /Did you mean "stale-records"\? Write it/,
  'lie bob': /something is missing\. Write it like this: lie NODE/,
  'lie bob honst': /no node behaves like "honst"\. Known: .*babbler.* Write it/,
  'lie bob honest': /whoever is honest does not lie; "heal NODE" ends a lie/,
  'heal everything please': /nothing can be made of "please"/,
  'bandwidth 1.5': /"1\.5" is no whole number/,
  'latency lognormal median 60ms sigma 11': /"11" is no number from 0 to 10/,
  'latency weibull scale 1s shape 0': /"0" is no number from 0\.01 to 100/,
  'latency matrix five-cities place paris alice': /the matrix has no place "paris"; it has london/,
  'latency matrix five-cities values': /the word "one-way" is missing/,
  'pause Alice!': /is not a name/,
};
for (const [words, message] of Object.entries(MISTAKES)) {
  test(`fault words that are wrong: ${words}`, (t) => {
    t.throws(() => readFaultOrder(words.split(' ')), { message });
  });
}

test('help of the command and the grammar know the same words', async (t) => {
  const { out } = await runCli(['fault', '--help']);
  for (const word of Object.keys(FAULT_WORDS)) t.true(out.includes(word), word);
  t.deepEqual(readFaultOrder(['help']), { type: 'help' });
  const lines = faultHelp();
  for (const word of Object.keys(FAULT_WORDS))
    t.true(
      lines.some((line) => line === word || line.startsWith(`${word} `)),
      word,
    );
  t.true(lines.length <= 30);
});

test('whatever completion offers next is a word of the grammar, and what an example needs is offered', (t) => {
  const names = ['alice', 'bob', 'carol'];
  const isFree = (word: string) => /\d|,|@|^(?:island|stale-records|babbler)$/.test(word);
  for (const order of Object.keys(ORDERS)) {
    const words = order === '' ? [] : order.replaceAll(/user\[1\.\.[23]\]/g, 'alice').split(' ');
    for (const [index, word] of words.entries())
      if (!isFree(word)) t.true(faultWordsAfter(words.slice(0, index), names).includes(word), `${words.slice(0, index).join(' ')} > ${word}`);
  }
  t.deepEqual(faultWordsAfter(['nonsense'], names), []);
});

test('a running network is broken and healed: rules, a pause, a full disk, a wrong clock', async (t) => {
  const root = await temporaryRoot(t);
  const cli = async (...words: string[]) => {
    const ran = await runCli(['--root', root, 'fault', ...words, '--json']);
    t.is(ran.status, 0, `${words.join(' ')}: ${ran.err}`);
    return JSON.parse(ran.out) as unknown;
  };
  interface Seen {
    node: string;
    paused: boolean;
    rules: Array<{ id: string }>;
    diskFull: boolean;
    skewMillis: number;
  }
  const list = async () => (await cli('list')) as Seen[];
  const none = await runCli(['--root', root, 'fault', 'loss', '0.5']);
  t.is(none.status, 1);
  t.regex(none.err, /No node runs/);
  await Promise.all(['alice', 'bob'].map((name) => startCli(t, ['--root', root, 'node', name, '--no-seed'])));
  await cli('cut', 'alice', 'bob', 'as', 'ditch');
  await cli('loss', '0.5');
  for (const { rules } of await list())
    t.deepEqual(
      rules.map(({ id }) => id),
      ['ditch', 'loss-1'],
    );
  await cli('disk', 'full', 'bob');
  await cli('clock', 'ahead', '2h', 'bob');
  await cli('pause', 'alice');
  const [alice, bob] = await list();
  t.true(alice?.paused);
  t.like(bob, { node: 'bob', paused: false, diskFull: true, skewMillis: 7_200_000 });
  const said = await runCli(['--root', root, 'fault']);
  t.regex(
    said.out,
    /ditch: cut between alice and bob\nloss-1: loss 0\.5 between everyone and everyone\n[\s\S]*alice: does not answer[\s\S]*bob: the disk is full/,
  );
  const unknown = await runCli(['--root', root, 'fault', 'heal', 'nothing']);
  t.regex(unknown.err, /A fault rule or a node named nothing was not found/);
  t.deepEqual(JSON.parse((await runCli(['--root', root, 'call', 'bob', 'fault', '--json'])).out), { lines: said.out.trim().split('\n') });
  const typed = await runCli(['--root', root, 'call', 'bob', 'fault', 'heal ditch', '--json']);
  t.deepEqual(JSON.parse(typed.out), { lines: ['ditch: taken away (alice did not answer and does not know of it)'] }, typed.err);
  t.regex((await runCli(['--root', root, 'call', 'bob', 'fault', 'pause bob'])).err, /could not be told to go on from here/);
  await cli('heal', 'everything');
  for (const seen of await list()) t.like(seen, { paused: false, rules: [], diskFull: false, skewMillis: 0 });
  t.regex((await runCli(['--root', root, 'fault'])).out, /Nothing is broken/);
});
