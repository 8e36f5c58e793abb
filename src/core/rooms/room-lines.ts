import { toHex } from '../bytes.ts';
import { type FileDescriptor, fileShape } from '../files/descriptor.ts';
import type { Parts } from '../parts.ts';
import { boolean, choice, either, hexId, list, misfit, optional, record, text } from '../shape.ts';
import type { UserId } from '../types.ts';
import { rankOf } from './authority.ts';
import { CopyTables } from './copy-tables.ts';
import type { Room } from './room.ts';
import type { RoomEventId, RoomMessageView } from './room-commands.ts';
import type { AnyRoomEvent } from './room-event.ts';
import { type RoomTables, type StoredLine, stampOf } from './room-tables.ts';

/** What is inside a sealed event. `replyTo` is empty for none. */
export type RoomContent =
  | { readonly kind: 'message'; readonly text: string; readonly replyTo: RoomEventId; readonly mentions: readonly UserId[]; readonly file?: FileDescriptor }
  | { readonly kind: 'reaction'; readonly target: RoomEventId; readonly reaction: string; readonly on: boolean }
  | { readonly kind: 'edit'; readonly target: RoomEventId; readonly text: string }
  | { readonly kind: 'delete'; readonly target: RoomEventId };

const target = hexId;
const contentShape = either(
  record({ kind: choice('message'), text: text(1, 65_536), replyTo: text(0, 64), mentions: list(hexId, 64), file: optional(fileShape) }),
  record({ kind: choice('reaction'), target, reaction: text(1, 16), on: boolean }),
  record({ kind: choice('edit'), target, text: text(1, 65_536) }),
  record({ kind: choice('delete'), target }),
);

const PREVIEW_CHARACTERS = 120;
const REACTIONS_MAX = 512;

/** Null when what was opened is no content. */
export function asContent(value: unknown): RoomContent | null {
  return misfit(contentShape, value) === null ? (value as RoomContent) : null;
}

/**
 * What a room shows: one line for each message and for each thing that happened. Reactions, edits and deletions change the lines
 * they point to; which of several counts is decided by their places, so that it does not matter in which order they came.
 */
export class RoomLines {
  readonly #parts: Parts;
  readonly #tables: RoomTables;
  readonly #copies: CopyTables;

  constructor(parts: Parts, tables: RoomTables) {
    this.#parts = parts;
    this.#tables = tables;
    this.#copies = new CopyTables(parts.env.store);
  }

  nameOf(room: Room, user: UserId): string {
    return room.state?.members.get(user)?.name ?? this.#parts.view.user(user)?.body.name ?? `user-${user.slice(0, 8)}`;
  }

  /** The line of an event that changes who may do what. */
  authority(room: Room, event: AnyRoomEvent, order: string): StoredLine {
    const from = event.kind === 'create' || event.kind === 'join' ? (room.graph.node(event.id)?.name ?? '') : this.nameOf(room, event.author);
    const name = room.row.name;
    const [kind, text] = ((): readonly [StoredLine['kind'], string] => {
      switch (event.kind) {
        case 'create':
          return ['created', `${from} made the room ${name}`];
        case 'join':
          return ['joined', `${from} joined`];
        case 'leave':
          return ['left', `${from} left`];
        case 'invite':
          return ['invited', `${from} invited ${event.body.name}`];
        case 'remove':
          return ['removed', `${from} removed ${this.nameOf(room, event.body.user)}`];
        case 'role':
          return ['role', `${from} made ${this.nameOf(room, event.body.user)} ${event.body.role}`];
        case 'topic':
          return ['topic', `${from} set the topic: ${event.body.topic}`];
        case 'vote':
          return [
            'role',
            event.body.heir === event.author && isOwnersWord(room, event)
              ? `${from} is here and stays the owner`
              : `${from} votes for ${this.nameOf(room, event.body.heir)} as the owner`,
          ];
        case 'sealed':
        case 'history-key':
          return ['sealed', ''];
      }
    })();
    const line = { ...this.#empty(event, order, from), kind, text };
    this.#tables.putLine(room.id, order, line);
    return line;
  }

  #empty(event: AnyRoomEvent, order: string, from: string): StoredLine {
    return {
      id: event.id,
      kind: 'sealed',
      author: event.author,
      from,
      text: '',
      sentMillis: stampOf(order),
      replyTo: null,
      mentions: [],
      edited: '',
      deleted: false,
      reactions: [],
    };
  }

