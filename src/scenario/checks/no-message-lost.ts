import { sayMillis } from '../durations.ts';
import { userOf } from '../names.ts';
import { counted } from '../words.ts';
import { broken, type Finding, holds, notJudged, type TraceCheck } from './check.ts';
import type { TraceFacts } from './facts.ts';
import { Relations, storiesOf, togetherSince } from './messages.ts';

/** Without a receipt a message goes again after at most a minute: longer than that together, and it is lost. */
const TOGETHER_MILLIS = 75_000;

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
    if (since !== null && facts.endMillis - Math.max(since, acceptedMillis) > TOGETHER_MILLIS)
      return broken(`${id} was accepted by ${by} for ${peer}; they have been together for ${sayMillis(facts.endMillis - since)}, and it has not arrived`, []);
  }
  return stories.size === 0
    ? notJudged('nobody wrote')
    : holds(`${counted(stories.size, 'message')} accepted, ${arrived} arrived, ${counted(ticks, 'tick')} true`);
}

export const NO_MESSAGE_LOST: TraceCheck = {
  name: 'no-message-lost',
  about: 'No message that was acknowledged is lost: a tick means that the recipient has it, and what was accepted arrives.',
  judge,
};
