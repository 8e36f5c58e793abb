import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import type { NodeEvent } from '../../src/core/commands.ts';
import type { MessageId } from '../../src/core/types.ts';
import { frameIsExact, renderFrame } from '../../src/tui/render/frame.ts';
import { chatText, spokenMessage } from '../../src/tui/render/plain-text.ts';
import { lineText } from '../../src/tui/text/styled.ts';
import { loggedIn, ModelDriver } from './terminal-model.ts';
import { HOUR, info, message, NOW } from './world.ts';

const GOLDEN = fileURLToPath(new URL('../../../test/golden/tui/', import.meta.url));
const SIZES = [
  [40, 15],
  [80, 20],
  [120, 24],
] as const;

/** Compares a picture with its golden text; UPDATE_GOLDEN=1 rewrites it. */
function golden(t: ExecutionContext, name: string, picture: string): void {
  const path = `${GOLDEN}${name}.txt`;
  if (process.env['UPDATE_GOLDEN'] === '1' || !existsSync(path)) {
    if (process.env['CI'] !== undefined && process.env['UPDATE_GOLDEN'] !== '1') t.fail(`${name}: no golden text`);
    mkdirSync(GOLDEN, { recursive: true });
    writeFileSync(path, picture);
  }
  t.is(picture, readFileSync(path, 'utf8'), `${name}: UPDATE_GOLDEN=1 rewrites it`);
}

/** The rows between bars, a caret line under the row where the cursor stands. */
function picture(driver: ModelDriver): string {
  const frame = renderFrame(driver.model);
  const rows = frame.lines.flatMap((line, row) => {
    const text = `|${lineText(line)}|`;
    return frame.cursor?.row === row ? [text, ` ${' '.repeat(frame.cursor.column)}^`] : [text];
  });
  return `${rows.map((row) => row.trimEnd()).join('\n')}\n`;
}

function conversation(driver: ModelDriver): ModelDriver {
  const at = (hoursAgo: number, minutes = 0) => ({ sentMillis: NOW - hoursAgo * HOUR + minutes * 60_000 });
  const unread = driver.type('/chat carol').press('enter');
  return unread.answer('history', {
    messages: [
      message('carol', 'Did you get the **slides** I sent you? They are on https://example.org/a/rather/long/path/that/needs/to/wrap/somewhere', at(26)),
      message('carol', 'Yes, thank you.\nI will read them __tonight__.', { ...at(25), fromMe: true, state: 'read' }),
      message('carol', '日本語のテキスト and 👩‍🚀 and \u202eevil\u001b[31m', at(1)),
      message('carol', 'are you there?', at(1, 5)),
      message('carol', 'I am, but my network was not.', { ...at(0), fromMe: true, state: 'queued' }),
      message('carol', 'and this one was refused', { ...at(0), fromMe: true, state: 'failed', reason: 'not-friends' }),
      message('carol', 'this arrived', { ...at(0), fromMe: true, state: 'delivered' }),
    ],
    more: false,
  });
}

const scenes: ReadonlyArray<readonly [string, (size: { columns: number; rows: number }) => ModelDriver]> = [
  ['start', (size) => new ModelDriver(size).do({ type: 'connection', state: 'up' }).answer('info', info({ loggedIn: false, registered: false, peers: 0 }))],
  ['menu', (size) => loggedIn(size)],
  ['chat', (size) => conversation(loggedIn(size)).type('a draft of my own')],
  ['friends', (size) => loggedIn(size).type('/chat').press('enter')],
  [
    'requests',
    (size) =>
      loggedIn(size)
        .type('/requests')
        .press('enter')
        .answer('requests', { incoming: ['erin'], outgoing: ['frank'], blocked: ['mallory'] }),
  ],
  [
    'password',
    (size) =>
      new ModelDriver(size)
        .do({ type: 'connection', state: 'up' })
        .answer('info', info({ loggedIn: false }))
        .type('2')
        .type('secret'),
  ],
  ['help', (size) => conversation(loggedIn(size)).press('f1')],
  [
    'notice',
    (size) =>
      loggedIn(size).event({ type: 'message-received', message: message('bob', 'a message that came while something else was on the screen, and it is long') }),
  ],
  ['key-changed', (size) => conversation(loggedIn(size)).event({ type: 'key-changed', user: 'carol', wasVerified: true })],
  [
    'verify',
    (size) =>
      loggedIn(size)
        .type('/verify bob')
        .press('enter')
        .answer('verify', {
          user: 'bob',
          trust: 'pinned',
          digits: Array.from({ length: 12 }, (_, group) => String(group * 8_111).padStart(5, '0')).join(' '),
          words: 'babab dodod fufuf gigig hahah jojoj',
        }),
  ],
  ['draft', (size) => conversation(loggedIn(size)).do({ type: 'key', key: { type: 'paste', text: 'first\nsecond\nthird\nfourth' } })],
];

