import { SwimWorld } from './fixtures/swim-world.ts';

/** Prints how fast deaths are seen, how often they are wrong and what it costs: `node dist/test/swim/measure.js [runs]`. */
const runs = Number(process.argv[2] ?? 20);

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

function deaths(count: number): void {
  const [suspected, dead]: [number[], number[]] = [[], []];
  let packets = 0;
  let wrong = 0;
  let missed = 0;
  for (let seed = 1; seed <= runs; seed += 1) {
    const world = new SwimWorld({ seed, count });
    world.startAll();
    world.pass(10_000);
    const before = world.counted('swimOut');
    world.pass(10_000);
    packets += (world.counted('swimOut') - before) / count / 10 / runs;
    world.pass(500 * world.small.world.stream('when', seed).fraction());
    const victim = seed % count;
    const id = world.idOf(victim);
    wrong += world.changes.filter((change) => change.state === 'dead' || change.state === 'suspect').length;
    const killedMillis = world.now;
    world.nodes[victim]?.kill();
    world.pass(20_000);
    const first = world.said(id, 'suspect', killedMillis)[0];
    if (first !== undefined) suspected.push(first.atMillis - killedMillis);
    const known = world.said(id, 'dead', killedMillis);
    if (known.length === count - 1) dead.push(Math.max(...known.map((change) => change.atMillis)) - killedMillis);
    else missed += 1;
  }
  const say = (values: readonly number[]) => `${(quantile(values, 0.5) / 1_000).toFixed(2)} / ${(quantile(values, 0.99) / 1_000).toFixed(2)} s`;
  console.log(
    `N=${count}: first suspicion p50/p99 ${say(suspected)}, dead for all ${say(dead)}, ${packets.toFixed(2)} packets/s/node, wrong before ${wrong}, not known to all ${missed}`,
  );
}

function stalls(stallMillis: number, seeds: number): void {
  let wrong = 0;
  let healthy = 0;
  let suspicions = 0;
  for (let seed = 1; seed <= seeds; seed += 1) {
    const world = new SwimWorld({ seed, count: 32 });
    world.startAll();
    world.pass(5_000);
    const random = world.small.world.stream('stalls');
    const end = world.now + 300_000;
    const next = [0, 8, 16, 24].map((index) => ({ index, atMillis: world.now + 1_000 + 3_000 * random.fraction() }));
    while (world.now < end) {
      const soonest = next.reduce((a, b) => (a.atMillis < b.atMillis ? a : b));
      world.pass(Math.max(0, soonest.atMillis - world.now));
      world.program(soonest.index).stall(stallMillis * (0.5 + 0.5 * random.fraction()));
      soonest.atMillis = world.now + stallMillis + 1_000 + 3_000 * random.fraction();
    }
    const stalled = new Set([0, 8, 16, 24].map((index) => world.idOf(index)));
    for (const change of world.changes) {
      if (change.state === 'suspect') suspicions += 1;
      if (change.state !== 'dead') continue;
      if (stalled.has(change.subject)) wrong += 1;
      else healthy += 1;
    }
  }
  console.log(
    `32 nodes, 4 of them stall up to ${stallMillis / 1_000} s for 5 min: per run ${(wrong / seeds).toFixed(1)} wrong deaths of stalled, ${(healthy / seeds).toFixed(1)} of healthy nodes, ${(suspicions / seeds).toFixed(0)} suspicions (over all observers)`,
  );
}

const only = process.argv[3];
for (const count of [8, 32, 128]) if (only !== 'stalls') deaths(count);
for (const millis of only === 'deaths' ? [] : [1_000, 2_000, 3_000, 5_000]) stalls(millis, Math.max(1, Math.ceil(runs / 10)));
