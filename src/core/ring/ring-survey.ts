import { compareIds, owns } from './circle.ts';

/** What is asked of each member: a part of what it shows of itself (commands.ts, RingView). */
export interface SurveyedMember {
  readonly node: string;
  readonly nodeId: string;
  readonly member: boolean;
  readonly predecessor: string | null;
  readonly successors: ReadonlyArray<{ readonly node: string; readonly nodeId: string }>;
}

/** How the ring looks from outside, when all its members are asked. */
export interface RingSurvey {
  /** Nodes that take themselves for members, in the order of the circle. */
  readonly members: readonly string[];
  readonly outside: readonly string[];
  /** Each ring that the first live successors form, in order; one of them is right. */
  readonly rings: ReadonlyArray<readonly string[]>;
  /** Members that lead into a ring and stand in none: just joined, or passed over. */
  readonly appendages: readonly string[];
  /** What is broken and does not mend by itself: sentences. */
  readonly broken: readonly string[];
  /** What stabilisation has still to do: sentences. */
  readonly unfinished: readonly string[];
  /** valid: one ordered ring into which everybody leads (Zave's R1 to R6). ideal: all pointers are right as well (R8). */
  readonly verdict: 'ideal' | 'valid' | 'broken';
}

/** Judges a ring of which every live member was asked; `successorCount` is L, the length of successor lists. */
export function surveyRing(asked: readonly SurveyedMember[], successorCount: number): RingSurvey {
  const members = asked.filter((each) => each.member).sort((a, b) => compareIds(a.nodeId, b.nodeId));
  const live = new Map(members.map((member) => [member.nodeId, member]));
  const next = new Map<string, SurveyedMember>();
  const broken: string[] = [];
  for (const member of members) {
    const follower = members.length === 1 ? member : member.successors.map(({ nodeId }) => live.get(nodeId)).find((each) => each !== undefined);
    if (follower === undefined) broken.push(`${member.node} has no live successor`);
    else next.set(member.nodeId, follower);
  }
  const rings = cyclesOf(members, next);
  if (members.length > 0 && rings.length === 0) broken.push('no ring is closed');
  if (rings.length > 1) broken.push(`there are ${rings.length} rings`);
  for (const ring of rings) if (turnsOf(ring) > 1) broken.push(`the ring of ${ring[0]?.node} winds around the circle ${turnsOf(ring)} times`);
  const inRing = new Set(rings.flat());
  const unfinished = members.flatMap(
    (member, at) => unfinishedAt(members, at, successorCount) ?? (inRing.has(member) ? [] : [`${member.node} is an appendage`]),
  );
  return {
    members: members.map((member) => member.node),
    outside: asked.filter((each) => !each.member).map((each) => each.node),
    rings: rings.map((ring) => ring.map((member) => member.node)),
    appendages: members.filter((member) => !inRing.has(member)).map((member) => member.node),
    broken,
    unfinished,
    verdict: broken.length > 0 || members.length === 0 ? 'broken' : unfinished.length > 0 ? 'valid' : 'ideal',
  };
}

/** Closed ways along first live successors, each from its member nearest to the top of the circle. */
function cyclesOf(members: readonly SurveyedMember[], next: ReadonlyMap<string, SurveyedMember>): SurveyedMember[][] {
  const rings: SurveyedMember[][] = [];
  const walked = new Set<SurveyedMember>();
  for (const start of members) {
    const way: SurveyedMember[] = [];
    let at: SurveyedMember | undefined = start;
    while (at !== undefined && !walked.has(at)) {
      walked.add(at);
      way.push(at);
      at = next.get(at.nodeId);
    }
    const closes = at === undefined ? -1 : way.indexOf(at);
    if (closes >= 0) rings.push(fromTop(way.slice(closes)));
  }
  return rings;
}

function fromTop(ring: readonly SurveyedMember[]): SurveyedMember[] {
  const first = ring.reduce((best, member, at) => (compareIds(member.nodeId, (ring[best] as SurveyedMember).nodeId) < 0 ? at : best), 0);
  return [...ring.slice(first), ...ring.slice(0, first)];
}

/** How often the way passes the top of the circle; 1 for an ordered ring. */
function turnsOf(ring: readonly SurveyedMember[]): number {
  return ring.filter((member, at) => compareIds((ring[(at + 1) % ring.length] as SurveyedMember).nodeId, member.nodeId) <= 0).length;
}

/** The first wrong pointer of a member, or null. */
function unfinishedAt(members: readonly SurveyedMember[], at: number, successorCount: number): string[] | null {
  const member = members[at] as SurveyedMember;
  const wanted = Array.from({ length: Math.min(successorCount, members.length - 1) }, (_, step) => members[(at + 1 + step) % members.length] as SurveyedMember);
  const wrong = wanted.findIndex((follower, step) => member.successors[step]?.nodeId !== follower.nodeId);
  if (wrong >= 0) {
    const seen = member.successors[wrong]?.node ?? 'nobody';
    return [`successor ${wrong + 1} of ${member.node} is ${seen}, to be ${(wanted[wrong] as SurveyedMember).node}`];
  }
  if (member.successors.length > wanted.length) return [`${member.node} lists ${member.successors[wanted.length]?.node} beyond the others`];
  const before = members.length === 1 ? null : (members[(at + members.length - 1) % members.length] as SurveyedMember).node;
  return member.predecessor === before || members.length === 1
    ? null
    : [`the predecessor of ${member.node} is ${member.predecessor ?? 'nobody'}, to be ${before}`];
}

/** The member that owns a key, and the members after it: those who hold what lies under the key. `asked` as for surveyRing. */
export function holdersOf(asked: readonly SurveyedMember[], key: string, count: number): string[] {
  const members = asked.filter((each) => each.member).sort((a, b) => compareIds(a.nodeId, b.nodeId));
  const owner = members.findIndex((member, at) => owns((members[(at + members.length - 1) % members.length] as SurveyedMember).nodeId, key, member.nodeId));
  if (owner < 0) return [];
  return Array.from({ length: Math.min(count, members.length) }, (_, step) => (members[(owner + step) % members.length] as SurveyedMember).node);
}
