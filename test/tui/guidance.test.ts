import test from 'ava';
import type { RoomView } from '../../src/core/rooms/room-commands.ts';
import type { ChatMessage } from '../../src/tui/model/room-chat.ts';
import { renderFrame } from '../../src/tui/render/frame.ts';
import { helpLines } from '../../src/tui/render/help.ts';
import { spokenMessage } from '../../src/tui/render/plain-text.ts';
import { lineText } from '../../src/tui/text/styled.ts';
import { loggedIn, type ModelDriver } from './terminal-model.ts';
import { info, message, NOW, user } from './world.ts';

const GARDEN = 'a1'.repeat(32);

function room(name: string, roomId = GARDEN): RoomView {
  const quiet = { unread: 0, mentions: 0, muted: false, archived: false, lastText: '', lastFrom: '', lastMillis: NOW };
  return { room: name, roomId, topic: '', policy: 'open', history: 'all', role: 'member', members: 2, link: `confab-room:${roomId}/bob`, ...quiet };
}

const shown = (driver: ModelDriver): string =>
  renderFrame(driver.model)
    .lines.map((each) => lineText(each).trimEnd())
    .join('\n');
const typed = (driver: ModelDriver, text: string) => driver.forget().type(text).press('enter').calls();

const HELLO = message('bob', 'hello');
const HI = message('bob', 'hi', { fromMe: true });

function withBob(): ModelDriver {
  const driver = loggedIn().type('/chat bob').press('enter');
  return driver.answer('history', { messages: [HELLO, HI], more: false }).forget();
}

test('a request is shown with every answer that can be chosen', (t) => {
  const driver = loggedIn()
    .type('/requests')
    .press('enter')
    .answer('requests', { incoming: ['erin'], outgoing: [], blocked: [] })
    .type('1');
  t.regex(shown(driver), /1\) Accept\n {2}2\) Decline\n {2}3\) Busy: answer later\n {2}0\) Back/u);
});

test('a room that is suggested is joined by the name it has, and one that is known is not suggested', (t) => {
  const driver = loggedIn().answer('rooms', {
    rooms: [room('Mine', 'c3'.repeat(32))],
    invitations: [{ room: 'The garden', roomId: GARDEN, topic: '', from: 'bob', link: `confab-room:${GARDEN}/bob` }],
    others: [],
  });
  driver.type('/join_chat').press('enter');
  t.regex(shown(driver), /1\) The garden\n/u);
  t.notRegex(shown(driver), /Mine/u);
  t.deepEqual(typed(driver, '1'), [['room-join', { room: 'The garden' }]]);
});

test('names of rooms complete with their blanks, second names of commands complete, and a known room needs no quotes', (t) => {
  const driver = loggedIn().answer('rooms', { rooms: [room('The garden'), room('The gardeners', 'b2'.repeat(32))], invitations: [], others: [] });
  const completed = (text: string): string => {
    driver.press('C-c').type(text).press('tab');
    return driver.model.editor.text;
  };
  t.is(completed('/create_'), '/create_chat ');
  t.is(completed('/invite The'), '/invite "The garden');
  t.is(completed('/invite "The gardene'), '/invite "The gardeners" ');
  t.is(completed('/invite "The garden" car'), '/invite "The garden" carol ');
  for (const [text, whole] of [
    ['/fault dup', '/fault duplicate '],
    ['/fault cut ali', '/fault cut alice '],
    ['/fault cut alice,car', '/fault cut alice,carol '],
    ['/fault cut alice car', '/fault cut alice carol '],
    ['/fault loss 0.5 betw', '/fault loss 0.5 between '],
    ['/fault latency logn', '/fault latency lognormal '],
    ['/fault latency lognormal med', '/fault latency lognormal median '],
    ['/fault heal every', '/fault heal everything '],
    ['/fault restart carol --', '/fault restart carol --empty-disk '],
    ['/fault clock ga', '/fault clock gains '],
    ['/fault slow 5 carol fo', '/fault slow 5 carol for '],
  ] as const)
    t.is(completed(text), whole);
  driver.press('C-c');
  t.deepEqual(typed(driver, '/send_chat The garden how are you'), [['room-send', { room: 'The garden', text: 'how are you' }]]);
  t.deepEqual(typed(driver, '/send_chat the Gardeners hello'), [['room-send', { room: 'The gardeners', text: 'hello' }]]);
  t.deepEqual(typed(driver, '/send_chat Thermal hello'), [['room-send', { room: 'Thermal', text: 'hello' }]]);
});

