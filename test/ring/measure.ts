import { REAL, type RingNode, RingWorld } from './ring-world.ts';

/** Figures of the ring by hand: node dist/test/ring/measure.js [seeds]. */
const seeds = Number(process.argv[2] ?? 10);

function quantiles(values: ReadonlyArray<number | null>): string {
  const sorted = values.map((value) => value ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const at = (share: number): string => ((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number) / 1_000).toFixed(2);
  return `p50 ${at(0.5)} worst ${at(1)} s`;
}

for (const count of [3, 8, 32, 64, 128]) {
  const times: Array<number | null> = [];
  let messages = 0;
  for (let seed = 1; seed <= seeds; seed += 1) {
    const ring = new RingWorld({ seed, detection: REAL });
    const first = ring.add();
    ring.start(first);
    for (let index = 1; index < count; index += 1) ring.start(ring.add(), [first]);
    times.push(ring.millisUntilIdeal(120_000));
    if (times.at(-1) === null) console.log('  ', seed, ring.notIdeal());
    messages += ring.world.messageCount / count;
  }
  console.log(`join ${count} at once: ${quantiles(times)}, ${(messages / seeds).toFixed(0)} messages a node`);
}
for (const share of [0.1, 0.25, 0.5]) {
  const times: Array<number | null> = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const ring = new RingWorld({ seed, detection: REAL });
    const nodes = ring.addIdealRing(64, true);
    ring.world.runUntil(20_000);
    const shuffled = [...nodes].sort(() => ring.random.fraction() - 0.5);
    for (const node of shuffled.slice(0, share * 64)) ring.crash(node);
    times.push(ring.millisUntilIdeal(120_000));
    if (times.at(-1) === null) console.log('  ', seed, ring.notIdeal());
  }
  console.log(`crash ${share * 100} % of 64: ${quantiles(times)}`);
}
for (const count of [2, 4, 8, 32]) {
  const times: Array<number | null> = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const ring = new RingWorld({ seed, detection: REAL });
    const nodes = ring.addIdealRing(32, true);
    ring.world.runUntil(20_000);
    const side = nodes.filter((_node: RingNode, index) => index < count / 2).map((node) => node.contact.name);
    ring.world.rules = [
      { id: 'cut', kind: 'cut', from: side, to: nodes.map((node) => node.contact.name).filter((name) => !side.includes(name)), oneWay: false },
    ];
    ring.world.runUntil(140_000);
    ring.world.rules = [];
    times.push(ring.millisUntilIdeal(120_000));
    if (times.at(-1) === null) console.log('  ', seed, ring.notIdeal());
  }
  console.log(`cut ${count / 2} of 32 for 2 min, heal: ${quantiles(times)}`);
}