for (const [name, scene] of scenes) {
  for (const [columns, rows] of SIZES) {
    test(`${name} at ${columns} columns`, (t) => {
      const driver = scene({ columns, rows });
      t.true(frameIsExact(renderFrame(driver.model), columns, rows));
      golden(t, `${name}-${columns}`, picture(driver));
    });
  }
}

test('a frame is exact at every size, and says when it is too small', (t) => {
  for (const scene of scenes.map(([, make]) => make)) {
    const driver = scene({ columns: 80, rows: 24 });
    for (const columns of [1, 2, 10, 19, 20, 21, 33, 49, 50, 99, 100, 200]) {
      for (const rows of [1, 3, 5, 6, 7, 11, 50]) {
        driver.do({ type: 'resize', columns, rows });
        const frame = renderFrame(driver.model);
        t.true(frameIsExact(frame, columns, rows), `${columns}x${rows}`);
        if (frame.cursor !== null) t.true(frame.cursor.row < rows && frame.cursor.column < columns);
      }
    }
  }
  const tiny = renderFrame(loggedIn({ columns: 19, rows: 30 }).model);
  t.regex(tiny.lines.map(lineText).join(' '), /Too small/u);
});

test('a scrolled conversation says what waits below', (t) => {
  const driver = loggedIn().type('/chat bob').press('enter');
  driver.answer('history', { messages: Array.from({ length: 50 }, (_, index) => message('bob', `line ${index}`)), more: false });
  driver.press('page-up').event({ type: 'message-received', message: message('bob', 'news') });
  const text = picture(driver);
  t.regex(text, /↓ 1 new below/u);
  t.notRegex(text, /news/u);
  t.regex(picture(driver.press('end')), /news/u);
});

test('what cannot be reached is explained', (t) => {
  const driver = loggedIn().type('/chat dave').press('enter').answer('history', { messages: [], more: false });
  t.regex(picture(driver), /dave is offline \(last seen 10 minutes ago\); what you write is kept meanwhile\./u);
  for (const text of ['one', 'two']) driver.event({ type: 'message-sent', message: message('dave', text, { fromMe: true, state: 'queued' }) });
  t.regex(picture(driver), /dave is offline; your 2 messages wait here and go when dave is back\./u);
  driver.event({ type: 'presence-changed', user: 'dave', presence: 'online', statusText: '', suspect: true, lastSeenMillis: NOW });
  t.regex(picture(driver.do({ type: 'tick', nowMillis: NOW + 60_000 })), /dave has fallen silent/u);
});

test('who keeps a message for an absent friend stands below the last of them, and why tells its story', (t) => {
  const driver = loggedIn().type('/chat dave').press('enter').answer('history', { messages: [], more: false });
  const sent = ['one', 'two'].map((text) => message('dave', text, { fromMe: true, state: 'queued' }));
  for (const each of sent) driver.event({ type: 'message-sent', message: each });
  for (const { id } of sent) driver.event({ type: 'message-changed', id, with: 'dave', state: 'held', heldBy: ['bob', 'carol'] });
  const text = picture(driver);
  t.is(text.split('held by bob and carol').length, 2, text);
  t.regex(text, /dave is offline; others keep your 2 messages until dave is back\./u);
  driver.event({ type: 'message-changed', id: sent[1]?.id ?? '', with: 'dave', state: 'held', heldBy: ['bob', 'carol', 'erin', 'frank'] } as NodeEvent);
  t.regex(picture(driver), /held by bob, carol and 2 others/u);
  driver.forget().type('/why').press('enter');
  t.deepEqual(driver.calls(), [['why', { id: sent[1]?.id }]]);
  const steps = [
    { wallMillis: NOW, text: 'You wrote it, and it was stored here.' },
    { wallMillis: null, text: 'It waits for dave to log in.' },
  ];
  driver.answer('why', { id: sent[1]?.id as MessageId, with: 'dave', text: 'two', state: 'held', steps });
  t.regex(picture(driver), /now +It waits for dave to log in\./u);
});

test('a password is dots on the screen, whatever it is', (t) => {
  const driver = new ModelDriver()
    .do({ type: 'connection', state: 'up' })
    .answer('info', info({ loggedIn: false }))
    .type('2')
    .type('日e\u0301x');
  t.regex(picture(driver), /password: •{3,4} /u);
  t.notRegex(picture(driver), /日/u);
});

test('text for copying has neither columns nor escapes; spoken messages use words', (t) => {
  const driver = conversation(loggedIn());
  const lines = chatText(driver.model);
  t.regex(lines[0] ?? '', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d carol: Did you get/u);
  t.regex(
    spokenMessage(message('bob', 'hi', { fromMe: true, state: 'failed', reason: 'not-friends' })),
    /^\[\d\d:\d\d\] you: hi \(not delivered: bob does not count you as a friend\)$/u,
  );
});
