import test from 'ava';
import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { CborFrameCodec } from '../../src/adapters/codec/frame-codec.ts';
import type { Frame, Message } from '../../src/core/messages.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { type LinkEnd, LinkNet } from './link-net.ts';

const SEEDS = 25;

function pair(seed: number, change: (net: LinkNet) => void = () => {}): { net: LinkNet; alice: LinkEnd; bob: LinkEnd } {
  const net = new LinkNet(seed);
  change(net);
  return { net, alice: net.add('alice'), bob: net.add('bob') };
}

function connected(seed: number): { net: LinkNet; alice: LinkEnd; bob: LinkEnd } {
  const all = pair(seed);
  all.alice.connect(all.bob);
  all.net.run(2_000, () => all.alice.isUp(all.bob) && all.bob.isUp(all.alice));
  return all;
}

const words = (count: number, prefix = 'w'): string[] => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

test('links: messages arrive once and in order over loss, doubles and overtaking', (t) => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { net, alice, bob } = pair(seed, (made) => {
      made.lossProbability = 0.2;
      made.doubleProbability = 0.2;
    });
    alice.connect(bob);
    if (!net.run(20_000, () => alice.isUp(bob) && bob.isUp(alice))) return t.fail(`seed ${seed}: not up`);
    let acknowledged = 0;
    const said = words(60);
    for (const word of said) {
      t.true(alice.say(bob, word, () => (acknowledged += 1)));
      net.run(10);
    }
    net.run(60_000, () => acknowledged === said.length);
    t.deepEqual(bob.received, said, `seed ${seed}`);
    t.is(acknowledged, said.length, `seed ${seed}`);
  }
});

test('links: both ends open at once, hellos get lost, and it comes up', (t) => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { net, alice, bob } = pair(seed, (made) => {
      made.lossProbability = 0.4;
    });
    alice.connect(bob);
    bob.connect(alice);
    const up = net.run(30_000, () => {
      // An attempt ends after four seconds; whoever wants a link tries again.
      if (alice.linkTo(bob) === undefined) alice.connect(bob);
      if (bob.linkTo(alice) === undefined) bob.connect(alice);
      return alice.isUp(bob) && bob.isUp(alice);
    });
    t.true(up, `seed ${seed}`);
  }
});

test('links: a peer that restarts is met again, and what it had not acknowledged reaches its new life', (t) => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { net, alice, bob } = connected(seed);
    net.lossProbability = 0.1;
    alice.say(bob, 'before');
    net.run(3_000, () => bob.received.includes('before') && alice.linkTo(bob)?.unacknowledged.length === 0);
    bob.start();
    const said = words(5, `s${seed}-`);
    for (const word of said) alice.say(bob, word);
    bob.connect(alice);
    net.run(30_000, () => {
      // Hellos may be lost until bob gives up; whoever wants the link opens it again.
      if (bob.linkTo(alice) === undefined) bob.connect(alice);
      return bob.received.length === 1 + said.length;
    });
    t.deepEqual(bob.received, ['before', ...said], `seed ${seed}`);
    bob.say(alice, 'back');
    net.run(10_000, () => alice.received.length > 0);
    t.deepEqual(alice.received, ['back'], `seed ${seed}`);
  }
});

test('links: a hello of an earlier life that comes late takes nothing from the living one', (t) => {
  const { net, alice, bob } = connected(3);
  const late: unknown[] = [];
  const carry = net.carry.bind(net);
  net.carry = (from, to, frame) => {
    if (from === bob.index && frame.kind === 'hello') late.push(frame);
    carry(from, to, frame);
  };
  // This life of bob says hello once more, and ends.
  bob.receive(alice.index, helloOf(alice, bob));
  t.true(late.length > 0);
  bob.start();
  bob.connect(alice);
  net.run(5_000, () => alice.isUp(bob) && bob.isUp(alice));
  for (const word of words(3)) alice.say(bob, word);
  net.run(2_000);
  const hello = late[0];
  alice.receive(bob.index, hello);
  for (const word of words(3, 'x')) alice.say(bob, word);
  for (const word of words(3, 'y')) bob.say(alice, word);
  net.run(10_000);
  t.deepEqual(bob.received, [...words(3), ...words(3, 'x')]);
  t.deepEqual(alice.received, words(3, 'y'));
});

