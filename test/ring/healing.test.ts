import test from 'ava';
import { REAL, type RingNode, RingWorld, type RingWorldOptions, STEADY } from '../../bench/worlds/ring-world.ts';
import { seedsOf } from './seeds.ts';

function names(nodes: readonly RingNode[]): string[] {
  return nodes.map((node) => node.contact.name);
}

function cut(ring: RingWorld, side: readonly RingNode[]): void {
  const rest = ring.nodes.filter((node) => !side.includes(node));
  ring.world.rules = [{ id: 'cut', kind: 'cut', from: names(side), to: names(rest), oneWay: false }];
}

function shuffled(ring: RingWorld, nodes: readonly RingNode[]): RingNode[] {
  return nodes
    .map((node) => [ring.random.fraction(), node] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([, node]) => node);
}

for (const [count, limitMillis] of [
  [2, 3_000],
  [4, 3_000],
  [5, 4_000],
  [8, 5_000],
  [32, 6_000],
  [128, 10_000],
] as const) {
  test(`R8: ${count} nodes that start at once and know one of them form one ring within ${limitMillis / 1_000} s`, (t) => {
    for (const seed of seedsOf(count > 64 ? 1 : 4)) {
      const ring = new RingWorld({ seed, detection: REAL });
      const nodes = Array.from({ length: count }, () => ring.add());
      for (const node of nodes) ring.start(node, node === nodes[0] ? [] : [nodes[0] as RingNode]);
      t.not(ring.millisUntilIdeal(limitMillis), null, `seed ${seed}: ${ring.notIdeal()}`);
    }
  });
}

test('R8: nodes that start together and each know some others found one ring', (t) => {
  for (const seed of seedsOf(6)) {
    const ring = new RingWorld({ seed, detection: REAL });
    const nodes = Array.from({ length: 12 }, () => ring.add());
    for (const [at, node] of nodes.entries())
      ring.start(
        node,
        [1, 5].map((step) => nodes[(at + step) % nodes.length] as RingNode),
      );
    t.not(ring.millisUntilIdeal(15_000), null, `seed ${seed}: ${ring.notIdeal()}`);
  }
});

for (const [share, limitMillis] of [
  [0.1, 12_000],
  [0.25, 12_000],
  [0.5, 25_000],
] as const) {
  test(`R8: ${share * 100} % of 64 crash at once, and the rest is one ring within ${limitMillis / 1_000} s`, (t) => {
    for (const seed of seedsOf(2)) {
      const ring = new RingWorld({ seed, detection: REAL });
      const nodes = ring.addIdealRing(64, true);
      ring.world.runUntil(20_000);
      for (const node of shuffled(ring, nodes).slice(0, share * 64)) ring.crash(node);
      t.not(ring.millisUntilIdeal(limitMillis), null, `seed ${seed}: ${ring.notIdeal()}`);
    }
  });
}

/** Two rings after a cut of two minutes, in which each side took the other for dead; and what the healing took. */
function healAfterCut(seed: number, sideCount: number, options: Partial<RingWorldOptions> = {}): { readonly apart: boolean; readonly millis: number | null } {
  const ring = new RingWorld({ seed, detection: REAL, ...options });
  const nodes = ring.addIdealRing(24, true);
  ring.world.runUntil(15_000);
  const side = shuffled(ring, nodes).slice(0, sideCount);
  cut(ring, side);
  ring.world.runUntil(135_000);
  const apart = ring.notIdeal(side) === null && ring.notIdeal(nodes.filter((node) => !side.includes(node))) === null;
  ring.world.rules = [];
  return { apart, millis: ring.millisUntilIdeal(20_000) };
}

for (const sideCount of [1, 3, 5, 12]) {
  test(`R8: ${sideCount} of 24 nodes are cut off for two minutes and part of one ring 10 s after it healed`, (t) => {
    for (const seed of seedsOf(2)) {
      const { apart, millis } = healAfterCut(seed, sideCount);
      t.true(apart, `seed ${seed}: two rings while cut`);
      t.true((millis ?? Number.POSITIVE_INFINITY) <= 10_000, `seed ${seed}: ${millis} ms`);
    }
  });
}

test('negative control: without the merge probe two rings stay two', (t) => {
  t.is(healAfterCut(1, 12, { options: { mergeMillis: 1e9 } }).millis, null);
});

test('two rings that never knew each other merge as soon as one node is told of another', (t) => {
  for (const [left, right] of [
    [3, 3],
    [3, 12],
    [1, 8],
    [10, 12],
  ] as const) {
    const ring = new RingWorld({ seed: `${left}/${right}`, detection: REAL });
    const nodes = Array.from({ length: left + right }, () => ring.add());
    for (const [at, node] of nodes.entries()) ring.start(node, at === 0 || at === left ? [] : [nodes[at < left ? 0 : left] as RingNode]);
    ring.world.runUntil(10_000);
    t.is(ring.notIdeal(nodes.slice(0, left)), null);
    t.is(ring.notIdeal(nodes.slice(left)), null);
    const told = nodes[left - 1] as RingNode;
    told.told = [...told.told, (nodes[left] as RingNode).contact];
    ring.program(told)?.chord.membersChanged();
    t.not(ring.millisUntilIdeal(15_000), null, `${left} and ${right}: ${ring.notIdeal()}`);
  }
});