test('on the page of a message /why and /ticks mean that one, and what is not there is said', (t) => {
  const driver = withBob();
  t.deepEqual(typed(driver, '/ticks'), [['message', { id: HI.id }]]);
  driver.do({ type: 'answer', call: { command: 'message', args: { id: HI.id }, purpose: 'show' }, value: HI });
  t.deepEqual(typed(driver, '/why'), [['why', { id: HI.id }]]);
  t.deepEqual(typed(withBob(), '/react ^3 +1'), []);
  const missing = withBob().type('/react ^3 +1').press('enter');
  t.regex(missing.model.notices.at(-1)?.text ?? '', /There is no message \^3 here/u);
});

test('help in a conversation begins with what means it, without its name; brackets say what may be left out', (t) => {
  const driver = withBob();
  const lines = helpLines({ ...driver.model, screens: [...driver.model.screens, { type: 'help', topic: 'chat' }] }, 'chat').map(lineText);
  const at = (text: string): number => lines.findIndex((each) => each.startsWith(text));
  t.true(at('In this conversation') < at('  /react [^n] <reaction>') && at('  /react [^n] <reaction>') < at('Everywhere'));
  t.true(at('Everywhere') < at('  /status [presence] [text]'));
  t.is(lines.filter((each) => each.includes('/room-react')).length, 0);
  t.true(lines.some((each) => each.includes('(also /create_chat)')));
});

test('a long summary goes on under its own column, at any width', (t) => {
  for (const columns of [60, 80, 100]) {
    const driver = loggedIn({ columns, rows: 400 }).press('f1');
    const rows = shown(driver).split('\n');
    const lookup = rows.findIndex((each) => each.includes('/lookup <name>'));
    t.true(
      rows.slice(lookup, lookup + 2).every((each) => !/^\S/u.test(each)),
      rows.slice(lookup, lookup + 2).join('\n'),
    );
  }
});

test('what is asked for has a name, and a page that asks a short title', (t) => {
  const driver = loggedIn().type('/export').press('enter');
  t.regex(shown(driver), /› Export\n[\s\S]*Choose a number or type the friend\.[\s\S]*\nfriend:/u);
});

test('one does not compare keys with oneself', (t) => {
  const page = (name: string): string => {
    const driver = loggedIn().type(`/whois ${name}`).press('enter');
    return shown(driver.answer('user', user(name)));
  };
  t.regex(page('bob'), /\nKey {2,}\S/u);
  t.notRegex(page('alice'), /\nKey /u);
});

test('help in a room tells of rooms; a page over it has the commands of everywhere', (t) => {
  const driver = loggedIn().answer('rooms', { rooms: [room('The garden')], invitations: [], others: [] });
  driver
    .type('/rooms')
    .press('enter')
    .answer('rooms', { rooms: [room('The garden')], invitations: [], others: [] })
    .type('1');
  const helped = (): string =>
    helpLines({ ...driver.model, screens: [...driver.model.screens, { type: 'help', topic: 'chat' }] }, 'chat')
      .map(lineText)
      .join('\n');
  t.regex(helped(), /\/delete \[\^n\] +Delete a message for everybody in the room/u);
  driver.type('/peers').press('enter').answer('peers', { peers: [] });
  t.notRegex(helped(), /In this conversation/u);
});

