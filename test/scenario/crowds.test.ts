import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { makeSim } from '../../src/cli/make-sim.ts';
import type { TraceEvent } from '../../src/core/trace.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { SILENT } from '../../src/scenario/narration.ts';
import { runScenario } from '../../src/scenario/runner.ts';

const home = fileURLToPath(new URL('../../../', import.meta.url));

/** Plays a shipped scenario and gives its trace; the run has passed. */
async function traceOf(name: string, seed: number): Promise<readonly TraceEvent[]> {
  const scenario = loadScenario(readFileSync(`${home}scenarios/${name}.yaml`, 'utf8'), name, seed);
  const engine = makeSim(scenario, { seed, crypto: 'stand-in', traced: 'states', module: null });
  let trace: readonly TraceEvent[] = [];
  const collect = async () => {
    trace = await engine.trace();
  };
  const report = await runScenario(scenario, engine, { seed, wallMillis: () => performance.now(), listener: SILENT, collect });
  if (report.verdict !== 'pass') throw new Error(`${name}, seed ${seed}: ${report.reason}`);
  return trace;
}

interface Change {
  readonly atMillis: number;
  readonly node: string;
  readonly what: 'start' | 'stop' | 'kill';
}

/** Who came and went, as the trace tells it. */
function lives(trace: readonly TraceEvent[]): Change[] {
  return trace.flatMap(({ node, monotonicMillis, detail }) =>
    detail.type === 'life' && (detail.what === 'start' || detail.what === 'stop' || detail.what === 'kill')
      ? [{ atMillis: monotonicMillis, node, what: detail.what }]
      : [],
  );
}

/** The largest number of changes of that kind within so many milliseconds. */
function mostWithin(changes: readonly Change[], kinds: readonly Change['what'][], spanMillis: number): number {
  const times = changes.filter(({ what }) => kinds.includes(what)).map(({ atMillis }) => atMillis);
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at <= from + spanMillis).length));
}

/** How many are up on average between two moments. */
function meanUp(changes: readonly Change[], fromMillis: number, toMillis: number): number {
  const up = new Set<string>();
  let sum = 0;
  let last = fromMillis;
  for (const { atMillis, node, what } of changes) {
    if (atMillis > toMillis) break;
    if (atMillis > fromMillis) {
      sum += up.size * (atMillis - last);
      last = atMillis;
    }
    if (what === 'start') up.add(node);
    else up.delete(node);
  }
  return (sum + up.size * (toMillis - last)) / (toMillis - fromMillis);
}

test('flash-crowd: six come within half a second, after they were away at once', async (t) => {
  const changes = lives(await traceOf('flash-crowd', 5));
  const after = changes.slice(changes.findIndex(({ what }) => what !== 'start'));
  t.true(mostWithin(after, ['stop', 'kill'], 500) >= 6, JSON.stringify(after));
  t.true(mostWithin(after, ['start'], 500) >= 6, JSON.stringify(after));
  t.true(new Set(after.filter(({ what }) => what === 'start').map(({ node }) => node)).size >= 6);
});

test('values that lay with two people only, whom six joined at once, are not missed before their leases are over (seed 18)', async (t) => {
  t.true((await traceOf('flash-crowd', 18)).length > 0);
});

test('mass-departure: six are gone within a second, some without a goodbye, and come back one by one', async (t) => {
  const changes = lives(await traceOf('mass-departure', 5));
  const after = changes.slice(changes.findIndex(({ what }) => what !== 'start'));
  t.true(mostWithin(after, ['stop', 'kill'], 1_000) >= 6, JSON.stringify(after));
  t.true(after.some(({ what }) => what === 'kill') && after.some(({ what }) => what === 'stop'));
  t.true(mostWithin(after, ['start'], 1_000) < 6, 'they do not come back all at once');
});

test('day-and-night: fewer are up by night than by day, over several seeds', async (t) => {
  const [days, nights]: [number[], number[]] = [[], []];
  for (const seed of [5, 6, 7]) {
    const changes = lives(await traceOf('day-and-night', seed));
    const begin = changes.find(({ what }) => what !== 'start')?.atMillis ?? 0;
    t.true(begin > 0);
    // A day of 20 s begins at noon: the night is its middle half.
    for (const day of [0, 20_000]) {
      nights.push(meanUp(changes, begin + day + 5_000, begin + day + 15_000));
      days.push(meanUp(changes, begin + day, begin + day + 5_000), meanUp(changes, begin + day + 15_000, begin + day + 19_000));
    }
  }
  const mean = (values: number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;
  t.true(mean(nights) < mean(days) - 1, `by night ${mean(nights).toFixed(1)}, by day ${mean(days).toFixed(1)}`);
});
