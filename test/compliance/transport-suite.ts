import type { ExecutionContext, TestFn } from 'ava';
import type { Address } from '../../src/core/types.ts';
import type { Transport } from '../../src/ports/ports.ts';
import { DEADLINE_MILLIS, until } from '../helpers/until.ts';

export interface TransportHarness {
  /** A transport that was not started; the same `seed` gives the same key. */
  make(seed: number): Transport;
  /** Stops what was made and removes what lies around. */
  dispose(): Promise<void>;
}

/** A started transport and everything that came to it. */
export interface Inbox {
  readonly transport: Transport;
  readonly frames: Array<{ readonly from: Address; readonly text: string }>;
  readonly refused: Array<{ readonly reason: string; readonly peer: string }>;
}

export async function startInbox(transport: Transport): Promise<Inbox> {
  const inbox: Inbox = { transport, frames: [], refused: [] };
  await transport.start({
    frame: (from, bytes) => inbox.frames.push({ from, text: Buffer.from(bytes).toString() }),
    refused: (reason, peer) => inbox.refused.push({ reason, peer }),
  });
  return inbox;
}

export const frameOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

/** What every transport must do. */
export function transportSuite(test: TestFn, name: string, makeHarness: () => TransportHarness): void {
  const check = (title: string, body: (t: ExecutionContext, harness: TransportHarness) => Promise<void>): void => {
    test(`${name}: ${title}`, async (t) => {
      const harness = makeHarness();
      try {
        await body(t, harness);
      } finally {
        await harness.dispose();
      }
    });
  };

  check('two nodes exchange frames both ways, each knowing the other by its key', async (t, harness) => {
    const alice = await startInbox(harness.make(1));
    const bob = await startInbox(harness.make(2));
    const toBob = alice.transport.open(bob.transport.endpoint);
    const toAlice = bob.transport.open(alice.transport.endpoint);
    t.true(alice.transport.send(toBob, frameOf('hello bob')));
    t.true(bob.transport.send(toAlice, frameOf('hello alice')));
    await until('both frames', () => alice.frames.length === 1 && bob.frames.length === 1);
    t.deepEqual(bob.frames, [{ from: toAlice, text: 'hello bob' }]);
    t.deepEqual(alice.frames, [{ from: toBob, text: 'hello alice' }]);
    t.deepEqual(bob.transport.keyOf(toAlice), alice.transport.endpoint.key);
    t.deepEqual([...alice.refused, ...bob.refused], []);
  });

  check('a stranger gets a handle under which its key can be asked for', async (t, harness) => {
    const alice = await startInbox(harness.make(1));
    const bob = await startInbox(harness.make(2));
    alice.transport.send(alice.transport.open(bob.transport.endpoint), frameOf('x'));
    await until('the frame', () => bob.frames.length === 1);
    const from = bob.frames[0]?.from as Address;
    t.deepEqual(bob.transport.keyOf(from), alice.transport.endpoint.key);
    t.is(bob.transport.open(alice.transport.endpoint), from);
  });

  check('many frames arrive whole and in order', async (t, harness) => {
    const alice = await startInbox(harness.make(1));
    const bob = await startInbox(harness.make(2));
    const toBob = alice.transport.open(bob.transport.endpoint);
    for (let number = 0; number < 2_000; number += 1) t.true(alice.transport.send(toBob, frameOf(`${number}${'.'.repeat(number % 300)}`)));
    await until('all frames', () => bob.frames.length === 2_000);
    t.true(bob.frames.every(({ text }, number) => text === `${number}${'.'.repeat(number % 300)}`));
  });

  check('nothing is sent to a peer that was not opened, or was closed', async (t, harness) => {
    const alice = await startInbox(harness.make(1));
    const bob = await startInbox(harness.make(2));
    t.false(alice.transport.send(0, frameOf('x')));
    const toBob = alice.transport.open(bob.transport.endpoint);
    alice.transport.close(toBob);
    alice.transport.close(toBob);
    t.false(alice.transport.send(toBob, frameOf('x')));
    t.is(alice.transport.open(bob.transport.endpoint), toBob);
    t.true(alice.transport.send(toBob, frameOf('y')));
    await until('the frame', () => bob.frames.length === 1);
    t.is(bob.frames[0]?.text, 'y');
  });

  check('a peer that came back elsewhere with its key is reached under its old handle', async (t, harness) => {
    const alice = await startInbox(harness.make(1));
    const bob = await startInbox(harness.make(2));
    const toBob = alice.transport.open(bob.transport.endpoint);
    alice.transport.send(toBob, frameOf('before'));
    await until('the first frame', () => bob.frames.length === 1);
    await bob.transport.stop();
    const again = await startInbox(harness.make(2));
    t.is(alice.transport.open(again.transport.endpoint), toBob);
    t.true(alice.transport.send(toBob, frameOf('after')));
    await until('the second frame', () => again.frames.some(({ text }) => text === 'after'));
    again.transport.send(again.transport.open(alice.transport.endpoint), frameOf('back'));
    await until('the answer', () => alice.frames.length === 1);
    t.deepEqual(alice.frames, [{ from: toBob, text: 'back' }]);
  });

  check('frames for a peer that is not there fill a bounded queue, then are refused', async (t, harness) => {
    const alice = await startInbox(harness.make(1));
    const gone = await startInbox(harness.make(2));
    const { endpoint } = gone.transport;
    await gone.transport.stop();
    const handle = alice.transport.open(endpoint);
    const frame = new Uint8Array(100_000);
    let taken = 0;
    while (alice.transport.send(handle, frame) && taken < 100_000) taken += 1;
    t.true(taken > 0 && taken < 1_000, `${taken} frames were taken`);
    const before = performance.now();
    await alice.transport.flush(300);
    t.true(performance.now() - before < DEADLINE_MILLIS);
  });

  check('a frame that is too large is not sent, and the link lives on', async (t, harness) => {
    const alice = await startInbox(harness.make(1));
    const bob = await startInbox(harness.make(2));
    const toBob = alice.transport.open(bob.transport.endpoint);
    t.false(alice.transport.send(toBob, new Uint8Array(10_000_000)));
    t.true(alice.transport.send(toBob, frameOf('small')));
    await until('the small frame', () => bob.frames.length === 1);
    t.is(bob.frames[0]?.text, 'small');
  });

  check('flush waits until what was queued has left, and stop lets it arrive', async (t, harness) => {
    const alice = await startInbox(harness.make(1));
    const bob = await startInbox(harness.make(2));
    const toBob = alice.transport.open(bob.transport.endpoint);
    for (let number = 0; number < 200; number += 1) alice.transport.send(toBob, frameOf(`${number}`));
    await alice.transport.flush(DEADLINE_MILLIS);
    await alice.transport.stop();
    await until('all frames', () => bob.frames.length === 200);
    t.is(bob.frames[199]?.text, '199');
  });

  check('stop is quick and idempotent, with peers that cannot be reached', async (t, harness) => {
    const alice = await startInbox(harness.make(1));
    const gone = await startInbox(harness.make(2));
    const { endpoint } = gone.transport;
    await gone.transport.stop();
    alice.transport.send(alice.transport.open(endpoint), frameOf('x'));
    const before = performance.now();
    await Promise.all([alice.transport.stop(), alice.transport.stop()]);
    await alice.transport.stop();
    // Waiting for the peer would take for ever.
    t.true(performance.now() - before < DEADLINE_MILLIS);
    t.false(alice.transport.send(alice.transport.open(endpoint), frameOf('x')));
  });
}
