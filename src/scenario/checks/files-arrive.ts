import { sayMillis } from '../durations.ts';
import { userOf } from '../names.ts';
import { counted } from '../words.ts';
import { broken, type Finding, holds, notJudged, type TraceCheck } from './check.ts';
import type { TraceFacts } from './facts.ts';
import { Relations, togetherSince } from './messages.ts';

/** The largest file takes a second between two processes; a chunk that got lost is asked for again after some seconds. */
const DUE_MILLIS = 60_000;

interface FileStory {
  readonly id: string;
  readonly user: string;
  from: string;
  /** When it was wanted last, ms, and the event; null: it was turned down, or is here. */
  wanted: { readonly atMillis: number; readonly event: string } | null;
  arrivedMillis: number | null;
}

/** What became of each file at each user to whom it was offered. */
function storiesOf(facts: TraceFacts): FileStory[] {
  const stories = new Map<string, FileStory>();
  for (const { id: event, node, atMillis, detail } of facts.events) {
    if (detail.type === 'state' && detail.subject === 'disk') for (const [key, { user }] of stories) if (user === userOf(detail.id)) stories.delete(key);
    if (detail.type !== 'state' || detail.subject !== 'file') continue;
    const key = `${userOf(node)} ${detail.id}`;
    const story = stories.get(key) ?? { id: detail.id, user: userOf(node), from: '', wanted: null, arrivedMillis: null };
    stories.set(key, story);
    if (detail.data?.['from'] !== undefined) story.from = String(detail.data['from']);
    switch (detail.to) {
      case 'loading':
        story.wanted = { atMillis, event };
        break;
      case 'complete':
        story.arrivedMillis = atMillis;
        break;
      case 'declined':
      case 'unfit':
      case 'expired':
        story.wanted = null;
        break;
    }
  }
  return [...stories.values()];
}

function judge(facts: TraceFacts): Finding {
  const relations = new Relations(facts);
  const stories = storiesOf(facts);
  /** Files of which the author has no copy any more. */
  const gone = new Set(
    facts.events.flatMap(({ node, detail }) =>
      detail.type === 'state' && detail.subject === 'file' && isEnd(detail.to) ? [`${userOf(node)} ${detail.id}`] : [],
    ),
  );
  let arrived = 0;
  let early: string | null = null;
  for (const { id, user, from, wanted, arrivedMillis } of stories) {
    if (wanted === null || from === '') continue;
    if (arrivedMillis !== null && arrivedMillis >= wanted.atMillis) {
      arrived += 1;
      continue;
    }
    const since = gone.has(`${from} ${id}`) ? null : togetherSince(facts, relations, user, from);
    if (since === null) continue;
    const waited = facts.endMillis - Math.max(since, wanted.atMillis);
    if (waited >= facts.due(DUE_MILLIS))
      return broken(`${id.slice(0, 8)} of ${from} is not whole at ${user} ${sayMillis(waited)} after nothing stood between them any more`, [wanted.event]);
    early = `${id.slice(0, 8)} had ${sayMillis(waited)} to arrive; it is due after ${sayMillis(facts.due(DUE_MILLIS))}`;
  }
  if (early !== null) return notJudged(early);
  return arrived === 0 ? notJudged('no file was wanted') : holds(`${counted(arrived, 'file')} arrived`);
}

function isEnd(state: string): boolean {
  return state === 'declined' || state === 'expired';
}

export const FILES_ARRIVE: TraceCheck = {
  name: 'files-arrive',
  about: 'Once nothing stands between two friends any more, a file that one of them wants of the other is soon there, whole.',
  atRest: true,
  judge,
};
