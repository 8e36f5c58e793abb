import test from 'ava';
import { withWholePaths } from '../../src/control/paths.ts';
import { commandEntry } from '../../src/control/registry.ts';
import type { FileView } from '../../src/core/files/file-commands.ts';
import { currentNotice, editorOfModel } from '../../src/tui/model/model.ts';
import { frameIsExact, renderFrame } from '../../src/tui/render/frame.ts';
import { chatText } from '../../src/tui/render/plain-text.ts';
import { lineText } from '../../src/tui/text/styled.ts';
import { loggedIn, type ModelDriver } from './terminal-model.ts';
import { message, NOW } from './world.ts';

const ID = '1f2e3d4c'.padEnd(64, '0');

function file(patch: Partial<FileView> = {}): FileView {
  return {
    id: ID,
    name: 'the film.mp4',
    mediaType: 'video/mp4',
    size: 4_000_000,
    from: 'bob',
    fromMe: false,
    with: 'bob',
    rooms: [],
    state: 'offered',
    bytes: 0,
    waitsFor: 'you to accept it',
    fetchedBy: [],
    declinedBy: [],
    fetching: [],
    offeredMillis: NOW,
    ...patch,
  };
}

function shown(driver: ModelDriver): string {
  const frame = renderFrame(driver.model);
  return frame.lines.map(lineText).join('\n');
}

/** alice, in the conversation with bob, who has offered a file. */
function offered(): ModelDriver {
  const driver = loggedIn();
  driver.type('/chat bob').press('enter').answer('history', { messages: [], more: false }).forget();
  driver.event({ type: 'message-received', message: message('bob', 'the film.mp4', { file: file() }) });
  return driver.event({ type: 'file-changed', file: file() }).forget();
}

test('a file is one line of its conversation, which says what can be done and how far it is', (t) => {
  const driver = offered();
  t.regex(shown(driver), /\[the film\.mp4, 3\.8 MiB: offered; \/fetch 1f2e3d4c\s+takes it\]/u);
  t.regex(currentNotice(driver.model)?.text ?? '', /bob offers the film\.mp4 \(3\.8 MiB\): \/fetch 1f2e3d4c/u);
  driver.type('/fetch 1f2e3d4c').press('enter');
  t.deepEqual(driver.calls(), [['file-accept', { id: '1f2e3d4c' }]]);
  driver.event({ type: 'file-changed', file: file({ state: 'loading', bytes: 1_999_999, waitsFor: 'bob to be on line' }) });
  t.regex(shown(driver), /49 % here, waits for bob to be\s+on line/u);
  driver.event({ type: 'file-changed', file: file({ state: 'complete', bytes: 4_000_000, waitsFor: null }) });
  t.regex(shown(driver), /here; \/save 1f2e3d4c <path>/u);
  t.is(currentNotice(driver.model)?.text, 'the film.mp4 is here: /save 1f2e3d4c <path> writes it.');
  t.regex(chatText(driver.model).join('\n'), /bob: \[the film\.mp4, 3\.8 MiB: here; \/save 1f2e3d4c <path>\]/u);
  driver.forget().type('/save 1f2e3d4c ~/my films/').press('enter');
  t.deepEqual(driver.calls(), [['file-save', { id: '1f2e3d4c', path: '~/my films/' }]]);
});

