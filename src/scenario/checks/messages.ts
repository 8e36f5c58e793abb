import { userOf } from '../names.ts';
import type { TraceFacts } from './facts.ts';

/** Where a message stands in the trace. */
export interface MessageStory {
  readonly id: string;
  /** The node that took it in, and the user whom it is for. */
  by: string;
  peer: string;
  /** When the node had it durably, or said so to whoever asked, ms; null: never. */
  acceptedMillis: number | null;
  /** When a node of the recipient was first seen to have it, ms; null: never. */
  arrivedMillis: number | null;
  /** The same of everybody, by user: the writer's own nodes have it, too. */
  readonly hadMillis: Map<string, number>;
  /** First tick that the writer was shown, and its event. */
  tick: { readonly state: string; readonly atMillis: number; readonly event: string } | null;
  failed: boolean;
}

/** The story of each direct message, and of each change to one, by id: both are accepted, carried and confirmed alike. */
export function storiesOf(facts: TraceFacts): Map<string, MessageStory> {
  const stories = new Map<string, MessageStory>();
  const story = (id: string): MessageStory => {
    let found = stories.get(id);
    if (found === undefined) {
      found = { id, by: '', peer: '', acceptedMillis: null, arrivedMillis: null, hadMillis: new Map(), tick: null, failed: false };
      stories.set(id, found);
    }
    return found;
  };
  for (const { id: event, node, atMillis, detail } of facts.about({ subjects: ['message', 'amendment'], types: ['shown'] })) {
    if (detail.type === 'shown' && detail.what === 'message') had(story(detail.id), node, atMillis);
    if (detail.type !== 'state' || (detail.subject !== 'message' && detail.subject !== 'amendment')) continue;
    const one = story(detail.id);
    switch (detail.to) {
      case 'queued':
      case 'accepted':
        one.acceptedMillis ??= atMillis;
        one.by = detail.to === 'queued' ? node : String(detail.data?.['by']);
        one.peer = String(detail.data?.['peer']);
        break;
      case 'kept':
        had(one, node, atMillis);
        break;
      case 'failed':
        one.failed = true;
        break;
      case 'delivered':
      case 'read':
        one.tick ??= { state: detail.to, atMillis, event };
        one.by ||= node;
        one.peer ||= String(detail.data?.['peer'] ?? '');
        break;
    }
  }
  for (const one of stories.values()) one.arrivedMillis = one.hadMillis.get(one.peer) ?? null;
  return stories;
}

function had({ hadMillis }: MessageStory, node: string, atMillis: number): void {
  if (!hadMillis.has(userOf(node))) hadMillis.set(userOf(node), atMillis);
}

/** Who writes to whom, and friendship between them as each side last saw it; a disk that was thrown away forgets. */
export class Relations {
  readonly #facts: TraceFacts;
  /** Of `user other`: what user's node says of other, since when, and by which event. */
  readonly #said = new Map<string, { readonly relation: string; readonly atMillis: number; readonly event: string }>();

  constructor(facts: TraceFacts) {
    this.#facts = facts;
    for (const { id, node, atMillis, detail } of facts.about({ subjects: ['friend', 'disk'] })) {
      if (detail.type !== 'state' || (detail.subject !== 'friend' && detail.subject !== 'disk')) continue;
      const user = userOf(detail.subject === 'disk' ? detail.id : node);
      if (detail.subject === 'friend') this.#said.set(`${user} ${detail.id}`, { relation: detail.to, atMillis, event: id });
      else for (const key of this.#said.keys()) if (key.startsWith(`${user} `)) this.#said.delete(key);
    }
  }

  of(user: string, other: string): { readonly relation: string; readonly atMillis: number; readonly event: string } | null {
    return this.#said.get(`${user} ${other}`) ?? null;
  }

  *pairs(): Generator<readonly [user: string, other: string]> {
    for (const key of this.#said.keys()) {
      const [user = '', other = ''] = key.split(' ');
      if (!this.#facts.deleted.has(user) && !this.#facts.deleted.has(other)) yield [user, other];
    }
  }

  /** Since when both say friend, ms; null when they do not. */
  friendsSince(user: string, other: string): number | null {
    const [here, there] = [this.of(user, other), this.of(other, user)];
    return here?.relation === 'friend' && there?.relation === 'friend' ? Math.max(here.atMillis, there.atMillis) : null;
  }
}

/** Since when nothing has stood between two people, ms: both logged in at one node each, friends, no fault; null: something does. */
export function togetherSince(facts: TraceFacts, relations: Relations, one: string, other: string): number | null {
  if (facts.faults.size > 0) return null;
  const [here, there] = [facts.sessionsOf(one), facts.sessionsOf(other)];
  const friends = relations.friendsSince(one, other);
  if (here.length !== 1 || there.length !== 1 || friends === null) return null;
  const opened = [here, there].map(([node = '']) => facts.sessions.get(node) ?? 0);
  return Math.max(friends, facts.lastDisturbanceMillis, ...opened);
}
