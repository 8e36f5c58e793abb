import { readdirSync, readFileSync } from 'node:fs';
import type { NodeEvent } from '../src/core/commands.ts';
import { PACES, type PaceName } from '../src/engine/crowd-pace.ts';
import type { LocalEngine } from '../src/engine/local.ts';
import type { Pong } from '../src/node/service.ts';
import { type Benchmark, type BenchOptions, commandOf, type Figure } from './benchmark.ts';
import { joinAll } from './join.ts';
import { befriend, EventWatch, withNetwork } from './live-network.ts';
import { quantile } from './statistics.ts';

const PER_PROCESS = 100;
/** Pairs of friends whose messages and presence are measured once all have joined. */
const PAIRS = 10;
const EVENT_MILLIS = 60_000;
/** What a crowd that joins together may take, in multiples of what few may. */
const PATIENCE = 10;
/** The processor is watched so long once all have come to rest, ms. */
const REST_MILLIS = 30_000;
const WATCHED_MILLIS = 20_000;
const PAUSE_MILLIS = 20;
const MEGABYTE = 1e6;

function packed(count: number, pace: PaceName): Benchmark {
  const name = `packed-${count}`;
  const where = `${count} real nodes, ${PER_PROCESS} a process${pace === 'crowd' ? ', upkeep at a tenth of the pace' : ''}`;
  return {
    name,
    about: `${where}: until all are on line together, memory and descriptors a node, messages and presence between friends`,
    command: commandOf(name),
    runsMax: 1,
    async measure(options: BenchOptions): Promise<readonly Figure[]> {
      return await withNetwork(async (engine) => await measure(engine, count, where, options), PER_PROCESS, PACES[pace].coreOptions);
    },
  };
}

async function measure(engine: LocalEngine, count: number, where: string, options: BenchOptions): Promise<readonly Figure[]> {
  const { joinMillis, togetherSeconds } = await joinAll(engine, count, options, PAUSE_MILLIS, PATIENCE);
  options.say(`${count} are on line together after ${togetherSeconds.toFixed(1)} s`);
  const processes = new Map<number, Pong>();
  for (const node of engine.nodes()) {
    const pong = (await engine.command(node, 'ping', {})) as Pong;
    processes.set(pong.pid, pong);
  }
  const bytes = [...processes.values()].reduce((sum, pong) => sum + pong.residentBytes, 0);
  const descriptors = [...processes.keys()].reduce((sum, pid) => sum + readdirSync(`/proc/${pid}/fd`).length, 0);
  await engine.wait(REST_MILLIS);
  const [before, beforeMillis] = [processorMillis(processes.keys()), performance.now()];
  await engine.wait(WATCHED_MILLIS);
  const share = (processorMillis(processes.keys()) - before) / (performance.now() - beforeMillis);
  options.say(`at rest they take ${share.toFixed(2)} processors`);
  const { messageMillis, presenceMillis } = await friendsOf(engine, count, options);
  return [
    { row: `${where}, from the first start until all are on line together`, value: togetherSeconds, unit: 's' },
    { row: `${where}, time to join, p50`, value: quantile(joinMillis, 0.5), unit: 'ms' },
    { row: `${where}, time to join, p99`, value: quantile(joinMillis, 0.99), unit: 'ms' },
    { row: `${where}, memory a node`, value: bytes / MEGABYTE / count, unit: 'MB' },
    { row: `${where}, memory of all`, value: bytes / MEGABYTE, unit: 'MB', aim: 'under 24 GB' },
    { row: `${where}, descriptors a node`, value: descriptors / count, unit: 'files' },
    { row: `${where}, limit of descriptors a process`, value: descriptorLimit(), unit: 'files' },
    { row: `${where}, processor at rest, a node`, value: (100 * share) / count, unit: '%', aim: count === 1_000 ? 'under 0.2 %' : 'under 1 %' },
    { row: `${where}, a message is shown, p50`, value: quantile(messageMillis, 0.5), unit: 'ms' },
    { row: `${where}, a message is shown, p99`, value: quantile(messageMillis, 0.99), unit: 'ms' },
    { row: `${where}, a friend sees that somebody is away, p50`, value: quantile(presenceMillis, 0.5), unit: 'ms' },
  ];
}

/** Friends in different places of the list, so that most pairs live in different processes and some in the same. */
async function friendsOf(engine: LocalEngine, count: number, options: BenchOptions): Promise<{ messageMillis: number[]; presenceMillis: number[] }> {
  const messageMillis: number[] = [];
  const presenceMillis: number[] = [];
  const watch = new EventWatch(engine);
  for (let pair = 0; pair < Math.min(PAIRS, Math.floor(count / 2)); pair += 1) {
    const [one, other] = [`user${pair + 1}`, `user${pair % 2 === 0 ? count - pair : pair + 2 + PAIRS}`];
    await befriend(engine, one, other);
    const shown = watch.next(`${other} is shown a message`, (node, event) => node === other && event.type === 'message-received', EVENT_MILLIS);
    const sentMillis = performance.now();
    await engine.command(one, 'send', { to: other, text: 'hello' });
    messageMillis.push((await shown) - sentMillis);
    const seen = watch.next(`${other} sees presence`, (node, event) => node === other && isAway(event, one), EVENT_MILLIS);
    const setMillis = performance.now();
    await engine.command(one, 'status', { presence: 'away' });
    presenceMillis.push((await seen) - setMillis);
    options.say(`${one} and ${other} have talked`);
  }
  return { messageMillis, presenceMillis };
}

function isAway(event: NodeEvent, user: string): boolean {
  return event.type === 'presence-changed' && event.user === user && event.presence === 'away';
}

/** What processes have taken so far, all threads of them; a tick is 10 ms on Linux. */
function processorMillis(pids: Iterable<number>): number {
  let sum = 0;
  for (const pid of pids) {
    const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
    const [user, system] = fields.split(' ').slice(11, 13).map(Number);
    sum += ((user ?? 0) + (system ?? 0)) * 10;
  }
  return sum;
}

/** Of this process, whose children have the same; Node.js raises the soft limit to the hard one by itself. */
function descriptorLimit(): number {
  return Number(/Max open files\s+\d+\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Number.NaN);
}

export const PACKED: readonly Benchmark[] = [packed(100, 'full'), packed(200, 'crowd'), packed(500, 'crowd'), packed(1_000, 'crowd')];
