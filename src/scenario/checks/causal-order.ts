import type { TraceDetail } from '../../core/trace.ts';
import { userOf } from '../names.ts';
import { counted } from '../words.ts';
import { broken, type Finding, holds, notJudged, type TraceCheck } from './check.ts';
import type { TraceFacts } from './facts.ts';

/** A message as one node has it in a conversation. */
interface Sight {
  readonly id: string;
  readonly event: string;
  /** It was written here, so all that was seen before in the conversation came before it. */
  readonly own: boolean;
  readonly place: string;
}

/**
 * On every screen of a conversation a message stands after all that its writer had written or seen in it before
 * (happened-before of Lamport 1978, of messages of one conversation). Screens are ordered by place, not by arrival.
 */
function judge(facts: TraceFacts): Finding {
  const sights = new Map<string, Sight[]>();
  /** By node and message: the place at which that node shows it. */
  const places = new Map<string, string>();
  /** A node that lost its disk has forgotten what it saw. */
  const generations = new Map<string, number>();
  for (const { id: event, node, detail } of facts.about({ subjects: ['disk', 'message'], types: ['shown'] })) {
    if (detail.type === 'state' && detail.subject === 'disk') generations.set(detail.id, (generations.get(detail.id) ?? 0) + 1);
    const seen = sightOf(node, detail);
    if (seen === null) continue;
    const { id, place, own, conversation } = seen;
    if (places.has(`${node} ${id}`)) continue;
    places.set(`${node} ${id}`, place);
    const key = `${node} ${conversation} ${generations.get(node) ?? 0}`;
    const list = sights.get(key);
    if (list === undefined) sights.set(key, [{ id, event, own, place }]);
    else list.push({ id, event, own, place });
  }
  const viewersOf = viewersByConversation(sights.keys());
  let compared = 0;
  for (const [key, list] of sights) {
    const [node = '', conversation = ''] = key.split(' ');
    for (const viewer of viewersOf.get(conversation) ?? []) {
      const { wrong, compared: here } = misplaced(list, (id) => places.get(`${viewer} ${id}`));
      if (wrong !== null)
        return broken(`${viewer} shows ${wrong.later.id} before ${wrong.earlier.id}, which ${node} had before writing it`, [
          wrong.earlier.event,
          wrong.later.event,
        ]);
      compared += here;
    }
  }
  if (compared === 0) return notJudged(sights.size === 0 ? 'nobody wrote' : 'nobody wrote after anything that stood there');
  return holds(`${counted(sights.size, 'screen')}, ${counted(compared, 'place')} compared`);
}

/** Who has a screen of each conversation, each once, by the keys of their screens. */
function viewersByConversation(screens: Iterable<string>): ReadonlyMap<string, ReadonlySet<string>> {
  const viewers = new Map<string, Set<string>>();
  for (const screen of screens) {
    const [node = '', conversation = ''] = screen.split(' ');
    const known = viewers.get(conversation);
    if (known === undefined) viewers.set(conversation, new Set([node]));
    else known.add(node);
  }
  return viewers;
}

/** A message that comes to stand on a screen, as this event says; null for other events. */
function sightOf(node: string, detail: TraceDetail): { id: string; place: string; own: boolean; conversation: string } | null {
  if (detail.type !== 'state' && detail.type !== 'shown') return null;
  const { id, data = {} } = detail;
  if (detail.type === 'shown' && detail.what === 'room-message') {
    // A join is written before anything of the room is seen, and shown in its place once a member has brought the room.
    const own = data['from'] === userOf(node) && data['kind'] !== 'joined';
    return { id, place: String(data['order'] ?? ''), own, conversation: String(data['roomId']) };
  }
  const own = detail.type === 'state' && detail.subject === 'message' && detail.to === 'queued';
  const theirs = (detail.type === 'shown' && detail.what === 'message') || (detail.type === 'state' && detail.subject === 'message' && detail.to === 'kept');
  const place = String(data['place'] ?? '');
  if ((!own && !theirs) || place === '') return null;
  const conversation = [userOf(node), String(data[detail.type === 'shown' ? 'from' : 'peer'])].sort().join('+');
  return { id, place, own, conversation };
}

/**
 * The first message of the list that a screen places before one that came earlier, and how many were compared with what was there
 * before them. Places compare as their texts do.
 */
function misplaced(list: readonly Sight[], placeOf: (id: string) => string | undefined): { readonly wrong: Misplaced | null; readonly compared: number } {
  let greatest: { readonly sight: Sight; readonly place: string } | null = null;
  let compared = 0;
  for (const sight of list) {
    const place = placeOf(sight.id);
    if (place === undefined) continue;
    if (sight.own && greatest !== null) {
      if (place < greatest.place) return { wrong: { earlier: greatest.sight, later: sight }, compared };
      compared += 1;
    }
    if (greatest === null || place > greatest.place) greatest = { sight, place };
  }
  return { wrong: null, compared };
}

interface Misplaced {
  readonly earlier: Sight;
  readonly later: Sight;
}

export const CAUSAL_ORDER: TraceCheck = {
  name: 'causal-order',
  about: 'On no screen does a message stand before one that its writer had written or seen earlier in the conversation.',
  atRest: false,
  judge,
};