test('in a conversation /send-file needs nobody named; elsewhere, and for others, it does', (t) => {
  const driver = offered();
  driver.type('/send-file ~/my report.pdf').press('enter');
  t.deepEqual(driver.calls(), [['file-send', { to: 'bob', path: '~/my report.pdf' }]]);
  driver.forget().type('/send-file ~/my report.pdf -- as promised -- twice').press('enter');
  t.deepEqual(driver.calls(), [['file-send', { to: 'bob', path: '~/my report.pdf', text: 'as promised -- twice' }]]);
  driver.forget().type('/send-file carol "/tmp/x -- y" -- for you').press('enter');
  t.deepEqual(driver.calls(), [['file-send', { to: 'carol', path: '/tmp/x -- y', text: 'for you' }]]);
  driver.forget().type('/send-file carol /tmp/x y').press('enter');
  t.deepEqual(driver.calls(), [['file-send', { to: 'carol', path: '/tmp/x y' }]]);
  driver.forget().type('/send-file "#The garden" /tmp/x').press('enter');
  t.deepEqual(driver.calls(), [['file-send', { to: '#The garden', path: '/tmp/x' }]]);
  const outside = loggedIn().forget();
  outside.type('/send-file ~/x y.txt').press('enter').type('bob').press('enter');
  t.deepEqual(outside.calls(), [['file-send', { path: '~/x y.txt', to: 'bob' }]]);
});

test('Tab completes a path by what the node finds, folder by folder, blanks and all', (t) => {
  const driver = offered();
  driver.type('/send-file ~/ho').press('tab');
  t.deepEqual(driver.calls(), [['file-paths', { path: '~/ho' }]]);
  driver.answer('file-paths', { paths: ['~/holiday films/'] });
  t.is(editorOfModel(driver.model).text, '/send-file ~/holiday films/');
  driver.press('tab').answer('file-paths', { paths: ['~/holiday films/one.mp4', '~/holiday films/two.mp4'] });
  t.is(editorOfModel(driver.model).text, '/send-file ~/holiday films/');
  driver.press('tab');
  t.is(editorOfModel(driver.model).text, '/send-file ~/holiday films/one.mp4');
  driver.press('tab');
  t.is(editorOfModel(driver.model).text, '/send-file ~/holiday films/two.mp4');
});

test('the page of files tells what an own file waits for, and is drawn exactly at any width', (t) => {
  const driver = loggedIn();
  driver.type('/files').press('enter');
  const own = file({ fromMe: true, from: 'alice', state: 'complete', bytes: 4_000_000, waitsFor: 'bob to be on line' });
  driver.answer('files', { files: [own], bytes: 4_000_000, bytesMax: 536_870_912 });
  driver.answer('files', { files: [own], bytes: 4_000_000, bytesMax: 536_870_912 });
  t.regex(shown(driver), /waits for bob to be on/u);
  driver.event({ type: 'file-changed', file: { ...own, waitsFor: null, fetching: [{ by: 'bob', bytes: 1_000_000 }] } });
  t.regex(shown(driver), /bob has 25 %/u);
  driver.event({ type: 'file-changed', file: { ...own, waitsFor: null, fetchedBy: ['bob'] } });
  t.is(currentNotice(driver.model)?.text, 'bob has the film.mp4 now.');
  for (const columns of [20, 40, 80, 120]) {
    driver.do({ type: 'resize', columns, rows: 24 });
    t.true(frameIsExact(renderFrame(driver.model), columns, 24), `${columns} columns`);
  }
});

test('a name of a file can do nothing to the screen', (t) => {
  const driver = loggedIn();
  driver.type('/chat bob').press('enter').answer('history', { messages: [], more: false });
  const name = 'a\u001b[2Jb__c__.txt';
  driver.event({ type: 'message-received', message: message('bob', name, { file: file({ name }) }) });
  t.false(shown(driver).includes('\u001b'));
  t.regex(shown(driver), /b__c__\.txt/u);
});

test('a path is meant from where its user is', (t) => {
  const entry = commandEntry('file-send');
  const whole = (path: string): unknown => withWholePaths(entry, { to: 'bob', path }, '/home/alice')['path'];
  t.is(whole('x y.txt'), '/home/alice/x y.txt');
  t.is(whole('./x'), '/home/alice/x');
  t.is(whole('../x'), '/home/alice/../x');
  t.is(whole('/x'), '/x');
  t.is(whole('~/x'), '~/x');
  t.deepEqual(withWholePaths(commandEntry('send'), { to: 'bob', text: 'x' }, '/home/alice'), { to: 'bob', text: 'x' });
});
