import { exportLine } from '../export-line.ts';
import type { Parts } from '../parts.ts';
import type { UserId } from '../types.ts';
import type { Room } from './room.ts';
import type { RoomDetails, RoomEventId, RoomId, RoomMessageView, RoomOrderView, RoomsView, RoomView } from './room-commands.ts';
import { readRoomEvent } from './room-event.ts';
import { depthOf, stampOf } from './room-tables.ts';
import { type Rooms, typingKey } from './rooms.ts';
import { votesNeeded } from './succession.ts';
import { utcText } from './utc-text.ts';

/** More are not counted. */
const UNCOPIED_MAX = 1_000;
const LINK_START = 'confab-room:';

const HOST = /^[a-z0-9][a-z0-9._-]{0,31}$/;

/** A room as a person writes or copies it, with the first of these names that is one: that of a member who can be asked. */
export function linkOf(room: RoomId, ...hosts: readonly string[]): string {
  const host = hosts.find((each) => HOST.test(each));
  return `${LINK_START}${room}${host === undefined ? '' : `/${host}`}`;
}

/** The parts of a link or of a bare id; null when it is neither. */
export function parseRoomLink(text: string): { readonly room: RoomId; readonly host: string | null } | null {
  const bare = text.trim().replace(LINK_START, '');
  const [, room, , host] = /^([0-9a-f]{64})(\/([a-z0-9][a-z0-9._-]{0,31}))?$/.exec(bare) ?? [];
  return room === undefined ? null : { room, host: host ?? null };
}

/** Answers about rooms. Reads only. */
export class RoomViews {
  readonly #parts: Parts;
  readonly #rooms: Rooms;

  constructor(parts: Parts, rooms: Rooms) {
    this.#parts = parts;
    this.#rooms = rooms;
  }

  room(room: Room): RoomView {
    const { row, state } = room;
    const me = this.#parts.session.userId as UserId;
    return {
      room: row.name,
      roomId: room.id,
      topic: row.topic,
      policy: state?.policy ?? 'invite',
      history: state?.history ?? 'joined',
      role: row.status === 'member' ? (state?.members.get(me)?.role ?? null) : null,
      members: state?.members.size ?? 0,
      unread: row.unread,
      mentions: row.mentions,
      muted: row.muted,
      archived: row.archived,
      lastText: row.lastText,
      lastFrom: row.lastFrom,
      lastMillis: row.lastMillis,
      link: linkOf(room.id, ...this.#hostsOf(room)),
    };
  }

  /** The user, or of a room that they are not in any more somebody who is. */
  #hostsOf({ row, state }: Room): string[] {
    const { user } = this.#parts.settings;
    if (row.status === 'member') return [user];
    return [...(state?.members.values() ?? [])].map(({ name }) => name).filter((name) => name !== user);
  }

  list(args: { readonly search?: string; readonly archived?: boolean }): RoomsView {
    const words = (args.search ?? '').toLowerCase();
    const fits = (view: { readonly room: string; readonly topic: string }): boolean => `${view.room}\n${view.topic}`.toLowerCase().includes(words);
    const rooms = this.#rooms
      .all()
      .filter((room) => room.row.status === 'member' && room.row.archived === (args.archived ?? false))
      .map((room) => this.room(room))
      .filter(fits)
      .sort((a, b) => b.lastMillis - a.lastMillis || (a.room < b.room ? -1 : 1));
    const invitations = this.#rooms.joining.invitations();
    const others = this.#rooms.joining.cards.others().filter(({ roomId }) => !invitations.some((invited) => invited.roomId === roomId));
    return { rooms, invitations: invitations.filter(fits), others: others.filter(fits) };
  }