test('making and joining a room is said once', (t) => {
  const driver = loggedIn();
  const news = (): readonly string[] => driver.model.notices.map(({ text }) => text).filter((text) => text.includes('The garden'));
  driver.event({ type: 'room-joined', room: { ...room('The garden'), members: 1, role: 'owner' } });
  t.deepEqual(news(), []);
  driver
    .type('/join_chat The garden')
    .press('enter')
    .event({ type: 'room-joined', room: room('The garden') });
  driver.answer('room-join', { ...room('The garden'), state: 'joined' });
  t.deepEqual(news(), ['You are in The garden now, with 1 other.']);
});

test('line by line, what happened in a room has no tick', (t) => {
  const joined = { ...message('bob', 'alice joined', { fromMe: true }), room: { kind: 'joined' } } as unknown as ChatMessage;
  t.notRegex(spokenMessage(joined), /delivered/u);
  t.regex(spokenMessage(HI), /you: hi \(delivered\)$/u);
});

test('what begins with a slash and is no command is kept, and several lines are not a way to leave', (t) => {
  const driver = withBob();
  const pasted = (text: string): ModelDriver =>
    driver
      .press('C-c')
      .do({ type: 'key', key: { type: 'paste', text } })
      .press('enter');
  const draft = (): string | undefined => driver.model.conversations['bob']?.draft.text;
  pasted('/* a comment\n   in a program */');
  t.is(draft(), '/* a comment\n   in a program */');
  t.regex(driver.model.notices.at(-1)?.text ?? '', /\/\/ in front sends a slash/u);
  pasted('/quit\nbye');
  t.is(draft(), '/quit\nbye');
  t.false(driver.effects.some((effect) => effect.type === 'quit'));
  t.deepEqual(
    driver.calls().filter(([command]) => command === 'send'),
    [],
  );
  driver.press('C-c').type('/quit').press('enter');
  t.true(driver.effects.some((effect) => effect.type === 'quit'));
});

test('arguments that do not fit are answered with an example, not with an option of the shell', (t) => {
  const driver = withBob().type('/react ^ far-too-long-for-a-reaction').press('enter');
  const call = driver.effects.find((effect) => effect.type === 'call');
  if (call?.type !== 'call') return t.fail('nothing was asked');
  driver.do({ type: 'failure', call: call.call, failure: { code: 'bad-arguments', sentence: 'react: "reaction": too long.', advice: 'See react --help.' } });
  t.regex(driver.model.notices.at(-1)?.text ?? '', /^react: "reaction": too long\. For example: \/react /u);
});

test('a room is made with the meaning of each answer, and not without the password that it asks for', (t) => {
  const driver = loggedIn().forget().type('/room-create').press('enter').type('Lake').press('enter');
  t.regex(shown(driver), /Enter alone leaves it out\./u);
  driver.press('enter');
  t.regex(shown(driver), /Who may come in: [\s\S]*1\) open[\s\S]*Enter alone takes the first\./u);
  driver.type('3').press('enter').press('enter');
  t.notRegex(shown(driver), /Enter alone/u);
  driver.press('enter');
  t.deepEqual(driver.calls(), []);
  t.regex(driver.model.notices.at(-1)?.text ?? '', /Nothing was entered/u);
});

test('the title says which of two nodes of a user this is', (t) => {
  const driver = loggedIn().do({ type: 'answer', call: { command: 'info', args: {}, purpose: 'refresh' }, value: info({ node: 'alice@desk' }) });
  t.regex(shown(driver), /^ Confab {2}alice@desk › Menu/u);
});

test('a request that became a friendship by itself is not shown any longer', (t) => {
  const driver = loggedIn().event({ type: 'relation-changed', user: 'gina', from: 'none', to: 'incoming' });
  t.regex(shown(driver), /gina asks to be your friend/u);
  driver.event({ type: 'relation-changed', user: 'gina', from: 'incoming', to: 'friend' });
  t.notRegex(shown(driver), /gina asks/u);
});