/** A hello as this end would say it, without knowing the number of the other. */
function helloOf(from: LinkEnd, to: LinkEnd): Record<string, unknown> {
  const run = from.linkTo(to)?.localRun ?? 1;
  return { version: 1, network: 'test', kind: 'hello', run, toRun: 0, sequence: 0, acknowledged: 0, logical: 1, count: 1, messages: [from.helloMessage()] };
}

test('links: a change of session reaches the peer although frames are lost', (t) => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { net, alice, bob } = connected(seed);
    net.lossProbability = 0.3;
    alice.changeSession(true);
    net.run(400);
    alice.changeSession(false);
    net.run(15_000, () => bob.sessions.at(-1) === 'out' && bob.sessions.includes('in'));
    alice.changeSession(true);
    net.run(15_000, () => bob.sessions.at(-1) === 'in');
    net.run(2_000);
    t.is(bob.sessions.at(-1), 'in', `seed ${seed}`);
  }
});

test('links: a change of session while the link opens is told as well', (t) => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { net, alice, bob } = pair(seed);
    alice.connect(bob);
    net.run(seed * 5);
    alice.changeSession(true);
    net.run(5_000);
    t.is(bob.sessions.at(-1), 'in', `seed ${seed}`);
  }
});

test('X5: the window bounds what waits for a peer, and sending goes on when it acknowledges', (t) => {
  const net = new LinkNet(1);
  const alice = net.add('alice', { linkWindowMessages: 10 });
  const bob = net.add('bob');
  alice.connect(bob);
  net.run(2_000, () => alice.isUp(bob));
  net.lossProbability = 1;
  const sent = words(15).filter((word) => alice.say(bob, word));
  t.is(sent.length, 10);
  t.is(alice.counters.get('linkWindowFull'), 5);
  net.lossProbability = 0;
  net.run(10_000, () => bob.received.length === 10);
  t.deepEqual(bob.received, words(10));
  net.run(1_000);
  t.true(alice.say(bob, 'more'));
});

test('X5: frames that are far too early are not kept', (t) => {
  const { net, alice, bob } = connected(1);
  const link = alice.linkTo(bob);
  const header = { version: 1, network: 'test', kind: 'data', run: link?.localRun, toRun: link?.peerRun, acknowledged: 0, logical: 1, count: 1, messages: [] };
  for (let sequence = 2; sequence < 2_000; sequence += 1) bob.receive(alice.index, { ...header, sequence });
  t.true((bob.linkTo(alice)?.early.size ?? 0) <= 64);
  alice.say(bob, 'word');
  net.run(3_000);
  t.true(bob.received.includes('word'));
});

test('links: answers are acknowledged by what is said next, not by frames of their own', (t) => {
  const { net, alice, bob } = connected(1);
  net.run(1_000);
  const before = net.frameCount;
  for (let id = 1; id <= 5; id += 1) {
    t.true(alice.ask(bob, id));
    net.run(1_000);
  }
  t.is(alice.received.length, 5);
  t.is(net.frameCount - before, 10, 'five questions and five answers');
  // The peer hears of the last one in the end, too.
  net.run(20_000);
  t.is(bob.linkTo(alice)?.unacknowledged.length, 0);
});

