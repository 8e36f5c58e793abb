import test from 'ava';
import type { RoomDetails, RoomMessageView, RoomView } from '../../src/core/rooms/room-commands.ts';
import { frameIsExact, renderFrame } from '../../src/tui/render/frame.ts';
import { chatText } from '../../src/tui/render/plain-text.ts';
import { lineText } from '../../src/tui/text/styled.ts';
import { loggedIn, type ModelDriver } from './terminal-model.ts';
import { HOUR, idOf, NOW } from './world.ts';

const GARDEN = 'a1'.repeat(32);
const LAKE = 'b2'.repeat(32);

function room(patch: Partial<RoomView> = {}): RoomView {
  return {
    room: 'The garden',
    roomId: GARDEN,
    topic: 'Roses',
    policy: 'open',
    history: 'all',
    role: 'owner',
    members: 3,
    unread: 0,
    mentions: 0,
    muted: false,
    archived: false,
    lastText: '',
    lastFrom: '',
    lastMillis: NOW - HOUR,
    link: `confab-room:${GARDEN}/alice`,
    ...patch,
  };
}

let serial = 0;

function line(from: string, text: string, patch: Partial<RoomMessageView> = {}): RoomMessageView {
  serial += 1;
  const number = String(serial).padStart(6, '0');
  return {
    key: number,
    id: number.padStart(64, '0'),
    room: 'The garden',
    roomId: GARDEN,
    kind: 'message',
    from,
    fromMe: from === 'alice',
    text,
    sentMillis: NOW - 60_000 + serial,
    state: 'delivered',
    deliveredTo: [],
    seenBy: [],
    replyTo: null,
    mentions: [],
    mentionsMe: false,
    reactions: [],
    edited: false,
    deleted: false,
    changing: false,
    sealed: false,
    ...patch,
  };
}

function inGarden(...messages: readonly RoomMessageView[]): ModelDriver {
  const driver = loggedIn().answer('rooms', { rooms: [room()], invitations: [], others: [] });
  driver
    .forget()
    .type('/rooms')
    .press('enter')
    .answer('rooms', { rooms: [room()], invitations: [], others: [] })
    .type('1');
  driver.answer('room-history', { messages, more: false, gaps: 0 });
  return driver;
}

const shown = (driver: ModelDriver): string =>
  renderFrame(driver.model)
    .lines.map((each) => lineText(each).trimEnd())
    .join('\n');

test('a room is chosen by its number, opens with its history, and what is typed is written there', (t) => {
  const driver = inGarden(line('bob', 'the roses are out'));
  t.regex(shown(driver), /The garden: Roses \(3 members\)/u);
  t.regex(shown(driver), /bob {2}the roses are out/u);
  driver.forget().type('so they are, @bob and @carol').press('enter');
  t.deepEqual(driver.calls(), [['room-send', { room: GARDEN, text: 'so they are, @bob and @carol', mentions: ['bob', 'carol'] }]]);
});

test('a refused line goes back into the draft of its room', (t) => {
  const driver = inGarden().forget().type('hello').press('enter');
  const call = driver.effects[0];
  if (call?.type !== 'call') return t.fail('nothing was sent');
  driver.do({ type: 'failure', call: call.call, failure: { code: 'unavailable', sentence: 'No.', advice: '' } });
  t.is(driver.model.conversations[`#${GARDEN}`]?.draft.text, 'hello');
});

test('inside a room its commands mean it; outside they name one, in quotes where it has blanks', (t) => {
  const inside = inGarden(line('alice', 'frist'), line('bob', 'second')).forget();
  const typed = (driver: ModelDriver, text: string) => driver.forget().type(text).press('enter').calls();
  t.deepEqual(typed(inside, '/invite carol'), [['room-invite', { room: GARDEN, user: 'carol' }]]);
  t.deepEqual(typed(inside, '/topic Roses and slugs'), [['room-topic', { room: GARDEN, topic: 'Roses and slugs' }]]);
  const mine = inside.model.conversations[`#${GARDEN}`]?.messages[0]?.id;
  const last = inside.model.conversations[`#${GARDEN}`]?.messages[1]?.id;
  t.deepEqual(typed(inside, '/edit ^ first'), [['room-edit', { room: GARDEN, id: mine, text: 'first' }]]);
  t.deepEqual(typed(inside, '/react ^ +1'), [['room-react', { room: GARDEN, id: last, reaction: '+1' }]]);
  t.deepEqual(typed(inside, '/react ^2 +1'), [['room-react', { room: GARDEN, id: mine, reaction: '+1' }]]);
  t.deepEqual(typed(inside, '/leave_chat'), [['room-leave', { room: GARDEN }]]);
  const outside = loggedIn();
  t.deepEqual(typed(outside, '/invite "The garden" carol'), [['room-invite', { room: 'The garden', user: 'carol' }]]);
  t.deepEqual(typed(outside, '/send_chat garden two  blanks'), [['room-send', { room: 'garden', text: 'two  blanks' }]]);
  t.deepEqual(typed(outside, '/join_chat The garden'), [['room-join', { room: 'The garden' }]]);
});

