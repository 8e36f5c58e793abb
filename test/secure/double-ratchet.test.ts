import test from 'ava';
import fc from 'fast-check';
import type { RatchetMessage, RatchetState } from '../../src/core/secure/double-ratchet.ts';
import { tools } from '../core/tools.ts';
import { End, introduced, SKIP_MAX } from './pair.ts';
import { SecondCrypto } from './second-crypto.ts';

interface Sent {
  readonly to: 'alice' | 'bob';
  readonly text: string;
  readonly message: RatchetMessage;
  opened: boolean;
}

type Step = { readonly do: 'seal'; readonly by: 'alice' | 'bob' } | { readonly do: 'open'; readonly which: number; readonly flip: number | null };

const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('seal' as const), by: fc.constantFrom('alice' as const, 'bob' as const) }),
    fc.record({ do: fc.constant('open' as const), which: fc.nat(), flip: fc.option(fc.nat(), { freq: 3 }) }),
  ),
  { maxLength: 80 },
);

function flipped(message: RatchetMessage, flip: number): RatchetMessage {
  const part = flip % 4;
  if (part === 0) return { ...message, counter: message.counter ^ 1 };
  if (part === 1) return { ...message, previous: message.previous ^ 1 };
  const name = part === 2 ? 'ratchetKey' : 'sealed';
  const bytes = new Uint8Array(message[name]);
  const at = (flip >> 2) % bytes.length;
  // The highest bit of an X25519 key is ignored (RFC 7748), but not by the bytes that are bound to the message.
  bytes[at] = (bytes[at] as number) ^ 0x80;
  return { ...message, [name]: bytes };
}

test('any order, loss, repetition, both writing at once: each message opens exactly once, and what is changed changes nothing', (t) => {
  fc.assert(
    fc.property(fc.string(), steps, (seed, script: readonly Step[]) => {
      const ends = introduced(seed);
      const sent: Sent[] = [];
      for (const step of script) {
        if (step.do === 'seal') {
          const text = `message ${sent.length}`;
          sent.push({ to: step.by === 'alice' ? 'bob' : 'alice', text, message: ends[step.by].seal(text), opened: false });
          continue;
        }
        const each = sent[step.which % Math.max(1, sent.length)];
        if (each === undefined) continue;
        const end = ends[each.to];
        if (step.flip !== null) {
          const before = end.snapshot();
          t.is(end.open(flipped(each.message, step.flip)), null);
          t.deepEqual(end.snapshot(), before);
        }
        t.is(end.open(each.message), each.opened ? null : each.text, end.refusal);
        each.opened = true;
      }
      for (const each of sent) if (!each.opened) t.is(ends[each.to].open(each.message), each.text);
      t.is(ends.alice.skipped.size + ends.bob.skipped.size, 0, 'all keys that were passed over are used up');
    }),
    { numRuns: 120 },
  );
});

test('both begin at once, five times over: each of the two sessions carries both ways', (t) => {
  for (let round = 0; round < 5; round += 1) {
    const [alice, bob] = [new End(`alice ${round}`), new End(`bob ${round}`)];
    const [fromAlice, fromBob] = [alice.begin(bob), bob.begin(alice)];
    const [first, second] = [alice.seal('from alice'), bob.seal('from bob')];
    const [aliceToo, bobToo] = [new End(`alice ${round}`), new End(`bob ${round}`)];
    bobToo.accept(alice, fromAlice);
    aliceToo.accept(bob, fromBob);
    t.is(bobToo.open(first), 'from alice');
    t.is(aliceToo.open(second), 'from bob');
    for (let more = 0; more < 3; more += 1) {
      t.is(alice.open(bobToo.seal(`first ${more}`)), `first ${more}`);
      t.is(bobToo.open(alice.seal(`first back ${more}`)), `first back ${more}`);
      t.is(bob.open(aliceToo.seal(`second ${more}`)), `second ${more}`);
      t.is(aliceToo.open(bob.seal(`second back ${more}`)), `second back ${more}`);
    }
  }
});

