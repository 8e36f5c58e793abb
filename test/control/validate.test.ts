import test from 'ava';
import { REGISTRY } from '../../src/control/registry.ts';
import { misfitOfArgs, requireCommand, validateCommand } from '../../src/control/validate.ts';
import { ConfabError } from '../../src/core/errors.ts';

const misfits = test.macro((t, command: string, args: Record<string, unknown>, expected: RegExp | null) => {
  const reason = misfitOfArgs(requireCommand(command), args);
  if (expected === null) t.is(reason, null);
  else t.regex(reason ?? '', expected);
});

test('arguments that fit', misfits, 'send', { to: 'bob', text: 'hello' }, null);
test('an unknown argument names the nearest', misfits, 'send', { to: 'bob', txt: 'hello' }, /no argument "txt".*"text"/);
test('a missing argument', misfits, 'send', { to: 'bob' }, /"text" is missing/);
test('a wrong type', misfits, 'history', { with: 'bob', limit: 'ten' }, /"limit".*not an integer/);
test('out of bounds', misfits, 'history', { with: 'bob', limit: 0 }, /"limit".*not an integer/);
test('nested rules', misfits, 'set-rules', { rules: [{ id: 'a', kind: 'cut', from: ['x'], to: ['y'] }] }, /rules/);
test('prototype names are no arguments', misfits, 'info', JSON.parse('{"__proto__":{"a":1}}') as Record<string, unknown>, /no argument "__proto__"/);

test('a secret is never repeated', (t) => {
  const reason = misfitOfArgs(requireCommand('register'), { password: 'abc'.repeat(1_000) });
  t.truthy(reason);
  t.false(reason?.includes('abc'));
});

test('an unknown command names the nearest', (t) => {
  const error = t.throws(() => validateCommand('freinds', {}), { instanceOf: ConfabError });
  t.is(error.code, 'bad-command');
  t.regex(error.message, /Did you mean "friends"/);
});

test('every registry entry refuses an argument that nobody knows', (t) => {
  for (const entry of REGISTRY) t.regex(misfitOfArgs(entry, { zzzzzzzz: 1 }) ?? '', /no argument/, entry.name);
});
