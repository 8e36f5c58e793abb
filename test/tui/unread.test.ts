import test from 'ava';
import { conversationOf } from '../../src/tui/model/model.ts';
import { renderFrame } from '../../src/tui/render/frame.ts';
import { lineText } from '../../src/tui/text/styled.ts';
import { loggedIn, type ModelDriver } from './terminal-model.ts';
import { chat, message } from './world.ts';

const READ = 20;
const UNREAD = 40;
const texts = Array.from({ length: READ + UNREAD }, (_, at) => message('carol', `line ${at}`));

/** Carol has written forty lines that were not read, after twenty that were. */
function opened(): ModelDriver {
  const driver = loggedIn().answer('chats', { chats: [chat('carol', { unread: UNREAD, mentions: 1 })] });
  driver.press('C-n').answer('history', { messages: texts, more: false });
  return driver;
}

function screen(driver: ModelDriver): string {
  return renderFrame(driver.model)
    .lines.map((line) => lineText(line).trimEnd())
    .join('\n');
}

/** The last line of a conversation that is on the screen. */
function lastOn(driver: ModelDriver): number {
  return Math.max(...[...screen(driver).matchAll(/ line (\d+)/gu)].map(([, at]) => Number(at)));
}

const idOf = (at: number): string => texts[at]?.id ?? '';
const unread = (driver: ModelDriver): number => driver.model.chats.find((each) => each.with === 'carol')?.unread ?? -1;

test('a conversation with much unread opens at the first of it; what was on the screen is read, not more', (t) => {
  const driver = opened();
  t.regex(screen(driver), /line 19\n.*40 unread messages.*\n.* line 20/u);
  const last = lastOn(driver);
  t.true(last > READ && last < READ + UNREAD - 1);
  t.deepEqual(driver.calls().at(-1), ['read', { with: 'carol', upTo: idOf(last) }]);
  t.is(unread(driver), READ + UNREAD - 1 - last);
  t.regex(screen(driver), new RegExp(`↓ ${READ + UNREAD - 1 - last} new below; End returns`, 'u'));
  driver.answer('read', { count: last - READ + 1, unread: READ + UNREAD - 1 - last }).forget();
  t.deepEqual(driver.press('S-up').calls(), [], 'what was read before is not told again');
  driver.press('page-down');
  const next = lastOn(driver);
  t.true(next > last);
  t.deepEqual(driver.calls(), [['read', { with: 'carol', upTo: idOf(next) }]]);
  driver.forget().press('end');
  t.deepEqual(driver.calls(), [['read', { with: 'carol' }]]);
  t.is(unread(driver), 0);
  t.is(lastOn(driver), READ + UNREAD - 1);
});

test('who leaves in the middle finds the rest unread, and comes back to it', (t) => {
  const driver = opened();
  const last = lastOn(driver);
  driver.press('escape');
  t.is(unread(driver), READ + UNREAD - 1 - last);
  driver.forget().press('C-n');
  t.is(conversationOf(driver.model, 'carol').unreadKey, texts[last + 1]?.key ?? '');
  t.regex(screen(driver), new RegExp(`line ${last}\\n.*${READ + UNREAD - 1 - last} unread messages`, 'u'));
});

test('what comes while one reads further up moves nothing, and is counted below', (t) => {
  const driver = opened();
  const before = lastOn(driver);
  const { newBelow } = conversationOf(driver.model, 'carol');
  driver.forget().event({ type: 'message-received', message: message('carol', 'one more') });
  t.is(lastOn(driver), before);
  t.is(conversationOf(driver.model, 'carol').newBelow, newBelow + 1);
  t.deepEqual(driver.calls(), []);
});

test('who writes is at the newest, and has read all', (t) => {
  const driver = opened().forget();
  driver.type('here I am').press('enter');
  t.deepEqual(driver.calls(), [
    ['send', { to: 'carol', text: 'here I am' }],
    ['read', { with: 'carol' }],
  ]);
  t.is(lastOn(driver), READ + UNREAD - 1);
});

test('a page is asked for that has the unread ones in it', (t) => {
  for (const [count, limit] of [
    [3, 100],
    [180, 230],
    [4_000, 500],
  ] as const) {
    const driver = loggedIn().answer('chats', { chats: [chat('carol', { unread: count })] });
    t.deepEqual(driver.press('C-n').calls(), [['history', { with: 'carol', limit }]]);
  }
});

test('what comes while the history is on its way marks nothing as read that was not on the screen', (t) => {
  const driver = loggedIn().answer('chats', { chats: [chat('carol', { unread: UNREAD })] });
  driver.press('C-n');
  const latest = message('carol', `line ${READ + UNREAD}`);
  const calls = driver.event({ type: 'message-received', message: latest }).calls();
  t.false(calls.some(([command]) => command === 'read'));
  t.is(unread(driver), UNREAD + 1);
  driver.answer('history', { messages: [...texts, latest], more: false });
  t.regex(screen(driver), /line 19\n.*41 unread messages.*\n.* line 20/u);
  t.deepEqual(driver.calls().at(-1), ['read', { with: 'carol', upTo: idOf(lastOn(driver)) }]);
});

test('the end of what lies around a message that was found is not the newest', (t) => {
  const driver = loggedIn().answer('chats', { chats: [chat('carol', { unread: UNREAD })] });
  driver
    .type('/search carol line')
    .press('enter')
    .answer('search', { messages: [texts[9]] });
  driver.type('1').answer('history', { messages: texts.slice(0, READ), more: true });
  driver.forget();
  for (let page = 0; page < 4; page += 1) driver.press('page-down');
  t.is(lastOn(driver), READ - 1);
  t.deepEqual(driver.calls(), []);
  t.is(unread(driver), UNREAD);
});

test('after a message of the own the view stays at the newest when the history is loaded again', (t) => {
  const driver = opened();
  driver.type('here I am').press('enter').answer('read', { count: UNREAD, unread: 0 });
  driver.event({ type: 'handed-over', user: 'alice', from: 'another node', messages: 0 });
  driver.answer('history', { messages: texts, more: false });
  t.is(lastOn(driver), READ + UNREAD - 1);
  t.notRegex(screen(driver), /unread messages/u);
});

test('whoever comes back from a message that was found to the conversation below has its newest again', (t) => {
  const driver = loggedIn().answer('chats', { chats: [chat('carol')] });
  driver.type('/chat carol').press('enter').answer('history', { messages: texts, more: false });
  driver
    .type('/search line')
    .press('enter')
    .answer('search', { messages: [texts[9]] });
  driver.type('1').answer('history', { messages: texts.slice(0, READ), more: true });
  driver.forget().press('escape').press('escape').press('escape');
  t.deepEqual(driver.calls(), [['history', { with: 'carol', limit: 100 }]]);
  driver.answer('history', { messages: texts, more: false });
  t.is(lastOn(driver), READ + UNREAD - 1);
});
