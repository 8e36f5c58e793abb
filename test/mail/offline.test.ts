import test from 'ava';
import type { Commands, MessageView } from '../../src/core/commands.ts';
import { PASSWORD, SmallWorld } from '../core/small-world.ts';

const mine = async (world: SmallWorld, at: string, other: string): Promise<readonly MessageView[]> => {
  const { messages } = await world.ask<{ messages: readonly MessageView[] }>(at, 'history', { with: other, limit: 500 });
  return messages;
};

async function sendAll(world: SmallWorld, from: string, to: string, texts: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const text of texts) ids.push((await world.ask<{ id: string }>(from, 'send', { to, text })).id);
  return ids;
}

/** All of them lie with somebody else. */
async function allHeld(world: SmallWorld, at: string, ids: readonly string[]): Promise<void> {
  await world.soon(`${at}'s messages are held`, async () => {
    for (const id of ids) if ((await world.state(at, id)) !== 'held') return false;
    return true;
  });
}

async function back(world: SmallWorld, name: string, through: string): Promise<void> {
  await world.engine.startNode(name, { peers: [await world.engine.endpointOf(through)] });
  await world.ask(name, 'login', { password: PASSWORD });
}

const LETTERS = ['one', 'two', 'three', 'four', 'five'];

test('in a network of three, without a server, the third keeps what one writes to the other', async (t) => {
  const world = new SmallWorld(1);
  await world.people('alice', 'bob', 'carol');
  await world.befriend('alice', 'bob');
  await world.engine.killNode('bob');
  const ids = await sendAll(world, 'alice', 'bob', LETTERS);
  await allHeld(world, 'alice', ids);
  t.deepEqual((await mine(world, 'alice', 'bob')).at(-1)?.heldBy, ['carol']);
  await world.engine.killNode('alice');
  await back(world, 'bob', 'carol');
  await world.soon('bob has all of it', async () => (await world.texts('bob', 'alice')).length === 5, 1_000);
  t.deepEqual(await world.texts('bob', 'alice'), LETTERS);
  t.deepEqual(new Set((await mine(world, 'bob', 'alice')).map((message) => message.via)), new Set(['carol']));
  await back(world, 'alice', 'carol');
  await world.soon('alice hears of it', async () => (await world.state('alice', ids[4] as string)) === 'delivered');
  await world.engine.stop();
});

test('alone there is nobody to hold it: the message stays queued, and goes when the recipient is back', async (t) => {
  const world = new SmallWorld(2);
  await world.people('alice', 'bob');
  await world.befriend('alice', 'bob');
  await world.engine.killNode('bob');
  const [id = ''] = await sendAll(world, 'alice', 'bob', ['alone']);
  await world.engine.wait(20_000);
  t.is(await world.state('alice', id), 'queued');
  await back(world, 'bob', 'alice');
  await world.soon('it arrives', async () => (await world.state('alice', id)) === 'delivered');
  t.is((await mine(world, 'bob', 'alice'))[0]?.via, undefined);
  await world.engine.stop();
});

test('whoever is logged out at a running node is away as well, and is told by the holders at the login', async (t) => {
  const world = new SmallWorld(3);
  await world.people('alice', 'bob', 'carol', 'dave', 'erin');
  await world.befriend('alice', 'bob');
  await world.ask('bob', 'logout');
  await allHeld(world, 'alice', await sendAll(world, 'alice', 'bob', LETTERS));
  await world.engine.stopNode('alice');
  await world.ask('bob', 'login', { password: PASSWORD });
  await world.soon('bob has all of it', async () => (await world.texts('bob', 'alice')).length === 5, 1_000);
  t.deepEqual(await world.texts('bob', 'alice'), LETTERS);
  await world.engine.stop();
});

test('in a network in which the recipient is not linked with the holders, the ring leads to them within a second', async (t) => {
  const world = new SmallWorld(4, { randomLinkCount: 2, randomLinkCountMax: 3 });
  const crowd = Array.from({ length: 22 }, (_, index) => `user${index}`);
  await world.people('alice', 'bob', ...crowd);
  await world.befriend('alice', 'bob');
  await world.engine.wait(5_000);
  await world.engine.stopNode('bob');
  const ids = await sendAll(world, 'alice', 'bob', LETTERS);
  await allHeld(world, 'alice', ids);
  const holders = (await mine(world, 'alice', 'bob')).at(-1)?.heldBy ?? [];
  await world.engine.killNode('alice');
  for (const holder of holders.slice(1)) await world.engine.killNode(holder);
  const start = crowd.find((name) => world.engine.isRunning(name) && !holders.includes(name)) as string;
  await back(world, 'bob', start);
  await world.soon(`bob has what ${holders[0]} kept`, async () => (await world.texts('bob', 'alice')).length === 5, 1_000);
  t.deepEqual(await world.texts('bob', 'alice'), LETTERS);
  await world.engine.stop();
});

