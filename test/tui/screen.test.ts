import { PassThrough } from 'node:stream';
import unicode11 from '@xterm/addon-unicode11';
import headless from '@xterm/headless';
import test, { type ExecutionContext } from 'ava';
import { runTerminal } from '../../src/tui/main.ts';
import { until } from '../helpers/until.ts';
import { FakeNode } from './fake-node.ts';

/** A terminal that is no terminal: bytes in through a pipe, bytes out into a headless emulator. */
class FakeTerminal {
  readonly input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (raw: boolean): void => {
      this.raw = raw;
    },
  });
  readonly output = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  readonly emulator: InstanceType<typeof headless.Terminal>;
  raw = false;
  written = '';

  constructor(columns = 80, rows = 24) {
    this.output.columns = columns;
    this.output.rows = rows;
    this.emulator = new headless.Terminal({ cols: columns, rows, allowProposedApi: true });
    this.emulator.loadAddon(new unicode11.Unicode11Addon());
    this.emulator.unicode.activeVersion = '11';
    this.output.on('data', (chunk: Uint8Array) => {
      this.written += new TextDecoder().decode(chunk);
      this.emulator.write(chunk);
    });
  }

  rows(): readonly string[] {
    const { active } = this.emulator.buffer;
    return Array.from(
      { length: this.emulator.rows },
      (_, row) =>
        active
          .getLine(active.viewportY + row)
          ?.translateToString(true)
          .trimEnd() ?? '',
    );
  }

  cursor(): readonly [number, number] {
    const { active } = this.emulator.buffer;
    return [active.cursorY, active.cursorX];
  }

  has(text: string): boolean {
    return this.rows().some((row) => row.includes(text));
  }

  async type(text: string, then: string): Promise<void> {
    this.input.write(text);
    await this.shows(then);
  }

  async shows(text: string): Promise<void> {
    await until(`"${text}" on the screen:\n${this.rows().join('\n')}`, () => this.has(text));
  }

  resize(columns: number, rows: number): void {
    this.output.columns = columns;
    this.output.rows = rows;
    this.emulator.resize(columns, rows);
    this.output.emit('resize');
  }
}

/** A failed test ends its terminal as well. */
function start(
  t: ExecutionContext,
  terminal: FakeTerminal,
  node: FakeNode,
  env: Readonly<Record<string, string>> = { TERM: 'xterm-256color' },
): Promise<number> {
  t.teardown(() => void terminal.input.end());
  return runTerminal({ connect: node.connect, user: 'alice', input: terminal.input, output: terminal.output, plain: false, env });
}

async function registered(terminal: FakeTerminal, node: FakeNode): Promise<void> {
  await terminal.shows('1) Register');
  await terminal.type('1', 'password:');
  await terminal.type('secret\r', 'password again:');
  await terminal.type('secret\r', ' 1. abandon');
  await terminal.type('\r', '1) Friends');
  await until('friends are asked for', () => node.calls.some(([command]) => command === 'users'));
}

test.serial('from register to chat: cells, cursor, and a clean terminal afterwards', async (t) => {
  const terminal = new FakeTerminal();
  const node = new FakeNode();
  const ended = start(t, terminal, node);
  await registered(terminal, node);
  t.true(terminal.raw);
  t.is(terminal.emulator.buffer.active.type, 'alternate');
  await terminal.type('/chat bob\r', 'alice › bob');
  await terminal.type('hi 日本👍 é', 'hi 日本👍 é');
  await until('cursor behind the draft', () => terminal.cursor()[1] === 2 + 3 + 4 + 2 + 1 + 1);
  t.is(terminal.cursor()[0], 23);
  await terminal.type('\u001b[D\u001b[D\u001b[D', 'hi 日本👍 é');
  await until('cursor before the thumb', () => terminal.cursor()[1] === 2 + 3 + 4);
  await terminal.type('\r', '✓✓ you  hi 日本👍 é');
  node.receive('bob', 'plain {red-fg}tag{/} \u001b[31mred\u001b[0m **bold**');
  await terminal.shows('bob  plain {red-fg}tag{/} red bold');
  terminal.input.write('\u0004');
  t.is(await ended, 0);
  await until('the normal screen', () => terminal.emulator.buffer.active.type === 'normal');
  t.false(terminal.raw);
  t.true(terminal.written.trimEnd().includes('\u001b[?2004l'));
  t.is(terminal.input.listenerCount('data'), 0);
});

