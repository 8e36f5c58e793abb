import { percentile, type RunFacts } from './run-facts.ts';
import { bars, chart, largest } from './svg.ts';
import { timeScale } from './time-scale.ts';

const BUCKETS = 40;
const KINDS_MAX = 24;
const NODES_MAX = 40;

/** All charts of a run, one after the other. */
export function charts(facts: RunFacts): string {
  const { millis } = timeScale(facts.endMillis);
  const shaded = facts.faults.map(({ fromMillis, toMillis }) => [fromMillis / millis, toMillis / millis] as const);
  return [messagesByKind(facts), latency(facts, shaded), deliveryTimes(facts, shaded), convergence(facts, shaded), hops(facts), bytesPerNode(facts)].join('\n');
}

function messagesByKind(facts: RunFacts): string {
  const counts = new Map<string, number>();
  for (const { messages, kind } of facts.flights) {
    for (const type of messages.length === 0 ? [`(${kind} only)`] : messages.map((message) => message.type)) counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return bars('Messages that were sent, by kind', [...counts].sort((one, other) => other[1] - one[1]).slice(0, KINDS_MAX), '');
}

type Shaded = ReadonlyArray<readonly [number, number]>;

/** Median and 99th percentile over the run, in slices of time. */
function slices(
  values: ReadonlyArray<readonly [atMillis: number, value: number]>,
  endMillis: number,
): Array<{ name: string; points: Array<[number, number]> }> {
  const width = Math.max(endMillis / BUCKETS, 1);
  const { millis } = timeScale(endMillis);
  const buckets: number[][] = [];
  for (const [atMillis, value] of values) {
    const index = Math.floor(atMillis / width);
    const bucket = buckets[index];
    if (bucket === undefined) buckets[index] = [value];
    else bucket.push(value);
  }
  return [0.5, 0.99].map((share) => ({
    name: share === 0.5 ? 'median' : 'p99',
    points: buckets.flatMap((bucket, index): Array<[number, number]> => {
      const value = bucket === undefined ? null : percentile(bucket, share);
      return value === null ? [] : [[((index + 0.5) * width) / millis, value]];
    }),
  }));
}

function latency(facts: RunFacts, shaded: Shaded): string {
  const times = facts.flights.flatMap(({ sentMillis, arrivedMillis }) => (arrivedMillis === null ? [] : [[sentMillis, arrivedMillis - sentMillis] as const]));
  return chart(slices(times, facts.endMillis), {
    title: 'Time of frames on their way',
    xTitle: `time, ${timeScale(facts.endMillis).unit}`,
    yTitle: 'ms',
    shaded,
  });
}

function deliveryTimes(facts: RunFacts, shaded: Shaded): string {
  const times = [...facts.deliveries.values()].flatMap(({ acceptedMillis, shown }) =>
    shown.map(({ atMillis }) => [acceptedMillis, Math.max(0, atMillis - acceptedMillis)] as const),
  );
  const all = times.map(([, value]) => value);
  const summary = all.length === 0 ? '' : `, all: median ${percentile(all, 0.5)?.toFixed(1)} ms, p99 ${percentile(all, 0.99)?.toFixed(1)} ms`;
  return chart(slices(times, facts.endMillis), {
    title: `From accepted to shown${summary}`,
    xTitle: `accepted at, ${timeScale(facts.endMillis).unit}`,
    yTitle: 'ms',
    shaded,
  });
}

/** How much still changes at nodes: it dies down when they agree. */
function convergence(facts: RunFacts, shaded: Shaded): string {
  const { unit, millis } = timeScale(facts.endMillis);
  const points = facts.changesPerSecond.map((count, second) => [(second * 1_000) / millis, count] as const);
  return chart([{ name: 'changes', points }], {
    title: 'Convergence: changes of state at nodes, per second',
    xTitle: `time, ${unit}`,
    yTitle: 'changes',
    shaded,
  });
}

/** Equal ones are one mark, the larger the more they are; beside them half of log2 N, which is what Chord promises on average. */
function hops(facts: RunFacts): string {
  const title = 'Hops of look-ups against log2 of the members';
  if (facts.lookups.length === 0)
    return `<p class="none">${title}: nothing to show, since nobody looked anything up by a command (steps that expect: lookup do).</p>`;
  const tally = new Map<string, number>();
  for (const { hops: seen, members } of facts.lookups) {
    const key = `${Math.max(1, members)} ${seen}`;
    tally.set(key, (tally.get(key) ?? 0) + 1);
  }
  const marks = [...tally].map(([key, count]) => {
    const [members = 1, seen = 0] = key.split(' ').map(Number);
    return { point: [Math.log2(members), seen] as const, count };
  });
  const most = largest(
    marks.map(({ point }) => point[0]),
    0,
  );
  const promised = most === 0 ? [] : [[0, 0] as const, [most, most / 2] as const];
  const series = [
    { name: 'look-ups', points: marks.map(({ point }) => point), dots: marks.map(({ count }) => count) },
    ...(promised.length === 0 ? [] : [{ name: 'half of log2 N', points: promised }]),
  ];
  return chart(series, { title, xTitle: 'log2 N', yTitle: 'hops' });
}

function bytesPerNode(facts: RunFacts): string {
  const sums = new Map<string, number>();
  for (const { from, bytes } of facts.flights) sums.set(from, (sums.get(from) ?? 0) + bytes);
  return bars('Bytes that each node sent (about)', [...sums].sort((one, other) => other[1] - one[1]).slice(0, NODES_MAX), 'B');
}
