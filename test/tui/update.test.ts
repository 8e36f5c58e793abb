import test from 'ava';
import { REGISTRY } from '../../src/control/registry.ts';
import { menuRows } from '../../src/tui/model/catalogue.ts';
import { LOCAL_COMMANDS } from '../../src/tui/model/local-commands.ts';
import { conversationOf, currentNotice, editorOfModel, screenOf } from '../../src/tui/model/model.ts';
import { renderFrame } from '../../src/tui/render/frame.ts';
import { lineText } from '../../src/tui/text/styled.ts';
import { loggedIn, ModelDriver } from './terminal-model.ts';
import { friend, info, message, NOW, user } from './world.ts';

const lastNotice = (driver: ModelDriver) => currentNotice(driver.model)?.text ?? '';

test('the menu holds every menu command of the registry, in order, and chat', (t) => {
  const { model } = loggedIn();
  const labels = menuRows(model).map((row) => row.label);
  t.deepEqual(labels, [
    'Friends',
    'Requests',
    'Add a friend',
    'Remove a friend',
    'Block or unblock',
    'Status',
    'Chats',
    'Live chat',
    'Rooms',
    'Files',
    'Settings',
    'Log out',
  ]);
  const loggedOut = new ModelDriver().do({ type: 'connection', state: 'up' }).answer('info', info({ loggedIn: false, userId: null }));
  t.deepEqual(
    menuRows(loggedOut.model).map((row) => row.label),
    ['Register', 'Log in', 'Recover with words'],
  );
});

test('no slash command is named twice', (t) => {
  const all = [...REGISTRY.flatMap((entry) => [...entry.slash]), ...LOCAL_COMMANDS.flatMap((entry) => [...entry.slash])];
  t.is(new Set(all).size, all.length);
});

test('registering asks twice, and neither the draft nor the history keeps the password', (t) => {
  const driver = new ModelDriver()
    .do({ type: 'connection', state: 'up' })
    .answer('info', info({ loggedIn: false, registered: false }))
    .forget();
  driver.type('1').type('secret').press('enter').type('secrt').press('enter');
  t.regex(lastNotice(driver), /not the same/u);
  driver.type('secret').press('enter').type('secret').press('enter');
  t.deepEqual(driver.calls(), [['register', { password: 'secret' }]]);
  t.false(JSON.stringify({ ...driver.model, effects: [] }).includes('secret'));
});

test('a failed log-in says why and stays where it was', (t) => {
  const driver = new ModelDriver()
    .do({ type: 'connection', state: 'up' })
    .answer('info', info({ loggedIn: false }))
    .forget();
  driver.type('2').type('wrong').press('enter');
  const call = { command: 'login' as const, args: { password: 'wrong' }, purpose: 'do' as const };
  driver.do({ type: 'failure', call, failure: { code: 'wrong-password', sentence: 'The password of alice is wrong.', advice: 'Try again.' } });
  t.is(screenOf(driver.model).type, 'start');
  t.is(lastNotice(driver), 'The password of alice is wrong. Try again.');
});

test('numbers choose at once where there are at most nine, and after Enter where there are more', (t) => {
  const driver = loggedIn().type('1');
  t.is(screenOf(driver.model).type, 'menu');
  driver.press('enter');
  t.deepEqual(driver.calls(), [['friends', {}]]);
  driver.answer('friends', { friends: [friend('bob')] });
  t.is(screenOf(driver.model).type, 'view');
  driver.type('1');
  t.deepEqual(screenOf(driver.model), { type: 'chat', with: 'bob' });
});

test('0 and Esc go back, Esc never leaves, 0 on the menu does', (t) => {
  const driver = loggedIn().press('f1');
  t.is(screenOf(driver.model).type, 'help');
  driver.press('escape', 'escape', 'escape');
  t.is(screenOf(driver.model).type, 'menu');
  t.deepEqual(driver.effects, []);
  driver.type('0').press('enter');
  t.deepEqual(driver.effects, [{ type: 'quit' }]);
});

test('Ctrl-C clears the draft, then asks, then leaves; Ctrl-D leaves only an empty line', (t) => {
  const driver = loggedIn().type('/fri').press('C-c');
  t.is(editorOfModel(driver.model).text, '');
  driver.press('C-c');
  t.true(driver.model.leaving);
  driver.type('x');
  t.false(driver.model.leaving);
  driver.press('C-d');
  t.deepEqual(driver.effects, []);
  driver.press('C-c', 'C-c', 'C-c');
  t.deepEqual(driver.effects, [{ type: 'quit' }]);
});

