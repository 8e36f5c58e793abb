import type { BaseEnv, Program } from '../src/core/env.ts';
import { World } from '../src/sim/world.ts';
import type { Benchmark, BenchOptions, Figure } from './benchmark.ts';
import { joinAll } from './join.ts';
import { simulation } from './simulation.ts';

const ARRIVAL_MILLIS = 20;
/** Virtual time that is measured once all have joined, ms. */
const MEASURED_MILLIS = 20_000;
const WARM_UP_MILLIS = 2_000;
/** Virtual time between looks at the clock, and how long the measurement takes in real time, ms. */
const BARE_SLICE_MILLIS = 500;
const BARE_MEASURED_WALL_MILLIS = 2_000;
const BARE_PERIOD_MILLIS = 100;
const BARE_TARGETS = 3;

function chatNodes(count: number): Benchmark {
  const name = `sim-chat-${count}`;
  return {
    name,
    about: `events a second of the simulator with ${count} chat nodes that have joined and idle (frames and timers, real crypto)`,
    command: `npm run bench -- ${name}`,
    ...(count > 1_000 ? { runsMax: 1 } : {}),
    async measure(options: BenchOptions): Promise<readonly Figure[]> {
      const engine = simulation(1);
      try {
        const joinStarted = performance.now();
        await joinAll(engine, count, options, ARRIVAL_MILLIS);
        const joinEvents = engine.world.messageCount + engine.world.timerCount;
        const joining = (joinEvents * 1_000) / (performance.now() - joinStarted);
        await engine.wait(WARM_UP_MILLIS);
        const before = engine.world.messageCount + engine.world.timerCount;
        const startedMillis = performance.now();
        await engine.wait(options.quick ? MEASURED_MILLIS / 5 : MEASURED_MILLIS);
        const wallMillis = performance.now() - startedMillis;
        const events = engine.world.messageCount + engine.world.timerCount - before;
        return [
          { row: `simulator, ${count} chat nodes while they join`, value: joining, unit: 'events/s' },
          { row: `simulator, ${count} chat nodes that have joined`, value: (events * 1_000) / wallMillis, unit: 'events/s' },
        ];
      } finally {
        await engine.stop();
      }
    },
  };
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
    command: `npm run bench -- ${name}`,
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

export const SIMULATOR: readonly Benchmark[] = [...[100, 1_000, 10_000].map(chatNodes), ...[100, 1_000, 10_000].map(barePrograms)];
