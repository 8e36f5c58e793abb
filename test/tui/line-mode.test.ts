import { PassThrough } from 'node:stream';
import test from 'ava';
import { runTerminal, usesFullScreen } from '../../src/tui/main.ts';
import { until } from '../helpers/until.ts';
import { FakeNode } from './fake-node.ts';

class Lines {
  readonly input: PassThrough & { isTTY?: boolean; setRawMode?: (raw: boolean) => void } = new PassThrough();
  readonly output: PassThrough & { isTTY?: boolean; columns?: number } = new PassThrough();
  text = '';

  constructor() {
    this.output.on('data', (chunk: Uint8Array) => {
      this.text += new TextDecoder().decode(chunk);
    });
  }

  run(node: FakeNode, env: Readonly<Record<string, string>> = {}): Promise<number> {
    return runTerminal({ connect: node.connect, user: 'alice', input: this.input, output: this.output, plain: false, env });
  }

  async shows(text: string): Promise<void> {
    await until(`"${text}" in:\n${this.text}`, () => this.text.includes(text));
  }
}

test('a script plays from the start to a chat, without pauses, and ends with the input', async (t) => {
  const lines = new Lines();
  const node = new FakeNode();
  const script = ['1', 'secret', 'secret', '/requests', '1', '1', '0', '8', 'bob', 'hello bob', '//shrug', '/back', '/msg bob from afar', '/friends'];
  lines.input.end(`${script.join('\n')}\n`);
  t.is(await lines.run(node), 0);
  const asked = node.calls
    .map(([command]) => command)
    .filter((command) => !['info', 'friends', 'requests', 'chats', 'rooms', 'files', 'settings', 'users', 'read'].includes(command));
  t.deepEqual(asked, ['register', 'friend-accept', 'history', 'send', 'send', 'send']);
  t.deepEqual(
    node.messages.map((message) => message.text),
    ['hello bob', '/shrug', 'from afar'],
  );
  t.regex(lines.text, /== Welcome ==[\s\S]*1\) Register[\s\S]*== Menu ==[\s\S]*== bob \(online\) ==/u);
  t.regex(lines.text, /\[\d\d:\d\d\] you: hello bob \(waiting\)[\s\S]*\* bob: delivered \(hello bob\)/u);
  t.regex(lines.text, /erin are friends now/u);
  t.regex(lines.text, /24\. art\s/u);
  t.false(lines.text.includes('secret'));
  t.false(lines.text.includes('\u001b'));
});

test('what arrives is a line of its own, newest last, and other conversations are named', async (t) => {
  const lines = new Lines();
  const node = new FakeNode();
  const ended = lines.run(node);
  lines.input.write('1\nsecret\nsecret\n/chat bob\n');
  await lines.shows('== bob (online) ==');
  node.receive('bob', 'two\nlines \u001b[31m');
  await lines.shows('bob: two\nlines ');
  node.receive('carol', 'psst');
  await lines.shows('* carol: psst');
  lines.input.end('/quit\n');
  t.is(await ended, 0);
});

test('a wrong password, an unknown command and a number too many are sentences', async (t) => {
  const lines = new Lines();
  const node = new FakeNode();
  node.registered = true;
  node.password = 'right';
  lines.input.end('2\nwrong\n2\nright\n/freinds\n77\n0\n');
  t.is(await lines.run(node), 0);
  t.regex(lines.text, /! The password of alice is wrong\./u);
  t.regex(lines.text, /! There is no command \/freinds\. Did you mean "\/friends"\?/u);
  t.regex(lines.text, /\* There is no 77 here\./u);
});

test('on a dumb terminal the password is read key by key without an echo', async (t) => {
  const lines = new Lines();
  const modes: boolean[] = [];
  lines.input.isTTY = true;
  lines.output.isTTY = true;
  lines.input.setRawMode = (raw) => void modes.push(raw);
  const node = new FakeNode();
  const ended = lines.run(node, { TERM: 'dumb' });
  await lines.shows('Choose: ');
  lines.input.write('1\n');
  await until('raw', () => modes.at(-1) === true);
  lines.input.write('secr');
  lines.input.write('x\u007fet\r');
  await lines.shows('password again: ');
  lines.input.write('secret\r');
  await lines.shows('== Menu ==');
  await until('cooked', () => modes.at(-1) === false);
  t.is(node.password, 'secret');
  t.false(lines.text.includes('secr'));
  lines.input.write('/quit\n');
  t.is(await ended, 0);
});

test('the node goes and comes back: said, and lines wait for it', async (t) => {
  const lines = new Lines();
  const node = new FakeNode();
  const ended = lines.run(node);
  lines.input.write('1\nsecret\nsecret\n');
  await lines.shows('== Menu ==');
  node.crash();
  await lines.shows('The node has gone away');
  lines.input.write('2\nsecret\n/friends\n');
  node.up = true;
  await lines.shows('== Friends ==');
  lines.input.end();
  t.is(await ended, 0);
});

test('the full screen is for terminals that can move a cursor', (t) => {
  const tty = Object.assign(new PassThrough(), { isTTY: true });
  const pipe = new PassThrough();
  const env = { TERM: 'xterm' };
  t.true(usesFullScreen({ input: tty, output: tty, plain: false, env }));
  t.false(usesFullScreen({ input: pipe, output: tty, plain: false, env }));
  t.false(usesFullScreen({ input: tty, output: pipe, plain: false, env }));
  t.false(usesFullScreen({ input: tty, output: tty, plain: true, env }));
  t.false(usesFullScreen({ input: tty, output: tty, plain: false, env: { TERM: 'dumb' } }));
});