test('slash commands: arguments by place, the last with its blanks, wrong ones explained', (t) => {
  const driver = loggedIn();
  const enter = (line: string) => driver.forget().type(line).press('enter');
  t.deepEqual(enter('/msg bob see you  at noon').calls(), [['send', { to: 'bob', text: 'see you  at noon' }]]);
  t.deepEqual(enter('/status away at lunch').calls(), [['status', { presence: 'away', text: 'at lunch' }]]);
  t.deepEqual(enter('/history bob 20').calls(), [['history', { with: 'bob', limit: 20 }]]);
  enter('/history bob many');
  t.regex(lastNotice(driver), /limit must be a number/u);
  enter('/freinds');
  t.regex(lastNotice(driver), /Did you mean "\/friends"/u);
  enter('/login');
  t.regex(lastNotice(driver), /logged in already/u);
  t.deepEqual(enter('/add bob').calls(), [['friend-add', { user: 'bob' }]]);
});

test('a command without its argument asks for it, by number or by name', (t) => {
  const driver = loggedIn().type('/remove').press('enter');
  t.is(screenOf(driver.model).type, 'ask');
  driver.type('2').press('enter');
  t.deepEqual(driver.calls(), [['friend-remove', { user: 'carol' }]]);
});

test('whom one blocks already, the same row unblocks', (t) => {
  const driver = loggedIn().type('/block mallory').press('enter');
  t.deepEqual(driver.calls(), [['unblock', { user: 'mallory' }]]);
});

test('deleting the account asks for the password and then once more', (t) => {
  const driver = loggedIn().type('/delete-account').press('enter').type('secret').press('enter');
  t.is(screenOf(driver.model).type, 'confirm');
  t.deepEqual(driver.calls(), []);
  driver.type('1');
  t.deepEqual(driver.calls(), [['delete-account', { password: 'secret' }]]);
});

test('a friend request is answered by number', (t) => {
  const driver = loggedIn()
    .type('/requests')
    .press('enter')
    .answer('requests', { incoming: ['erin'], outgoing: [], blocked: [] });
  driver.type('1');
  t.deepEqual(screenOf(driver.model), { type: 'request', from: 'erin' });
  driver.forget().type('1');
  t.deepEqual(driver.calls(), [['friend-accept', { user: 'erin' }]]);
});

function inChat(name = 'bob', texts: readonly string[] = ['one', 'two', 'three']): ModelDriver {
  const driver = loggedIn().type(`/chat ${name}`).press('enter');
  return driver.answer('history', { messages: texts.map((text) => message(name, text)), more: false }).forget();
}

test('a chat sends what is typed; // sends a slash; the draft is kept while the node is away', (t) => {
  const driver = inChat().type('hello').press('enter').type('//shrug').press('enter');
  t.deepEqual(driver.calls(), [
    ['send', { to: 'bob', text: 'hello' }],
    ['send', { to: 'bob', text: '/shrug' }],
  ]);
  driver.forget().do({ type: 'connection', state: 'down' }).type('kept').press('enter');
  t.deepEqual(driver.calls(), []);
  t.is(editorOfModel(driver.model).text, 'kept');
});

test('a refused message goes back into the draft', (t) => {
  const driver = inChat().type('//x').press('enter');
  const call = { command: 'send' as const, args: { to: 'bob', text: '/x' }, purpose: 'text' as const };
  driver.do({ type: 'failure', call, failure: { code: 'not-friends', sentence: 'bob is not your friend.', advice: '' } });
  t.is(editorOfModel(driver.model).text, '//x');
});

test('each conversation has its own draft, and messages from elsewhere touch neither it nor the cursor', (t) => {
  const driver = inChat().type('to bob').press('left', 'left');
  driver.event({ type: 'message-received', message: message('carol', 'psst') });
  t.is(lastNotice(driver), 'carol: psst');
  const { text, cursor } = editorOfModel(driver.model);
  t.deepEqual([text, cursor], ['to bob', 4]);
  driver.press('C-n');
  t.deepEqual(screenOf(driver.model), { type: 'chat', with: 'carol' });
  t.is(editorOfModel(driver.model).text, '');
  driver.type('to carol').press('C-c').type('/chat bob').press('enter');
  t.is(editorOfModel(driver.model).text, 'to bob');
});

test('opening a conversation draws the unread line and tells the node; leaving takes the line away', (t) => {
  const driver = loggedIn().press('C-n');
  const texts = [message('carol', 'old'), message('carol', 'new one'), message('carol', 'new two')];
  driver.answer('history', { messages: texts, more: false });
  t.is(conversationOf(driver.model, 'carol').unreadKey, texts[1]?.key ?? '');
  t.deepEqual(driver.calls(), [
    ['draft', { with: 'carol' }],
    ['read', { with: 'carol' }],
  ]);
  driver.press('escape');
  t.is(conversationOf(driver.model, 'carol').unreadKey, null);
});

