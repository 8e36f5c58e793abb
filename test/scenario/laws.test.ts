import test from 'ava';
import { makeSim } from '../../src/cli/make-sim.ts';
import { CHURN } from '../../src/scenario/drawn/churn.ts';
import { WORKLOAD } from '../../src/scenario/drawn/workload-step.ts';
import { durationMillis } from '../../src/scenario/durations.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { SILENT } from '../../src/scenario/narration.ts';
import type { RawStep } from '../../src/scenario/random-steps.ts';
import { runScenario } from '../../src/scenario/runner.ts';

/** Shorter stays are not drawn, ms: below this, laws and what becomes of them differ. */
const CUT_OFF_MILLIS = 250;

/** Greatest distance between how many of the draws and how many by the law stay below a time (Kolmogorov 1933), from the cut-off on. */
function distance(draws: readonly number[], below: (millis: number) => number): number {
  const sorted = [...draws].sort((one, other) => one - other);
  return Math.max(
    ...sorted.flatMap((millis, at) =>
      millis < CUT_OFF_MILLIS ? [] : [Math.abs((at + 1) / sorted.length - below(millis)), Math.abs(at / sorted.length - below(millis))],
    ),
  );
}

/** Sessions and absences of one person, ms, as the drawn steps have them. */
function stays(step: RawStep[]): { readonly sessions: number[]; readonly absences: number[] } {
  const [sessions, absences]: [number[], number[]] = [[], []];
  for (const { parallel } of step as Array<{ parallel: RawStep[][] }>) {
    for (const strand of parallel) {
      let waited = 0;
      for (const each of strand) {
        if ('wait' in each) waited += durationMillis(String(each['wait']));
        else if ('kill' in each || 'stop' in each) sessions.push(waited);
        else if ('restart' in each) absences.push(waited);
        if (!('wait' in each)) waited = 0;
      }
    }
  }
  return { sessions, absences };
}

const LAWS: ReadonlyArray<{ readonly law: Readonly<Record<string, unknown>>; readonly below: (millis: number) => number }> = [
  { law: { law: 'exponential', mean: '30s' }, below: (millis) => 1 - Math.exp(-millis / 30_000) },
  { law: { law: 'weibull', scale: '30s', shape: 0.6 }, below: (millis) => 1 - Math.exp(-((millis / 30_000) ** 0.6)) },
  { law: { law: 'pareto', min: '5s', alpha: 1.5 }, below: (millis) => (millis <= 5_000 ? 0 : 1 - (5_000 / millis) ** 1.5) },
  { law: { law: 'lognormal', median: '20s', sigma: 0.8 }, below: (millis) => normal(Math.log(millis / 20_000) / 0.8) },
];

/** The share of a standard normal distribution below a value (Abramowitz and Stegun, 1964, 26.2.17). */
function normal(value: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(value));
  const tail =
    (Math.exp((-value * value) / 2) / Math.sqrt(2 * Math.PI)) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return value > 0 ? 1 - tail : tail;
}

test('sessions and absences of a churn follow the laws that it names', (t) => {
  for (const { law, below } of LAWS) {
    const { sessions, absences } = stays(CHURN.draw({ nodes: 'user[1..4]', for: '15h', session: law, away: law }, 7, '1'));
    for (const [what, draws] of [
      ['sessions', sessions],
      ['absences', absences],
    ] as const) {
      t.true(draws.length > 1_000, `${draws.length} ${what}`);
      // Of a hundred thousand tries one is further off than this by chance; whoever stays beyond the end is left out.
      t.true(distance(draws, below) < 2.5 / Math.sqrt(draws.length), `${what} by ${String(law['law'])}: ${distance(draws, below)} of ${draws.length}`);
    }
  }
});

test('as many come with a flash crowd, or leave with a mass departure, as the share says', (t) => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const patient = { law: 'constant', value: '20h' };
    const draw = (more: object) =>
      CHURN.draw({ nodes: 'user[1..10]', for: '60s', session: patient, away: { law: 'constant', value: '5s' }, ...more }, seed, '1');
    const strands = (step: RawStep[]) => (step as Array<{ parallel: RawStep[][] }>).flatMap(({ parallel }) => parallel);
    const crowd = strands(draw({ crowd: { at: '30s', share: 0.3 } }));
    t.is(crowd.length, 3, `seed ${seed}`);
    t.true(crowd.every((strand) => 'kill' in (strand[0] ?? {}) || 'stop' in (strand[0] ?? {})));
    const departure = strands(draw({ departure: { at: '30s', share: 0.75 } }));
    t.is(departure.length, 8, `seed ${seed}`);
    t.true(departure.every(([wait]) => wait?.['wait'] === '30000ms'));
    t.is(strands(draw({ departure: { at: '30s', share: 0 } })).length, 0);
  }
});

test('clients of a workload act at the rate that is asked for, however long an operation takes', async (t) => {
  const text = (pace: string) => `name: rate
network: { latency: { min: 40ms, max: 80ms } }
steps:
  - seed-server: start
  - start: user[1..4]
  - register: user[1..4]
  - befriend: [user1, user2..4]
  - befriend: [user2, user3..4]
  - befriend: [user3, user4]
  - slow: { of: "user[1..4]", factor: 30 }
  - workload: { kind: direct-messages, nodes: "user[1..4]", for: 25s, ${pace} }
`;
  const rateOf = async (pace: string) => {
    const scenario = loadScenario(text(pace), 'rate.yaml', 5);
    const engine = makeSim(scenario, { seed: 5, crypto: 'stand-in', traced: 'states', module: null });
    let times: number[] = [];
    const collect = async () => {
      const trace = await engine.trace();
      times = trace.flatMap(({ detail, monotonicMillis }) =>
        detail.type === 'state' && detail.subject === 'message' && detail.to === 'queued' ? [monotonicMillis] : [],
      );
    };
    const report = await runScenario(scenario, engine, { seed: 5, wallMillis: () => performance.now(), listener: SILENT, hashed: false, collect });
    t.is(report.verdict, 'pass', report.reason ?? '');
    return { rate: (times.length * 1_000) / ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 4, count: times.length };
  };
  const paced = await rateOf('rate: 5');
  // A Poisson process of 500 varies by 22; four deviations.
  t.true(Math.abs(paced.rate - 5) < 0.9, `${paced.rate} operations of each in a second, ${paced.count} in all`);
  const thinking = await rateOf('think: { law: exponential, mean: 200ms }');
  t.true(thinking.rate < 0.9 * paced.rate, `whoever thinks after each slow operation acts less often: ${thinking.rate}`);
});

test('a rate and a time to think are two ways to say the same', (t) => {
  t.regex(
    WORKLOAD.misfit?.({ kind: 'rooms', nodes: ['a', 'b'], for: '5s', rate: 2, think: { law: 'constant', value: '1s' } } as never, new Map()) ?? '',
    /choose one/,
  );
  t.regex(WORKLOAD.misfit?.({ kind: 'rooms', nodes: ['a', 'b'], for: '1h', rate: 100 } as never, new Map()) ?? '', /10000 is the most/);
});
