import test from 'ava';
import fc from 'fast-check';
import { markup } from '../../src/tui/text/markup.ts';
import { sanitise, sanitiseLine } from '../../src/tui/text/sanitise.ts';
import { fitLine, lineText, lineWidth, plain, wrapLine } from '../../src/tui/text/styled.ts';
import { cellsOf, textWidth, truncate } from '../../src/tui/text/width.ts';

const cleaned: ReadonlyArray<readonly [string, string, string]> = [
  ['an escape sequence', 'a\u001b[2Jb\u001b]0;title\u0007c', 'abc'],
  ['a cut escape sequence', 'a\u001b', 'a'],
  ['C0 and C1', 'a\u0000\u0007\u009b31mb', 'a31mb'],
  ['a direction override', 'abc\u202egnp.exe', 'abcgnp.exe'],
  ['isolates', '\u2066x\u2069', 'x'],
  ['zero-width characters', 'pay\u200bpal\ufeff\u00ad', 'paypal'],
  ['a family', 'a👨‍👩‍👧b', 'a👨b'],
  ['a skin tone', '👍🏽', '👍'],
  ['a coloured heart', '❤️', '❤'],
  ['a flag', '🇩🇪!', '\u2691!'],
  ['a keycap', '1️⃣', '1'],
  ['a tower of marks', `z${'\u0337'.repeat(40)}`, `z${'\u0337'.repeat(3)}`],
  ['a lone surrogate', 'a\ud800b', 'a\ufffdb'],
  ['line ends', 'a\r\nb\u2028c', 'a\nb\nc'],
  ['a tab', 'a\tb', 'a    b'],
  ['what looks like a tag', '{red-fg}x{/}', '{red-fg}x{/}'],
  ['other scripts', 'Grüße, Привет, こんにちは, नमस्ते', 'Grüße, Привет, こんにちは, नमस्ते'],
];

for (const [what, raw, expected] of cleaned) {
  test(`sanitise: ${what}`, (t) => {
    t.is(sanitise(raw), expected);
  });
}

test('a line has no line ends', (t) => {
  t.is(sanitiseLine(' a\n\nb '), 'a ⏎ b');
});

test('nothing that steers a terminal survives, whatever came', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (raw) => {
        const text = sanitise(raw);
        t.notRegex(text, /(?!\n)\p{Cc}|[\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff]/u);
        t.is(sanitise(text), text);
      }),
      { numRuns: 500 },
    ),
  );
});

test('cells carry the widths that terminals use', (t) => {
  t.is(textWidth('日本'), 4);
  t.is(textWidth('👍'), 2);
  t.is(textWidth('e\u0301'), 1);
  t.deepEqual(cellsOf('日e\u0301'), [
    { text: '日', width: 2 },
    { text: 'e\u0301', width: 1 },
  ]);
  t.is(cellsOf('\u0301')[0]?.width, 1);
  t.is(truncate('日本語', 4), '日…');
});

test('wrapping breaks at blanks, cuts long words and hangs', (t) => {
  const texts = (line: string, columns: number, hang = 0) => wrapLine(plain(line), columns, hang).map(lineText);
  t.deepEqual(texts('one two three', 7), ['one two', 'three']);
  t.deepEqual(texts('abcdefghij', 4), ['abcd', 'efgh', 'ij']);
  t.deepEqual(texts('one two three', 7, 2), ['one two', '  three']);
  t.deepEqual(texts('日本語', 5), ['日本', '語']);
  t.deepEqual(texts('', 5), ['']);
});

test('no row is ever wider than asked, and no character is lost but the blanks at breaks', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.integer({ min: 2, max: 30 }), (raw, columns) => {
        const text = sanitiseLine(raw);
        const rows = wrapLine(plain(text), columns);
        for (const row of rows) t.true(lineWidth(row) <= columns);
        const squeeze = (each: string) => each.replaceAll(' ', '').replaceAll('\u25cc', '');
        if (!/\p{M}/u.test(text)) t.is(squeeze(rows.map(lineText).join('')), squeeze(text));
        t.is(lineWidth(fitLine(plain(text), columns)), columns);
      }),
      { numRuns: 300 },
    ),
  );
});

test('markup styles pairs and leaves single marks alone', (t) => {
  t.deepEqual(markup('a **b c** __d__ 2**3', {}), [
    { text: 'a ', style: {} },
    { text: 'b c', style: { bold: true } },
    { text: ' ', style: {} },
    { text: 'd', style: { underline: true } },
    { text: ' 2**3', style: {} },
  ]);
  t.is(lineText(markup('snake_case __init', {})), 'snake_case __init');
});