test('a draft lies at the node: loaded with the conversation, kept a second after it changed, never over what is being typed', (t) => {
  const driver = loggedIn().type('/chat bob').press('enter');
  driver.answer('history', { messages: [], more: false });
  driver.answer('draft', { with: 'bob', text: 'begun elsewhere' }).forget();
  t.is(editorOfModel(driver.model).text, 'begun elsewhere');
  driver.do({ type: 'tick', nowMillis: NOW + 1_000 });
  t.deepEqual(driver.calls(), [], 'nothing has changed');
  driver.type('!').do({ type: 'tick', nowMillis: NOW + 2_000 });
  t.deepEqual(driver.calls(), [
    ['draft', { with: 'bob', text: 'begun elsewhere!' }],
    ['typing', { with: 'bob', typing: true }],
  ]);
  driver.forget().do({ type: 'tick', nowMillis: NOW + 3_000 });
  t.deepEqual(driver.calls(), []);
  driver
    .press('enter')
    .forget()
    .do({ type: 'tick', nowMillis: NOW + 4_000 });
  t.deepEqual(driver.calls()[0], ['draft', { with: 'bob', text: '' }], 'what was sent is no draft any more');

  const typing = loggedIn().type('/chat bob').press('enter').type('my own');
  typing.answer('history', { messages: [], more: false }).answer('draft', { with: 'bob', text: 'begun elsewhere' });
  t.is(editorOfModel(typing.model).text, 'my own');
});

test('a session that moves says why and goes back to the log-in; what was fetched is shown at the new one', (t) => {
  const old = loggedIn().event({ type: 'notice', level: 'warning', text: 'You logged in at alice@desk; this session ends after handing over.' });
  t.regex(lastNotice(old), /You logged in at alice@desk/u);
  old.event({ type: 'logged-out', user: 'alice', reason: 'You logged in at alice@desk; everything was handed over' });
  t.is(screenOf(old.model).type, 'start');
  t.regex(lastNotice(old), /You logged in at alice@desk; everything was handed over\./u);
  const heir = loggedIn().event({ type: 'handed-over', user: 'alice', from: 'alice', messages: 12 });
  t.is(lastNotice(heir), 'Everything from alice is here now: 12 messages.');
  t.true(heir.calls().some(([command]) => command === 'chats'));
});

test('scrollback stays where it is when messages come; End returns and marks them read', (t) => {
  const driver = inChat(
    'bob',
    Array.from({ length: 60 }, (_, index) => `line ${index}`),
  );
  driver.press('page-up');
  const anchor = conversationOf(driver.model, 'bob').anchor;
  t.truthy(anchor);
  driver.event({ type: 'message-received', message: message('bob', 'news') });
  t.deepEqual(conversationOf(driver.model, 'bob').anchor, anchor);
  t.is(conversationOf(driver.model, 'bob').newBelow, 1);
  t.deepEqual(driver.calls(), []);
  driver.press('end');
  t.is(conversationOf(driver.model, 'bob').anchor, null);
  t.deepEqual(driver.calls(), [['read', { with: 'bob' }]]);
});

test('at the oldest message held, the node is asked for older ones, once', (t) => {
  const driver = loggedIn().type('/chat bob').press('enter');
  const page = Array.from({ length: 30 }, (_, index) => message('bob', `line ${index}`));
  driver.answer('history', { messages: page.slice(10), more: true }).forget();
  driver.press('C-home', 'page-up', 'page-up');
  t.deepEqual(driver.calls(), [['history', { with: 'bob', limit: 100, before: page[10]?.key }]]);
  driver.answer('history', { messages: page.slice(0, 10), more: false });
  t.is(conversationOf(driver.model, 'bob').messages.length, 30);
  t.is(conversationOf(driver.model, 'bob').anchor?.key, page[10]?.key);
});

test('the same message twice is one message, and its tick follows', (t) => {
  const driver = inChat();
  const mine = message('bob', 'mine', { fromMe: true, state: 'queued' });
  driver.event({ type: 'message-sent', message: mine }).event({ type: 'message-sent', message: mine });
  driver.event({ type: 'message-changed', id: mine.id, with: 'bob', state: 'delivered' });
  const held = conversationOf(driver.model, 'bob').messages.filter((each) => each.id === mine.id);
  t.deepEqual(
    held.map((each) => each.state),
    ['delivered'],
  );
});

test('a node that starts anew asks to log in, and then shows the chat and the draft again', (t) => {
  const driver = inChat().type('half a thought').do({ type: 'connection', state: 'down' });
  driver.do({ type: 'connection', state: 'up' }).answer('info', info({ loggedIn: false }));
  t.is(screenOf(driver.model).type, 'start');
  driver.answer('info', info());
  t.deepEqual(screenOf(driver.model), { type: 'chat', with: 'bob' });
  t.is(editorOfModel(driver.model).text, 'half a thought');
});

