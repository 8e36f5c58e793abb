import { counted } from '../words.ts';
import { broken, type Finding, holds, notJudged, type TraceCheck } from './check.ts';
import type { TraceFacts } from './facts.ts';

function judge(facts: TraceFacts): Finding {
  /** Event and time of the first showing, by node and message. */
  const shown = new Map<string, { readonly event: string; readonly atMillis: number }>();
  for (const { id, node, atMillis, detail } of facts.about({ types: ['shown'] })) {
    if (detail.type !== 'shown' || !detail.what.endsWith('message')) continue;
    const key = `${node} ${detail.id}`;
    const before = shown.get(key);
    const forgotten = before !== undefined && facts.emptied.get(node)?.some((at) => at >= before.atMillis && at <= atMillis) === true;
    if (before !== undefined && !forgotten) return broken(`${node} was shown ${detail.id} twice`, [before.event, id]);
    shown.set(key, { event: id, atMillis });
  }
  return shown.size === 0 ? notJudged('nothing was shown') : holds(`${counted(shown.size, 'message')} shown once each`);
}

export const NO_MESSAGE_TWICE: TraceCheck = {
  name: 'no-message-twice',
  about: 'No message is shown twice at a node, however often it arrives.',
  judge,
};
