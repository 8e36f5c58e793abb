import { counted } from '../words.ts';
import { broken, type Finding, holds, notJudged, type TraceCheck } from './check.ts';
import type { TraceFacts } from './facts.ts';
import { Relations } from './messages.ts';

/** Friend words are exchanged when two people are linked; attempts to reach a silent node are up to 8 s apart. */
const DUE_MILLIS = 20_000;

/** What the other side may say, by what one side says. Blocks are nobody else's business. */
const MIRROR: Readonly<Record<string, readonly string[]>> = {
  none: ['none', 'blocked'],
  outgoing: ['incoming', 'blocked', 'none'],
  incoming: ['outgoing'],
  friend: ['friend'],
  blocked: ['none', 'outgoing', 'incoming', 'blocked'],
};

function judge(facts: TraceFacts): Finding {
  const relations = new Relations(facts);
  const unquiet = facts.unquiet(facts.due(DUE_MILLIS));
  let early = unquiet;
  let judged = 0;
  for (const [user, other] of relations.pairs()) {
    const here = relations.of(user, other);
    if (here === null || facts.sessionsOf(user).length !== 1 || facts.sessionsOf(other).length !== 1) continue;
    const there = relations.of(other, user);
    // A side that has said nothing since its disk was thrown away is not held to anything.
    if (there === null && [user, other].some((each) => facts.emptied.has(each))) continue;
    early ??= 'no two people who stand in a relation were there long enough';
    if (unquiet !== null || facts.endMillis - Math.max(here.atMillis, there?.atMillis ?? 0) < facts.due(DUE_MILLIS)) continue;
    judged += 1;
    const saysThere = there?.relation ?? 'none';
    // A request that was declined stays outgoing for the one who asked: nobody is told. Who never heard of it has declined nothing.
    const lost = here.relation === 'outgoing' && there === null;
    if (lost || MIRROR[here.relation]?.includes(saysThere) !== true)
      return broken(`${user} says "${here.relation}" of ${other}, who says "${saysThere}" of ${user}`, [here.event, ...(there === null ? [] : [there.event])]);
  }
  return judged === 0 ? notJudged(early ?? 'nobody stood in any relation') : holds(`${counted(judged, 'relation')} seen alike by both sides`);
}

export const FRIENDS_CONVERGE: TraceCheck = {
  name: 'friends-converge',
  about: 'Once it is quiet, both sides of every friendship and request see it alike.',
  atRest: true,
  judge,
};
