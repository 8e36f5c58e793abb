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
