import type { Benchmark, Figure } from './benchmark.ts';
import { quantile } from './statistics.ts';
import { SwimWorld } from './worlds/swim-world.ts';

const NODES = 32;
const VICTIMS = 20;
const WARM_UP_MILLIS = 10_000;
const PATIENCE_MILLIS = 20_000;
const STALLED = [0, 8, 16, 24];
const STALL_MILLIS = 3_000;
const STALLS_MILLIS = 300_000;

/** The failure detection that real processes run, in the simulator. */
export const swim: Benchmark = {
  name: 'swim',
  about: `how soon ${NODES} members suspect one that dies and all know it, and how often one that only stalls is called dead`,
  command: 'npm run bench -- swim',
  measure: ({ run, quick }) => Promise.resolve([...deaths(run, quick ? VICTIMS / 4 : VICTIMS), ...wrongDeaths(run, quick ? STALLS_MILLIS / 5 : STALLS_MILLIS)]),
};

function deaths(run: number, victims: number): readonly Figure[] {
  const suspected: number[] = [];
  const dead: number[] = [];
  for (let victim = 0; victim < victims; victim += 1) {
    const world = new SwimWorld({ seed: run * VICTIMS + victim, count: NODES });
    world.startAll();
    world.pass(WARM_UP_MILLIS + 500 * world.hosted.world.stream('when').fraction());
    const id = world.idOf(victim);
    const killedMillis = world.now;
    world.nodes[victim]?.kill();
    world.pass(PATIENCE_MILLIS);
    const first = world.said(id, 'suspect', killedMillis)[0];
    const known = world.said(id, 'dead', killedMillis);
    suspected.push(first === undefined ? Number.POSITIVE_INFINITY : first.atMillis - killedMillis);
    dead.push(known.length < NODES - 1 ? Number.POSITIVE_INFINITY : Math.max(...known.map((change) => change.atMillis)) - killedMillis);
  }
  const name = `a member of ${NODES} dies`;
  return [
    { row: `${name}: suspected by the first, p99, virtual time`, value: quantile(suspected, 0.99) / 1_000, unit: 's', aim: 'at most 2 s' },
    { row: `${name}: known to all, p99, virtual time`, value: quantile(dead, 0.99) / 1_000, unit: 's', aim: 'at most 5 s' },
  ];
}

/** Four stand still again and again, for up to three seconds at a time. */
function wrongDeaths(run: number, millis: number): readonly Figure[] {
  const world = new SwimWorld({ seed: run, count: NODES });
  world.startAll();
  world.pass(WARM_UP_MILLIS / 2);
  const random = world.hosted.world.stream('stalls');
  const end = world.now + millis;
  const pauseMillis = () => 1_000 + 3_000 * random.fraction();
  const next = STALLED.map((index) => ({ index, atMillis: world.now + pauseMillis() }));
  while (world.now < end) {
    const soonest = next.reduce((a, b) => (a.atMillis < b.atMillis ? a : b));
    world.pass(Math.max(0, soonest.atMillis - world.now));
    world.program(soonest.index).stall(STALL_MILLIS * (0.5 + 0.5 * random.fraction()));
    soonest.atMillis = world.now + STALL_MILLIS + pauseMillis();
  }
  const stalled = new Set(STALLED.map((index) => world.idOf(index)));
  const called = world.changes.filter((change) => change.state === 'dead');
  const about = (of: (id: (typeof called)[number]['subject']) => boolean): number =>
    new Set(called.filter(({ subject }) => of(subject)).map(({ subject, atMillis }) => `${subject} ${Math.floor(atMillis / 5_000)}`)).size;
  const name = `4 of ${NODES} members stall for up to ${STALL_MILLIS / 1_000} s, ${millis / 60_000} min`;
  return [
    { row: `${name}: wrong deaths`, value: about((id) => stalled.has(id)), unit: 'deaths', aim: 'at most 1' },
    { row: `${name}: wrong deaths of healthy members`, value: about((id) => !stalled.has(id)), unit: 'deaths', aim: '0' },
  ];
}