test('a room is made step by step, and asks for a password only where it has one', (t) => {
  const driver = loggedIn().forget().type('/create_chat').press('enter');
  driver.type('Lake').press('enter').press('enter').type('3').press('enter').press('enter');
  t.true(driver.model.screens.at(-1)?.type === 'ask');
  driver.type('secret').press('enter').type('secret').press('enter');
  t.deepEqual(driver.calls(), [['room-create', { name: 'Lake', policy: 'password', password: 'secret' }]]);
  driver.answer('room-create', room({ room: 'Lake', roomId: LAKE, policy: 'password', members: 1 }));
  t.deepEqual(driver.model.screens.at(-1), { type: 'chat', with: `#${LAKE}` });
});

test('messages of a room come with their author, count where nobody looks, and are read where somebody does', (t) => {
  const driver = loggedIn()
    .answer('rooms', { rooms: [room()], invitations: [], others: [] })
    .forget();
  driver.event({ type: 'room-message', message: line('bob', 'anybody here?') });
  t.is(driver.model.rooms[0]?.unread, 1);
  t.regex(driver.model.notices.at(-1)?.text ?? '', /The garden · bob: anybody here\?/u);
  driver.press('C-n', 'C-n');
  t.deepEqual(driver.model.screens.at(-1)?.type, 'chat');
  const muted = loggedIn().answer('rooms', { rooms: [room({ muted: true })], invitations: [], others: [] });
  const before = muted.model.noticeCount;
  muted.event({ type: 'room-message', message: line('bob', 'noise') });
  t.is(muted.model.noticeCount, before);
  muted.event({ type: 'room-message', message: line('bob', 'alice?', { mentionsMe: true, mentions: ['alice'] }) });
  t.is(muted.model.noticeCount, before + 1);
  const open = inGarden().forget();
  open.event({ type: 'room-message', message: line('carol', 'hi') });
  t.deepEqual(open.calls(), [['room-read', { room: GARDEN }]]);
});

test('replies, reactions, edits, deleted and sealed lines, and what happened are shown for what they are', (t) => {
  const reply = { id: '0'.repeat(64), from: 'bob', text: 'which ones?' };
  const driver = inGarden(
    line('alice', 'alice has made the room', { kind: 'created' }),
    line('carol', 'the **red** ones', { replyTo: reply, reactions: [{ reaction: '+1', by: ['bob', 'alice'] }], edited: true }),
    line('bob', 'gone', { deleted: true }),
    line('bob', '', { sealed: true }),
    line('bob', 'waiting', { fromMe: true, from: 'alice', state: 'queued' }),
  );
  const text = shown(driver);
  for (const part of [
    /\* alice has made the room/u,
    /↳ bob: which ones\?/u,
    /the red ones \(edited\)/u,
    /\+1 bob, alice/u,
    /\(deleted\)/u,
    /\(sealed: its key/u,
  ])
    t.regex(text, part);
  t.false(text.includes('gone'));
  const copied = chatText(driver.model).join('\n');
  t.regex(copied, /carol: the \*\*red\*\* ones \(edited\)/u);
  t.false(copied.includes('gone'));
  for (const columns of [20, 40, 80, 120]) {
    driver.do({ type: 'resize', columns, rows: 24 });
    t.true(frameIsExact(renderFrame(driver.model), columns, 24));
  }
});

test('who types is said while they do, and what one types oneself is told once a second', (t) => {
  const driver = inGarden(line('bob', 'x')).answer('room-draft', { text: '' });
  driver.event({ type: 'room-typing', room: 'The garden', roomId: GARDEN, user: 'bob', typing: true });
  driver.do({ type: 'tick', nowMillis: NOW + 1_000 }, NOW + 1_000);
  driver.forget().type('hm');
  driver.do({ type: 'tick', nowMillis: NOW + 2_000 }, NOW + 2_000);
  t.deepEqual(
    driver.calls().filter(([command]) => command === 'room-typing'),
    [['room-typing', { room: GARDEN, typing: true }]],
  );
  driver.event({ type: 'room-message', message: line('bob', 'done') });
  t.deepEqual(driver.model.typing[`#${GARDEN}`], {});
});

test('invitations and rooms that one may join are joined by choosing them; a locked one asks for its password', (t) => {
  const view = {
    rooms: [],
    invitations: [{ room: 'The garden', roomId: GARDEN, topic: '', from: 'bob', link: 'confab-room:1/bob' }],
    others: [{ room: 'Lake', roomId: LAKE, topic: '', policy: 'password' as const, members: 4, link: 'confab-room:2/carol' }],
  };
  const driver = loggedIn().answer('rooms', view).type('/rooms').press('enter').answer('rooms', view).forget();
  t.regex(shown(driver), /1\) The garden {2}from bob[\s\S]*2\) Lake {2}asks for a password/u);
  driver.type('1');
  t.deepEqual(driver.calls(), [['room-join', { room: 'confab-room:1/bob' }]]);
  driver.forget().type('2').type('secret').press('enter');
  t.deepEqual(driver.calls(), [['room-join', { room: 'confab-room:2/carol', password: 'secret' }]]);
});

