import type { NodeEvent, NodeInfo } from '../src/core/commands.ts';
import type { Engine } from '../src/engine/engine.ts';
import { type Benchmark, type BenchOptions, commandOf, type Figure } from './benchmark.ts';
import { PASSWORD, withNetwork } from './live-network.ts';
import { mean, quantile } from './statistics.ts';

const COMMAND_MILLIS = 60_000;
const SYNC_MILLIS = 60_000;

export interface JoinOutcome {
  /** From the node being ready to its user being registered, logged in and synced, ms of the engine. */
  readonly joinMillis: readonly number[];
  /** From the first start until all users are on line together, s of the engine. */
  readonly togetherSeconds: number;
}

function joinBenchmark(count: number): Benchmark {
  const name = `join-${count}`;
  const where = `${count} real processes`;
  return {
    name,
    about: `${where} join and are on line together: from ready to registered, logged in and synced`,
    command: commandOf(name),
    async measure(options: BenchOptions): Promise<readonly Figure[]> {
      return await withNetwork(async (engine) => {
        const startedMillis = performance.now();
        const outcome = await joinAll(engine, count, options);
        return joinFigures(where, '', outcome, performance.now() - startedMillis);
      });
    },
  };
}

/** The rows about joining; `time` says which time is meant. */
export function joinFigures(where: string, time: string, { joinMillis, togetherSeconds }: JoinOutcome, wallMillis: number): Figure[] {
  return [
    { row: `time to join, ${where}, mean${time}`, value: mean(joinMillis), unit: 'ms' },
    { row: `time to join, ${where}, p50${time}`, value: quantile(joinMillis, 0.5), unit: 'ms' },
    { row: `time to join, ${where}, p99${time}`, value: quantile(joinMillis, 0.99), unit: 'ms' },
    { row: `${where}, from the first start until all are on line together${time}`, value: togetherSeconds, unit: 's' },
    { row: `${where}, the same in wall time`, value: wallMillis / 1_000, unit: 's' },
  ];
}

/**
 * Starts, registers and syncs `count` users. With an arrival pause they come one after the other, else as the machine allows;
 * `patience` stretches what each may take.
 */
export async function joinAll(engine: Engine, count: number, options: Pick<BenchOptions, 'say'>, arrivalMillis = 0, patience = 1): Promise<JoinOutcome> {
  await engine.startSeedServer();
  const startedMillis = engine.now();
  const joinMillis: number[] = [];
  const users = Array.from({ length: count }, (_, index) => `user${index + 1}`);
  // Listened to rather than asked for: thousands that ask at each other's every event would be most of the work.
  const synced = new Set<string>();
  engine.onEvent((node, event) => {
    const seen = event as NodeEvent;
    if (seen.type === 'sync-changed' && seen.sync.source !== 'none') synced.add(node);
  });
  await engine.parallel(
    users.map((user, index) => async () => {
      if (arrivalMillis > 0) await engine.wait(index * arrivalMillis);
      joinMillis.push(await join(engine, user, synced, patience));
      if (joinMillis.length % 1_000 === 0) options.say(`${joinMillis.length} have joined`);
    }),
  );
  let online = 0;
  const seen = await engine.until(async () => {
    online = (await engine.seedServerState())?.online.length ?? 0;
    return online === count ? null : `${online} are on line`;
  }, SYNC_MILLIS * patience);
  if (seen !== null) throw new Error(`only ${online} of ${count} are on line together`);
  return { joinMillis, togetherSeconds: (engine.now() - startedMillis) / 1_000 };
}

async function join(engine: Engine, user: string, synced: Set<string>, patience: number): Promise<number> {
  await engine.startNode(user);
  const readyMillis = engine.now();
  await engine.command(user, 'register', { password: PASSWORD }, COMMAND_MILLIS * patience);
  // A node that shares its process may have synced before anybody could listen to it.
  const before = (await engine.command(user, 'info', {}, COMMAND_MILLIS * patience)) as NodeInfo;
  if (before.sync.source !== 'none') synced.add(user);
  const seen = await engine.until(async () => (synced.has(user) ? null : 'not synced'), SYNC_MILLIS * patience);
  const joinedMillis = engine.now() - readyMillis;
  const info = (await engine.command(user, 'info', {}, COMMAND_MILLIS * patience)) as NodeInfo;
  if (seen !== null || !info.loggedIn || info.sync.source === 'none') throw new Error(`${user} did not sync`);
  return joinedMillis;
}

export const JOINS: readonly Benchmark[] = [10, 100].map(joinBenchmark);
