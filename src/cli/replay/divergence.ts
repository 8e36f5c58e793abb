import type { TraceDetail, TraceEvent } from '../../core/trace.ts';

/** Where two traces part: the number of the first event that differs, from 0, and what differs in it. */
export interface Divergence {
  /** 'all' for the whole trace, or the name of a node where the order between nodes is chance. */
  readonly within: string;
  readonly index: number;
  readonly first: TraceEvent | null;
  readonly second: TraceEvent | null;
  readonly what: string;
  /** Events of the first trace that both have, just before. */
  readonly before: readonly TraceEvent[];
}

const BEFORE = 3;

/** Runs of the simulator are compared event by event, with times and ids. */
export function firstDivergence(one: readonly TraceEvent[], other: readonly TraceEvent[]): Divergence | null {
  return compare('all', one, other, (event) => JSON.stringify(event));
}

/**
 * Runs of real processes are compared node by node: the order between nodes, times and random ids are chance, so only the kinds
 * of what happened are. The node whose traces part earliest comes first.
 */
export function firstDivergenceByNode(one: readonly TraceEvent[], other: readonly TraceEvent[]): Divergence | null {
  const names = new Set([...one, ...other].map(({ node }) => node));
  const found: Divergence[] = [];
  for (const name of names) {
    const of = (events: readonly TraceEvent[]) => events.filter(({ node, detail }) => node === name && isDecision(detail));
    const divergence = compare(name, of(one), of(other), ({ detail }) => kindOf(detail));
    if (divergence !== null) found.push(divergence);
  }
  return found.sort((a, b) => (a.first?.wallMillis ?? Infinity) - (b.first?.wallMillis ?? Infinity))[0] ?? null;
}

function compare(within: string, one: readonly TraceEvent[], other: readonly TraceEvent[], keyOf: (event: TraceEvent) => string): Divergence | null {
  const length = Math.max(one.length, other.length);
  for (let index = 0; index < length; index += 1) {
    const [first = null, second = null] = [one[index], other[index]];
    if (first !== null && second !== null && keyOf(first) === keyOf(second)) continue;
    return { within, index, first, second, what: difference(first, second), before: one.slice(Math.max(0, index - BEFORE), index) };
  }
  return null;
}

/** What a node does by its own decision; pings and packing depend on the clock. */
function isDecision(detail: TraceDetail): boolean {
  return detail.type === 'state' || detail.type === 'shown' || detail.type === 'command' || detail.type === 'life' || detail.type === 'rule';
}

function kindOf(detail: TraceDetail): string {
  switch (detail.type) {
    case 'state':
      return `state ${detail.subject} ${detail.to}`;
    case 'shown':
      return `shown ${detail.what}`;
    case 'command':
      return `command ${detail.name}`;
    case 'life':
      return `life ${detail.what}`;
    default:
      return detail.type;
  }
}

function difference(first: TraceEvent | null, second: TraceEvent | null): string {
  if (first === null || second === null) return `the ${first === null ? 'first' : 'second'} trace ends here`;
  if (first.node !== second.node) return `another node: ${first.node} and ${second.node}`;
  if (kindOf(first.detail) !== kindOf(second.detail)) return `another thing: ${kindOf(first.detail)} and ${kindOf(second.detail)}`;
  if (JSON.stringify(first.detail) !== JSON.stringify(second.detail)) return 'the same kind of thing with other facts';
  if (first.monotonicMillis !== second.monotonicMillis) return `the same at another time: ${first.monotonicMillis} and ${second.monotonicMillis} ms`;
  if (first.logical !== second.logical) return `the same with another logical clock: ${first.logical} and ${second.logical}`;
  if (first.wallMillis !== second.wallMillis) return `the same with another wall clock: ${first.wallMillis} and ${second.wallMillis} ms`;
  // The number of a run is drawn when a node starts, so that other seeds part here at once.
  if (first.id !== second.id) return `the same with another id, as another seed draws it: ${first.id} and ${second.id} (--by-node leaves ids and times out)`;
  return `the same with another cause: ${first.cause ?? 'none'} and ${second.cause ?? 'none'}`;
}
