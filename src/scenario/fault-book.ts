import { ConfabError } from '../core/errors.ts';
import { faultsInForce, NO_FAULTS, type NodeFaults } from '../core/faults.ts';
import type { Rule } from '../core/rules.ts';
import type { Engine } from '../engine/engine.ts';

type NodeFaultKind = ReturnType<typeof faultsInForce>[number];
type Facts = Readonly<Record<string, string | number | boolean>>;

/**
 * What a run has broken and not yet healed.
 *
 * Invariants
 * 1. Every fault is in the trace before it is in force, and its healing after it has gone.
 * 2. `healEverything` leaves nothing broken.
 */
export class FaultBook {
  readonly #engine: Engine;
  #rules: readonly Rule[] = [];
  readonly #faults = new Map<string, NodeFaults>();
  #ruleCount = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** A fresh name for a rule that nobody named. */
  nextRuleId(kind: string): string {
    this.#ruleCount += 1;
    return `${kind}-${this.#ruleCount}`;
  }

  /** A rule of the same name gives way to this one. */
  async addRule(rule: Rule): Promise<void> {
    this.#rules = [...this.#rules.filter((each) => each.id !== rule.id), rule];
    this.#engine.record({ type: 'state', subject: 'rule', id: rule.id, to: 'set', data: factsOfRule(rule) });
    await this.#engine.setRules(this.#rules);
  }

  /** Takes rules away; all of them without a name. Says how many went. */
  async removeRules(id: string | null): Promise<number> {
    const removed = this.#rules.filter((rule) => id === null || rule.id === id);
    if (removed.length === 0) return 0;
    this.#rules = this.#rules.filter((rule) => !removed.includes(rule));
    await this.#engine.setRules(this.#rules);
    for (const rule of removed) this.#engine.record({ type: 'state', subject: 'rule', id: rule.id, to: 'healed', data: { kind: rule.kind } });
    return removed.length;
  }

  /** Changes what is wrong with a node. Rejects with `unavailable` for a pause of one that does not run. */
  async change(node: string, change: Partial<NodeFaults>): Promise<void> {
    const before = this.#faults.get(node) ?? NO_FAULTS;
    const after = { ...before, ...change };
    const [was, is] = [faultsInForce(before), faultsInForce(after)];
    const healed = was.filter((kind) => !is.includes(kind));
    const begun = is.filter((kind) => !was.includes(kind) || sizeOf(kind, before) !== sizeOf(kind, after));
    if (healed.length === 0 && begun.length === 0) return;
    if (begun.includes('pause') && !this.#engine.isRunning(node)) throw new ConfabError('unavailable', { what: `The node of ${node}` });
    this.#faults.set(node, after);
    for (const kind of begun) this.#record(node, 'set', { kind, size: sizeOf(kind, after) });
    await this.#engine.setFaults(node, after);
    for (const kind of healed) this.#record(node, 'healed', { kind });
  }

  /** Null: all nodes. Says how many faults went. */
  async healNodes(names: readonly string[] | null): Promise<number> {
    let healed = 0;
    for (const node of names ?? [...this.#faults.keys()]) {
      healed += faultsInForce(this.#faults.get(node) ?? NO_FAULTS).length;
      await this.change(node, NO_FAULTS);
    }
    return healed;
  }

  async healEverything(): Promise<number> {
    return (await this.removeRules(null)) + (await this.healNodes(null));
  }

  #record(node: string, to: 'set' | 'healed', data: Facts): void {
    this.#engine.record({ type: 'state', subject: 'fault', id: node, to, data });
  }
}

function sizeOf(kind: NodeFaultKind, faults: NodeFaults): number {
  switch (kind) {
    case 'pause':
    case 'disk-full':
      return 1;
    case 'slow':
      return faults.slowFactor;
    case 'clock':
      return faults.driftMillisPerSecond === 0 ? faults.skewMillis : faults.driftMillisPerSecond;
  }
}

const NAMES_MAX = 12;

/** What a reader of the trace wants to know of a rule. */
export function factsOfRule(rule: Rule): Facts {
  const group = (names: readonly string[]) => (names.length > NAMES_MAX ? `${names.slice(0, NAMES_MAX).join(' ')} … (${names.length})` : names.join(' '));
  const ends = { kind: rule.kind, between: group(rule.from), and: group(rule.to), oneWay: rule.oneWay };
  switch (rule.kind) {
    case 'cut':
      return ends;
    case 'delay':
      return { ...ends, delayMillis: rule.delayMillis, jitterMillis: rule.jitterMillis };
    case 'latency':
      return { ...ends, law: rule.distribution.law };
    case 'matrix':
      return { ...ends, places: rule.delayMillis.length };
    case 'loss':
    case 'duplicate':
      return { ...ends, probability: rule.probability };
    case 'reorder':
      return { ...ends, probability: rule.probability, byMillis: rule.byMillis };
    case 'bandwidth':
      return { ...ends, bytesPerSecond: rule.bytesPerSecond };
  }
}