test('Tab completes commands, then arguments, then nicks, and goes round', (t) => {
  const driver = loggedIn().type('/fr').press('tab');
  t.is(editorOfModel(driver.model).text, '/friends ');
  driver.press('C-c').type('/msg c').press('tab');
  t.is(editorOfModel(driver.model).text, '/msg carol ');
  driver.press('C-c').type('/st').press('tab');
  t.is(editorOfModel(driver.model).text, '/status ');
  driver.type('o').press('tab', 'tab', 'tab', 'tab');
  t.is(editorOfModel(driver.model).text, '/status online');
  const chatting = inChat().type('ask ca').press('tab');
  t.is(editorOfModel(chatting.model).text, 'ask carol ');
});

test('a large paste asks, a small one is a draft of several lines', (t) => {
  const driver = inChat();
  driver.do({ type: 'key', key: { type: 'paste', text: 'a\nb' } });
  t.is(editorOfModel(driver.model).text, 'a\nb');
  const large = Array.from({ length: 30 }, () => 'x').join('\n');
  driver.press('C-c').do({ type: 'key', key: { type: 'paste', text: large } });
  t.is(editorOfModel(driver.model).text, '');
  driver.type('y');
  t.is(editorOfModel(driver.model).text, large);
});

test('coming, going, requests and acceptances are said in a line', (t) => {
  const driver = loggedIn();
  driver.event({ type: 'presence-changed', user: 'bob', presence: 'offline', statusText: '', suspect: false, lastSeenMillis: NOW });
  t.is(lastNotice(driver), 'bob has gone offline.');
  driver.event({ type: 'relation-changed', user: 'gina', from: 'none', to: 'incoming' });
  t.regex(lastNotice(driver), /gina asks to be your friend: \/accept gina/u);
  driver.event({ type: 'relation-changed', user: 'frank', from: 'outgoing', to: 'friend' });
  t.regex(lastNotice(driver), /frank has accepted/u);
});

test('a long page scrolls to its end and no further', (t) => {
  const driver = loggedIn({ rows: 12 }).press('f1');
  driver.press(...Array.from({ length: 20 }, () => 'page-down'));
  const end = driver.model.viewTop;
  t.true(end > 0);
  driver.press('page-up');
  t.true(driver.model.viewTop < end);
});

test('a tick without news leaves the model as it is', (t) => {
  const driver = loggedIn();
  const { model } = driver;
  driver.do({ type: 'tick', nowMillis: NOW + 1_000 });
  t.is(driver.model, model);
});

test('a changed key stands in the title of every screen until it is trusted, also when it is learned at the login', (t) => {
  const title = (driver: ModelDriver): string => lineText(renderFrame(driver.model).lines[0] ?? []);
  const driver = loggedIn({ columns: 100, rows: 20 });
  driver.event({ type: 'key-changed', user: 'bob', wasVerified: false });
  t.regex(title(driver), /KEY CHANGED: bob/);
  for (const line of ['/chat bob', '/friends', '/help']) t.regex(title(driver.type(line).press('enter')), /KEY CHANGED: bob/);
  driver.event({ type: 'key-accepted', user: 'bob' });
  t.notRegex(title(driver), /KEY CHANGED/);
  const later = loggedIn({ columns: 100, rows: 20 }).answer('users', { users: [user('carol', { trust: 'changed' })], total: 1, online: 1 });
  t.regex(title(later), /KEY CHANGED: carol/);
  t.true(later.model.notices.some((notice) => notice.level === 'error' && notice.text.includes('carol')));
  t.notRegex(title(later.answer('users', { users: [user('carol', { trust: 'pinned' })], total: 1, online: 1 })), /KEY CHANGED/);
});

test('the settings screen switches what is on or off and goes through sizes', (t) => {
  const driver = loggedIn();
  driver.type('/settings').press('enter').answer('settings', { readReceipts: true, typing: true, bell: false, unaskedMegabytes: 2 });
  const chosen = (number: string): unknown => {
    driver.effects = [];
    driver.type(number).press('enter');
    const call = driver.effects.find((effect) => effect.type === 'call' && effect.call.command === 'settings');
    return call?.type === 'call' ? call.call.args : null;
  };
  t.deepEqual(chosen('3'), { bell: true });
  driver.answer('settings', { readReceipts: true, typing: true, bell: true, unaskedMegabytes: 2 });
  t.deepEqual(chosen('4'), { unaskedMegabytes: 4 });
  driver.answer('settings', { readReceipts: true, typing: true, bell: true, unaskedMegabytes: 16 });
  t.is(driver.model.notices.at(-1)?.text, 'Files fetched unasked: up to 4 MB.');
  t.deepEqual(chosen('4'), { unaskedMegabytes: 0 });
});