test('details and causal order of a room are pages to read', (t) => {
  const details: RoomDetails = {
    ...room(),
    memberList: [
      { name: 'alice', userId: idOf('alice'), role: 'owner', presence: 'online', typing: false },
      { name: 'bob', userId: idOf('bob'), role: 'member', presence: 'offline', typing: false },
    ],
    invited: ['erin'],
    gaps: 1,
    events: 9,
    messages: 4,
    heads: [],
    sealed: 0,
    uncopied: 0,
    votes: [],
    votesNeeded: 1,
  };
  const driver = inGarden().forget().type('/members').press('enter').answer('room', details);
  t.regex(shown(driver), /1 of 3 members here[\s\S]*Invited +erin[\s\S]*alice {2}owner {2}you/u);
  const order = {
    key: '1',
    id: 'ab'.repeat(32),
    kind: 'sealed',
    from: 'bob',
    parents: ['cd'.repeat(32)],
    depth: 2,
    stampMillis: NOW,
    concurrent: ['ef'.repeat(32)],
  };
  driver
    .press('escape')
    .type('/order')
    .press('enter')
    .answer('room-order', { events: [order], heads: [], more: false });
  t.regex(shown(driver), /2 +abababab +bob +sealed +cdcdcdcd[\s\S]*efefefef/u);
});

test('line mode says once more what changes in the open room, and when a message has first arrived', (t) => {
  const theirs = line('bob', '', { sealed: true });
  const mine = line('alice', 'hello all', { state: 'queued' });
  const driver = inGarden(theirs, mine);
  driver.model = { ...driver.model, lineMode: true };
  const said = (): string => driver.model.notices.at(-1)?.text ?? '';
  const tell = (message: RoomMessageView): ModelDriver => driver.event({ type: 'room-message-changed', message });
  tell({ ...theirs, sealed: false, text: 'its key has come' });
  t.regex(said(), /bob: its key has come$/u);
  tell({ ...theirs, sealed: false, text: 'corrected', edited: true });
  t.regex(said(), /bob: corrected \(edited\)$/u);
  tell({ ...theirs, sealed: false, text: 'corrected', edited: true, reactions: [{ reaction: '+1', by: ['carol'] }] });
  t.regex(said(), /\+1 carol$/u);
  tell({ ...theirs, sealed: false, text: '', edited: true, deleted: true });
  t.regex(said(), /bob: \(deleted\)$/u);
  tell({ ...mine, state: 'held' });
  t.is(said(), 'The garden: nobody else is here; held for the others (hello all)');
  tell({ ...mine, state: 'delivered', deliveredTo: ['bob'] });
  t.is(said(), 'The garden: delivered (hello all)');
  const count = driver.model.noticeCount;
  tell({ ...mine, state: 'delivered', deliveredTo: ['bob', 'carol'] });
  t.is(driver.model.noticeCount, count, 'once');
  driver.model = { ...driver.model, lineMode: false };
  tell({ ...mine, state: 'delivered', deliveredTo: ['bob', 'carol'], reactions: [{ reaction: '+1', by: ['bob'] }] });
  t.is(driver.model.noticeCount, count, 'a screen shows it');
});

test('lines whose key has not come are not what is unread: the view begins at the first that is', (t) => {
  const rooms = { rooms: [room({ unread: 3 })], invitations: [], others: [] };
  const driver = loggedIn().answer('rooms', rooms).type('/rooms').press('enter').answer('rooms', rooms).type('1');
  const old = Array.from({ length: 20 }, (_, at) => line('bob', `old ${at}`));
  const fresh = Array.from({ length: 3 }, (_, at) => line('bob', `new ${at}`));
  const sealed = Array.from({ length: 30 }, () => line('bob', '', { sealed: true }));
  driver.answer('room-history', { messages: [...old, ...fresh, ...sealed], more: false, gaps: 0 });
  t.regex(shown(driver), /old 19\n.*3 unread messages.*\n.*new 0/u);
  t.is(driver.calls().filter(([command]) => command === 'room-read').length, 1);
});

test('a room that one has left keeps its name in the title of what was read of it', (t) => {
  const driver = inGarden(line('alice', 'goodbye'));
  const other = { room: 'The garden', roomId: GARDEN, topic: '', policy: 'open' as const, members: 2, link: `confab-room:${GARDEN}/bob` };
  driver.answer('rooms', { rooms: [], invitations: [], others: [other] });
  const [title] = renderFrame(driver.model).lines;
  t.regex(lineText(title ?? []), /The garden \(not a member\)/u);
});
