import test from 'ava';
import fc from 'fast-check';
import { Bot } from '../../src/cli/bots/bot.ts';
import { personaOf } from '../../src/cli/bots/personas.ts';
import { stream } from '../../src/sim/random.ts';
import { FakeNode, VirtualTime } from './fake-node.ts';

function makeBot(options: { readonly invites?: string; readonly companions?: readonly string[]; readonly seed?: number; readonly name?: string } = {}) {
  const time = new VirtualTime();
  const node = new FakeNode(time);
  const random = stream(options.seed ?? 1, 'bot');
  const troubles: string[] = [];
  const invitations: number[] = [];
  const bot = new Bot({
    persona: personaOf(options.name ?? 'bob'),
    companions: options.companions ?? [],
    invites: options.invites ?? null,
    invited: false,
    onInvited: () => void invitations.push(time.millis),
    password: 'a password of its own',
    connect: () => node.connect(),
    clock: time,
    random: () => random.fraction(),
    trouble: (sentence) => void troubles.push(sentence),
  });
  bot.start();
  return { bot, node, time, troubles, invitations };
}

test('a bot registers the first time and logs in the next', async (t) => {
  const { node, time } = makeBot();
  await time.pass(10);
  t.is(node.commands('register').length, 1);
  t.is(node.commands('status')[0]?.args['presence'], 'online');
  node.die();
  node.up = true;
  await time.pass(3_000);
  t.is(node.commands('register').length, 1);
  t.is(node.commands('login').length, 1);
  t.true(node.loggedIn);
});

test('a friend request is accepted after a natural pause, and answered by a word', async (t) => {
  const { node, time } = makeBot();
  await time.pass(10);
  node.tell({ type: 'relation-changed', user: 'alice', from: 'none', to: 'incoming' });
  await time.pass(1_000);
  t.is(node.commands('friend-accept').length, 0);
  await time.pass(4_000);
  t.is(node.commands('friend-accept').length, 1);
  await time.pass(4_000);
  t.regex(node.said('alice').join(), /alice/);
});

test('what deserves it gets a reaction before the answer, and a friend sees that the bot types', async (t) => {
  const { node, time } = makeBot();
  await time.pass(10);
  node.write('alice', 'What is the time?');
  await time.pass(10_000);
  t.is(node.commands('react').length, 0);
  node.write('alice', 'Thank you, that was lovely');
  await time.pass(10_000);
  t.like(node.commands('react')[0]?.args, { with: 'alice', reaction: '+1' });
  t.is(node.commands('react').length, 1);
  t.like(node.commands('typing')[0]?.args, { with: 'alice', typing: true });
});

test('requests that waited while the bot was away are accepted when it comes', async (t) => {
  const { node, time } = makeBot();
  node.incoming = ['alice'];
  await time.pass(5_000);
  t.deepEqual(
    node.commands('friend-accept').map(({ args }) => args['user']),
    ['alice'],
  );
});

test('a message is read before it is answered, and the answer takes up what was said', async (t) => {
  const { node, time } = makeBot();
  await time.pass(10);
  node.write('alice', 'My name is Alicia');
  await time.pass(8_000);
  const read = node.commands('read')[0];
  const answer = node.commands('send')[0];
  t.truthy(read);
  t.true((read?.atMillis ?? 0) < (answer?.atMillis ?? 0));
  t.regex(node.said('alice')[0] ?? '', /Alicia/);
});

test('a flood of messages gets one answer at a time', async (t) => {
  const { node, time } = makeBot();
  await time.pass(10);
  for (let count = 0; count < 500; count += 1) node.write('alice', `message ${count}`);
  await time.pass(10_000);
  t.is(node.said('alice').length, 1);
  t.is(node.commands('read').length, 1);
});

test('two bots that answer each other come to an end', async (t) => {
  const { node, time } = makeBot({ companions: ['carol'] });
  await time.pass(10);
  for (let round = 0; round < 20; round += 1) {
    node.write('carol', `Have you heard anything new? ${round}`);
    await time.pass(2_000);
  }
  t.true(node.said('carol').length <= 3, String(node.said('carol').length));
  t.true(node.said('carol').length >= 1);
});

