import { userOf } from '../names.ts';
import { counted } from '../words.ts';
import { broken, type Finding, holds, notJudged, type TraceCheck } from './check.ts';
import type { TraceFacts } from './facts.ts';

/** Ids that some node took in as written by its user, or was asked to write. */
function writtenIds(facts: TraceFacts): ReadonlySet<string> {
  const written = new Set<string>();
  for (const { detail } of facts.about({ subjects: ['message', 'room-message'] }))
    if (detail.type === 'state' && (detail.to === 'queued' || detail.to === 'accepted')) written.add(detail.id);
  return written;
}

function judge(facts: TraceFacts): Finding {
  /** Event and time of the first showing, by node and message. */
  const shown = new Map<string, { readonly event: string; readonly atMillis: number }>();
  const written = writtenIds(facts);
  for (const { id, node, atMillis, detail } of facts.about({ types: ['shown'] })) {
    if (detail.type !== 'shown' || !detail.what.endsWith('message')) continue;
    const key = `${node} ${detail.id}`;
    const before = shown.get(key);
    const forgotten = before !== undefined && facts.emptied.get(node)?.some((at) => at >= before.atMillis && at <= atMillis) === true;
    if (before !== undefined && !forgotten) return broken(`${node} was shown ${detail.id} twice`, [before.event, id]);
    shown.set(key, { event: id, atMillis });
    // Under a new id the same message would be another one, of which its writer knows nothing.
    const from = String(detail.data?.['from'] ?? '');
    const isText = detail.what === 'message' || detail.data?.['kind'] === 'message';
    if (isText && from !== '' && !written.has(detail.id) && !facts.mayBeTorn(from, 0, atMillis))
      return broken(`${node} was shown ${detail.id} from ${from}, which no node of ${userOf(from)} has written`, [id]);
  }
  return shown.size === 0 ? notJudged('nothing was shown') : holds(`${counted(shown.size, 'message')} shown once each`);
}

export const NO_MESSAGE_TWICE: TraceCheck = {
  name: 'no-message-twice',
  about: 'No message is shown twice at a node, however often it arrives, and none that nobody wrote.',
  atRest: false,
  judge,
};
