import { type Distribution, drawMillis } from './distributions.ts';

/**
 * Fault rules between core and transport: a frame or datagram goes in, what becomes of it comes out.
 * The same objects steer the simulator's network and live nodes (shape after turmoil's rules).
 */

interface Ends {
  readonly id: string;
  /** Names of nodes; `*` means every node. */
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** False: both directions. */
  readonly oneWay: boolean;
}

export type Rule = Ends &
  (
    | { readonly kind: 'cut' }
    /** Everything takes `delayMillis` longer, plus up to `jitterMillis` drawn evenly. */
    | { readonly kind: 'delay'; readonly delayMillis: number; readonly jitterMillis: number }
    /** Everything takes longer by a time that is drawn for each frame. */
    | { readonly kind: 'latency'; readonly distribution: Distribution }
    /**
     * Everything takes longer by what was measured between two places, plus up to `jitterShare` of it drawn evenly.
     * Nodes that `places` does not name are put somewhere by their names, everywhere in the same way.
     */
    | {
        readonly kind: 'matrix';
        readonly places: ReadonlyArray<readonly [node: string, place: number]>;
        /** One way, ms: a row for each place of the sender. */
        readonly delayMillis: ReadonlyArray<readonly number[]>;
        readonly jitterShare: number;
      }
    /** Each is lost with this probability. */
    | { readonly kind: 'loss'; readonly probability: number }
    /** Each arrives twice with this probability. */
    | { readonly kind: 'duplicate'; readonly probability: number }
    /** Each is held back with this probability, for up to `byMillis`, and overtaken by what comes after it. */
    | { readonly kind: 'reorder'; readonly probability: number; readonly byMillis: number }
    /** Each pair of nodes has a line of this speed in each direction; what does not fit into its queue is lost. */
    | { readonly kind: 'bandwidth'; readonly bytesPerSecond: number; readonly queueBytesMax: number }
  );

export type Verdict =
  | { readonly action: 'pass' }
  | {
      readonly action: 'deliver';
      readonly delayMillis: number;
      /** How often it arrives. */
      readonly copies: number;
      /** It does not keep its place among the frames of its connection. */
      readonly overtaken: boolean;
    }
  | { readonly action: 'drop'; readonly rule: string };

/** What is judged. */
export interface Carried {
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
  /** When it wants to leave: any clock that does not go back. */
  readonly nowMillis: number;
}

const PASS: Verdict = { action: 'pass' };
/** Lines of limited bandwidth that are remembered at a time. */
const LINES_MAX = 65_536;
const GROUP_LIST_MAX = 8;
const EVERYONE = '*';

/** Judges frames; keeps how busy the lines of limited bandwidth are. One for a live node, one for a simulated world. */
export class Judge {
  readonly #fraction: () => number;
  /** When a line is free again, by rule and pair. */
  readonly #freeAtMillis = new Map<string, number>();

  /** `fraction` gives doubles in [0, 1). */
  constructor(fraction: () => number) {
    this.#fraction = fraction;
  }

  /** Delays of several rules add up; a cut or a loss wins over everything that comes after it in the list. */
  judge(rules: readonly Rule[], carried: Carried): Verdict {
    if (rules.length === 0) return PASS;
    let delayMillis = 0;
    let copies = 1;
    let overtaken = false;
    for (const rule of rules) {
      if (!covers(rule, carried.from, carried.to)) continue;
      switch (rule.kind) {
        case 'cut':
          return { action: 'drop', rule: rule.id };
        case 'loss':
          if (this.#fraction() < rule.probability) return { action: 'drop', rule: rule.id };
          break;
        case 'delay':
          delayMillis += rule.delayMillis + (rule.jitterMillis > 0 ? rule.jitterMillis * this.#fraction() : 0);
          break;
        case 'latency':
          delayMillis += drawMillis(rule.distribution, this.#fraction);
          break;
        case 'matrix': {
          const measured = betweenPlaces(rule, carried);
          delayMillis += measured + (rule.jitterShare > 0 ? measured * rule.jitterShare * this.#fraction() : 0);
          break;
        }
        case 'duplicate':
          if (this.#fraction() < rule.probability) copies += 1;
          break;
        case 'reorder':
          if (this.#fraction() < rule.probability) {
            overtaken = true;
            delayMillis += rule.byMillis * this.#fraction();
          }
          break;
        case 'bandwidth': {
          const wait = this.#queue(rule, carried);
          if (wait === null) return { action: 'drop', rule: rule.id };
          delayMillis += wait;
          break;
        }
      }
    }
    return delayMillis > 0 || copies > 1 || overtaken ? { action: 'deliver', delayMillis, copies, overtaken } : PASS;
  }

  /** How long it takes until the last byte has left, ms; null when the queue before the line is full. */
  #queue(rule: Extract<Rule, { kind: 'bandwidth' }>, { from, to, bytes, nowMillis }: Carried): number | null {
    const line = `${rule.id} ${from} ${to}`;
    const freeAtMillis = Math.max(nowMillis, this.#freeAtMillis.get(line) ?? 0);
    const queuedBytes = ((freeAtMillis - nowMillis) * rule.bytesPerSecond) / 1_000;
    if (queuedBytes > 0 && queuedBytes + bytes > rule.queueBytesMax) return null;
    const leavesMillis = freeAtMillis + (bytes * 1_000) / rule.bytesPerSecond;
    if (this.#freeAtMillis.size >= LINES_MAX && !this.#freeAtMillis.has(line)) this.#freeAtMillis.delete(this.#freeAtMillis.keys().next().value as string);
    this.#freeAtMillis.set(line, leavesMillis);
    return leavesMillis - nowMillis;
  }
}

/** Large groups are looked up instead of walked through. */
const setOfGroup = new WeakMap<readonly string[], ReadonlySet<string>>();

function inGroup(group: readonly string[], name: string): boolean {
  if (group.length <= GROUP_LIST_MAX) return group.includes(name) || group.includes(EVERYONE);
  let set = setOfGroup.get(group);
  if (set === undefined) {
    set = new Set(group);
    setOfGroup.set(group, set);
  }
  return set.has(name) || set.has(EVERYONE);
}

function covers(rule: Rule, from: string, to: string): boolean {
  if (inGroup(rule.from, from) && inGroup(rule.to, to)) return true;
  return !rule.oneWay && inGroup(rule.from, to) && inGroup(rule.to, from);
}

function betweenPlaces(rule: Extract<Rule, { kind: 'matrix' }>, { from, to }: Carried): number {
  return rule.delayMillis[placeOf(rule, from)]?.[placeOf(rule, to)] ?? 0;
}

const placesOfRule = new WeakMap<ReadonlyArray<readonly [string, number]>, ReadonlyMap<string, number>>();

function placeOf(rule: Extract<Rule, { kind: 'matrix' }>, name: string): number {
  let known = placesOfRule.get(rule.places);
  if (known === undefined) {
    known = new Map(rule.places);
    placesOfRule.set(rule.places, known);
  }
  const place = known.get(name);
  if (place !== undefined) return place;
  // FNV-1a (Fowler, Noll, Vo): the same place in every process.
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at += 1) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % rule.delayMillis.length;
}