test('links: what several say is acknowledged by what is said next, and a lost one does not stay lost', (t) => {
  const { net, alice, bob } = connected(2);
  net.run(1_000);
  const before = net.frameCount;
  const seek = (name: string): Message => ({ type: 'lookup', id: 'A'.repeat(21), name, hops: 2, after: 7 });
  const say = (name: string): void => {
    alice.links.send(alice.linkTo(bob) as never, seek(name));
    alice.links.pack();
  };
  for (const name of ['one', 'two', 'three']) {
    say(name);
    net.run(300);
  }
  t.deepEqual(bob.received, ['one', 'two', 'three']);
  t.is(net.frameCount - before, 3, 'nobody says that they have come');
  net.lossProbability = 1;
  say('four');
  net.run(1_000);
  net.lossProbability = 0;
  bob.say(alice, 'word');
  t.true(
    net.run(1_000, () => bob.received.includes('four')),
    'the first frame that should have acknowledged it and did not brings it again',
  );
  t.true(net.run(12_000, () => alice.linkTo(bob)?.unacknowledged.length === 0));
});

test('links: a lost answer comes as soon as a lost question would, although nobody acknowledges answers', (t) => {
  const waits: number[] = [];
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { net, alice, bob } = connected(seed);
    net.lossProbability = 0.15;
    net.doubleProbability = 0.2;
    for (let id = 1; id <= 20; id += 1) {
      const begun = net.now;
      if (!alice.ask(bob, id)) return t.fail(`seed ${seed}: the link is down`);
      t.true(
        net.run(9_000, () => alice.received.includes(`answer ${id}`)),
        `seed ${seed}: answer ${id}`,
      );
      waits.push(net.now - begun);
      net.run(id % 3 === 0 ? 600 : 20);
    }
    const answers = alice.received.filter((word) => word.startsWith('answer'));
    t.deepEqual(
      answers,
      words(20, 'answer ').map((_, index) => `answer ${index + 1}`),
      `seed ${seed}: each once, in order`,
    );
  }
  waits.sort((a, b) => a - b);
  const quantile = (share: number): number => waits[Math.floor(waits.length * share)] ?? Number.POSITIVE_INFINITY;
  t.true(quantile(0.5) < 100, `half of them come at once: ${quantile(0.5)} ms`);
  t.true(quantile(0.9) < 1_500, `nine of ten within two repetitions: ${quantile(0.9)} ms`);
});

test('links: an answer to an earlier life of a peer is not sent to the new one', (t) => {
  const { net, alice, bob } = connected(4);
  alice.ask(bob, 7);
  t.true(net.run(1_000, () => bob.received.includes('ring-ask')));
  alice.start();
  alice.received.length = 0;
  alice.connect(bob);
  t.true(net.run(5_000, () => alice.isUp(bob) && bob.isUp(alice)));
  net.run(15_000);
  t.deepEqual(alice.received, []);
});

test('links: a peer for whom others vouch is asked seldom, and judged as fast as any once they do not', (t) => {
  const { net, alice, bob } = connected(5);
  const link = alice.linkTo(bob);
  if (link === undefined) return t.fail();
  link.watched = true;
  for (const end of [alice, bob]) end.word = 'alive';
  net.run(1_000);
  const before = net.frameCount;
  net.run(20_000);
  t.true(net.frameCount - before <= 8, `${net.frameCount - before} frames in 20 s`);

  net.run(700);
  net.lossProbability = 1;
  const begun = net.now;
  net.run(800);
  alice.word = 'suspect';
  alice.links.watch.reconsider(link);
  t.is(alice.counters.get('stalls'), undefined, 'that a question is overdue now does not mean that this process stood still');
  t.true(net.run(5_000, () => link.state === 'suspect'));
  t.true(net.now - begun < 2_000, `suspect after ${net.now - begun} ms`);
  t.true(net.run(5_000, () => alice.downs.includes('dead')));
  t.true(net.now - begun < 5_000, `dead after ${net.now - begun} ms`);
  t.is(alice.counters.get('stalls'), undefined);
});

test('links: a line that breaks although others hear the peer is noticed by the next question', (t) => {
  const { net, alice, bob } = connected(6);
  const link = alice.linkTo(bob);
  if (link === undefined) return t.fail();
  link.watched = true;
  alice.word = 'alive';
  net.run(5_000);
  net.lossProbability = 1;
  const begun = net.now;
  t.true(net.run(15_000, () => link.state === 'suspect'));
  t.true(net.now - begun < 10_500, `suspect after ${net.now - begun} ms`);
  t.true(net.run(10_000, () => alice.downs.includes('dead')));
  t.true(net.now - begun < 13_500, `dead after ${net.now - begun} ms`);
});

