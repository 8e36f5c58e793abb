import { RING_OPTIONS } from '../../core/ring/ring-port.ts';
import { sayMillis } from '../durations.ts';
import { counted } from '../words.ts';
import { broken, type Finding, holds, notJudged, type TraceCheck } from './check.ts';
import type { TraceFacts } from './facts.ts';

/** Deaths are noticed within seconds, and pointers follow at one round of stabilisation a second. */
const DUE_MILLIS = 30_000;

interface Member {
  readonly name: string;
  /** First 16 hex digits of the node id. */
  readonly place: string;
  readonly successors: readonly string[];
  readonly predecessor: string;
  readonly event: string;
}

/** Strictly inside the way clockwise from one place to another; all the way round when they are the same. */
function between(from: string, place: string, to: string): boolean {
  return from < to ? from < place && place < to : place > from || place < to;
}

/** The first entry of a list that stands out of order, or null. Only names whose place never changed are judged. */
function outOfOrder(member: Member, placeOf: (name: string) => string | undefined): string | null {
  let before = member.place;
  for (const name of member.successors) {
    if (name === member.name) return name;
    const place = placeOf(name);
    if (place === undefined) continue;
    if (place === before || (before !== member.place && !between(before, place, member.place))) return name;
    before = place;
  }
  return null;
}

/** Members that no two neighbours in anybody's list skip (the principals of Zave 2017), by place. */
function skipped(members: readonly Member[], placeOf: (name: string) => string | undefined): { readonly who: Member; readonly by: Member } | null {
  for (const by of members) {
    const list = [by.place, ...by.successors.flatMap((name) => placeOf(name) ?? [])];
    for (let at = 1; at < list.length; at += 1) {
      const who = members.find((each) => each !== by && between(list[at - 1] as string, each.place, list[at] as string));
      if (who !== undefined) return { who, by };
    }
  }
  return null;
}

function judge(facts: TraceFacts): Finding {
  const last = new Map<string, Member | null>();
  const places = new Map<string, string | null>();
  let changes = 0;
  for (const { id, node, detail } of facts.about({ subjects: ['ring'], types: ['life'] })) {
    if (detail.type === 'life' && detail.what !== 'reload') last.delete(node);
    if (detail.type !== 'state' || detail.subject !== 'ring') continue;
    const { place = '', successors = '', predecessor = '' } = (detail.data ?? {}) as Record<string, string>;
    changes += 1;
    if (place === '') continue;
    // Two places under one name: its disk was thrown away, and names in lists do not tell which of the two is meant.
    places.set(node, places.has(node) && places.get(node) !== place ? null : place);
    const member = { name: node, place, successors: successors === '' ? [] : successors.split(' '), predecessor, event: id };
    last.set(node, detail.to === 'member' ? member : null);
    const wrong = outOfOrder(member, (name) => places.get(name) ?? undefined);
    if (wrong !== null) return broken(`the successors of ${node} are out of order at ${wrong}: ${successors}`, [id]);
  }
  if (changes === 0) return notJudged('no node was on the ring');
  const early = facts.unquiet(facts.due(DUE_MILLIS));
  const members = [...last.values()].filter((each) => each !== null).filter(({ name }) => facts.running.has(name));
  if (early !== null) return notJudged(`${counted(changes, 'change')}, every list in order; of the whole ring: ${early}`);
  // Whoever is logged in is a member, also one who has never said anything of the ring.
  const missing = [...facts.sessions].filter(([name, since]) => !last.has(name) && facts.running.has(name) && facts.endMillis - since >= facts.due(DUE_MILLIS));
  const outside = [...last].filter(([name, member]) => member === null && facts.running.has(name));
  if (members.length === 0 && missing.length + outside.length === 0) return notJudged('nobody was on the ring at the end');
  return wholeRing(
    facts,
    members,
    [...missing, ...outside].map(([name]) => name),
  );
}

/** Every member has its true neighbours; that is more than Zave's invariant, and what stabilisation must have reached by now. */
function wholeRing(facts: TraceFacts, members: readonly Member[], outside: readonly string[]): Finding {
  if (outside.length > 0) return broken(`${outside.join(', ')} stayed outside of the ring`, []);
  const sorted = [...members].sort((one, other) => (one.place < other.place ? -1 : 1));
  const current = new Map(members.map(({ name, place }) => [name, place]));
  const hole = skipped(sorted, (name) => current.get(name));
  if (hole !== null) return broken(`${hole.by.name} skips ${hole.who.name}, which is a member`, [hole.by.event, hole.who.event]);
  const count = Math.min(RING_OPTIONS.successorCount, sorted.length - 1);
  for (const [at, member] of sorted.entries()) {
    const wanted = Array.from({ length: count }, (_, step) => (sorted[(at + 1 + step) % sorted.length] as Member).name);
    if (wanted.join(' ') !== member.successors.slice(0, count).join(' '))
      return broken(`${member.name} has the successors ${member.successors.join(' ') || 'nobody'} instead of ${wanted.join(' ') || 'nobody'}`, [member.event]);
    const before = sorted.length === 1 ? '' : (sorted.at(at - 1) as Member).name;
    if (member.predecessor !== before)
      return broken(`${member.name} has the predecessor ${member.predecessor || 'nobody'} instead of ${before || 'nobody'}`, [member.event]);
  }
  return holds(`one ring of ${sorted.length}, every neighbour right ${sayMillis(facts.quietMillis)} after all was well`);
}

export const RING_VALID: TraceCheck = {
  name: 'ring-valid',
  about: 'Successor lists are in the order of the ring at all times; once it is quiet there is one ring, nobody is skipped, and every neighbour is right.',
  atRest: true,
  judge,
};
