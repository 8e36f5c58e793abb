import { sayMillis } from '../durations.ts';
import { userOf } from '../names.ts';
import { counted } from '../words.ts';
import { broken, type Finding, holds, notJudged, type TraceCheck } from './check.ts';
import type { TraceFacts } from './facts.ts';
import { lostHistories } from './lost-histories.ts';
import { Relations, storiesOf, togetherSince } from './messages.ts';
import { RoomStories } from './room-stories.ts';

/** Without a receipt a message goes again after at most a minute: longer than that together, and it is lost. */
const TOGETHER_MILLIS = 75_000;
/** In a room of many it may take some comparisons of members with members. */
const ROOM_TOGETHER_MILLIS = 120_000;

/** By so much the times of two processes in the trace may seem to be off from each other, ms. */
const CLOCKS_MILLIS = 100;

function judge(facts: TraceFacts): Finding {
  const relations = new Relations(facts);
  let ticks = 0;
  let arrived = 0;
  let failed = 0;
  const stories = storiesOf(facts);
  for (const story of stories.values()) {
    const { id, tick, by, peer, acceptedMillis } = story;
    if (story.arrivedMillis !== null) arrived += 1;
    if (tick !== null) {
      ticks += 1;
      if (story.arrivedMillis === null && !facts.mayBeTorn(peer, acceptedMillis ?? 0, tick.atMillis))
        return broken(`${by} was told that ${id} is ${tick.state}, and no node of ${peer} ever had it`, [tick.event]);
      if (story.arrivedMillis !== null && isTooEarly(facts, tick.atMillis, story.arrivedMillis) && !facts.mayBeTorn(peer, acceptedMillis ?? 0, tick.atMillis))
        return broken(`${by} was told that ${id} is ${tick.state} ${sayMillis(story.arrivedMillis - tick.atMillis)} before a node of ${peer} had it`, [
          tick.event,
        ]);
    }
    if (acceptedMillis === null || story.arrivedMillis !== null) continue;
    if (story.failed) {
      failed += 1;
      continue;
    }
    if (facts.emptied.get(by)?.some((at) => at > acceptedMillis) === true || facts.deleted.has(userOf(by))) continue;
    const since = togetherSince(facts, relations, userOf(by), peer);
    if (since !== null && facts.endMillis - Math.max(since, acceptedMillis) > facts.due(TOGETHER_MILLIS))
      return broken(`${id} was accepted by ${by} for ${peer}; they have been together for ${sayMillis(facts.endMillis - since)}, and it has not arrived`, []);
  }
  const forgotten = lostHistories(facts);
  if (forgotten !== null) return forgotten;
  const rooms = new RoomStories(facts);
  const wrong = judgeRooms(facts, rooms);
  if (wrong !== null) return wrong;
  for (const story of rooms.stories.values()) {
    if (story.readers?.size === 1 || [...story.keptMillis.keys()].some((user) => user !== userOf(story.by))) arrived += 1;
    ticks += story.ticks.length;
  }
  const accepted = stories.size + rooms.stories.size;
  const open = accepted - arrived - failed;
  if (accepted === 0) return notJudged('nobody wrote');
  if (ticks + arrived + failed === 0) return notJudged(`${counted(accepted, 'message')} accepted, of which none was due anywhere when the run ended`);
  const left = `${failed === 0 ? '' : `, ${failed} given up and said so`}${open === 0 ? '' : `, ${open} under way or without anybody to bring it to`}`;
  return holds(`${counted(accepted, 'message')} accepted, ${arrived} arrived, ${counted(ticks, 'tick')} true${left}`);
}

/** A tick that came before what it tells of: whoever gave it might have lost the message in between. */
function isTooEarly(facts: TraceFacts, tickMillis: number, arrivedMillis: number): boolean {
  return arrivedMillis - tickMillis > (facts.whole ? 0 : CLOCKS_MILLIS);
}

/** A tick names a member who has it; and who is to have it gets it from anybody who has. */
function judgeRooms(facts: TraceFacts, rooms: RoomStories): Finding | null {
  for (const { id, by, ticks, keptMillis, acceptedMillis } of rooms.stories.values()) {
    for (const { peer, atMillis, event } of ticks) {
      if (!keptMillis.has(peer) && !facts.mayBeTorn(peer, acceptedMillis ?? 0, atMillis))
        return broken(`${by} was told that ${peer} has ${id.slice(0, 8)}, and no node of ${peer} ever had it`, [event]);
      const early = (keptMillis.get(peer) ?? 0) - atMillis;
      if (isTooEarly(facts, atMillis, keptMillis.get(peer) ?? 0) && !facts.mayBeTorn(peer, acceptedMillis ?? 0, atMillis))
        return broken(`${by} was told that ${peer} has ${id.slice(0, 8)} ${sayMillis(early)} before a node of ${peer} had it`, [event]);
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
  atRest: false,
  judge,
};
