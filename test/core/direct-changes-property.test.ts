import test from 'ava';
import fc from 'fast-check';
import { type Amendment, amended, joined, placeOfAmendment } from '../../src/core/chat/amendment.ts';
import type { StoredMessage } from '../../src/core/chat/history.ts';
import type { Commands, MessageView } from '../../src/core/commands.ts';
import type { MessageId, UserId } from '../../src/core/types.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { PASSWORD, SmallWorld } from './small-world.ts';

const bob = 'b'.repeat(64) as UserId;
const target = '0'.repeat(21) as MessageId;
const message: StoredMessage = {
  id: target,
  peer: bob,
  fromMe: true,
  text: 'first',
  stamp: 1,
  sentMillis: 1,
  receivedMillis: null,
  state: 'delivered',
  receipts: [],
};

const change = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('reaction' as const), reaction: fc.constantFrom('+1', 'hm'), on: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('edit' as const), text: fc.constantFrom('second', 'third') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const) }) },
);
const amendments: fc.Arbitrary<Amendment[]> = fc
  .array(fc.record({ change, fromMe: fc.boolean(), stamp: fc.integer({ min: 1, max: 6 }) }), { maxLength: 8 })
  .map((list) => list.map((each, index) => ({ ...each, id: String(index).padStart(21, '0') as MessageId, peer: bob, target, sentMillis: 1 })));

const after = (list: readonly Amendment[]): StoredMessage => list.reduce((held, each) => amended(held, each, 32) ?? held, message);

test('changes to a message give the same in every order, and so do two stores of which each has some', (t) => {
  fc.assert(
    fc.property(amendments, fc.integer(), fc.nat(8), (list, seed, cut) => {
      const shuffled = [...list].sort((a, b) => (((a.stamp * 31 + Number(a.id)) * seed) % 17) - (((b.stamp * 31 + Number(b.id)) * seed) % 17));
      const straight = after([...list].sort((a, b) => (placeOfAmendment(a) < placeOfAmendment(b) ? -1 : 1)));
      t.deepEqual(after(shuffled), straight);
      t.deepEqual(after([...list, ...shuffled]), straight, 'what comes twice changes nothing');
      const [one, two] = [after(shuffled.slice(0, cut)), after(shuffled.slice(cut))];
      t.deepEqual(joined(one, two), straight);
      t.deepEqual(joined(two, one), straight);
    }),
    { seed: 4, numRuns: 400 },
  );
});

test('whoever did not write a message cannot change its text, whatever they send', (t) => {
  fc.assert(
    fc.property(amendments, (list) => {
      const theirs = list.map((each) => ({ ...each, fromMe: false }));
      t.is(after(theirs).text, 'first');
      t.is(after(list.map((each) => ({ ...each, peer: 'c'.repeat(64) as UserId }))), message, 'nor does anybody change what lies in another chat');
    }),
    { seed: 5, numRuns: 100 },
  );
});

async function chat(world: SmallWorld, at: string, other: string): Promise<readonly MessageView[]> {
  return (await world.ask<Commands['history']['result']>(at, 'history', { with: other, limit: 500 })).messages;
}

const common = (messages: readonly MessageView[]): string =>
  JSON.stringify(messages.map(({ id, text, deleted, edited, reactions, replyTo }) => ({ id, text, deleted, edited, reactions, replyTo })));

/** One of the two does something to the chat, as far as that is possible now. */
async function act(world: SmallWorld, random: SeededRandom, step: number): Promise<void> {
  const [me, other] = random.fraction() < 0.5 ? ['alice', 'bob'] : ['bob', 'alice'];
  if (!world.engine.isRunning(me as string)) return;
  const seen = await chat(world, me as string, other as string);
  const any = seen[Math.floor(random.fraction() * seen.length)];
  const draw = random.fraction();
  const answer = any === undefined || random.fraction() < 0.5 ? {} : { replyTo: any.id };
  if (any === undefined || draw < 0.35) await world.outcome(me as string, 'send', { to: other, text: `text ${step}`, ...answer });
  else if (draw < 0.6)
    await world.outcome(me as string, 'react', { with: other, id: any.id, reaction: random.fraction() < 0.5 ? '+1' : 'hm', remove: random.fraction() < 0.3 });
  else if (draw < 0.85) await world.outcome(me as string, 'edit', { with: other, id: any.id, text: `edit ${step}` });
  else await world.outcome(me as string, 'delete-message', { with: other, id: any.id });
}

/** Somebody crashes, comes back, or is cut off from the other for a while. */
async function disturb(world: SmallWorld, random: SeededRandom): Promise<void> {
  const name = random.fraction() < 0.5 ? 'alice' : 'bob';
  if (!world.engine.isRunning(name)) await back(world, name);
  else if (random.fraction() < 0.5) await world.engine.killNode(name);
  else await world.engine.wait(random.fraction() * 3_000);
}

async function back(world: SmallWorld, name: string): Promise<void> {
  if (world.engine.isRunning(name)) return;
  await world.engine.startNode(name, { peers: [await world.engine.endpointOf('carol')] });
  await world.ask(name, 'login', { password: PASSWORD });
}

for (const seed of [1, 2, 3, 4]) {
  test(`both screens show the same in the end, through crashes and absence (seed ${seed})`, async (t) => {
    const world = new SmallWorld(seed);
    const random = new SeededRandom(`direct changes ${seed}`);
    await world.people('alice', 'bob', 'carol');
    await world.befriend('alice', 'bob');
    for (let step = 0; step < 60; step += 1) {
      if (random.fraction() < 0.12) await disturb(world, random);
      else await act(world, random, step);
      if (random.fraction() < 0.4) await world.engine.wait(random.fraction() * 400);
    }
    await back(world, 'alice');
    await back(world, 'bob');
    await world.soon('they agree', async () => common(await chat(world, 'alice', 'bob')) === common(await chat(world, 'bob', 'alice')), 60_000);
    const seen = [...(await chat(world, 'alice', 'bob')), ...(await chat(world, 'bob', 'alice'))];
    await world.soon('nothing is under way', async () => (await chat(world, 'alice', 'bob')).every((each) => !each.changing), 60_000);
    t.true(
      seen.some((each) => each.edited || each.deleted || each.reactions.length > 0),
      'there was something to agree on',
    );
    await world.engine.stop();
  });
}
