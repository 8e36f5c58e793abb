import { BareChord, type BareChordRun, type Tally } from '../../examples/bare-chord/bare-chord.ts';
import { FingerTables } from '../../examples/bare-chord/finger-table.ts';
import { placeOf, saltOf } from '../../examples/bare-chord/identifiers.ts';
import type { BaseEnv } from '../../src/core/env.ts';
import type { Rule } from '../../src/core/rules.ts';
import { World, type WorldOptions } from '../../src/sim/world.ts';

export interface WorkloadSettings {
  readonly nodes: number;
  /** The last node starts at this time, ms; 500,000 in the statement, at least 2,000,000 for a million nodes. */
  readonly growthMillis: number;
  /** Virtual time that is simulated, ms. */
  readonly durationMillis: number;
  readonly seed: number;
}

export const STATEMENT: Omit<WorkloadSettings, 'nodes'> = { growthMillis: 500_000, durationMillis: 1_000_000, seed: 1 };
/** One way, ms. */
export const MESSAGE_MILLIS = 50;

export interface WorkloadCounts {
  readonly messages: number;
  readonly timers: number;
  /** Look-ups that were answered by message. */
  readonly lookups: number;
  readonly hops: number;
  readonly rightSuccessors: number;
}

/** When a node starts: the network grows exponentially, so that half of the time passes before its square root is reached. */
export function startMillis(index: number, { nodes, growthMillis }: WorkloadSettings): number {
  return index === 0 ? 0 : (growthMillis * Math.log2(index + 1)) / Math.log2(nodes);
}

/** Plays W1 by the simulator that plays everything else. */
export function playWorkload(
  settings: WorkloadSettings,
  { rules = [], ...options }: Partial<WorldOptions> & { readonly rules?: readonly Rule[] } = {},
): WorkloadCounts {
  const { nodes, seed, durationMillis } = settings;
  const world = new World({ seed, latency: { minMillis: MESSAGE_MILLIS, maxMillis: MESSAGE_MILLIS }, ...options });
  world.rules = rules;
  const tally: Tally = { lookups: 0, hops: 0 };
  const run: BareChordRun = { seed, tally, fingers: new FingerTables(nodes, seed) };
  const programs: BareChord[] = [];
  for (let address = 0; address < nodes; address += 1) {
    const make = (env: BaseEnv<never>) => {
      const program = new BareChord(env, address, run);
      programs[address] = program;
      return program;
    };
    const node = world.addProgram(`n${address}`, make);
    world.start(node.index, startMillis(address, settings));
  }
  world.runUntil(durationMillis);
  const successors = programs.map((program) => program.successor);
  return {
    messages: world.messageCount,
    timers: world.timerCount,
    lookups: tally.lookups,
    hops: tally.hops,
    rightSuccessors: rightSuccessors(successors, seed),
  };
}

/** How many nodes point at the one that follows them on the ring of all. */
export function rightSuccessors(successors: ArrayLike<number>, seed: number): number {
  const salt = saltOf(seed);
  const order = Array.from(successors, (_, address) => address).sort((a, b) => (placeOf(a, salt) >>> 0) - (placeOf(b, salt) >>> 0));
  return order.filter((address, at) => successors[address] === order[(at + 1) % order.length]).length;
}