test('links: whoever says something over a broken line notices at once, although others hear the peer', (t) => {
  const { net, alice, bob } = connected(6);
  const link = alice.linkTo(bob);
  if (link === undefined) return t.fail();
  link.watched = true;
  alice.word = 'alive';
  net.run(5_000);
  net.lossProbability = 1;
  const begun = net.now;
  alice.say(bob, 'hello');
  t.true(net.run(10_000, () => link.state === 'suspect'));
  t.true(net.now - begun < 2_500, `suspect after ${net.now - begun} ms`);
});

test('links: a dead peer is suspect, then dead; a goodbye ends the link at once', (t) => {
  const { net, alice, bob } = connected(1);
  const link = alice.linkTo(bob);
  if (link === undefined) return t.fail();
  link.watched = true;
  alice.links.watch.reconsider(link);
  net.lossProbability = 1;
  const begun = net.now;
  t.true(
    net.run(2_000, () => link.state === 'suspect'),
    'suspect within two seconds',
  );
  t.true(net.run(5_000, () => alice.downs.includes('dead')));
  t.true(net.now - begun < 5_000, 'dead within five seconds');

  const other = connected(2);
  other.bob.links.goodbye();
  t.true(other.net.run(1_000, () => other.alice.downs.includes('goodbye')));
});

test('links: a peer who is wanted but not watched is given four times as long, and one that nobody waits for ten times', (t) => {
  for (const [wanted, factor] of [
    [true, 4],
    [false, 10],
  ] as const) {
    const { net, alice, bob } = connected(3);
    const link = alice.linkTo(bob);
    if (link === undefined) return t.fail();
    link.wanted = wanted;
    alice.links.watch.reconsider(link);
    net.run(3_000);
    net.lossProbability = 1;
    const heardMillis = link.lastHeardMillis;
    t.true(net.run(30_000, () => link.state === 'suspect'));
    const silence = net.now - heardMillis;
    t.true(silence >= 1_500 * factor && silence < 1_500 * factor + 500, `suspect after ${silence} ms`);
  }
});

const bad: ReadonlyArray<readonly [string, (good: Record<string, unknown>) => unknown, string]> = [
  ['nothing', () => null, 'invalid'],
  ['a text', () => 'frame', 'invalid'],
  ['an empty record', () => ({}), 'invalid'],
  ['another version', (good) => ({ ...good, version: 2 }), 'version'],
  ['another network', (good) => ({ ...good, network: 'elsewhere' }), 'network'],
  ['another kind', (good) => ({ ...good, kind: 'shout' }), 'invalid'],
  ['a broken number', (good) => ({ ...good, sequence: 1.5 }), 'invalid'],
  ['too many messages', (good) => ({ ...good, messages: Array.from({ length: 257 }, () => ({})) }), 'invalid'],
  ['no list of messages', (good) => ({ ...good, messages: 'many' }), 'invalid'],
  ['a hello without a record', (good) => ({ ...good, kind: 'hello', messages: [{ type: 'hello' }] }), 'invalid'],
  ['a hello with two messages', (good) => ({ ...good, kind: 'hello', messages: [{}, {}] }), 'invalid'],
  ['a hello by somebody else', (good) => ({ ...good, kind: 'hello', messages: [stolenHello()] }), 'invalid'],
  ['an earlier end', (good) => ({ ...good, run: 5 }), 'out-of-step'],
  ['an unknown message', (good) => ({ ...good, messages: [{ type: 'teleport' }] }), 'unknown-type'],
  ['a message that every object has', (good) => ({ ...good, messages: [{ type: 'constructor' }] }), 'unknown-type'],
  ['a message of a wrong shape', (good) => ({ ...good, messages: [{ type: 'lookup', id: 1 }] }), 'invalid'],
  ['a message that is nothing', (good) => ({ ...good, messages: [null] }), 'unknown-type'],
];

