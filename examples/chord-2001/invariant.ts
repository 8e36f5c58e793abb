import type { TraceEvent } from '../../src/core/trace.ts';
import type { LabCheck, LabFinding } from '../../src/lab/check.ts';
import { between, placeOf } from './identifiers.ts';

/** What the trace says of one member. */
interface Member {
  readonly name: string;
  readonly successors: readonly string[];
}

/** With fewer no list can be full. */
const MEMBERS_MIN = 3;
/** Entries of a successor list that is full. */
export const SUCCESSORS = 2;

/**
 * The ring stays whole: there is one ring, in the order of the places, and every member leads into it.
 * Judged after every step, when nothing is under way. The same assumption for every program: a failure is fair when it
 * leaves a live entry in every list that is full: no rules survive the loss of all neighbours at once, which the paper takes
 * to be improbable. A list that the rules themselves left short is no excuse. After an unfair failure nothing more is judged.
 */
function judge(trace: readonly TraceEvent[]): LabFinding {
  const members = new Map<string, Member>();
  let steps = 0;
  let failed: string | null = null;
  for (const { id, node, detail } of trace) {
    if (detail.type === 'life' && detail.what !== 'reload') {
      if (members.delete(node) && detail.what === 'kill') failed = node;
    } else if (detail.type === 'state' && detail.subject === 'ring') {
      const successors = String(detail.data?.['successors'] ?? '');
      if (detail.to === 'member') members.set(node, { name: node, successors: successors === '' ? [] : successors.split(' ') });
      else members.delete(node);
    } else if (node === 'runner' && detail.type === 'note' && detail.text.startsWith('step ') && (steps > 0 || members.size >= MEMBERS_MIN)) {
      const all = [...members.values()];
      const unfair = failed === null ? null : unfairness(all, failed);
      if (unfair !== null) return steps === 0 ? { outcome: 'not-judged', evidence: unfair } : { outcome: 'holds', evidence: `${steps} steps; then ${unfair}` };
      failed = null;
      steps += 1;
      const wrong = brokenRing(all);
      if (wrong !== null) return { outcome: 'broken', evidence: `${wrong}. ${said(all)}`, events: [id] };
    }
  }
  return steps === 0 ? { outcome: 'not-judged', evidence: 'there was no ring' } : { outcome: 'holds', evidence: `whole after each of ${steps} steps` };
}

/** Why the failure of a node asks too much of any ring, or null. */
function unfairness(members: readonly Member[], failed: string): string | null {
  const live = new Set(members.map(({ name }) => name));
  const left = members.find(({ successors }) => successors.length >= SUCCESSORS && !successors.some((name) => live.has(name)));
  if (left !== undefined) return `the failure of ${failed} took every successor that ${left.name} had`;
  return members.length < MEMBERS_MIN ? `the failure of ${failed} left too few members for full lists` : null;
}

function brokenRing(members: readonly Member[]): string | null {
  // Whoever is alone is a ring.
  if (members.length < 2) return null;
  const live = new Set(members.map(({ name }) => name));
  const next = new Map<string, string>();
  for (const { name, successors } of members) {
    const first = successors.find((each) => live.has(each));
    if (first === undefined) return `${name} has no live successor any more`;
    next.set(name, first);
  }
  const ring = cycleFrom((members[0] as Member).name, next);
  for (const { name } of members) {
    const own = cycleFrom(name, next);
    if (!own.includes(ring[0] as string)) return `There are two rings: ${ring.join(' -> ')} and ${own.join(' -> ')}`;
  }
  for (const name of ring) {
    const follower = next.get(name) as string;
    const skipped = ring.find((other) => between(placeOf(name), placeOf(other), placeOf(follower)));
    if (skipped !== undefined) return `The ring is out of order: after ${name} comes ${follower}, and ${skipped} lies between`;
  }
  return null;
}

/** The cycle into which a member leads. */
function cycleFrom(start: string, next: ReadonlyMap<string, string>): string[] {
  const path: string[] = [];
  let at = start;
  while (!path.includes(at)) {
    path.push(at);
    at = next.get(at) as string;
  }
  return path.slice(path.indexOf(at));
}

function said(members: readonly Member[]): string {
  const sorted = [...members].sort((one, other) => placeOf(one.name) - placeOf(other.name));
  return `Successors: ${sorted.map(({ name, successors }) => `${name} has ${successors.join(', ') || 'none'}`).join('; ')}`;
}

export const RING_STAYS_WHOLE: LabCheck = {
  name: 'ring-stays-whole',
  about: 'There is one ring, in order, and every member leads into it, after every step and every fair failure.',
  judge,
};