test('forward secrecy: a store that is stolen now opens nothing that was read before', (t) => {
  const { alice, bob } = introduced('forward');
  const messages = [0, 1, 2, 3].map((index) => alice.seal(`old ${index}`));
  for (const [index, message] of messages.entries()) t.is(bob.open(message), `old ${index}`);
  t.is(alice.open(bob.seal('answer')), 'answer');
  t.is(bob.open(alice.seal('and on')), 'and on');
  for (const message of messages) {
    t.is(bob.stolen().open(message), null);
    t.is(alice.stolen().open(message), null);
  }
  // The same run again, stopped after the first of them: its chain key sealed the next.
  const { alice: again } = introduced('forward');
  again.seal('old 0');
  const chainKey = Buffer.from((again.state as RatchetState).sending?.key ?? []).toString('hex');
  const kept = (...of: End[]): string => Buffer.from(tools.codec.encode(of.map((end) => end.snapshot()))).toString('hex');
  t.true(kept(again).includes(chainKey) && chainKey.length === 64);
  t.false(kept(alice, bob).includes(chainKey), 'the chain key that sealed them is in no state');
});

test('recovery: after a round trip a stolen store opens nothing more', (t) => {
  const { alice, bob } = introduced('recovery');
  const thief = bob.stolen();
  const now = alice.seal('the thief reads this');
  t.is(thief.open(now), 'the thief reads this');
  t.is(bob.open(now), 'the thief reads this');
  t.is(alice.open(bob.seal('a new key from bob')), 'a new key from bob');
  const later = alice.seal('and no longer this');
  t.is(thief.open(later), null);
  t.is(bob.open(later), 'and no longer this');
});

test('a jump over the limit is refused, costs no memory and harms nothing', (t) => {
  const { alice, bob } = introduced('jump');
  const messages = Array.from({ length: SKIP_MAX + 3 }, (_, index) => alice.seal(`m ${index}`));
  const before = bob.snapshot();
  t.is(bob.open(messages.at(-1) as RatchetMessage), null);
  t.is(bob.refusal, 'too far ahead');
  t.deepEqual(bob.snapshot(), before);
  t.is(bob.open(messages[SKIP_MAX] as RatchetMessage), `m ${SKIP_MAX}`);
  t.is(bob.skipped.size, SKIP_MAX);
  const huge = { ...(messages.at(-1) as RatchetMessage), previous: 0xffff_ffff, counter: 0xffff_ffff, ratchetKey: alice.party.sealingKey };
  t.is(bob.open(huge), null);
});

test('a message of another session, or with another binding, does not open', (t) => {
  const one = introduced('one');
  const two = introduced('two');
  const message = one.alice.seal('for one');
  t.is(two.bob.open(message), null);
  one.bob.binding = two.bob.binding;
  t.is(one.bob.open(message), null);
});

test('a store that was set back seals under keys that served already, but never under one key and nonce', (t) => {
  const { alice, bob } = introduced('set back');
  const before = alice.state;
  const first = alice.seal('same text');
  alice.state = before;
  const second = alice.seal('same text');
  t.is(first.counter, second.counter);
  t.notDeepEqual(first.sealed.subarray(0, 12), second.sealed.subarray(0, 12));
  t.is(bob.open(first), 'same text');
  t.is(bob.open(second), null);
});

test('two sets of primitives write the same bytes', (t) => {
  const transcript = (crypto: ConstructorParameters<typeof End>[1]): string => {
    const { alice, bob } = introduced('transcript', crypto);
    const lines: RatchetMessage[] = [];
    for (let round = 0; round < 6; round += 1) {
      for (const [from, to] of [[alice, bob] as const, [bob, alice] as const]) {
        const message = from.seal(`round ${round}`);
        t.is(to.open(message), `round ${round}`);
        lines.push(message);
      }
    }
    return Buffer.from(tools.codec.encode([lines, alice.snapshot(), bob.snapshot()])).toString('hex');
  };
  t.is(transcript(new SecondCrypto()), transcript(tools.crypto));
});

test('one set of primitives opens what the other sealed', (t) => {
  const { alice } = introduced('across', new SecondCrypto());
  const { bob } = introduced('across', tools.crypto);
  for (let round = 0; round < 4; round += 1) {
    t.is(bob.open(alice.seal(`there ${round}`)), `there ${round}`);
    t.is(alice.open(bob.seal(`back ${round}`)), `back ${round}`);
  }
});
