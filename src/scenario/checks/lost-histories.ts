import { userOf } from '../names.ts';
import { broken, type Finding } from './check.ts';
import type { TraceFacts } from './facts.ts';

/** The last message that a node had in a conversation. */
interface End {
  readonly id: string;
  /** Its place; texts compare as places do. */
  readonly stamp: string;
  readonly event: string;
}

/**
 * A node that had a message, said so, and came back without it: it had confirmed what was not yet on its disk. At each login nodes
 * tell how far their conversations go; null: all of them go as far as before.
 */
export function lostHistories(facts: TraceFacts): Finding | null {
  /** By node, then by the other's name. */
  const ends = new Map<string, Map<string, End>>();
  for (const { id: event, node, detail } of facts.about({ subjects: ['message', 'disk', 'history'], types: ['shown'] })) {
    if (detail.type === 'shown' && detail.what === 'message') keep(ends, node, String(detail.data?.['from']), endOf(detail.id, detail.data, event));
    if (detail.type !== 'state') continue;
    // An account that was deleted takes its conversations along; a name may be registered again.
    if (detail.subject === 'disk') ends.delete(detail.id);
    if (detail.subject === 'message' && (detail.to === 'queued' || detail.to === 'kept'))
      keep(ends, node, String(detail.data?.['peer']), endOf(detail.id, detail.data, event));
    if (detail.subject !== 'history' || facts.deleted.has(userOf(node))) continue;
    for (const [peer, end] of ends.get(node) ?? []) {
      if (facts.deleted.has(peer) || String(detail.data?.[peer] ?? '') >= end.stamp) continue;
      return broken(`${node} had ${end.id} of its conversation with ${peer}, and came back without it`, [end.event, event]);
    }
  }
  return null;
}

function endOf(id: string, data: Readonly<Record<string, string | number | boolean>> = {}, event: string): End {
  return { id, stamp: String(data['place'] ?? '').split('-')[0] ?? '', event };
}

function keep(ends: Map<string, Map<string, End>>, node: string, peer: string, end: End): void {
  const known = ends.get(node) ?? new Map<string, End>();
  ends.set(node, known);
  if (end.stamp > (known.get(peer)?.stamp ?? '')) known.set(peer, end);
}