test.serial('wide characters replaced by narrow ones leave nothing behind', async (t) => {
  const terminal = new FakeTerminal(60, 12);
  const node = new FakeNode();
  const ended = start(t, terminal, node);
  await registered(terminal, node);
  await terminal.type('/chat bob\r', '› bob');
  await terminal.type('日本語日本語', '> 日本語日本語');
  terminal.input.write('\u0015');
  await terminal.type('abc', '> abc');
  t.is(terminal.rows()[11], '> abc');
  terminal.input.write('\u0003');
  await until('empty input', () => terminal.rows()[11] === '>');
  await terminal.type('\u0003', 'Ctrl-C once more leaves');
  terminal.input.write('\u0003');
  t.is(await ended, 0);
});

test.serial('a resize repaints at once, a small window says so and recovers', async (t) => {
  const terminal = new FakeTerminal(80, 24);
  const node = new FakeNode();
  const ended = start(t, terminal, node);
  await registered(terminal, node);
  terminal.resize(120, 30);
  await terminal.shows('Friends 1 of 1');
  terminal.resize(15, 4);
  await terminal.shows('Too small');
  terminal.resize(40, 12);
  await terminal.shows('1) Friends');
  t.is(terminal.rows().length, 12);
  terminal.input.write('0\r');
  t.is(await ended, 0);
});

test.serial('when the node goes away the draft stays and the terminal comes back by itself', async (t) => {
  const terminal = new FakeTerminal();
  const node = new FakeNode();
  const ended = start(t, terminal, node);
  await registered(terminal, node);
  await terminal.type('/chat bob\rhalf a draft', '> half a draft');
  node.crash();
  await terminal.shows('node away');
  t.true(terminal.has('> half a draft'));
  node.up = true;
  await terminal.shows('2) Log in');
  await terminal.type('2secret\r', '> half a draft');
  terminal.input.write('\u0003');
  await until('empty input', () => !terminal.has('half a draft'));
  terminal.input.write('\u0004');
  t.is(await ended, 0);
});

test.serial('a password is never painted, and NO_COLOR paints no colour', async (t) => {
  const terminal = new FakeTerminal();
  const node = new FakeNode();
  const ended = start(t, terminal, node, { TERM: 'xterm-256color', NO_COLOR: '1' });
  await registered(terminal, node);
  await terminal.type('/chat\r', 'Whom do you want');
  t.false(terminal.written.includes('secret'));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are escape sequences.
  t.notRegex(terminal.written, /\u001b\[[\d;]*(?:3[0-7]|38;5|9[0-7])[\d;]*m/u);
  terminal.input.write('\u0004');
  t.is(await ended, 0);
});

test.serial('/copy shows bare text on the normal screen until a key', async (t) => {
  const terminal = new FakeTerminal();
  const node = new FakeNode();
  const ended = start(t, terminal, node);
  await registered(terminal, node);
  node.messages = [];
  await terminal.type('/chat bob\r', '› bob');
  await terminal.type('copy me\r', '✓✓ you  copy me');
  await terminal.type('/copy\r', 'you: copy me');
  await until('the normal screen', () => terminal.emulator.buffer.active.type === 'normal');
  await terminal.type('x', '✓✓ you  copy me');
  t.is(terminal.emulator.buffer.active.type, 'alternate');
  terminal.input.write('\u0004');
  t.is(await ended, 0);
});

test.serial('a node that cannot be started is a sentence and an exit status, on a restored terminal', async (t) => {
  const terminal = new FakeTerminal();
  const node = new FakeNode();
  node.up = false;
  t.is(await start(t, terminal, node), 1);
  await terminal.shows('The node cannot be reached.');
  t.is(terminal.emulator.buffer.active.type, 'normal');
});
