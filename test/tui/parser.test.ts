import test from 'ava';
import fc from 'fast-check';
import { chord, type Key } from '../../src/tui/input/keys.ts';
import { InputParser } from '../../src/tui/input/parser.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

function parse(chunks: readonly Uint8Array[]): readonly Key[] {
  const parser = new InputParser();
  const keys = chunks.flatMap((chunk) => parser.push(chunk));
  return [...keys, ...parser.flush()];
}

function said(text: string): readonly string[] {
  return parse([bytes(text)]).map((key) => (key.type === 'key' ? chord(key) : `${key.type}:${key.text}`));
}

const sequences: ReadonlyArray<readonly [string, string]> = [
  ['\r', 'enter'],
  ['\u001b\r', 'M-enter'],
  ['\n', 'M-enter'],
  ['\t', 'tab'],
  ['\u001b[Z', 'S-tab'],
  ['\u007f', 'backspace'],
  ['\u001b\u007f', 'M-backspace'],
  ['\u001b[A', 'up'],
  ['\u001bOA', 'up'],
  ['\u001b[1;5C', 'C-right'],
  ['\u001b[1;2A', 'S-up'],
  ['\u001b[5~', 'page-up'],
  ['\u001b[3;5~', 'C-delete'],
  ['\u001bOP', 'f1'],
  ['\u001b[[A', 'f1'],
  ['\u001b[11~', 'f1'],
  ['\u001b[20~', 'f9'],
  ['\u001bb', 'M-b'],
  ['\u0003', 'C-c'],
  ['\u001b[13;2u', 'M-enter'],
  ['\u001b', 'escape'],
  ['é', 'text:é'],
  ['👍', 'text:👍'],
];

for (const [raw, name] of sequences) {
  test(`${JSON.stringify(raw)} is ${name}`, (t) => {
    t.deepEqual(said(raw), [name]);
  });
}

test('a paste of several lines is one key and loses its control characters', (t) => {
  t.deepEqual(said('\u001b[200~one\r\ntwo\u001b[31m\u0007 \tthree\u001b[201~x'), ['paste:one\ntwo[31m \tthree', 'text:x']);
});

test('unknown and broken sequences give no text', (t) => {
  t.deepEqual(said('\u001b[?25h\u001b[38;5;1mA\u001bO\u0001'), ['text:A']);
});

test('bytes cut anywhere give the same keys', (t) => {
  const piece = fc.oneof(
    fc.constantFrom(...sequences.map(([raw]) => raw).filter((raw) => raw !== '\u001b')),
    fc.string({ unit: 'grapheme', maxLength: 6 }),
    fc.constant('\u001b[200~pasted\nlines\u001b[201~'),
  );
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat(400), { maxLength: 20 }), (pieces, cuts) => {
        const whole = bytes(pieces.join(''));
        const edges = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((left, right) => left - right);
        const chunks = [0, ...edges].map((edge, index) => whole.slice(edge, edges[index] ?? whole.length));
        t.deepEqual(parse(chunks), parse([whole]));
      }),
      { numRuns: 300 },
    ),
  );
});

test('no bytes whatever throw or leave something pending after a flush', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (raw) => {
        const parser = new InputParser();
        parser.push(raw);
        parser.flush();
        t.false(parser.pending);
      }),
      { numRuns: 300 },
    ),
  );
});
