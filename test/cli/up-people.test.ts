import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { obtainBotSecrets, readBotSecrets, writeBotSecrets } from '../../src/cli/bots/secrets.ts';
import { peopleOf } from '../../src/cli/commands/up.ts';
import { listed } from '../../src/cli/up/guide.ts';
import { companionsOf, sayStarting, sayUp } from '../../src/cli/up/up-process.ts';

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

test('a crowd is named by a range', async (t) => {
  const { users, bots, me } = await peopleOf({ users: 'alice, user1..200', bots: 'user[1..3]' });
  t.is(users.length, 201);
  t.is(users.at(-1), 'user200');
  t.deepEqual(bots, ['user1', 'user2', 'user3']);
  t.is(me, 'alice');
});

test('the bots of a crowd are friends of those beside them, and friendship goes both ways', (t) => {
  t.deepEqual(companionsOf(['bob', 'carol', 'dave'], 1), ['bob', 'dave']);
  const bots = Array.from({ length: 20 }, (_, index) => `bot${index}`);
  for (const [index, bot] of bots.entries()) {
    const companions = companionsOf(bots, index);
    t.is(new Set(companions).size, 6);
    for (const other of companions) t.true(companionsOf(bots, bots.indexOf(other)).includes(bot));
  }
});

test('few are named while they start, many are counted', (t) => {
  t.is(sayStarting(['seed server', 'alice'], 3), 'starting: seed server, alice …');
  const users = Array.from({ length: 200 }, (_, index) => `user${index + 1}`);
  t.is(sayStarting(['seed server', ...users.slice(0, 36)], 200), 'starting: 37 of 201, user36 last …');
  t.is(sayUp(users, 'http://127.0.0.1:1'), '200 nodes, user1 to user200, are up, and the seed server at http://127.0.0.1:1.');
});

for (const [what, options, reason] of [
  ['a bad name', { users: 'alice,../bob' }, /cannot be used/],
  ['a range that runs backwards', { users: 'alice,user9..1' }, /ends before it begins/],
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
