import test from 'ava';
import { DEADLINE_MILLIS } from '../helpers/until.ts';
import { runCli, startCli, temporaryRoot } from './run-cli.ts';

const PASSWORD = 'correct horse\n';

test('a seed server and two nodes: befriend, write, list, and stop everything', async (t) => {
  const root = await temporaryRoot(t);
  const cli = async (...args: string[]) => {
    const ran = await runCli(['--root', root, ...args, '--json']);
    t.is(ran.status, 0, `${args.join(' ')}: ${ran.err}`);
    return JSON.parse(ran.out) as Record<string, unknown>;
  };
  const seed = await startCli(t, ['--root', root, 'seed', '--port', '0']);
  const url = String(seed.ready['url']);
  const [alice, bob] = await Promise.all(
    ['alice', 'bob'].map((name) => startCli(t, ['--root', root, 'node', name, '--seed', url, '--login', '--password-stdin'], PASSWORD)),
  );
  const eventually = async (what: string, check: () => Promise<boolean>) => {
    const end = performance.now() + DEADLINE_MILLIS;
    while (!(await check())) if (performance.now() > end) t.fail(`${what}: not within ${DEADLINE_MILLIS} ms`);
  };
  await eventually('alice knows bob', async () => (await cli('users', '--node', 'alice'))['total'] === 2);
  await cli('call', 'alice', 'friend-add', 'bob');
  await eventually('bob has the request', async () => ((await cli('call', 'bob', 'requests'))['incoming'] as string[]).includes('alice'));
  t.like(await cli('call', 'bob', 'friend-accept', 'user=alice'), { relation: 'friend' });
  await eventually('alice has a friend', async () => ((await cli('call', 'alice', 'friends'))['friends'] as unknown[]).length === 1);
  await cli('call', 'alice', 'send', 'bob', 'two  blanks = kept');
  await eventually('bob has the message', async () => {
    const { messages } = (await cli('call', 'bob', 'history', 'with=alice', 'limit=5')) as { messages: Array<{ text: string }> };
    return messages[0]?.text === 'two  blanks = kept';
  });
  const { link } = await cli('call', 'alice', 'room-create', 'The', 'garden');
  t.like(await cli('call', 'bob', 'room-join', String(link)), { room: 'The garden' });
  t.like(await cli('users', 'bob'), { source: 'node alice', user: { name: 'bob', presence: 'online' } });
  await eventually('the ring is ideal', async () => (await cli('ring'))['verdict'] === 'ideal');
  const found = (await cli('ring', '--lookup', 'bob', '--from', 'alice')) as { owners: string[]; holders: string[] };
  t.is(found.owners[0], found.holders[0]);
  await cli('stop', 'alice', 'bob');
  t.is((await alice?.exited)?.status, 0);
  t.is((await bob?.exited)?.status, 0);
  t.like(await cli('users'), { source: 'the seed server', total: 2 });
  t.deepEqual(await cli('stop'), { stopped: [{ name: 'seed server', pid: seed.pid, outcome: 'stopped' }] });
  t.is((await seed.exited).status, 0);
});
