import fc from 'fast-check';
import { type KeyedOptions, KeyedWorld } from '../../bench/worlds/keyed-world.ts';
import { keysOf, note } from '../../bench/worlds/notes.ts';
import { REAL, type RingNode } from '../../bench/worlds/ring-world.ts';
import type { Rule } from '../../src/core/rules.ts';
import { REPAIR_MILLIS, type Writer, wrongAtQuiet } from './schedule.ts';

const WRITERS = 6;
const FIRST_NODES = 10;
const NODES_MIN = 8;
const QUIET_MILLIS = 100_000;

/** Numbers choose among whoever there is at that time. What is not possible then does not happen. */
type ValueAction =
  | { readonly do: 'write' | 'delete'; readonly writer: number; readonly at: number }
  /** One or two neighbours die, their copies stay on their disks. */
  | { readonly do: 'crash'; readonly at: number; readonly count: number }
  | { readonly do: 'leave' | 'restart'; readonly at: number }
  | { readonly do: 'join' | 'heal' }
  | { readonly do: 'cut'; readonly count: number }
  | { readonly do: 'delay'; readonly millis: number };

const some = fc.nat({ max: 30 });
const action: fc.Arbitrary<ValueAction> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('write' as const), writer: fc.nat({ max: WRITERS - 1 }), at: some }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('delete' as const), writer: fc.nat({ max: WRITERS - 1 }), at: some }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), at: some, count: fc.integer({ min: 1, max: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('leave' as const, 'restart' as const), at: some }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('join' as const, 'heal' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const), count: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delay' as const), millis: fc.integer({ min: 5, max: 60 }) }) },
);
const steps = fc.array(fc.record({ action, pauseMillis: fc.constantFrom(0, 20, 200, 1_000, 4_000, 12_000) }), { minLength: 5, maxLength: 50 });
type Steps = ReadonlyArray<{ readonly action: ValueAction; readonly pauseMillis: number }>;

class ValueLife {
  readonly #keyed: KeyedWorld;
  readonly #writers: Writer[];
  /** Until then those who died are missed, so that nobody else may: fewer than a majority of the holders go at once. */
  #calmAtMillis = 0;

  constructor(seed: number, options: Omit<KeyedOptions, 'seed'>) {
    this.#keyed = new KeyedWorld({ seed, detection: REAL, ...options });
    this.#writers = Array.from({ length: WRITERS }, (_, index) => ({ keys: keysOf(`${seed}/${index}`), sequence: 0, acknowledged: 0, deletedAt: 0 }));
    this.#keyed.ring.addIdealRing(FIRST_NODES, true);
    this.#keyed.run(1_000);
  }

  perform(what: ValueAction): void {
    const { ring } = this.#keyed;
    const up = this.#keyed.sorted();
    const calm = ring.world.now >= this.#calmAtMillis;
    switch (what.do) {
      case 'write':
      case 'delete':
        return this.#write(this.#writers[what.writer] as Writer, up[what.at % up.length] as RingNode, what.do === 'delete');
      case 'crash':
        if (!calm || up.length - what.count < NODES_MIN) return;
        for (let step = 0; step < what.count; step += 1) ring.crash(up[(what.at + step) % up.length] as RingNode);
        this.#calmAtMillis = ring.world.now + REPAIR_MILLIS;
        return;
      case 'leave':
        if (calm && up.length > NODES_MIN) this.#leave(up[what.at % up.length] as RingNode);
        return;
      case 'restart': {
        const idle = ring.nodes.filter((node) => ring.program(node) === null);
        const back = idle[what.at % Math.max(1, idle.length)];
        if (back !== undefined) ring.start(back, up.slice(0, 3));
        return;
      }
      case 'join':
        return ring.start(ring.add(), up.slice(0, 2));
      case 'heal':
        if (ring.world.rules.some((rule) => rule.kind === 'cut')) this.#calmAtMillis = ring.world.now + 2 * REPAIR_MILLIS;
        ring.world.rules = [];
        return;
      case 'cut':
        if (calm) this.#cut(up.slice(0, what.count));
        return;
      case 'delay': {
        const all = ring.nodes.map((node) => node.contact.name);
        if (calm) ring.world.rules = [{ id: 'slow', kind: 'delay', from: all, to: all, delayMillis: what.millis, jitterMillis: what.millis, oneWay: false }];
        return;
      }
    }
  }

  #write(writer: Writer, at: RingNode, deleted: boolean): void {
    writer.sequence += 1;
    const { sequence } = writer;
    this.#keyed.at(at).put(note(writer.keys, { sequence, deleted, text: `${sequence}` }), (progress) => {
      if (progress.state !== 'held' && progress.state !== 'complete') return;
      writer.acknowledged = Math.max(writer.acknowledged, sequence);
      if (deleted) writer.deletedAt = Math.max(writer.deletedAt, sequence);
    });
  }

  /** In order: what it holds is handed over before it says goodbye. */
  #leave(node: RingNode): void {
    const { ring } = this.#keyed;
    const program = ring.program(node);
    this.#keyed.at(node).handOver(() => {
      if (ring.program(node) !== program) return;
      program?.chord.leave();
      ring.crash(node);
    });
    this.#calmAtMillis = ring.world.now + REPAIR_MILLIS;
  }

  #cut(side: readonly RingNode[]): void {
    const { ring } = this.#keyed;
    const from = side.map((node) => node.contact.name);
    const to = ring.nodes.map((node) => node.contact.name).filter((name) => !from.includes(name));
    const cut: Rule = { id: 'cut', kind: 'cut', from, to, oneWay: false };
    ring.world.rules = [cut];
    this.#calmAtMillis = Number.POSITIVE_INFINITY;
  }

  pass(millis: number): void {
    this.#keyed.run(millis);
  }

  /** Null, or what is wrong after a long calm. */
  wrongAtLast(): string | null {
    const { ring } = this.#keyed;
    ring.world.rules = [];
    this.pass(QUIET_MILLIS);
    const reader = ring.up()[0] as RingNode;
    return ring.notIdeal() ?? this.#writers.map((writer) => wrongAtQuiet(this.#keyed, writer, reader)).find((wrong) => wrong !== null) ?? null;
  }
}

function wrongAfter(seed: number, schedule: Steps, options: Omit<KeyedOptions, 'seed'>): string | null {
  const life = new ValueLife(seed, options);
  for (const { action: what, pauseMillis } of schedule) {
    life.perform(what);
    life.pass(pauseMillis);
  }
  return life.wrongAtLast();
}

/**
 * Schedules of writes, deletions, joins, leaves, deaths, returns, cuts, healings and delays in any order: no acknowledged write is lost
 * and no deletion undone (D3, D4). Null, or the smallest schedule that fails and how to repeat it.
 */
export function valueSchedulesBreak(seed: number, runs: number, options: Omit<KeyedOptions, 'seed'> = {}): string | null {
  const property = fc.property(fc.integer({ min: 1, max: 1_000_000 }), steps, (world, schedule) => {
    const wrong = wrongAfter(world, schedule, options);
    if (wrong !== null) throw new Error(wrong);
  });
  const outcome = fc.check(property, { seed, numRuns: runs });
  return outcome.failed ? (fc.defaultReportMessage(outcome) ?? 'failed without a report') : null;
}
