import { sayMillis } from '../durations.ts';
import { userOf } from '../names.ts';
import { counted } from '../words.ts';
import { broken, type Finding, holds, notJudged, type TraceCheck } from './check.ts';
import type { TraceFacts } from './facts.ts';
import { Relations, storiesOf, togetherSince } from './messages.ts';
import { RoomStories } from './room-stories.ts';

/** Without a receipt a message goes again after at most a minute: longer than that together, and it is lost. */
const TOGETHER_MILLIS = 75_000;
/** In a room of many it may take some comparisons of members with members. */
const ROOM_TOGETHER_MILLIS = 120_000;

function judge(facts: TraceFacts): Finding {
  const relations = new Relations(facts);
  let ticks = 0;
  let arrived = 0;
  const stories = storiesOf(facts);
  for (const story of stories.values()) {
    const { id, tick, by, peer, acceptedMillis } = story;
    if (story.arrivedMillis !== null) arrived += 1;
    if (tick !== null) {
      ticks += 1;
      if (story.arrivedMillis === null && !facts.mayBeTorn(peer, acceptedMillis ?? 0, tick.atMillis))
        return broken(`${by} was told that ${id} is ${tick.state}, and no node of ${peer} ever had it`, [tick.event]);
    }
    if (acceptedMillis === null || story.arrivedMillis !== null || story.failed) continue;
    if (facts.emptied.get(by)?.some((at) => at > acceptedMillis) === true || facts.deleted.has(userOf(by))) continue;
    const since = togetherSince(facts, relations, userOf(by), peer);
    if (since !== null && facts.endMillis - Math.max(since, acceptedMillis) > facts.due(TOGETHER_MILLIS))
      return broken(`${id} was accepted by ${by} for ${peer}; they have been together for ${sayMillis(facts.endMillis - since)}, and it has not arrived`, []);
  }
  const rooms = new RoomStories(facts);
  const wrong = judgeRooms(facts, rooms);
  if (wrong !== null) return wrong;
  for (const story of rooms.stories.values()) {
    if ([...story.keptMillis.keys()].some((user) => user !== userOf(story.by))) arrived += 1;
    ticks += story.ticks.length;
  }
  const accepted = stories.size + rooms.stories.size;
  return accepted === 0 ? notJudged('nobody wrote') : holds(`${counted(accepted, 'message')} accepted, ${arrived} arrived, ${counted(ticks, 'tick')} true`);
}

/** A tick names a member who has it; and who is to have it gets it from anybody who has. */
function judgeRooms(facts: TraceFacts, rooms: RoomStories): Finding | null {
  for (const { id, by, ticks, keptMillis, acceptedMillis } of rooms.stories.values()) {
    for (const { peer, atMillis, event } of ticks) {
      if (!keptMillis.has(peer) && !facts.mayBeTorn(peer, acceptedMillis ?? 0, atMillis))
        return broken(`${by} was told that ${peer} has ${id.slice(0, 8)}, and no node of ${peer} ever had it`, [event]);
    }
  }
  for (const { story, reader, from, sinceMillis } of rooms.lacks()) {
    const together = facts.endMillis - sinceMillis;
    if (together > facts.due(ROOM_TOGETHER_MILLIS))
      return broken(
        `${story.id.slice(0, 8)} was written to a room by ${story.by}; ${reader} has been together with ${from}, who has it, for ${sayMillis(together)}`,
        [],
      );
  }
  return null;
}

export const NO_MESSAGE_LOST: TraceCheck = {
  name: 'no-message-lost',
  about: 'No message that was acknowledged is lost: a tick means that the recipient has it, and what was accepted arrives.',
  judge,
};
