import test from 'ava';
import { loadBinding, SQLITE_PACKAGE } from '../../src/adapters/sqlite/binding.ts';
import { ConfabError } from '../../src/core/errors.ts';

test('a binding that was left out is a sentence with what to do, not a list of modules', (t) => {
  const require = ((name: string) => {
    throw new Error(`Cannot find module '${name}'\nRequire stack:\n- somewhere.js`);
  }) as unknown as NodeJS.Require;
  const error = t.throws(() => loadBinding(require), { instanceOf: ConfabError });
  t.is(error.code, 'no-sqlite');
  t.is(error.message, `SQLite does not load here: Cannot find module '${SQLITE_PACKAGE}'.`);
  t.regex(error.advice, /npm ci/);
});
