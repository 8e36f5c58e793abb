import { userOf } from '../names.ts';
import type { TraceFacts } from './facts.ts';

/** Where a message to a room stands in the trace. */
export interface RoomStory {
  readonly id: string;
  /** The node that took it in. */
  by: string;
  /** Id of the room; empty where that node's word is missing. */
  room: string;
  /** Members at the writer's node when it was written; null where later members are to have it as well. */
  readers: ReadonlySet<string> | null;
  /** When the node had it durably, or said so to whoever asked, ms; null: never. */
  acceptedMillis: number | null;
  /** Users on whose disk it was first seen, readable or not, ms. */
  readonly keptMillis: Map<string, number>;
  /** Users who could read it, and since when, ms. */
  readonly shownMillis: Map<string, number>;
  /** Ticks that the writer was shown: whose, when, by which event. */
  readonly ticks: Array<{ readonly peer: string; readonly atMillis: number; readonly event: string }>;
}

/** Somebody who is to have a message of a room and has not, although somebody else could have brought it for so long. */
export interface Lack {
  readonly story: RoomStory;
  readonly reader: string;
  /** Who has it. */
  readonly from: string;
  /** Since when nothing has stood between the two, ms. */
  readonly sinceMillis: number;
}

/** Messages to rooms, and who is in which room, as nodes themselves saw it. */
export class RoomStories {
  readonly #facts: TraceFacts;
  readonly stories = new Map<string, RoomStory>();
  /** By room: users who are members at the end, and since when, ms. */
  readonly #members = new Map<string, Map<string, number>>();
  readonly #ready = new Map<string, number | null>();

  constructor(facts: TraceFacts) {
    this.#facts = facts;
    for (const { id: event, node, atMillis, detail } of facts.about({ subjects: ['room', 'room-message'], types: ['shown'] })) {
      if (detail.type === 'shown' && detail.what === 'room-message' && detail.data?.['kind'] === 'message') {
        const { keptMillis, shownMillis } = this.#story(detail.id);
        if (!shownMillis.has(userOf(node))) shownMillis.set(userOf(node), atMillis);
        if (!keptMillis.has(userOf(node))) keptMillis.set(userOf(node), atMillis);
      }
      if (detail.type !== 'state') continue;
      if (detail.subject === 'room') this.#membership(detail.id, userOf(node), detail.to, atMillis);
      if (detail.subject === 'room-message') this.#said(event, node, atMillis, detail.id, detail.to, detail.data ?? {});
    }
    // What is sealed may be a reaction or an edit as well: only what somebody said to have written as a message counts.
    for (const [id, story] of this.stories) if (story.acceptedMillis === null) this.stories.delete(id);
  }

  #story(id: string): RoomStory {
    let found = this.stories.get(id);
    if (found === undefined) {
      found = { id, by: '', room: '', readers: null, acceptedMillis: null, keptMillis: new Map(), shownMillis: new Map(), ticks: [] };
      this.stories.set(id, found);
    }
    return found;
  }

  #membership(room: string, user: string, to: string, atMillis: number): void {
    const members = this.#members.get(room) ?? new Map<string, number>();
    this.#members.set(room, members);
    if (to === 'member') members.set(user, atMillis);
    else if (to === 'left') members.delete(user);
  }

  #said(event: string, node: string, atMillis: number, id: string, to: string, data: Readonly<Record<string, unknown>>): void {
    const story = this.#story(id);
    switch (to) {
      case 'queued':
        story.room = String(data['roomId']);
        if (typeof data['members'] === 'string') story.readers = new Set(data['members'].split(' '));
        story.by = node;
        story.acceptedMillis ??= atMillis;
        return;
      case 'accepted':
        story.by = String(data['by']);
        story.acceptedMillis ??= atMillis;
        return;
      case 'kept':
        if (!story.keptMillis.has(userOf(node))) story.keptMillis.set(userOf(node), atMillis);
        return;
      case 'delivered':
        story.ticks.push({ peer: String(data['peer']), atMillis, event });
    }
  }

  membersOf(room: string): ReadonlyMap<string, number> {
    return this.#members.get(room) ?? new Map();
  }

  /** Members who are to have a message and have not, each with whoever could have brought it for the longest time. */
  *lacks(): Generator<Lack> {
    for (const story of this.stories.values()) {
      if (story.room === '') continue;
      for (const reader of this.membersOf(story.room).keys()) {
        if (reader === userOf(story.by) || story.shownMillis.has(reader) || story.readers?.has(reader) === false) continue;
        const best = this.#bestSource(story, reader);
        if (best !== null) yield { story, reader, ...best };
      }
    }
  }

  /** When the last of those who are to have it could read it, and since when somebody could have brought it to them, ms. */
  *arrivals(): Generator<{ readonly story: RoomStory; readonly tookMillis: number }> {
    for (const story of this.stories.values()) {
      for (const reader of this.membersOf(story.room).keys()) {
        const shown = story.shownMillis.get(reader);
        if (shown === undefined || reader === userOf(story.by)) continue;
        const best = this.#bestSource(story, reader);
        if (best !== null) yield { story, tookMillis: shown - best.sinceMillis };
      }
    }
  }

  /** The writer, if it is there: nobody had it before. Else whoever could have brought it for the longest time. */
  #bestSource(story: RoomStory, reader: string): { readonly from: string; readonly sinceMillis: number } | null {
    const there = this.#readySince(story.room, reader);
    if (there === null || this.#facts.faults.size > 0) return null;
    let best: { readonly from: string; readonly sinceMillis: number } | null = null;
    for (const from of [userOf(story.by), ...this.membersOf(story.room).keys()]) {
      const has = from === reader ? null : this.#hasSince(story, from);
      const here = has === null ? null : this.#readySince(story.room, from);
      if (has === null || here === null) continue;
      const sinceMillis = Math.max(here, there, has, this.#facts.lastDisturbanceMillis);
      if (best === null || sinceMillis < best.sinceMillis) best = { from, sinceMillis };
      if (from === userOf(story.by)) return best;
    }
    return best;
  }

  /** Since when somebody has it for certain, key included; null: not, or the disk was lost since. */
  #hasSince(story: RoomStory, user: string): number | null {
    const since = user === userOf(story.by) ? story.acceptedMillis : (story.shownMillis.get(user) ?? null);
    if (since === null || this.#facts.deleted.has(user)) return null;
    for (const [node, times] of this.#facts.emptied) if (userOf(node) === user && times.some((at) => at > since)) return null;
    return since;
  }

  /** Since when somebody is in the room and logged in at one node, ms; null: not so. */
  #readySince(room: string, user: string): number | null {
    const key = `${room} ${user}`;
    const known = this.#ready.get(key);
    if (known !== undefined) return known;
    const nodes = this.#facts.sessionsOf(user);
    const joined = this.membersOf(room).get(user);
    const since = nodes.length !== 1 || joined === undefined ? null : Math.max(joined, this.#facts.sessions.get(nodes[0] ?? '') ?? 0);
    this.#ready.set(key, since);
    return since;
  }
}
