import test from 'ava';
import type { MessageView } from '../../src/core/commands.ts';
import { runCli } from '../cli/run-cli.ts';
import { befriend, insist, requireTexts, startNetwork, textsOf } from './network.ts';

const KIB_64 = 65_536;

/** What a shell can pass on: anything but NUL and lone surrogates. */
const SHELL_TEXTS: readonly string[] = [
  'x',
  ' ',
  '   \t  ',
  '  blanks at both ends  ',
  '\n',
  'two\nlines\n\n\tindented\r\nand a Windows one\r\n',
  'e\u0301 is not é, and ﬁ is no fi',
  '👩‍👩‍👧‍👦 👍🏽 🇨🇭 \u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
  'مرحبا بالعالم \u202eevil\u202c שלום \u2066isolate\u2069',
  '\u001b[31mred\u001b[0m \u001b]0;title\u0007 \u009b2J \u0007',
  '-5 degrees',
  '--help',
  '-h',
  'to=carol',
  'a=b text=c',
  '\ufeffmark first, \ufffd, \uffff and \u{10ffff}',
  '__proto__ constructor {"json": [1]} $(true) `x` %s \\n',
  'é'.repeat(KIB_64 / 2),
  'x'.repeat(KIB_64),
];

test('texts of every kind come through the command line and the history as they were written', async (t) => {
  const network = await startNetwork(t, ['alice', 'bob']);
  await befriend(network, 'alice', 'bob');
  const root = ['--root', network.root];
  for (const text of SHELL_TEXTS) {
    const { status, err } = await runCli([...root, 'call', 'alice', 'send', 'bob', ...(text.startsWith('-') ? ['--'] : []), text]);
    t.is(status, 0, `${JSON.stringify(text.slice(0, 40))}: ${err}`);
  }
  await insist(network, () => requireTexts(network, 'bob', 'alice', SHELL_TEXTS)).catch(async (error: unknown) => {
    t.deepEqual((await textsOf(network, 'bob', 'alice')).map(short), SHELL_TEXTS.map(short), String(error).slice(0, 100));
  });
  t.deepEqual(await textsOf(network, 'alice', 'bob'), [...SHELL_TEXTS]);
  const { out } = await runCli([...root, '--json', 'call', 'bob', 'history', 'alice']);
  const { messages } = JSON.parse(out) as { messages: readonly MessageView[] };
  t.deepEqual(
    messages.map(({ text }) => text),
    [...SHELL_TEXTS],
  );
  const printed = await runCli([...root, 'call', 'bob', 'history', 'alice']);
  t.false(hasControls(printed.out), 'a text cannot steer the terminal of whoever prints it');
  for (const [text, sentence] of [
    ['', /The message is empty/],
    ['x'.repeat(KIB_64 + 1), /65537 bytes; 65536 is the most/],
    [`${'é'.repeat(KIB_64 / 2)}x`, /65537 bytes/],
  ] as const) {
    const { status, err } = await runCli([...root, 'call', 'alice', 'send', 'bob', text]);
    t.is(status, 1);
    t.regex(err, sentence);
  }
});

test('NUL, lone surrogates and a page of the largest texts through the control socket', async (t) => {
  const network = await startNetwork(t, ['alice', 'bob']);
  await befriend(network, 'alice', 'bob');
  const texts = [
    '\0',
    'a\0b\u0001',
    'lone \ud83d high',
    'lone \udc00 low',
    '\ud83d',
    ...Array.from({ length: 20 }, (_, index) => String(index % 10).repeat(KIB_64)),
  ];
  for (const text of texts) await network.engine.command('alice', 'send', { to: 'bob', text });
  const wanted = texts.map((text) => text.replace(/[\ud800-\udfff]/g, '\ufffd'));
  await insist(network, () => requireTexts(network, 'bob', 'alice', wanted));
  t.deepEqual(await textsOf(network, 'alice', 'bob'), wanted, 'what the sender sees is what was sent');
});

/** What a line can hold; a line end is none of it. */
const LINES: readonly string[] = ['plain', '  two before, two after  ', '👩‍👩‍👧‍👦 שלום e\u0301', 'tab\tinside', '1', '12', 'x'.repeat(KIB_64)];

test('lines typed into a chat in line mode arrive as they were typed', async (t) => {
  const network = await startNetwork(t, ['alice', 'bob']);
  await befriend(network, 'alice', 'bob');
  const input = `/chat bob\n${LINES.join('\n')}\n//slash\n`;
  const { status, out, err } = await runCli(['--root', network.root, 'tui', 'alice', '--plain'], { input });
  t.is(status, 0, err);
  t.false(hasControls(out));
  await insist(network, () => requireTexts(network, 'bob', 'alice', [...LINES, '/slash'])).catch(async () => {
    t.deepEqual((await textsOf(network, 'bob', 'alice')).map(short), [...LINES, '/slash'].map(short), out.slice(0, 2_000));
  });
});

/** These are tried at every command that takes a name. */
const THOROUGHLY: ReadonlySet<string> = new Set(['../../x', 'al\u001b[31mice', 'alice@']);

test('names that are none are refused everywhere before anything is made', async (t) => {
  const network = await startNetwork(t, ['alice']);
  const root = ['--root', network.root];
  for (const name of [
    '../../x',
    'a/b',
    '..',
    '.',
    '',
    ' ',
    'Alice',
    'ALICE',
    'al\nice',
    'al\u001b[31mice',
    'a'.repeat(33),
    '@',
    '@desk',
    'alice@',
    '-alice',
    'ålice',
    'alice\u200b',
  ]) {
    const others = [
      ['tui', '--', name],
      ['call', '--', name, 'info'],
      ['inspect', '--', name],
    ];
    const commands = [['node', '--', name], ...(THOROUGHLY.has(name) ? others : [])];
    const runs = await Promise.all(commands.map(async (command) => ({ command, ...(await runCli([...root, ...command])) })));
    for (const { command, status, out, err } of runs) {
      t.is(status, 2, `${JSON.stringify(command)}: ${out}${err}`);
      t.regex(err, /cannot be used|is not a name|must not be empty|No node of|label/, JSON.stringify(command));
      t.false(hasControls(`${out}${err}`), JSON.stringify(command));
    }
    await t.throwsAsync(network.engine.command('alice', 'friend-add', { user: name }), undefined, JSON.stringify(name));
  }
  const { status, out } = await runCli([...root, '--json', 'ps']);
  t.is(status, 0);
  t.is((out.match(/"node"/g) ?? []).length, 1, out);
});

/** C0, DEL and C1, but for tab and line feed. */
function hasControls(text: string): boolean {
  return Array.from(text).some(
    (character) => (character < ' ' && character !== '\t' && character !== '\n') || (character >= '\u007f' && character <= '\u009f'),
  );
}

function short(text: string): string {
  return text.length > 80 ? `${text.slice(0, 40)}... ${text.length}` : text;
}
