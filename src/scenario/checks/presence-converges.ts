import { sayMillis } from '../durations.ts';
import { userOf } from '../names.ts';
import { counted } from '../words.ts';
import { broken, type Finding, holds, notJudged, type TraceCheck } from './check.ts';
import type { TraceFacts } from './facts.ts';
import { Relations } from './messages.ts';

/** Longest way to the truth: a dead node that nobody probes is judged by the age of its record (45 s). */
const DUE_MILLIS = 25_000;
const UNWATCHED_MILLIS = 60_000;

interface Shown {
  readonly presence: string;
  readonly suspect: boolean;
  readonly event: string;
}

/** What each user says of themselves, since when (to say it again is no news), and what each friend was last shown. */
function look(facts: TraceFacts) {
  const said = new Map<string, { readonly presence: string; readonly atMillis: number }>();
  const shown = new Map<string, Shown>();
  for (const { id, node, atMillis, detail } of facts.about({ subjects: ['presence'], types: ['life', 'shown'] })) {
    if (detail.type === 'state' && detail.subject === 'presence' && said.get(detail.id)?.presence !== detail.to)
      said.set(detail.id, { presence: detail.to, atMillis });
    if (detail.type === 'life' && detail.what === 'start') for (const key of shown.keys()) if (key.startsWith(`${node} `)) shown.delete(key);
    if (detail.type === 'shown' && detail.what === 'presence')
      shown.set(`${node} ${detail.id}`, { presence: String(detail.data?.['presence']), suspect: detail.data?.['suspect'] === true, event: id });
  }
  return { said, shown };
}

/** The first time that a friend was shown what somebody had said of themselves long before, with nothing in between; null: none was so late. */
function tooLate(facts: TraceFacts, relations: Relations): Finding | null {
  const said = new Map<string, { readonly presence: string; readonly atMillis: number }>();
  const shown = new Map<string, { readonly presence: string; readonly atMillis: number }>();
  for (const { id, node, atMillis, detail } of facts.about({ subjects: ['presence'], types: ['life', 'shown'] })) {
    if (detail.type === 'state' && detail.subject === 'presence') said.set(detail.id, { presence: detail.to, atMillis });
    if (detail.type === 'life' && detail.what === 'start') for (const key of shown.keys()) if (key.startsWith(`${node} `)) shown.delete(key);
    if (detail.type !== 'shown' || detail.what !== 'presence') continue;
    const presence = String(detail.data?.['presence']);
    const before = shown.get(`${node} ${detail.id}`);
    shown.set(`${node} ${detail.id}`, { presence, atMillis });
    const word = said.get(detail.id);
    const friends = relations.friendsSince(userOf(node), detail.id);
    if (word === undefined || friends === null || word.presence !== presence || (before?.atMillis ?? 0) >= word.atMillis) continue;
    // Everybody says now and then once more what holds, and who is suspected meanwhile is shown once more, too: neither is news.
    if (before?.presence === presence) continue;
    const waited = atMillis - Math.max(word.atMillis, friends, facts.disturbedBefore(atMillis));
    if (waited > facts.due(DUE_MILLIS))
      return broken(`${node} saw only ${sayMillis(waited)} later that ${detail.id} was ${word.presence}, and nothing stood between them`, [id]);
  }
  return null;
}

function judge(facts: TraceFacts): Finding {
  const early = facts.unquiet(facts.due(DUE_MILLIS));
  const { said, shown } = look(facts);
  const relations = new Relations(facts);
  const late = tooLate(facts, relations);
  if (late !== null) return late;
  let judged = 0;
  for (const [user, other] of relations.pairs()) {
    const [seer] = facts.sessionsOf(user);
    if (seer === undefined || relations.friendsSince(user, other) === null) continue;
    const isHere = facts.sessionsOf(other).length > 0;
    const changed = Math.max(facts.lastDisturbanceMillis, said.get(other)?.atMillis ?? 0, relations.friendsSince(user, other) ?? 0);
    const due = changed + (isHere ? facts.due(DUE_MILLIS) : facts.due(UNWATCHED_MILLIS));
    if (early !== null || facts.endMillis < due) continue;
    judged += 1;
    const truth = isHere ? (said.get(other)?.presence ?? 'offline') : 'offline';
    const seen = shown.get(`${seer} ${other}`);
    if ((seen?.presence ?? 'offline') !== truth || seen?.suspect === true)
      return broken(
        `${seer} sees ${userOf(other)} as ${seen?.presence ?? 'offline'}${seen?.suspect === true ? ' (suspect)' : ''}, who is ${truth}`,
        seen === undefined ? [] : [seen.event],
      );
  }
  if (early !== null) return notJudged(early);
  return judged === 0 ? notJudged('no friends looked at each other long enough') : holds(`${counted(judged, 'friend')} seen as they are`);
}

export const PRESENCE_CONVERGES: TraceCheck = {
  name: 'presence-converges',
  about: 'Once it is quiet, everybody sees every friend as what that friend is.',
  atRest: true,
  judge,
};
