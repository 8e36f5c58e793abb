import { between, type Contact } from '../../src/core/ring/circle.ts';
import type { NodeId } from '../../src/core/types.ts';

/** What one sees of a member from outside. */
export interface MemberView {
  readonly self: Contact;
  readonly chord: { readonly successors: readonly Contact[]; readonly predecessor: Contact | null; readonly joined: boolean; owns(key: string): boolean };
}

/** A list that somebody has read and is about to adopt: to everybody else the step is done already. */
export interface UnderWay {
  readonly asker: Contact;
  readonly list: readonly Contact[];
}

/** Members that no adjacent pair of anybody's extended list skips (Zave's principals). */
export function principals(members: readonly MemberView[], underWay: readonly UnderWay[] = []): MemberView[] {
  const pairs: Array<readonly [string, string]> = [];
  const pair = (list: readonly Contact[]): void => {
    for (let at = 1; at < list.length; at += 1) pairs.push([(list[at - 1] as Contact).id, (list[at] as Contact).id]);
  };
  for (const member of members) pair([member.self, ...member.chord.successors]);
  for (const { asker, list } of underWay) pair([asker, ...list]);
  return members.filter((member) => !pairs.some(([from, to]) => between(from, member.self.id, to)));
}

export interface FailRules {
  readonly successorCount: number;
  readonly underWay: readonly UnderWay[];
  /** Controls with poor lists are not spared: whoever listens to fewer than it should has only itself to blame. */
  readonly spareShortLists: boolean;
}

/** Whether a member may fail by Zave's assumption. */
export function mayFail(failing: MemberView, members: readonly MemberView[], rules: FailRules): boolean {
  const { successorCount, underWay, spareShortLists } = rules;
  const rest = members.filter((member) => member !== failing);
  const live = new Set<NodeId>(rest.map((member) => member.self.id));
  if (rest.some((member) => (spareShortLists || member.chord.successors.length > 1) && !member.chord.successors.some((contact) => live.has(contact.id))))
    return false;
  if (underWay.some(({ list }) => (spareShortLists || list.length > 1) && !list.some((contact) => live.has(contact.id)))) return false;
  return principals(rest, underWay).length >= successorCount + 1;
}

/** Null when R1 to R7 hold, else the first that does not. `members` in any order, all of them joined. */
export function brokenInvariant(members: readonly MemberView[], successorCount: number): string | null {
  const byId = new Map(members.map((member) => [member.self.id, member]));
  const next = new Map<NodeId, NodeId>();
  for (const { self, chord } of members) {
    const live = chord.successors.find((contact) => byId.has(contact.id));
    if (live === undefined) return `R1: ${self.name} has no live successor`;
    next.set(self.id, live.id);
    const listed = brokenList(self, chord.successors);
    if (listed !== null) return listed;
  }
  if (principals(members).length < successorCount + 1) return `R2: only ${principals(members).length} principals`;
  const ring = ringFrom(members[0] as MemberView, next);
  if (ring.length === 0) return 'R3: no ring';
  const inRing = new Set(ring);
  for (const { self } of members) {
    let at = self.id;
    for (let steps = 0; steps <= members.length && !inRing.has(at); steps += 1) at = next.get(at) as NodeId;
    if (!inRing.has(at)) return `R4/R6: ${self.name} leads into another ring`;
  }
  for (const id of ring) {
    const follower = next.get(id) as NodeId;
    const skipped = ring.find((other) => between(id, other, follower));
    if (skipped !== undefined) return `R5: the ring skips ${byId.get(skipped)?.self.name} after ${byId.get(id)?.self.name}`;
  }
  return null;
}

function brokenList(self: Contact, successors: readonly Contact[]): string | null {
  for (const [at, contact] of successors.entries()) {
    const before = at === 0 ? self : (successors[at - 1] as Contact);
    if (contact.id === self.id) return `R7: ${self.name} lists itself`;
    if (contact.id === before.id || (at > 0 && !between(before.id, contact.id, self.id)))
      return `R7: the list of ${self.name} is out of order at ${contact.name}`;
  }
  return null;
}

/** The ring into which a member leads, in order. */
function ringFrom(start: MemberView, next: ReadonlyMap<NodeId, NodeId>): NodeId[] {
  const seen = new Map<NodeId, number>();
  const path: NodeId[] = [];
  let at = start.self.id;
  while (!seen.has(at)) {
    seen.set(at, path.length);
    path.push(at);
    at = next.get(at) as NodeId;
  }
  return path.slice(seen.get(at));
}
