import test from 'ava';
import { currentNotice, screenOf } from '../../src/tui/model/model.ts';
import { loggedIn, ModelDriver } from './terminal-model.ts';
import { info, message, NOW } from './world.ts';

const lastNotice = (driver: ModelDriver) => currentNotice(driver.model)?.text ?? '';

function inChat(): ModelDriver {
  const driver = loggedIn().type('/chat bob').press('enter');
  return driver.answer('history', { messages: [message('bob', 'one'), message('alice', 'two', { fromMe: true })], more: false }).forget();
}

test('a command in place of an answer means the conversation below, and the question is not asked again', (t) => {
  const driver = inChat().type('/react').press('enter');
  t.is(screenOf(driver.model).type, 'ask');
  driver.type('/search roses').press('enter');
  t.deepEqual(driver.calls(), [['search', { with: 'bob', query: 'roses' }]]);
  t.deepEqual(screenOf(driver.model), { type: 'chat', with: 'bob' });
  driver.type('/delete').press('enter');
  t.is(screenOf(driver.model).type, 'confirm');
  driver.forget().type('/mute').press('enter').press('escape');
  t.deepEqual(driver.calls()[0], ['mute', { with: 'bob' }]);
  t.not(screenOf(driver.model).type, 'confirm');
});

test('a page that is only looked at, and a command that does not exist, leave the question', (t) => {
  const driver = loggedIn().type('/remove').press('enter').type('/friends').press('enter');
  driver.answer('friends', { friends: [] }).press('escape');
  t.is(screenOf(driver.model).type, 'ask');
  driver.type('/nonsense').press('enter');
  t.is(screenOf(driver.model).type, 'ask');
  t.regex(lastNotice(driver), /There is no command/u);
});

test('"Are you sure?" takes y and n as well', (t) => {
  for (const [word, calls] of [
    ['y', 1],
    ['Yes', 1],
    ['n', 0],
    ['no', 0],
  ] as const) {
    const driver = inChat().type('/delete').press('enter').forget().type(word).press('enter');
    t.is(driver.calls().length, calls, word);
    t.is(screenOf(driver.model).type, 'chat', word);
  }
});

test('a path from the root answers where a path is asked for', (t) => {
  const driver = inChat().type('/send-file').press('enter').forget().type('/home/alice/lake.jpg').press('enter');
  t.deepEqual(driver.calls(), [['file-send', { to: 'bob', path: '/home/alice/lake.jpg' }]]);
});

test('Enter behind a digit that has chosen already answers nothing else', (t) => {
  const driver = new ModelDriver()
    .do({ type: 'connection', state: 'up' })
    .answer('info', info({ loggedIn: false }))
    .forget();
  driver.type('2').press('enter');
  t.is(lastNotice(driver), '');
  driver.press('enter');
  t.regex(lastNotice(driver), /Nothing was entered/u);
});

test('Enter that comes later is one of its own', (t) => {
  const driver = new ModelDriver()
    .do({ type: 'connection', state: 'up' })
    .answer('info', info({ loggedIn: false }))
    .forget();
  driver
    .type('2')
    .do({ type: 'tick', nowMillis: NOW + 60_000 })
    .press('enter');
  t.regex(lastNotice(driver), /Nothing was entered/u);
});

test('who has an account here is told so before a password is typed twice', (t) => {
  const driver = new ModelDriver()
    .do({ type: 'connection', state: 'up' })
    .answer('info', info({ loggedIn: false, registered: true }))
    .forget();
  driver.type('1');
  t.regex(lastNotice(driver), /registered on this node already/u);
  t.is(screenOf(driver.model).type, 'start');
});
