import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { NodeEvent } from '../src/core/commands.ts';
import type { RoomsView, RoomView } from '../src/core/rooms/room-commands.ts';
import type { Engine } from '../src/engine/engine.ts';
import type { SimEngine } from '../src/engine/sim.ts';
import { type Benchmark, type BenchOptions, commandOf, type Figure } from './benchmark.ts';
import { joinAll } from './join.ts';
import { measureInLargeHeap } from './large-heap.ts';
import { registerAll, startAll, withNetwork } from './live-network.ts';
import { simulation } from './simulation.ts';
import { quantile } from './statistics.ts';

const ROOM = 'plaza';
const FIFTY = 50;
const FEW = 10;
const PER_PROCESS = 10;
const ONE_BY_ONE = 40;
const EACH = 8;
/** Joins come so far apart in the simulator, ms: a thousand at once would leave a thousand heads. */
const JOIN_PAUSE_MILLIS = 50;
const ARRIVAL_MILLIS = 20;
const SIM_MESSAGES = 10;
const COMMAND_MILLIS = 60_000;
const DEADLINE_MILLIS = 300_000;
const MEGABYTE = 1e6;
/** Rooms of so many are simulated in a process of their own. */
const OWN_PROCESS_MIN = 300;

/**
 * When which node could read a message, by its text. Both engines tell events as they happen. A line whose sender key is late is
 * told without its text after a while and told again when it opens: only then has its reader got it.
 */