  details(room: Room): RoomDetails {
    const { presence, session } = this.#parts;
    const { row, state } = room;
    const memberList = [...(state?.members ?? [])]
      .map(([userId, member]) => {
        const view = userId === session.userId ? presence.own.presence : presence.viewOf(userId).presence;
        return { name: member.name, userId, role: member.role, presence: view, typing: this.#rooms.typing.is(typingKey(room, userId)) };
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    return {
      ...this.room(room),
      memberList,
      invited: [...(state?.invited.values() ?? [])].sort(),
      gaps: this.#rooms.gapsOf(room),
      events: row.events,
      messages: row.messages,
      heads: row.heads,
      sealed: this.#rooms.tables.sealed(room.id).length,
      votes: [...(state?.votes ?? [])].map(([from, heir]) => ({ from: this.#rooms.lines.nameOf(room, from), heir: this.#rooms.lines.nameOf(room, heir) })),
      votesNeeded: state === null ? 0 : votesNeeded(state),
      uncopied: this.#rooms.copies.tables.due(room.id, 'mine', UNCOPIED_MAX).length,
    };
  }

  /** Events in their order, newest last, with what is concurrent among those of the page. */
  order(
    room: Room,
    range: { readonly limit: number; readonly before?: string },
  ): { readonly events: RoomOrderView[]; readonly heads: readonly RoomEventId[]; readonly more: boolean } {
    const found = this.#rooms.tables.events(room.id, { reverse: true, limit: range.limit + 1, ...(range.before === undefined ? {} : { to: range.before }) });
    const page = found.slice(0, range.limit).reverse();
    const past = new Map<RoomEventId, Set<RoomEventId>>();
    const events: RoomOrderView[] = [];
    for (const { order, signed } of page) {
      const event = readRoomEvent(this.#parts.env, signed, true);
      if (typeof event === 'string') continue;
      const before = new Set<RoomEventId>(event.parents);
      for (const parent of event.parents) for (const id of past.get(parent) ?? []) before.add(id);
      past.set(event.id, before);
      events.push({
        key: order,
        id: event.id,
        kind: event.kind,
        from: this.#rooms.lines.nameOf(room, event.author),
        parents: event.parents,
        depth: depthOf(order),
        stampMillis: stampOf(order),
        concurrent: [],
      });
    }
    const concurrent = (a: RoomEventId, b: RoomEventId): boolean => a !== b && past.get(a)?.has(b) !== true && past.get(b)?.has(a) !== true;
    // Within a page an event's past is complete as far as the page goes, since whatever lies between two of its events is in it.
    const ids = events.map((event) => event.id);
    return {
      events: events.map((event) => ({ ...event, concurrent: ids.filter((id) => concurrent(event.id, id)) })),
      heads: room.row.heads,
      more: found.length > range.limit,
    };
  }

  /** Lines as text, oldest first. */
  exported(room: Room, range: { readonly limit: number; readonly after?: string }): { readonly lines: string[]; readonly next: string | null } {
    const from = range.after === undefined ? {} : { from: `${range.after}~` };
    const found = this.#rooms.tables.lines(room.id, { limit: range.limit + 1, ...from });
    const page = found.slice(0, range.limit);
    const lines = page.map(([order, line]) => roomExportLine(this.#rooms.lines.view(room, order, line)));
    return { lines, next: found.length > range.limit ? (page.at(-1)?.[0] ?? null) : null };
  }

  /** The room that this text names: an id or its beginning, a link, or a name that only one has. */
  find(text: string): Room | 'unknown' | 'ambiguous' {
    const id = parseRoomLink(text)?.room;
    if (id !== undefined) return this.#rooms.get(id) ?? 'unknown';
    const name = text.trim().replace(/^#/, '').toLowerCase();
    const rooms = this.#rooms.all().filter((room) => room.row.status !== 'pending' || room.state !== null);
    const named = rooms.filter((room) => room.row.name.toLowerCase() === name);
    const current = named.filter((room) => room.row.status === 'member');
    const found = current.length > 0 ? current : named.length > 0 ? named : /^[0-9a-f]{8,}$/.test(name) ? rooms.filter((room) => room.id.startsWith(name)) : [];
    return found.length === 1 ? (found[0] as Room) : found.length === 0 ? 'unknown' : 'ambiguous';
  }

  /** The event that an id or its beginning names; null: none, or several. */
  eventId(room: Room, text: string): RoomEventId | null {
    const ids = /^[0-9a-f]{8,64}$/.test(text) ? this.#rooms.tables.idsLike(room.id, text) : [];
    return ids.length === 1 ? (ids[0] as RoomEventId) : null;
  }
}

function roomExportLine(message: RoomMessageView): string {
  return message.kind === 'message' ? exportLine(message) : `${utcText(message.sentMillis)}  * ${message.text}`;
}
