import test from 'ava';
import type { Frame, Message } from '../../src/core/messages.ts';
import { type LinkEnd, LinkNet } from './link-net.ts';
import { nodeRecord } from './tools.ts';

const renewalOf = (who: LinkEnd): Message => ({ type: 'renewals', records: [nodeRecord(who.who, { addresses: [who.endpoint.address] }, 1).signed] });

/** A linked pair at rest, and whatever is sent from now on. */
function pair(seed: number): { net: LinkNet; alice: LinkEnd; bob: LinkEnd; frames: Frame[] } {
  const net = new LinkNet(seed);
  const [alice, bob] = [net.add('alice'), net.add('bob')];
  alice.connect(bob);
  net.run(2_000, () => alice.isUp(bob) && bob.isUp(alice));
  net.run(4_000);
  const frames: Frame[] = [];
  const carry = net.carry.bind(net);
  net.carry = (from, to, frame) => {
    frames.push(frame);
    carry(from, to, frame);
  };
  return { net, alice, bob, frames };
}

function renew(from: LinkEnd, to: LinkEnd, times = 1): void {
  for (let count = 0; count < times; count += 1) from.links.send(from.linkTo(to) as never, renewalOf(from));
  from.links.pack();
}

test('a renewal that travels alone is neither acknowledged nor repeated, and what follows does not wait for a lost one', (t) => {
  const { net, alice, bob, frames } = pair(1);
  for (let turn = 0; turn < 20; turn += 1) {
    renew(alice, bob, 2);
    net.run(20);
  }
  net.run(200);
  t.is(bob.received.filter((type) => type === 'renewals').length, 40);
  t.is(frames.length, 20, 'two of one turn share a frame, and nothing comes back');
  net.lossProbability = 1;
  renew(alice, bob);
  net.run(100);
  net.lossProbability = 0;
  alice.say(bob, 'next');
  t.true(net.run(200, () => bob.received.includes('next')));
  net.run(2_000);
  t.is(bob.received.filter((type) => type === 'renewals').length, 40, 'the lost one stays lost');
  t.is(alice.linkTo(bob)?.unacknowledged.length, 0);
});

test('a renewal that leaves together with something else has its place in the stream', (t) => {
  const { net, alice, bob, frames } = pair(2);
  alice.links.send(alice.linkTo(bob) as never, renewalOf(alice));
  alice.say(bob, 'word');
  t.deepEqual(
    frames.map(({ sequence, messages }) => [sequence > 0, messages.map(({ type }) => type)]),
    [[true, ['renewals', 'lookup']]],
  );
  net.lossProbability = 1;
  net.run(200);
  net.lossProbability = 0;
  t.true(net.run(2_000, () => bob.received.length === 2));
  t.deepEqual(bob.received, ['renewals', 'word']);
});

test('nothing but renewals is taken without a number', (t) => {
  const { alice, bob, frames } = pair(3);
  const said = { type: 'lookup', id: 'A'.repeat(21), name: 'unnumbered', hops: 1 } as const;
  renew(alice, bob);
  const [sample] = frames as [Frame];
  const strange = [5, null, undefined, 'renewals', said, bob.helloMessage(), { type: 'renewals' }, renewalOf(alice)];
  bob.receive(0, { ...sample, messages: strange });
  t.deepEqual(bob.received, ['renewals']);
  t.is(bob.counters.get('dropped:invalid'), 1, 'the one without records');
  t.deepEqual(bob.sessions.length, 1, 'the hello of the opening alone');
});

/**
 * Alice asks bob twice. The first so many frames with messages of these types get lost, and `meanwhile` happens when the answers have left;
 * says how long it takes until both are here, ms.
 */
function losing({ net, alice, bob }: ReturnType<typeof pair>, lost: Readonly<Record<string, number>>, meanwhile: () => void): number {
  const seen = new Map<string, number>();
  const carry = net.carry.bind(net);
  net.carry = (from, to, frame) => {
    const type = frame.messages[0]?.type ?? '';
    seen.set(type, (seen.get(type) ?? 0) + 1);
    if ((seen.get(type) as number) > (lost[type] ?? 0)) carry(from, to, frame);
  };
  const beganMillis = net.now;
  alice.ask(bob, 1);
  alice.ask(bob, 2);
  net.run(1_000, () => seen.get('ring-answer') === 2);
  net.run(20);
  meanwhile();
  net.run(20_000, () => ['answer 1', 'answer 2'].every((answer) => alice.received.includes(answer)));
  return net.now - beganMillis;
}

test('a renewal acknowledges no question whose answer was lost without a trace', (t) => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const world = pair(seed);
    const { alice, bob } = world;
    const tookMillis = losing(world, { 'ring-answer': 2 }, () => renew(bob, alice));
    t.true(tookMillis < 3_000, `seed ${seed}: ${tookMillis} ms`);
    t.true(alice.received.includes('renewals'));
  }
});

test('whoever misses a frame says so again where its word left with a renewal and was lost', (t) => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const world = pair(seed);
    world.net.delayMillisMax = 5;
    const tookMillis = losing(world, { 'ring-answer': 1, renewals: 1 }, () => renew(world.alice, world.bob));
    t.true(tookMillis < 3_000, `seed ${seed}: ${tookMillis} ms`);
    t.false(world.bob.received.includes('renewals'));
  }
});

test('as many as there are in a turn leave in frames that the peer takes', (t) => {
  const { net, alice, bob, frames } = pair(5);
  for (let count = 0; count < 600; count += 1) {
    const heads: Message = { type: 'room-heads', room: 'a'.repeat(64) as never, heads: [new Uint8Array(32)], wantAnswer: 2 };
    alice.links.send(alice.linkTo(bob) as never, heads);
  }
  alice.links.pack();
  net.run(200);
  t.is(bob.received.length, 600);
  t.deepEqual(
    frames.map(({ sequence, messages }) => [sequence, messages.length]),
    [
      [0, 256],
      [0, 256],
      [0, 88],
    ],
  );
});

test('many large renewals take several frames', (t) => {
  const { net, alice, bob, frames } = pair(4);
  const record = (renewalOf(alice) as Extract<Message, { type: 'renewals' }>).records[0] as never;
  for (let count = 0; count < 4; count += 1)
    alice.links.send(alice.linkTo(bob) as never, { type: 'renewals', records: Array.from({ length: 100 }, () => record) });
  alice.links.pack();
  net.run(100);
  t.is(bob.received.length, 4);
  t.is(frames.length, 4);
});