class Deliveries {
  readonly #engine: Engine;
  readonly #millisOf = new Map<string, Map<string, number>>();
  /** Lines that were shown before their key. */
  sealedCount = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
    engine.onEvent((node, event) => {
      const seen = event as NodeEvent;
      if ((seen.type !== 'room-message' && seen.type !== 'room-message-changed') || node === '') return;
      const { fromMe, kind, sealed, text } = seen.message;
      if (fromMe || kind !== 'message') return;
      if (sealed) {
        if (seen.type === 'room-message') this.sealedCount += 1;
        return;
      }
      const millis = this.#millisOf.get(text) ?? new Map<string, number>();
      if (!millis.has(node)) this.#millisOf.set(text, millis.set(node, engine.now()));
    });
  }

  count(text: string): number {
    return this.#millisOf.get(text)?.size ?? 0;
  }

  of(text: string): readonly number[] {
    return [...(this.#millisOf.get(text)?.values() ?? [])];
  }

  /** Writes, waits until so many others were told, and says after how long each was, ms. */
  async say(by: string, text: string, others: number): Promise<number[]> {
    const sentMillis = this.#engine.now();
    await this.#engine.command(by, 'room-send', { room: ROOM, text }, COMMAND_MILLIS);
    await waitFor(this.#engine, `${others} others read ${text}`, async () => this.count(text) >= others);
    return this.of(text).map((atMillis) => atMillis - sentMillis);
  }
}

async function waitFor(engine: Engine, what: string, holds: () => Promise<boolean>): Promise<void> {
  const seen = await engine.until(async () => ((await holds()) ? null : what), DEADLINE_MILLIS);
  if (seen !== null) throw new Error(`${what}: not within ${DEADLINE_MILLIS} ms`);
}

async function membersAt(engine: Engine, node: string): Promise<number> {
  const { rooms } = (await engine.command(node, 'rooms', {}, COMMAND_MILLIS)) as RoomsView;
  return rooms.find(({ room }) => room === ROOM)?.members ?? 0;
}

/** The first user makes the room, the others join it by its link. */
async function gather(engine: Engine, users: readonly string[], pauseMillis: number, say: (text: string) => void = () => {}): Promise<void> {
  const [founder = '', ...others] = users;
  const { link } = (await engine.command(founder, 'room-create', { name: ROOM }, COMMAND_MILLIS)) as RoomView;
  for (const [index, user] of others.entries()) {
    await engine.command(user, 'room-join', { room: link }, COMMAND_MILLIS);
    if (pauseMillis > 0) await engine.wait(pauseMillis);
    if ((index + 1) % 100 === 0) say(`${index + 1} have joined the room`);
  }
  for (const user of users) await waitFor(engine, `${user} sees all members`, async () => (await membersAt(engine, user)) === users.length);
}

const usersOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `user${index + 1}`);

const roomOfFifty: Benchmark = {
  name: 'room-of-fifty',
  about: `a room of ${FIFTY} real members, ${PER_PROCESS} a process: until each and the last screen has a message, and deliveries a second when all write`,
  command: commandOf('room-of-fifty'),
  async measure(options: BenchOptions): Promise<readonly Figure[]> {
    const size = options.quick ? FEW : FIFTY;
    return await withNetwork(async (engine) => {
      const users = usersOf(size);
      await startAll(engine, users);
      await registerAll(engine, users);
      await gather(engine, users, 0);
      options.say('all are in the room');
      const deliveries = new Deliveries(engine);
      await deliveries.say('user1', 'the first message brings keys along', size - 1);
      const all: number[] = [];
      const last: number[] = [];
      for (let count = 0; count < ONE_BY_ONE; count += 1) {
        const tookMillis = await deliveries.say(`user${((count * 7) % size) + 1}`, `message ${count}`, size - 1);
        all.push(...tookMillis);
        last.push(Math.max(...tookMillis));
      }
      const startedMillis = performance.now();
      await Promise.all(users.map((user) => sayMany(deliveries, engine, user, size - 1)));
      const perSecond = (deliveriesOf(size) * 1_000) / (performance.now() - startedMillis);
      const where = `room of ${size} real members, ${PER_PROCESS} a process`;
      return [
        { row: `${where}, a member has a message, p50`, value: quantile(all, 0.5), unit: 'ms' },
        { row: `${where}, a member has a message, p99`, value: quantile(all, 0.99), unit: 'ms' },
        { row: `${where}, the last member has it, p50`, value: quantile(last, 0.5), unit: 'ms' },
        { row: `${where}, the last member has it, p99`, value: quantile(last, 0.99), unit: 'ms' },
        { row: `${where}, deliveries while all write`, value: perSecond, unit: '/s' },
        { row: `${where}, lines shown before their key, of ${deliveriesOf(size)}`, value: deliveries.sealedCount, unit: 'messages' },
      ];
    }, PER_PROCESS);
  },
};

/** Messages that all write, times those who read each. */
const deliveriesOf = (size: number): number => size * EACH * (size - 1);

async function sayMany(deliveries: Deliveries, engine: Engine, user: string, others: number): Promise<void> {
  for (let count = 0; count < EACH; count += 1) {
    await engine.command(user, 'room-send', { room: ROOM, text: `${user} says ${count}` }, COMMAND_MILLIS);
  }
  for (let count = 0; count < EACH; count += 1) {
    await waitFor(engine, `all have what ${user} says`, async () => deliveries.count(`${user} says ${count}`) === others);
  }
}

/** Memory that is in use after a collection, bytes. */
/** What is alive; where others let go of more meanwhile, a difference of two is below zero. */
function usedBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

function simulatedRoom(count: number): Benchmark {
  const name = `sim-room-${count}`;
  return {
    name,
    about: `a room of ${count} members in the simulator: until the last has a message, and what a change of keys after a removal takes`,
    command: commandOf(name),
    runsMax: 1,
    measure: (options) => {
      const size = options.quick ? Math.min(count, 30) : count;
      return size >= OWN_PROCESS_MIN ? measureInLargeHeap('room', size, options) : measureRoom(size, options);
    },
  };
}

/** Lets a room of `count` simulated members come to be, speak, and change its keys. */
export async function measureRoom(count: number, options: BenchOptions): Promise<readonly Figure[]> {
  const engine = simulation(1);
  try {
    return await playRoom(engine, count, options);
  } finally {
    await engine.stop();
  }
}

async function playRoom(engine: SimEngine, count: number, options: BenchOptions): Promise<readonly Figure[]> {
  const users = usersOf(count);
  await joinAll(engine, count, options, ARRIVAL_MILLIS);
  const joinStarted = performance.now();
  await gather(engine, users, JOIN_PAUSE_MILLIS, options.say);
  const joinSeconds = (performance.now() - joinStarted) / 1_000;
  options.say(`all ${count} are in the room`);
  const deliveries = new Deliveries(engine);
  const last: number[] = [];
  await deliveries.say('user1', 'the first message brings keys along', count - 1);
  for (let index = 0; index < SIM_MESSAGES; index += 1) last.push(Math.max(...(await deliveries.say('user1', `message ${index}`, count - 1))));
  const before = usedBytes();
  await engine.command('user1', 'room-remove', { room: ROOM, user: `user${count}` }, COMMAND_MILLIS);
  for (const user of users.slice(0, -1)) await waitFor(engine, `${user} knows of the removal`, async () => (await membersAt(engine, user)) === count - 1);
  const changeStarted = process.cpuUsage();
  const changed = await deliveries.say('user2', 'under another key', count - 2);
  const { user, system } = process.cpuUsage(changeStarted);
  const changeMillis = (user + system) / 1_000;
  const where = `room of ${count} members in the simulator`;
  return [
    { row: `${where}, joined one after the other, wall time`, value: joinSeconds, unit: 's' },
    { row: `${where}, the last member has a message, p50, virtual time`, value: quantile(last, 0.5), unit: 'ms' },
    { row: `${where}, the last member has a message, slowest, virtual time`, value: Math.max(...last), unit: 'ms' },
    { row: `${where}, key change: the last member reads under the new key, virtual time`, value: Math.max(...changed), unit: 'ms' },
    { row: `${where}, key change: processor time of all members together`, value: changeMillis, unit: 'ms' },
    { row: `${where}, key change: memory of all members together`, value: (usedBytes() - before) / MEGABYTE, unit: 'MB' },
  ];
}

export const ROOMS: readonly Benchmark[] = [roomOfFifty, ...[10, 100, 300, 1_000].map(simulatedRoom)];
