import type { NodeInfo } from '../src/core/commands.ts';
import type { Engine } from '../src/engine/engine.ts';
import type { Benchmark, BenchOptions, Figure } from './benchmark.ts';
import { PASSWORD, withNetwork } from './live-network.ts';
import { simulation } from './simulation.ts';
import { mean, quantile } from './statistics.ts';

const COMMAND_MILLIS = 60_000;
const SYNC_MILLIS = 60_000;
/** Newcomers of the simulator turn up at this pace, one after the other, ms. */
const ARRIVAL_MILLIS = 20;

interface JoinOutcome {
  /** From the node being ready to its user being registered, logged in and synced, ms of the engine. */
  readonly joinMillis: readonly number[];
  /** From the first start until all users are on line together, s of the engine. */
  readonly togetherSeconds: number;
}

function joinBenchmark(parts: { readonly count: number; readonly engine: 'local' | 'sim'; readonly runsMax?: number }): Benchmark {
  const { count, engine, runsMax } = parts;
  const name = `join-${count}`;
  const where = engine === 'local' ? `${count} real processes` : `${count} users in the simulator`;
  return {
    name,
    about: `${where} join and are on line together: from ready to registered, logged in and synced`,
    command: `npm run bench -- ${name}`,
    ...(runsMax === undefined ? {} : { runsMax }),
    async measure(options: BenchOptions): Promise<readonly Figure[]> {
      const startedMillis = performance.now();
      const outcome = engine === 'local' ? await withNetwork((network) => joinAll(network, count, options)) : await joinInSimulator(count, options);
      const wallSeconds = (performance.now() - startedMillis) / 1_000;
      const time = engine === 'local' ? '' : ', virtual time';
      return [
        { row: `time to join, ${where}, mean${time}`, value: mean(outcome.joinMillis), unit: 'ms' },
        { row: `time to join, ${where}, p50${time}`, value: quantile(outcome.joinMillis, 0.5), unit: 'ms' },
        { row: `time to join, ${where}, p99${time}`, value: quantile(outcome.joinMillis, 0.99), unit: 'ms' },
        { row: `${where}, from the first start until all are on line together${time}`, value: outcome.togetherSeconds, unit: 's' },
        { row: `${where}, wall time of the whole run`, value: wallSeconds, unit: 's' },
      ];
    },
  };
}

async function joinInSimulator(count: number, options: BenchOptions): Promise<JoinOutcome> {
  const engine = simulation(1);
  try {
    return await joinAll(engine, count, options, ARRIVAL_MILLIS);
  } finally {
    await engine.stop();
  }
}

/** Starts, registers and syncs `count` users. With an arrival pause they come one after the other, else as the machine allows. */
export async function joinAll(engine: Engine, count: number, options: Pick<BenchOptions, 'say'>, arrivalMillis = 0): Promise<JoinOutcome> {
  await engine.startSeedServer();
  const startedMillis = engine.now();
  const joinMillis: number[] = [];
  const users = Array.from({ length: count }, (_, index) => `user${index + 1}`);
  await engine.parallel(
    users.map((user, index) => async () => {
      if (arrivalMillis > 0) await engine.wait(index * arrivalMillis);
      joinMillis.push(await join(engine, user));
      if (joinMillis.length % 1_000 === 0) options.say(`${joinMillis.length} have joined`);
    }),
  );
  let online = 0;
  const seen = await engine.until(async () => {
    online = (await engine.seedServerState())?.online.length ?? 0;
    return online === count ? null : `${online} are on line`;
  }, SYNC_MILLIS);
  if (seen !== null) throw new Error(`only ${online} of ${count} are on line together`);
  return { joinMillis, togetherSeconds: (engine.now() - startedMillis) / 1_000 };
}

async function join(engine: Engine, user: string): Promise<number> {
  await engine.startNode(user);
  const readyMillis = engine.now();
  await engine.command(user, 'register', { password: PASSWORD }, COMMAND_MILLIS);
  const seen = await engine.until(async () => {
    const info = (await engine.command(user, 'info', {}, COMMAND_MILLIS)) as NodeInfo;
    return info.loggedIn && info.sync.source !== 'none' ? null : 'not synced';
  }, SYNC_MILLIS);
  if (seen !== null) throw new Error(`${user} did not sync`);
  return engine.now() - readyMillis;
}

export const JOINS: readonly Benchmark[] = [
  joinBenchmark({ count: 10, engine: 'local' }),
  joinBenchmark({ count: 100, engine: 'local' }),
  joinBenchmark({ count: 1_000, engine: 'sim' }),
  joinBenchmark({ count: 10_000, engine: 'sim', runsMax: 1 }),
];