test('the ring goes below its minimum size and above it again, by crash and in order', (t) => {
  for (const seed of seedsOf(4)) {
    const ring = new RingWorld({ seed, detection: REAL });
    const nodes = ring.addIdealRing(7);
    const gone: RingNode[] = [];
    for (const node of nodes.slice(0, 6)) {
      if (ring.random.fraction() < 0.5) ring.program(node)?.chord.leave();
      ring.crash(node);
      gone.push(node);
      t.not(ring.millisUntilIdeal(8_000), null, `seed ${seed}, ${7 - gone.length} left: ${ring.notIdeal()}`);
      ring.world.runUntil(ring.world.now + 2_000);
      t.is(
        ring.members().every((program) => program.chord.small),
        7 - gone.length < 5,
      );
    }
    for (const node of gone) {
      ring.start(node, [nodes[6] as RingNode]);
      t.not(ring.millisUntilIdeal(8_000), null, `seed ${seed}, again: ${ring.notIdeal()}`);
    }
  }
});

test('R10: whoever lost all successors is no member, claims no key, and comes back by itself', (t) => {
  const ring = new RingWorld({ seed: 7, detection: REAL });
  const nodes = ring.addIdealRing(16, true);
  ring.world.runUntil(15_000);
  const [first, ...others] = ring.members();
  const lonely = nodes.find((node) => node.contact.id === first?.self.id) as RingNode;
  const dead = others.slice(0, 4).map((program) => nodes.find((node) => node.contact.id === program.self.id) as RingNode);
  for (const node of dead) ring.crash(node);
  const chord = first?.chord;
  let wasOutside = false;
  ring.world.runUntil(ring.world.now + 10_000, () => {
    if (chord?.joined === false) {
      wasOutside = true;
      if (chord.owns(lonely.contact.id)) t.fail('claims a key');
    }
    return false;
  });
  t.true(wasOutside);
  t.is(ring.notIdeal(), null);
});

test('two neighbours killed at once leave nobody unreachable', (t) => {
  const ring = new RingWorld({ seed: 3, detection: REAL });
  const nodes = ring.addIdealRing(12, true);
  ring.world.runUntil(5_000);
  const [a, b] = ring.members();
  for (const node of nodes) if (node.contact.id === a?.self.id || node.contact.id === b?.self.id) ring.crash(node);
  t.not(ring.millisUntilIdeal(6_000), null);
});

test('leaving in order closes the gap in a moment, without waiting for silence', (t) => {
  const ring = new RingWorld({ seed: 5, detection: REAL });
  const nodes = ring.addIdealRing(12, true);
  ring.world.runUntil(5_000);
  const leaver = nodes[4] as RingNode;
  ring.program(leaver)?.chord.leave();
  ring.world.runUntil(ring.world.now + 250);
  ring.crash(leaver);
  t.not(ring.millisUntilIdeal(300), null, `${ring.notIdeal()}`);
});

test('a joiner whose contact dies while it joins gets in through another', (t) => {
  for (const seed of seedsOf(10)) {
    const ring = new RingWorld({ seed, detection: REAL });
    const nodes = ring.addIdealRing(8, true);
    ring.world.runUntil(3_000);
    const joiner = ring.add();
    const [contact, other] = shuffled(ring, nodes) as [RingNode, RingNode];
    ring.start(joiner, [contact, other]);
    ring.world.runUntil(ring.world.now + 60 * ring.random.fraction());
    ring.crash(contact);
    t.not(ring.millisUntilIdeal(10_000), null, `seed ${seed}: ${ring.notIdeal()}`);
  }
});

test('R8 under real detection: ideal within 10 s of quiet after loss, cuts, crashes, restarts and joins in any order', (t) => {
  for (const seed of seedsOf(12)) {
    const ring = new RingWorld({ seed, detection: STEADY, lossProbability: 0.02 });
    const { random } = ring;
    ring.addIdealRing(5 + random.below(8), true);
    for (let step = 0; step < 40; step += 1) {
      ring.world.runUntil(ring.world.now + 2_000 * random.fraction());
      const up = ring.up();
      const what = random.fraction();
      const any = (nodes: readonly RingNode[]): RingNode => nodes[random.below(nodes.length)] as RingNode;
      const idle = ring.nodes.filter((node) => ring.program(node) === null);
      if (what < 0.3 && up.length > 3) ring.crash(any(up));
      else if (what < 0.5) ring.start(ring.add(), [any(up), any(up), any(up)]);
      else if (what < 0.65 && idle.length > 0) ring.start(any(idle), [any(up), any(up)]);
      else if (what < 0.75) cut(ring, shuffled(ring, ring.nodes).slice(0, 1 + random.below(4)));
      else if (what < 0.9) ring.world.rules = [];
      else ring.world.network.setLatency({ minMillis: 1, maxMillis: random.fraction() < 0.5 ? 20 : 80 });
    }
    ring.world.rules = [];
    ring.world.network.lossProbability = 0;
    t.true((ring.millisUntilIdeal(30_000) ?? Number.POSITIVE_INFINITY) <= 20_000, `seed ${seed}: ${ring.notIdeal()}`);
  }
});

test('R11: what somebody else answers in the name of the one who was asked changes nothing', (t) => {
  const ring = new RingWorld({ seed: 11, detection: REAL });
  const nodes = ring.addIdealRing(8, true);
  const liar = nodes[3] as RingNode;
  ring.world.runUntil(2_000);
  for (let call = 0; call < 400; call += 1) {
    const victim = nodes[call % 8] as RingNode;
    const body = { answer: 'state', predecessor: liar.contact, successors: [liar.contact], small: false };
    if (victim !== liar) ring.world.send(liar.index, victim.index, { type: 'answer', call, body });
    ring.world.runUntil(ring.world.now + 10);
    t.is(ring.notIdeal(), null);
  }
});
