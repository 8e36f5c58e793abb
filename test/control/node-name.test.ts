import test from 'ava';
import { parseNodeName } from '../../src/control/node-name.ts';
import { ConfabError } from '../../src/core/errors.ts';

const takes = test.macro((t, [text, label]: readonly [string, string?], expected: { readonly node: string; readonly user: string; readonly label: string }) => {
  t.deepEqual(parseNodeName(text, label) as unknown, expected);
});
const refuses = test.macro((t, text: string, label?: string) => {
  const error = t.throws(() => parseNodeName(text, label), { instanceOf: ConfabError });
  t.is(error.code, 'bad-name');
  t.notRegex(error.message, /\p{Cc}/u);
});

test('a plain name', takes, ['alice'], { node: 'alice', user: 'alice', label: '' });
test('a name with a label', takes, ['alice@desk'], { node: 'alice@desk', user: 'alice', label: 'desk' });
test('a label beside the name', takes, ['alice', 'desk'], { node: 'alice@desk', user: 'alice', label: 'desk' });
test('the same label twice', takes, ['alice@desk', 'desk'], { node: 'alice@desk', user: 'alice', label: 'desk' });
test('dots, dashes and digits', takes, ['a.b-c_1'], { node: 'a.b-c_1', user: 'a.b-c_1', label: '' });

for (const text of [
  '',
  '.',
  '..',
  '../../x',
  'a/b',
  'Alice',
  'alice@',
  '@desk',
  'alice@../x',
  'a'.repeat(33),
  '-rf',
  'a\u0000b',
  'a\u001b[2Jb',
  'ä',
  'a b',
  'a\n',
]) {
  test(`refuses ${JSON.stringify(text)}`, refuses, text);
}
test('refuses a label with a path', refuses, 'alice', '../x');
test('refuses two labels that differ', refuses, 'alice@desk', 'lap');