function stolenHello(): unknown {
  return new LinkNet(9).add('mallory').helloMessage();
}

for (const [title, make, counter] of bad) {
  test(`a frame with ${title} is counted and does no harm`, (t) => {
    const { net, alice, bob } = connected(1);
    const link = alice.linkTo(bob);
    const next = (bob.linkTo(alice)?.received ?? 0) + 1;
    const good = {
      version: 1,
      network: 'test',
      kind: 'data',
      run: link?.localRun,
      toRun: link?.peerRun,
      sequence: next,
      acknowledged: 0,
      logical: 1,
      count: 1,
    };
    bob.receive(alice.index, make({ ...good, messages: [] }));
    t.is(bob.counters.get(`dropped:${counter}`), 1);
    net.run(1_000);
    t.true(alice.isUp(bob) && bob.isUp(alice));
    t.is(bob.received.length, 0);
  });
}

test('a frame of 10 MB and random bytes are refused by the codec, never thrown at', (t) => {
  const codec = new CborFrameCodec(new CborCodec());
  t.is(typeof codec.decode(new Uint8Array(10 * 1_048_576)), 'string');
  const random = new SeededRandom('garbage');
  for (let index = 0; index < 2_000; index += 1) t.is(typeof codec.decode(random.bytes(random.below(200))), 'string');
});

test('storms of frames out of step are answered by few hellos', (t) => {
  const { net, alice, bob } = connected(1);
  const before = net.frameCount;
  const frame = { version: 1, network: 'test', kind: 'data', run: 1, toRun: 2, sequence: 1, acknowledged: 0, logical: 1, count: 1, messages: [] };
  for (let index = 0; index < 10_000; index += 1) bob.receive(alice.index, frame);
  t.true(net.frameCount - before <= 2);
  net.run(5_000);
  t.true(net.frameCount - before < 60, `${net.frameCount - before} frames`);
  t.true(alice.isUp(bob) && bob.isUp(alice));
});

test('links: a peer that does not know that we gave it up is met again at its next word, long before its own patience ends', (t) => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { net, alice, bob } = connected(seed);
    net.lossProbability = 1;
    bob.links.close(bob.linkTo(alice) as never, 'dead');
    net.run(1_500);
    net.lossProbability = 0;
    t.true(alice.isUp(bob), `seed ${seed}: the goodbye got lost`);
    alice.say(bob, 'are you there?');
    t.true(
      net.run(2_000, () => bob.received.includes('are you there?')),
      `seed ${seed}`,
    );
  }
});

test('links: a peer whose link we closed, and who did not hear of it, is told at its next word', (t) => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { net, alice, bob } = connected(seed);
    net.lossProbability = 1;
    bob.links.close(bob.linkTo(alice) as never, 'closed');
    net.run(1_500);
    net.lossProbability = 0;
    alice.say(bob, 'are you there?');
    t.true(
      net.run(2_000, () => alice.downs.includes('goodbye')),
      `seed ${seed}`,
    );
    t.is(bob.linkTo(alice), undefined, `seed ${seed}: it stays closed`);
  }
});

test('links: a hello that is overtaken by news of a login does not log anybody out again', (t) => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const net = new LinkNet(seed);
    const hellos: Frame[] = [];
    const carry = net.carry.bind(net);
    net.carry = (from, to, frame) => {
      if (from === 1 && frame.kind === 'hello') hellos.push(frame);
      carry(from, to, frame);
    };
    const [alice, bob] = [net.add('alice'), net.add('bob')];
    bob.connect(alice);
    net.run(2_000, () => alice.isUp(bob) && bob.isUp(alice));
    bob.changeSession(true);
    t.true(
      net.run(2_000, () => alice.sessions.at(-1) === 'in'),
      `seed ${seed}`,
    );
    t.true(hellos.length > 0);
    for (const late of hellos) alice.receive(1, late);
    net.run(1_000);
    t.is(alice.sessions.at(-1), 'in', `seed ${seed}`);
  }
});
