import test from 'ava';
import fc from 'fast-check';
import { type Editor, EMPTY_EDITOR, editKey, editorOf, insertText } from '../../src/tui/input/editor.ts';
import { EMPTY_HISTORY, remember, walk } from '../../src/tui/input/history.ts';
import { type Key, type KeyName, key } from '../../src/tui/input/keys.ts';

/** `C-a`, `M-b`, `left`; anything longer than a name is typed. */
function press(editor: Editor, ...names: readonly string[]): Editor {
  return names.reduce((before, name) => editKey(before, keyOf(name)) ?? before, editor);
}

function keyOf(name: string): Key {
  const match = /^((?:C-|M-)*)(.+)$/u.exec(name);
  const word = match?.[2] ?? '';
  const modifiers = { ctrl: name.includes('C-'), alt: name.includes('M-') };
  return key((word.length === 1 ? `char:${word}` : word) as KeyName, modifiers);
}

/** The text with `|` where the cursor is. */
function shown(editor: Editor): string {
  return `${editor.text.slice(0, editor.cursor)}|${editor.text.slice(editor.cursor)}`;
}

const table: ReadonlyArray<readonly [string, readonly string[], string]> = [
  ['one two', ['C-a'], '|one two'],
  ['one two', ['C-a', 'M-f'], 'one| two'],
  ['one two', ['M-b'], 'one |two'],
  ['one two', ['C-w'], 'one |'],
  ['one two', ['C-w', 'C-y', 'C-y'], 'one twotwo|'],
  ['one two', ['C-u'], '|'],
  ['one two', ['C-a', 'C-k'], '|'],
  ['one two', ['C-a', 'M-d'], '| two'],
  ['one two', ['C-t'], 'one tow|'],
  ['one', ['M-enter'], 'one\n|'],
  ['👨‍👩‍👧 x', ['left', 'left', 'backspace'], '| x'],
  ['e\u0301a', ['left', 'backspace'], '|a'],
  ['ab', ['left', 'delete'], 'a|'],
  ['a\nb', ['home', 'left', 'end'], 'a|\nb'],
  ['', ['backspace', 'delete', 'left', 'right', 'C-w', 'C-t', 'C-y'], '|'],
];

for (const [text, names, expected] of table) {
  test(`${JSON.stringify(text)} after ${names.join(' ')}`, (t) => {
    t.is(shown(press(editorOf(text), ...names)), expected);
  });
}

test('the cursor stays inside the text and on the edge of a code point, whatever is pressed', (t) => {
  const names = ['left', 'right', 'home', 'end', 'backspace', 'delete', 'C-w', 'C-k', 'C-u', 'C-y', 'C-t', 'M-b', 'M-f', 'M-d', 'M-enter'];
  const step = fc.oneof(
    fc.constantFrom(...names).map(keyOf),
    fc.string({ unit: 'grapheme', maxLength: 4 }).map((text): Key => ({ type: 'paste', text })),
  );
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let editor = EMPTY_EDITOR;
        for (const each of steps) {
          editor = editKey(editor, each) ?? editor;
          t.true(editor.cursor >= 0 && editor.cursor <= editor.text.length);
          const before = editor.text.charCodeAt(editor.cursor - 1);
          t.false(before >= 0xd800 && before < 0xdc00);
        }
      }),
      { numRuns: 200 },
    ),
  );
});

test('control characters do not enter a draft', (t) => {
  t.is(insertText(EMPTY_EDITOR, 'a\u0000\u001b[31m\r\nb\u0085').text, 'a[31m\nb');
});

test('history walks back and gives the draft back', (t) => {
  const history = remember(remember(remember(EMPTY_HISTORY, 'one'), 'two'), 'two');
  t.deepEqual(history.entries, ['one', 'two']);
  const draft = editorOf('dra');
  const first = walk(history, draft, -1);
  const second = first && walk(first.history, first.editor, -1);
  t.is(second?.editor.text, 'one');
  t.is(second && walk(second.history, second.editor, -1), null);
  const third = second && walk(second.history, second.editor, 1);
  const back = third && walk(third.history, third.editor, 1);
  t.is(back?.editor.text, 'dra');
  t.is(walk(history, draft, 1), null);
});
