import { sayMillis } from '../durations.ts';
import { userOf } from '../names.ts';
import { counted } from '../words.ts';
import { broken, type Finding, holds, notJudged, type TraceCheck } from './check.ts';
import type { TraceFacts } from './facts.ts';
import { Relations, storiesOf, togetherSince } from './messages.ts';

/** A node that was long silent is tried again after at most 8 s; then all that waits for it goes afresh. */
const DUE_MILLIS = 30_000;

function judge(facts: TraceFacts): Finding {
  const relations = new Relations(facts);
  let judged = 0;
  let slowest = 0;
  let early: string | null = null;
  for (const { id, by, peer, acceptedMillis, arrivedMillis, failed } of storiesOf(facts).values()) {
    if (acceptedMillis === null || failed || facts.deleted.has(peer)) continue;
    if (facts.emptied.get(by)?.some((at) => at > acceptedMillis) === true) continue;
    const since = togetherSince(facts, relations, userOf(by), peer);
    if (since === null) continue;
    const from = Math.max(since, acceptedMillis);
    if (arrivedMillis !== null) {
      judged += 1;
      slowest = Math.max(slowest, arrivedMillis - from);
    } else if (facts.endMillis - from < DUE_MILLIS)
      early = `${id} had ${sayMillis(facts.endMillis - from)} to arrive; it is due after ${sayMillis(DUE_MILLIS)}`;
    else return broken(`${id} of ${by} has not reached ${peer} ${sayMillis(facts.endMillis - from)} after nothing stood between them any more`, []);
  }
  if (early !== null) return notJudged(early);
  if (judged === 0) return notJudged('no two friends were together at the end');
  return slowest > DUE_MILLIS
    ? broken(`a message arrived only ${sayMillis(slowest)} after nothing stood between writer and recipient`, [])
    : holds(`${counted(judged, 'message')} arrived, the last ${sayMillis(Math.max(slowest, 0))} after all was well`);
}

export const LIVENESS: TraceCheck = {
  name: 'liveness',
  about: 'Once nothing stands between two friends any more, what they wrote to each other arrives soon.',
  judge,
};