  /** A line for what cannot be opened yet. */
  sealed(room: Room, event: AnyRoomEvent, order: string): void {
    if (this.#tables.line(room.id, order) === undefined) this.#tables.putLine(room.id, order, this.#empty(event, order, this.nameOf(room, event.author)));
  }

  /** Takes in the content of an event; the place of the line that it is, or that it changed, and whether that line is new as text. */
  opened(room: Room, event: AnyRoomEvent, order: string, content: RoomContent): { readonly order: string; readonly fresh: boolean } | null {
    if (content.kind === 'message') {
      const before = this.#tables.line(room.id, order) ?? this.#empty(event, order, this.nameOf(room, event.author));
      const kept = before.deleted || before.edited !== '' ? before.text : content.text;
      const replyTo = content.replyTo === '' ? null : content.replyTo;
      this.#tables.putLine(room.id, order, {
        ...before,
        kind: 'message',
        text: kept,
        replyTo,
        mentions: content.mentions,
        ...(content.file === undefined || before.deleted ? {} : { file: content.file }),
      });
      return { order, fresh: true };
    }
    this.#tables.dropLine(room.id, order);
    const found = this.#tables.lineOf(room.id, content.target);
    if (found === null) return null;
    const [at, line] = found;
    const changed = this.#changed(room, event, order, content, line);
    if (changed === null) return null;
    this.#tables.putLine(room.id, at, changed);
    return { order: at, fresh: false };
  }

  #changed(room: Room, event: AnyRoomEvent, order: string, content: Exclude<RoomContent, { kind: 'message' }>, line: StoredLine): StoredLine | null {
    if (line.kind !== 'message' && line.kind !== 'sealed') return null;
    switch (content.kind) {
      case 'reaction': {
        const mine = line.reactions.find((each) => each.by === event.author && each.reaction === content.reaction);
        if ((mine !== undefined && mine.order > order) || (mine === undefined && line.reactions.length >= REACTIONS_MAX)) return null;
        const others = line.reactions.filter((each) => each !== mine);
        const reactions = [...others, { reaction: content.reaction, by: event.author, order, on: content.on }];
        return { ...line, reactions: reactions.sort((a, b) => (a.reaction + a.by < b.reaction + b.by ? -1 : 1)) };
      }
      case 'edit':
        if (line.author !== event.author || line.deleted || line.edited > order) return null;
        return { ...line, text: content.text, edited: order };
      case 'delete': {
        const before = room.stateBefore(event.id);
        if (line.author !== event.author && (before === null || rankOf(before, event.author) < 1)) return null;
        if (line.file !== undefined) this.#parts.files.withdrawn(toHex(line.file.root), { kind: 'room', room: room.id }, line.author);
        return withoutFile({ ...line, text: '', deleted: true, deletedAt: order });
      }
    }
  }

  view(room: Room, order: string, line: StoredLine): RoomMessageView {
    const me = this.#parts.session.userId as UserId;
    const fromMe = line.author === me;
    const by = fromMe && line.kind === 'message' ? this.#tables.receipts(room.id, order) : [];
    const replied = line.replyTo === null ? null : this.#tables.lineOf(room.id, line.replyTo);
    const reactions = new Map<string, string[]>();
    for (const each of line.reactions) if (each.on) reactions.set(each.reaction, [...(reactions.get(each.reaction) ?? []), this.nameOf(room, each.by)]);
    return {
      key: order,
      id: line.id,
      room: room.row.name,
      roomId: room.id,
      kind: line.kind === 'sealed' ? 'message' : line.kind,
      from: line.from,
      fromMe,
      text: line.text,
      sentMillis: line.sentMillis,
      state: !fromMe || line.kind !== 'message' || by.length > 0 ? 'delivered' : this.#copies.isDue(room.id, 'mine', order) ? 'queued' : 'held',
      seenBy: fromMe && line.kind === 'message' ? this.#parts.rooms.marks.seenBy(room, line.id, order, me) : [],
      deliveredTo: by.map((user) => this.nameOf(room, user)).sort(),
      replyTo: replied === null ? null : { id: replied[1].id, from: replied[1].from, text: replied[1].text.slice(0, PREVIEW_CHARACTERS) },
      mentions: line.mentions.map((user) => this.nameOf(room, user)),
      mentionsMe: line.mentions.includes(me),
      reactions: [...reactions].map(([reaction, names]) => ({ reaction, by: names.sort() })),
      edited: line.edited !== '',
      deleted: line.deleted,
      changing: this.#isChanging(room, line, me),
      sealed: line.kind === 'sealed',
      ...(line.file === undefined ? {} : { file: this.#parts.files.views.ofMessage(line.file, { ...line, fromMe }) }),
    };
  }

  /** Something that the user did to the line, and that still counts, is known to no other member. */
  #isChanging(room: Room, line: StoredLine, me: UserId): boolean {
    if ((room.state?.members.size ?? 0) < 2) return false;
    const reactions = line.reactions.flatMap((each) => (each.by === me ? [each.order] : []));
    return [line.edited, line.deletedAt ?? '', ...reactions].some((order) => order !== '' && this.#tables.isWaiting(room.id, order));
  }

  /** Oldest first; `before` is a place. */
  page(room: Room, range: { readonly limit: number; readonly before?: string }): { readonly messages: RoomMessageView[]; readonly more: boolean } {
    const lines = this.#tables.lines(room.id, { reverse: true, limit: range.limit + 1, ...(range.before === undefined ? {} : { to: range.before }) });
    const messages = lines.slice(0, range.limit).map(([order, line]) => this.view(room, order, line));
    return { messages: messages.reverse(), more: lines.length > range.limit };
  }

  /** The page that has this place in its middle. */
  around(room: Room, order: string, limit: number): { readonly messages: RoomMessageView[]; readonly more: boolean } {
    const half = Math.floor(limit / 2);
    const after = this.#tables.lines(room.id, { from: order, limit: limit - half }).map(([at, line]) => this.view(room, at, line));
    const { messages, more } = this.page(room, { limit: half, before: order });
    return { messages: [...messages, ...after], more };
  }
}

function withoutFile({ file: _file, ...line }: StoredLine): StoredLine {
  return line;
}

/** An owner who was there when it wrote this. */
function isOwnersWord(room: Room, event: AnyRoomEvent): boolean {
  return room.stateBefore(event.id)?.members.get(event.author)?.role === 'owner';
}
