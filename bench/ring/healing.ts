import type { Benchmark, Figure } from '../benchmark.ts';
import { REAL, type RingNode, RingWorld } from '../worlds/ring-world.ts';

const LIMIT_MILLIS = 120_000;
const SETTLED_MILLIS = 20_000;
const CUT_MILLIS = 120_000;

/** How the ring finds its way back in the simulator, with the failure detection that real processes have: three tries of 200 ms. */
export const ringHealing: Benchmark = {
  name: 'ring-healing',
  about: 'until all pointers are right in the simulator: when many join at once, when a share of 64 dies, when a cut of 32 has healed',
  command: 'npm run bench -- ring-healing',
  measure: ({ run }) =>
    Promise.resolve([
      joined(run, 32, 'at most 6 s'),
      joined(run, 128, 'at most 10 s'),
      crashed(run, 0.1, 'at most 12 s'),
      crashed(run, 0.25, 'at most 12 s'),
      crashed(run, 0.5, 'at most 25 s'),
      ...[1, 8, 16].map((count) => healed(run, count)),
    ]),
};

/** Throws when it was not within two minutes, which is far beyond every aim. */
function untilIdeal(ring: RingWorld, row: string, aim: string): Figure {
  const millis = ring.millisUntilIdeal(LIMIT_MILLIS);
  if (millis === null) throw new Error(`${row}: not within ${LIMIT_MILLIS / 1_000} s: ${ring.notIdeal()}`);
  return { row, value: millis / 1_000, unit: 's', aim };
}

function joined(seed: number, count: number, aim: string): Figure {
  const ring = new RingWorld({ seed, detection: REAL });
  const nodes = Array.from({ length: count }, () => ring.add());
  for (const node of nodes) ring.start(node, node === nodes[0] ? [] : nodes.slice(0, 1));
  return untilIdeal(ring, `${count} nodes join at once, until the ring is ideal, virtual time`, aim);
}

function crashed(seed: number, share: number, aim: string): Figure {
  const ring = new RingWorld({ seed, detection: REAL });
  const nodes = settledRing(ring, 64);
  const order = nodes.map((node) => ({ node, at: ring.random.fraction() })).sort((a, b) => a.at - b.at);
  for (const { node } of order.slice(0, share * nodes.length)) ring.crash(node);
  return untilIdeal(ring, `${share * 100} % of 64 nodes die at once, until the ring is ideal, virtual time`, aim);
}

function healed(seed: number, count: number): Figure {
  const ring = new RingWorld({ seed, detection: REAL });
  const names = settledRing(ring, 32).map((node) => node.contact.name);
  const side = names.slice(0, count);
  ring.world.rules = [{ id: 'cut', kind: 'cut', from: side, to: names.slice(count), oneWay: false }];
  ring.world.runUntil(ring.world.now + CUT_MILLIS);
  ring.world.rules = [];
  return untilIdeal(ring, `${count} of 32 nodes cut off for two minutes, from the healing until one ideal ring, virtual time`, 'within 10 s');
}

function settledRing(ring: RingWorld, count: number): RingNode[] {
  const nodes = ring.addIdealRing(count, true);
  ring.world.runUntil(SETTLED_MILLIS);
  return nodes;
}
