import type { SeededRandom } from '../../sim/random.ts';
import type { RawStep } from '../random-steps.ts';
import { written } from './drawn-group.ts';

/** One fault of a nemesis: what begins it, and what heals it. */
export interface DrawnFault {
  readonly begin: readonly RawStep[];
  readonly heal: readonly RawStep[];
  /** Nodes that this fault has for itself until it is healed. */
  readonly victims: readonly string[];
  /** Its victims can do nothing while it lasts. */
  readonly takesDown: boolean;
}

/** From what a fault is drawn. */
export interface NemesisHand {
  readonly random: SeededRandom;
  /** A name for a rule that nobody else has. */
  readonly name: string;
  readonly nodes: readonly string[];
  /** Nodes to which nothing else is done now. */
  readonly free: readonly string[];
}

type Make = (hand: NemesisHand) => DrawnFault | null;

function some(hand: NemesisHand): string | undefined {
  return hand.free[hand.random.below(Math.max(1, hand.free.length))];
}

function between(hand: NemesisHand, least: number, most: number): number {
  return least + (most - least) * hand.random.fraction();
}

/** Something that is done to one node, and undone. */
function toOne(takesDown: boolean, steps: (node: string, hand: NemesisHand) => Pick<DrawnFault, 'begin' | 'heal'>): Make {
  return (hand) => {
    const node = some(hand);
    return node === undefined ? null : { ...steps(node, hand), victims: [node], takesDown };
  };
}

/** A rule on lines, healed by its name. */
function onLines(begin: (hand: NemesisHand) => RawStep | null): Make {
  return (hand) => {
    const step = begin(hand);
    return step === null ? null : { begin: [step], heal: [{ heal: hand.name, maybe: true }], victims: [], takesDown: false };
  };
}

/** Two groups of all nodes, neither of them empty. */
function halves(hand: NemesisHand): { readonly one: string[]; readonly other: string[] } | null {
  const { nodes, random } = hand;
  if (nodes.length < 2) return null;
  const shuffled = [...nodes];
  for (let at = shuffled.length - 1; at > 0; at -= 1) {
    const swap = random.below(at + 1);
    [shuffled[at], shuffled[swap]] = [shuffled[swap] as string, shuffled[at] as string];
  }
  const size = 1 + random.below(nodes.length - 1);
  return { one: shuffled.slice(0, size).sort(), other: shuffled.slice(size).sort() };
}

function cutBetweenHalves(oneWay: boolean): Make {
  return onLines((hand) => {
    const split = halves(hand);
    if (split === null) return null;
    const ends = { between: split.one, and: split.other, name: hand.name };
    return { cut: oneWay ? { ...ends, 'one-way': true } : ends };
  });
}

function share(hand: NemesisHand, most: number): number {
  return Math.round(between(hand, 0.02, most) * 1_000) / 1_000;
}

/** Back in the network, as far as the moment allows it. */
function comeBack(node: string): RawStep[] {
  return [{ restart: node }, { 'log-in': node, maybe: true }];
}

/** Every kind of fault that a nemesis draws, each within bounds that the protocol is made for. */
export const NEMESIS_FAULTS: Readonly<Record<string, Make>> = {
  kill: toOne(true, (node) => ({ begin: [{ kill: node }], heal: comeBack(node) })),
  stop: toOne(true, (node) => ({ begin: [{ stop: node }], heal: comeBack(node) })),
  pause: toOne(true, (node) => ({ begin: [{ pause: node }], heal: [{ resume: node }] })),
  slow: toOne(false, (node, hand) => ({
    begin: [{ slow: { of: node, factor: Math.round(between(hand, 2, 8)) } }],
    heal: [{ slow: { of: node, factor: 1 } }],
  })),
  'disk-full': toOne(true, (node) => ({ begin: [{ disk: { of: node, is: 'full' } }], heal: [{ disk: { of: node, is: 'free' } }] })),
  clock: toOne(false, (node, hand) => ({
    // Records that are stamped more than a minute ahead are refused; within that, nothing may depend on clocks.
    begin: [{ clock: { of: node, [hand.random.fraction() < 0.5 ? 'ahead' : 'behind']: written(between(hand, 1_000, 25_000)) } }],
    heal: [{ clock: { of: node, is: 'right' } }],
  })),
  'clock-drift': toOne(false, (node, hand) => ({
    begin: [{ clock: { of: node, [hand.random.fraction() < 0.5 ? 'gains' : 'loses']: written(between(hand, 1, 100)) } }],
    heal: [{ clock: { of: node, is: 'right' } }],
  })),
  cut: cutBetweenHalves(false),
  'one-way-cut': cutBetweenHalves(true),
  isolate: onLines((hand) => {
    const node = some(hand);
    return node === undefined ? null : { cut: { between: node, and: 'everyone', name: hand.name } };
  }),
  delay: onLines((hand) => {
    const node = some(hand);
    if (node === undefined) return null;
    return { delay: { between: node, and: 'everyone', by: written(between(hand, 20, 400)), jitter: written(between(hand, 10, 200)), name: hand.name } };
  }),
  latency: onLines((hand) => ({ latency: { law: 'lognormal', median: written(between(hand, 10, 120)), sigma: 0.6, name: hand.name } })),
  loss: onLines((hand) => ({ loss: { probability: share(hand, 0.3), name: hand.name } })),
  duplicate: onLines((hand) => ({ duplicate: { probability: share(hand, 0.5), name: hand.name } })),
  reorder: onLines((hand) => ({ reorder: { probability: share(hand, 0.5), by: written(between(hand, 20, 300)), name: hand.name } })),
  bandwidth: onLines((hand) => {
    const node = some(hand);
    if (node === undefined) return null;
    return { bandwidth: { between: node, and: 'everyone', 'bytes-per-second': Math.round(between(hand, 8_000, 60_000)), name: hand.name } };
  }),
  'seed-server': () => ({ begin: [{ 'seed-server': 'stop' }], heal: [{ 'seed-server': 'start' }], victims: [SEED_SERVER], takesDown: false }),
};

/** Stands for the seed server among victims: it is down once at a time. */
const SEED_SERVER = 'seed server';
