import test from 'ava';
import { renderFrame } from '../../src/tui/render/frame.ts';
import { lineText } from '../../src/tui/text/styled.ts';
import { loggedIn, type ModelDriver } from './terminal-model.ts';
import { chat, friend, message } from './world.ts';

const asked = message('bob', 'lunch at noon?');
const mine = message('bob', 'at one', { fromMe: true, state: 'read' });

function withBob(...messages: ReadonlyArray<ReturnType<typeof message>>): ModelDriver {
  const driver = loggedIn().answer('friends', { friends: [friend('bob')] });
  driver.forget().type('/chat bob').press('enter').answer('history', { messages, more: false });
  return driver.forget();
}

const shown = (driver: ModelDriver): string =>
  renderFrame(driver.model)
    .lines.map((each) => lineText(each).trimEnd())
    .join('\n');
const typed = (driver: ModelDriver, text: string) => driver.forget().type(text).press('enter').calls();

test('commands mean the last message that they can be about, or the one that is named', (t) => {
  const driver = withBob(asked, mine);
  t.deepEqual(typed(driver, '/react +1'), [['react', { with: 'bob', id: asked.id, reaction: '+1' }]]);
  t.deepEqual(typed(driver, '/react ^ +1'), [['react', { with: 'bob', id: mine.id, reaction: '+1' }]]);
  t.deepEqual(typed(driver, '/edit at two'), [['edit', { with: 'bob', id: mine.id, text: 'at two' }]]);
  t.deepEqual(typed(driver, '/reply I am late'), [['send', { to: 'bob', text: 'I am late', replyTo: asked.id }]]);
  t.deepEqual(typed(driver, '/mute'), [['mute', { with: 'bob' }]]);
  t.deepEqual(typed(driver, '/mute off'), [['mute', { with: 'bob', muted: false }]]);
  t.deepEqual(typed(driver, '/search noon lunch'), [['search', { with: 'bob', query: 'noon lunch' }]]);
  t.deepEqual(typed(driver, '/delete'), [], 'it asks first');
  t.regex(shown(driver), /Delete "at one" for everybody\?/u);
  t.deepEqual(driver.forget().type('1').calls(), [['delete-message', { with: 'bob', id: mine.id }]]);
  t.deepEqual(typed(loggedIn().answer('friends', { friends: [friend('bob')] }), '/search bob noon'), [['search', { with: 'bob', query: 'noon' }]]);
});

test('keys select a message: what is typed answers it, and Esc lets go', (t) => {
  const driver = withBob(asked, mine);
  driver.press('M-up', 'M-up');
  t.is(driver.model.conversations['bob']?.selected, asked.id);
  t.regex(shown(driver), /Selected: Enter answers it/u);
  t.deepEqual(typed(driver, 'no, later'), [['send', { to: 'bob', text: 'no, later', replyTo: asked.id }]]);
  t.is(driver.model.conversations['bob']?.selected, null);
  driver.press('M-up', 'escape');
  t.is(driver.model.conversations['bob']?.selected, null);
  t.is(driver.model.screens.at(-1)?.type, 'chat', 'Esc has not left the chat');
  driver.press('M-up', 'M-down');
  t.is(driver.model.conversations['bob']?.selected, null, 'below the last one is nothing');
  typed(driver.press('M-up'), '/edit');
  t.is(driver.model.conversations['bob']?.draft.text, '/edit at one', 'the text is there to be changed');
});

test('answers, reactions, edits and deletions are drawn as in rooms, and a deleted text is not quoted any more', (t) => {
  const answer = message('bob', 'fine', { replyTo: { id: mine.id, from: 'alice', text: 'at one' } });
  const driver = withBob(asked, mine, answer);
  t.regex(shown(driver), /↳ alice: at one/u);
  driver.event({ type: 'message-amended', message: { ...asked, text: 'lunch at two?', edited: true, reactions: [{ reaction: '+1', by: ['alice'] }] } });
  t.regex(shown(driver), /lunch at two\? \(edited\)/u);
  t.regex(shown(driver), /\+1 alice/u);
  t.deepEqual(typed(driver, '/react ^3 +1'), [['react', { with: 'bob', id: asked.id, reaction: '+1', remove: true }]], 'given again it is taken back');
  driver.event({ type: 'message-amended', message: { ...mine, text: '', deleted: true, changing: true } });
  t.regex(shown(driver), /\(deleted\) \(the other side does not know yet\)/u);
  t.regex(shown(driver), /↳ alice: \(deleted\)/u);
  t.notRegex(shown(driver), /at one/u);
});

test('a request is put off by its third answer', (t) => {
  const driver = loggedIn()
    .type('/requests')
    .press('enter')
    .answer('requests', { incoming: ['erin'], outgoing: [], blocked: [] });
  t.deepEqual(driver.type('1').forget().type('3').calls(), [['friend-busy', { user: 'erin' }]]);
  driver.event({ type: 'request-busy', user: 'frank' });
  t.regex(driver.model.notices.at(-1)?.text ?? '', /frank is busy just now/u);
});

test('typing is shown while it lasts and told while one types', (t) => {
  const driver = withBob(asked);
  driver.event({ type: 'typing', with: 'bob', typing: true });
  t.regex(shown(driver), /bob is typing…/u);
  driver.event({ type: 'message-received', message: message('bob', 'here') });
  t.notRegex(shown(driver), /typing/u);
});

test('a quiet chat rings and counts only when one is named', (t) => {
  const driver = loggedIn()
    .answer('friends', { friends: [friend('bob')] })
    .answer('chats', { chats: [chat('bob', { muted: true })] });
  const before = driver.model.noticeCount;
  driver.event({ type: 'message-received', message: message('bob', 'noise') });
  t.is(driver.model.noticeCount, before);
  driver.event({ type: 'message-received', message: message('bob', '@alice?', { mentionsMe: true }) });
  t.is(driver.model.noticeCount, before + 1);
  t.like(driver.model.chats[0], { unread: 2, mentions: 1 });
});

test('what a search has found is chosen by number and shown among what lies around it', (t) => {
  const driver = withBob(mine);
  typed(driver, '/search lunch');
  driver.answer('search', { messages: [asked] });
  t.regex(shown(driver), /1 +.*bob: lunch at noon\?/u);
  t.deepEqual(driver.forget().type('1').calls(), [['history', { with: 'bob', limit: 100, around: asked.id }]]);
  driver.answer('history', { messages: [asked, message('bob', 'after it')], more: true });
  t.regex(shown(driver), /after it/u);
  t.is(driver.model.conversations['bob']?.selected, asked.id);
  driver.event({ type: 'message-received', message: message('bob', 'quite new') });
  t.notRegex(shown(driver).split('\n').slice(0, -4).join('\n'), /quite new/u, 'what lies between is not held');
  t.deepEqual(driver.forget().press('end').calls()[0], ['history', { with: 'bob', limit: 100 }]);
});