test('what the sender wrote before a crash is posted after it, and nothing is shown twice where both ways meet', async (t) => {
  const world = new SmallWorld(5);
  await world.people('alice', 'bob', 'carol', 'dave');
  await world.befriend('alice', 'bob');
  await world.engine.stopNode('bob');
  const ids = await sendAll(world, 'alice', 'bob', LETTERS);
  await world.engine.killNode('alice');
  await back(world, 'alice', 'carol');
  await allHeld(world, 'alice', ids);
  // Both are here: the letters come from the holders and over the link.
  await back(world, 'bob', 'alice');
  await world.soon('the ticks turn', async () => (await world.state('alice', ids[4] as string)) === 'delivered');
  await world.engine.wait(5_000);
  t.deepEqual(await world.texts('bob', 'alice'), LETTERS);
  t.is(world.heard.filter((each) => each.node === 'bob' && each.event.type === 'message-received').length, 5);
  await world.engine.stop();
});

test('a blocked sender is not told so, a removed friend is, and neither is shown', async (t) => {
  const world = new SmallWorld(6);
  await world.people('alice', 'bob', 'carol', 'dave', 'erin');
  for (const friend of ['alice', 'carol']) await world.befriend(friend, 'bob');
  await world.engine.stopNode('bob');
  const [fromAlice = ''] = await sendAll(world, 'alice', 'bob', ['before the block']);
  const [fromCarol = ''] = await sendAll(world, 'carol', 'bob', ['before the removal']);
  await allHeld(world, 'alice', [fromAlice]);
  await allHeld(world, 'carol', [fromCarol]);
  // He says so before he can fetch their letters, and when he can they have gone.
  await world.engine.setRules([{ id: 'apart', kind: 'cut', from: ['bob'], to: ['alice', 'carol', 'dave', 'erin'], oneWay: false }]);
  await back(world, 'bob', 'dave');
  await world.ask('bob', 'block', { user: 'alice' });
  await world.ask('bob', 'friend-remove', { user: 'carol' });
  await world.engine.stopNode('alice');
  await world.engine.stopNode('carol');
  await world.engine.setRules([]);
  await world.engine.wait(15_000);
  t.deepEqual(await world.texts('bob', 'alice'), []);
  t.deepEqual(await world.texts('bob', 'carol'), []);
  await world.ask('bob', 'logout');
  await back(world, 'alice', 'dave');
  await back(world, 'carol', 'dave');
  await world.soon('carol is told', async () => (await world.state('carol', fromCarol)) === 'failed');
  t.is(await world.state('alice', fromAlice), 'held', 'alice sees what anybody sees whose friend is away');
  await world.engine.stop();
});

test('why tells the way of a message: written, sealed, held by whom, what it waits for, and who signed for it', async (t) => {
  const world = new SmallWorld(7);
  await world.people('alice', 'bob', 'carol', 'dave');
  await world.befriend('alice', 'bob');
  await world.engine.stopNode('bob');
  await world.soon('alice sees that bob is away', async () => (await world.presence('alice', 'bob')) === 'offline');
  const [id = ''] = await sendAll(world, 'alice', 'bob', ['why not']);
  const story = async (at: string): Promise<string> => {
    const { steps } = await world.ask<Commands['why']['result']>(at, 'why', { id: id.slice(0, 14) });
    return steps.map((step) => step.text).join(' ');
  };
  t.regex(await story('alice'), /You wrote it.*sealed.*no link with bob.*waits for bob to come back/u);
  await allHeld(world, 'alice', [id]);
  t.regex(await story('alice'), /held by carol and dave\..*waits for bob to log in.*14 days/u);
  await back(world, 'bob', 'carol');
  await world.soon('it arrives', async () => (await world.state('alice', id)) === 'delivered');
  t.regex(await story('alice'), /held by carol and dave\. bob has it, and signed for it\.$/u);
  t.regex(
    await story('bob'),
    /^alice wrote it\. It (came straight from alice|waited in your mailbox, and .* had a copy); it was opened, stored and confirmed\.$/u,
  );
  t.is(await world.outcome('alice', 'why', { id: 'nothing' }), 'unknown-message');
  await world.engine.stop();
});
