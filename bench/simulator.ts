import type { BaseEnv, Program } from '../src/core/env.ts';
import { World } from '../src/sim/world.ts';
import { type Benchmark, type BenchOptions, commandOf, type Figure } from './benchmark.ts';
import { joinAll, joinFigures } from './join.ts';
import { measureInLargeHeap } from './large-heap.ts';
import { simulation } from './simulation.ts';

/** Newcomers turn up one after the other at this pace, ms, or faster where that would take longer than the second figure. */
const ARRIVAL_MILLIS = 20;
const ARRIVALS_MILLIS_MAX = 20_000;
/** Virtual time that is measured once all have joined, ms. */
const MEASURED_MILLIS = 20_000;
/** What a crowd leaves to do when all have joined is over after this, ms; so much virtual time of ten thousand would take too long. */
const WARM_UP_MILLIS = 15_000;
const LARGE_WARM_UP_MILLIS = 2_000;
/** Virtual time between looks at the clock, and how long the measurement takes in real time, ms. */
const BARE_SLICE_MILLIS = 500;
const BARE_MEASURED_WALL_MILLIS = 2_000;
const BARE_PERIOD_MILLIS = 100;
const BARE_TARGETS = 3;
/** So many chat nodes are simulated in a process of their own, whose memory is measured. */
const OWN_PROCESS_MIN = 1_000;
const MEGABYTE = 1e6;

function chatNodes(count: number): Benchmark {
  const name = `sim-${count}`;
  return {
    name,
    about: `${count} users in the simulator join and are on line together, then idle: time to join, and events a second (frames and timers, real crypto)`,
    command: commandOf(name),
    ...(isLarge(count) ? { runsMax: 1 } : {}),
    measure: (options) => (count >= OWN_PROCESS_MIN ? measureInLargeHeap('chat-nodes', count, options) : measureChatNodes(count, options)),
  };
}

function isLarge(count: number): boolean {
  return count > 1_000;
}

/** Lets `count` users join in the simulator and idle. */
export async function measureChatNodes(count: number, options: BenchOptions): Promise<readonly Figure[]> {
  const engine = simulation(1);
  const eventCount = () => engine.world.messageCount + engine.world.timerCount;
  try {
    const joinStarted = performance.now();
    const outcome = await joinAll(engine, count, options, Math.min(ARRIVAL_MILLIS, ARRIVALS_MILLIS_MAX / count));
    const joinMillis = performance.now() - joinStarted;
    const joining = (eventCount() * 1_000) / joinMillis;
    options.say('all have joined');
    await engine.wait(isLarge(count) ? LARGE_WARM_UP_MILLIS : WARM_UP_MILLIS);
    const before = eventCount();
    const messagesBefore = engine.world.messageCount;
    const beforeMillis = engine.now();
    const startedMillis = performance.now();
    await engine.wait(options.quick || isLarge(count) ? MEASURED_MILLIS / 5 : MEASURED_MILLIS);
    const idling = ((eventCount() - before) * 1_000) / (performance.now() - startedMillis);
    const upkeep = ((engine.world.messageCount - messagesBefore) * 1_000) / (engine.now() - beforeMillis) / count;
    return [
      ...joinFigures(`${count} users in the simulator`, ', virtual time', outcome, joinMillis),
      ...(count < OWN_PROCESS_MIN
        ? []
        : [{ row: `simulator, ${count} chat nodes, resident memory of the process`, value: process.memoryUsage().rss / MEGABYTE, unit: 'MB' as const }]),
      { row: `simulator, ${count} chat nodes while they join`, value: joining, unit: 'events/s' },
      { row: `simulator, ${count} chat nodes that have joined`, value: idling, unit: 'events/s' },
      { row: `idle upkeep, ${count} chat nodes in the simulator, frames and datagrams a node`, value: upkeep, unit: '/s', aim: 'under 20 /s' },
    ];
  } finally {
    await engine.stop();
  }
}

/** Tells three random nodes something every tenth of a second. */
class Chatterer implements Program<number> {
  readonly #env: BaseEnv<number>;
  readonly #count: number;
  #heard = 0;

  constructor(env: BaseEnv<number>, count: number) {
    this.#env = env;
    this.#count = count;
  }

  start(): void {
    this.#env.setTimer('tell', '', this.#env.random.fraction() * BARE_PERIOD_MILLIS);
  }

  input(_from: number, message: number): void {
    this.#heard += message;
  }

  timer(): void {
    this.#env.setTimer('tell', '', BARE_PERIOD_MILLIS);
    for (let each = 0; each < BARE_TARGETS; each += 1) this.#env.send(Math.floor(this.#env.random.fraction() * this.#count), (this.#heard & 7) + 1);
  }
}

function barePrograms(count: number): Benchmark {
  const name = `sim-bare-${count}`;
  return {
    name,
    about: `events a second of the simulator with ${count} small programs that each tell three others something ten times a second`,
    command: commandOf(name),
    async measure(options: BenchOptions): Promise<readonly Figure[]> {
      const world = new World({ seed: 1 });
      for (let index = 0; index < count; index += 1) {
        world.addProgram(`n${index}`, (env: BaseEnv<number>) => new Chatterer(env, count));
        world.start(index);
      }
      world.runUntil(1_000);
      const before = world.messageCount + world.timerCount;
      const startedMillis = performance.now();
      const limitMillis = options.quick ? BARE_MEASURED_WALL_MILLIS / 5 : BARE_MEASURED_WALL_MILLIS;
      while (performance.now() - startedMillis < limitMillis) world.runUntil(world.now + BARE_SLICE_MILLIS);
      const events = world.messageCount + world.timerCount - before;
      return [{ row: `simulator, ${count} bare programs`, value: (events * 1_000) / (performance.now() - startedMillis), unit: 'events/s' }];
    },
  };
}

export const SIMULATOR: readonly Benchmark[] = [...[8, 100, 1_000, 10_000].map(chatNodes), ...[100, 1_000, 10_000].map(barePrograms)];
