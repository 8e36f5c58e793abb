import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { obtainBotSecrets, readBotSecrets, writeBotSecrets } from '../../src/cli/bots/secrets.ts';
import { peopleOf } from '../../src/cli/commands/up.ts';
import { listed } from '../../src/cli/up/guide.ts';

test('the first user sits at the terminal and the others are bots', async (t) => {
  t.deepEqual(await peopleOf({ users: 'alice,bob,carol' }), { users: ['alice', 'bob', 'carol'], bots: ['bob', 'carol'], me: 'alice' });
});

test('bots and the person at the terminal can be named', async (t) => {
  t.deepEqual(await peopleOf({ users: 'alice, bob,carol,dave', bots: 'alice', me: 'dave' }), {
    users: ['alice', 'bob', 'carol', 'dave'],
    bots: ['alice'],
    me: 'dave',
  });
  t.is((await peopleOf({ users: 'alice,bob', bots: 'alice' })).me, 'bob');
  t.deepEqual((await peopleOf({ users: 'alice,bob', bots: false })).bots, []);
});

for (const [what, options, reason] of [
  ['a bad name', { users: 'alice,../bob' }, /cannot be used/],
  ['nobody', { users: ',' }, /names nobody/],
  ['a stranger as bot', { users: 'alice', bots: 'bob' }, /bob is none of --users/],
  ['a stranger at the terminal', { users: 'alice', me: 'bob' }, /is none of --users/],
  ['only bots', { users: 'alice', bots: 'alice' }, /leave one to yourself/],
  ['a bot at the terminal', { users: 'alice,bob', bots: 'alice', me: 'alice' }, /cannot be a bot/],
] as const) {
  test(`${what} is refused before anything starts`, async (t) => {
    await t.throwsAsync(peopleOf(options), { message: reason });
  });
}

test('a bot keeps its password in a file that only its owner can read', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'confab-test-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  const folder = join(root, 'nodes', 'bob');
  const first = await obtainBotSecrets(folder);
  t.true(first.password.length >= 32);
  t.false(first.invited);
  t.deepEqual(await obtainBotSecrets(folder), first);
  t.is((await stat(join(folder, 'bot.json'))).mode & 0o777, 0o600);
  t.is((await stat(folder)).mode & 0o777, 0o700);
  await writeBotSecrets(folder, { ...first, invited: true });
  t.true((await readBotSecrets(folder))?.invited);
  await writeFile(join(folder, 'bot.json'), '{"password":');
  t.is(await readBotSecrets(folder), null);
});

test('names are listed as people say them', (t) => {
  t.is(listed([]), '');
  t.is(listed(['bob']), 'bob');
  t.is(listed(['bob', 'carol', 'dave']), 'bob, carol and dave');
});