test('of two bots the first in the alphabet asks, once the other is known', async (t) => {
  const { node, time } = makeBot({ companions: ['carol'] });
  await time.pass(9_000);
  t.is(node.commands('friend-add').length, 0);
  node.people.add('carol');
  await time.pass(5_000);
  t.is(node.commands('friend-add').length, 1);
  const second = makeBot({ name: 'carol', companions: ['bob'] });
  second.node.people.add('bob');
  await second.time.pass(20_000);
  t.is(second.node.commands('friend-add').length, 0);
});

test('a newcomer is asked once, as soon as they turn up', async (t) => {
  const { node, time, invitations } = makeBot({ invites: 'alice' });
  await time.pass(20_000);
  t.is(node.commands('friend-add').length, 0);
  node.people.add('alice');
  await time.pass(5_000);
  t.is(node.commands('friend-add').length, 1);
  t.is(invitations.length, 1);
  await time.pass(20_000);
  t.is(node.commands('friend-add').length, 1);
});

test('a bot says so before it goes, and answers what came meanwhile when it is back', async (t) => {
  const { node, time } = makeBot({ seed: 3 });
  await time.pass(10);
  node.relations.set('alice', 'friend');
  node.write('alice', 'hello');
  for (let waited = 0; waited < 300 && !isGone(node); waited += 1) await time.pass(1_000);
  t.true(isGone(node));
  const leftAt = leavings(node)[0]?.atMillis ?? 0;
  const announced = node.commands('send').findLast(({ atMillis }) => atMillis < leftAt);
  t.regex(String(announced?.args['text']), /minute/);
  const before = node.said('alice').length;
  node.unread.set('alice', 'are you there?');
  node.write('alice', 'are you there?');
  await time.pass(500);
  t.is(node.said('alice').length, before);
  await time.pass(70_000);
  t.true(node.said('alice').length > before);
});

function leavings(node: FakeNode) {
  return node.calls.filter(({ command, args }) => command === 'logout' || (command === 'status' && args['presence'] === 'away'));
}

function isGone(node: FakeNode): boolean {
  return leavings(node).length > 0;
}

test('over an hour every bot goes away, comes back, and goes off line too', async (t) => {
  const { node, time } = makeBot({ seed: 5 });
  await time.pass(3_600_000);
  const presences = node.commands('status').map(({ args }) => args['presence']);
  t.true(presences.filter((presence) => presence === 'away').length > 3);
  t.true(presences.filter((presence) => presence === 'online').length > 5);
  t.true(node.commands('logout').length > 0);
  t.is(node.commands('login').length, node.commands('logout').length - (node.loggedIn ? 0 : 1));
});

test('a password that does not fit is told to whoever sits there, and not tried again', async (t) => {
  const { node, time, troubles } = makeBot();
  node.registered = true;
  node.failures.set('login', 'wrong-password');
  await time.pass(60_000);
  t.is(node.commands('login').length, 1);
  t.regex(troubles.join(), /bob cannot log in: The password of bob is wrong/);
});

test('while the network cannot be reached the bot tries again', async (t) => {
  const { node, time, troubles } = makeBot();
  node.failures.set('register', 'unavailable');
  await time.pass(12_000);
  t.true(node.commands('register').length >= 2);
  node.failures.clear();
  await time.pass(6_000);
  t.true(node.loggedIn);
  t.deepEqual(troubles, []);
});

test('nothing is done after stop, and no timer is left', async (t) => {
  const { bot, node, time } = makeBot();
  await time.pass(10);
  node.write('alice', 'hello');
  bot.stop();
  const calls = node.calls.length;
  node.write('alice', 'hello?');
  await time.pass(600_000);
  t.is(node.calls.length, calls);
  t.is(time.timerCount, 0);
});

test('the same seed gives the same doings', async (t) => {
  const play = async (seed: number) => {
    const { node, time } = makeBot({ seed, companions: ['carol'], invites: 'alice' });
    node.people.add('alice').add('carol');
    await time.pass(5_000);
    for (const text of ['hello', 'how are you?', 'help', 'I like trains', '3 + 4']) {
      node.write('alice', text);
      await time.pass(9_000);
    }
    await time.pass(900_000);
    return JSON.stringify(node.calls);
  };
  const seeds = fc.sample(fc.integer({ min: 0, max: 1_000_000 }), { numRuns: 3, seed: 7 });
  for (const seed of seeds) t.is(await play(seed), await play(seed));
  t.not(await play(1), await play(2));
});
