import { sayMillis } from '../durations.ts';
import { userOf } from '../names.ts';
import { counted } from '../words.ts';
import { broken, type Finding, holds, notJudged, type TraceCheck } from './check.ts';
import type { TraceFacts } from './facts.ts';
import { Relations, storiesOf, togetherSince } from './messages.ts';
import { RoomStories } from './room-stories.ts';

/** A node that was long silent is tried again after at most 8 s; then all that waits for it goes afresh. */
const DUE_MILLIS = 30_000;
/** Members compare each 15 s or so with one at random; what came to none of them so far takes several rounds. */
const ROOM_DUE_MILLIS = 60_000;

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
    } else if (facts.endMillis - from < facts.due(DUE_MILLIS))
      early = `${id} had ${sayMillis(facts.endMillis - from)} to arrive; it is due after ${sayMillis(facts.due(DUE_MILLIS))}`;
    else return broken(`${id} of ${by} has not reached ${peer} ${sayMillis(facts.endMillis - from)} after nothing stood between them any more`, []);
  }
  const rooms = judgeRooms(facts);
  if (typeof rooms !== 'string' && 'outcome' in rooms) return rooms;
  early ??= typeof rooms === 'string' ? rooms : null;
  if (early !== null || typeof rooms === 'string') return notJudged(early ?? '');
  if (judged + rooms.judged === 0) return notJudged('no two friends or members of a room were together at the end');
  if (slowest > facts.due(DUE_MILLIS)) return broken(`a message arrived only ${sayMillis(slowest)} after nothing stood between writer and recipient`, []);
  const last = Math.max(slowest, rooms.slowest);
  return holds(`${counted(judged + rooms.judged, 'message')} arrived, the last ${sayMillis(last)} after all was well`);
}

/** How many of whom could read what was written to rooms, and the slowest, ms; a sentence where something is not due yet. */
function judgeRooms(facts: TraceFacts): Finding | { readonly judged: number; readonly slowest: number } | string {
  const rooms = new RoomStories(facts);
  let early: string | null = null;
  for (const { story, reader, from, sinceMillis } of rooms.lacks()) {
    const waited = facts.endMillis - sinceMillis;
    const id = story.id.slice(0, 8);
    if (waited >= facts.due(ROOM_DUE_MILLIS))
      return broken(`${id} of ${story.by} has not reached ${reader}, who has been together with ${from}, who has it, for ${sayMillis(waited)}`, []);
    early ??= `${id} had ${sayMillis(waited)} to reach ${reader}; it is due after ${sayMillis(facts.due(ROOM_DUE_MILLIS))}`;
  }
  if (early !== null) return early;
  let judged = 0;
  let slowest = 0;
  for (const { tookMillis } of rooms.arrivals()) {
    judged += 1;
    slowest = Math.max(slowest, tookMillis);
  }
  return slowest > facts.due(ROOM_DUE_MILLIS)
    ? broken(`a message to a room arrived only ${sayMillis(slowest)} after nothing stood between a member who had it and one who had not`, [])
    : { judged, slowest };
}

export const LIVENESS: TraceCheck = {
  name: 'liveness',
  about: 'Once nothing stands between two friends, or two members of a room, any more, what was written arrives soon.',
  atRest: true,
  judge,
};
