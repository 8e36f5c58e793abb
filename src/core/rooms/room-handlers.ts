import { utf8Length, wellFormedText } from '../bytes.ts';
import { mentionedNames } from '../chat/mentions.ts';
import type { Parts } from '../parts.ts';
import type { UserId } from '../types.ts';
import { type RoomState, rankOf } from './authority.ts';
import type { Room } from './room.ts';
import type { RoomCommands } from './room-commands.ts';
import type { AnyRoomEvent } from './room-event.ts';
import type { RoomContent } from './room-lines.ts';
import { passwordKeyPair } from './room-password.ts';
import { readRoom } from './room-reading.ts';
import { linkOf, parseRoomLink } from './room-views.ts';
import { votesNeeded } from './succession.ts';

type Respond = (result: { ok: true; value: unknown } | { ok: false; code: string; details?: Record<string, unknown> }) => void;
type Handler<Name extends keyof RoomCommands> = (parts: Parts, args: RoomCommands[Name]['args'], respond: Respond) => void;

const PAGE_DEFAULT = 50;
const TRACED_MEMBERS_MAX = 64;

/** Answers to the commands of rooms; core/command-handlers.ts takes them in. All of them need a session. */
export const ROOM_HANDLERS: { readonly [Name in keyof RoomCommands]: Handler<Name> } = {
  'room-create': (parts, args, respond) => createRoom(parts, args, respond),
  'room-join': (parts, args, respond) => joinRoom(parts, args, respond),
  'room-leave': (parts, args, respond) => {
    withMember(parts, args.room, respond, (room) => {
      if (!wrote(parts.rooms.write(room, 'leave', {}), room, respond)) return;
      respond({ ok: true, value: { room: room.row.name, roomId: room.id } });
    });
  },
  'room-invite': (parts, args, respond) => {
    withMember(parts, args.room, respond, (room) => {
      withSomebody(parts, args.user, respond, (user, name) => {
        if (!wrote(parts.rooms.write(room, 'invite', { user, name }), room, respond)) return;
        respond({ ok: true, value: { room: room.row.name, roomId: room.id, user: name, link: linkOf(room.id, parts.settings.user) } });
      });
    });
  },
  'room-remove': (parts, args, respond) => {
    withMember(parts, args.room, respond, (room) => {
      withMemberNamed(room, args.user, respond, (user, name) => {
        if (!wrote(parts.rooms.write(room, 'remove', { user }), room, respond)) return;
        respond({ ok: true, value: { room: room.row.name, roomId: room.id, user: name } });
      });
    });
  },
  'room-role': (parts, args, respond) => {
    withMember(parts, args.room, respond, (room) => {
      withMemberNamed(room, args.user, respond, (user, name) => {
        if (!wrote(parts.rooms.write(room, 'role', { user, role: args.role }), room, respond)) return;
        respond({ ok: true, value: { room: room.row.name, roomId: room.id, user: name, role: args.role } });
      });
    });
  },
  'room-vote': (parts, args, respond) => {
    withMember(parts, args.room, respond, (room) => {
      withMemberNamed(room, args.user, respond, (user, name) => {
        if (!wrote(parts.rooms.write(room, 'vote', { heir: user, term: room.state?.term ?? 0 }), room, respond)) return;
        const state = room.state as RoomState;
        const votes = [...state.votes.values()].filter((heir) => heir === user).length;
        const owner = state.members.get(user)?.role === 'owner';
        respond({ ok: true, value: { room: room.row.name, roomId: room.id, user: name, votes, needed: votesNeeded(state), owner } });
      });
    });
  },
  'room-topic': (parts, args, respond) => {
    withMember(parts, args.room, respond, (room) => {
      if (!wrote(parts.rooms.write(room, 'topic', { topic: wellFormedText(args.topic) }), room, respond)) return;
      respond({ ok: true, value: parts.rooms.views.room(room) });
    });
  },
  rooms: ({ rooms }, args, respond) => respond({ ok: true, value: rooms.views.list(args) }),
  room: (parts, args, respond) => withRoom(parts, args.room, respond, (room) => respond({ ok: true, value: parts.rooms.views.details(room) })),
  'room-send': (parts, args, respond) => withMember(parts, args.room, respond, (room) => sendText(parts, room, args, respond)),
  'room-history': (parts, args, respond) => {
    withRoom(parts, args.room, respond, (room) => {
      const { lines, views, tables } = parts.rooms;
      const limit = args.limit ?? PAGE_DEFAULT;
      const gaps = parts.rooms.gapsOf(room);
      if (args.around === undefined)
        return respond({ ok: true, value: { ...lines.page(room, { limit, ...(args.before === undefined ? {} : { before: args.before }) }), gaps } });
      const order = tables.place(views.eventId(room, args.around) ?? '')?.order;
      if (order === undefined) return respond({ ok: false, code: 'unknown-message', details: { id: args.around } });
      respond({ ok: true, value: { ...lines.around(room, order, limit), gaps } });
    });
  },
  'room-read': (parts, args, respond) => {
    withRoom(parts, args.room, respond, (room) => {
      const last = args.upTo === undefined ? undefined : parts.rooms.views.eventId(room, args.upTo);
      if (last === null) return respond({ ok: false, code: 'unknown-message', details: { id: args.upTo } });
      respond({ ok: true, value: readRoom(parts, room, last) });
    });
  },
  'room-react': (parts, args, respond) => {
    withTarget(parts, args, respond, (room, target) =>
      say(parts, room, { kind: 'reaction', target, reaction: wellFormedText(args.reaction), on: args.remove !== true }, respond),
    );
  },
  'room-edit': (parts, args, respond) => {
    withTarget(parts, args, respond, (room, target, author) => {
      if (author !== parts.session.userId)
        return respond({ ok: false, code: 'room-forbidden', details: { name: room.row.name, reason: 'the message is not yours' } });
      if (badText(parts, args.text, respond)) return;
      say(parts, room, { kind: 'edit', target, text: wellFormedText(args.text) }, respond);
    });
  },
  'room-delete-message': (parts, args, respond) => {
    withTarget(parts, args, respond, (room, target, author) => {
      const { state } = room;
      const me = parts.session.userId as UserId;
      const allowed = author === me || (state !== null && rankOf(state, me) >= 1);
      if (!allowed) return respond({ ok: false, code: 'room-forbidden', details: { name: room.row.name, reason: 'only admins delete messages of others' } });
      say(parts, room, { kind: 'delete', target }, respond);
    });
  },
  'room-order': (parts, args, respond) => {
    withRoom(parts, args.room, respond, (room) =>
      respond({
        ok: true,
        value: parts.rooms.views.order(room, { limit: args.limit ?? PAGE_DEFAULT, ...(args.before === undefined ? {} : { before: args.before }) }),
      }),
    );
  },
  'room-archive': (parts, args, respond) => {
    withRoom(parts, args.room, respond, (room) => {
      room.change({ archived: args.archived ?? true });
      respond({ ok: true, value: { room: room.row.name, roomId: room.id, archived: room.row.archived } });
    });
  },
  'room-mute': (parts, args, respond) => {
    withRoom(parts, args.room, respond, (room) => {
      room.change({ muted: args.muted ?? true });
      respond({ ok: true, value: { room: room.row.name, roomId: room.id, muted: room.row.muted } });
    });
  },
  'room-search': (parts, args, respond) => {
    withRoom(parts, args.room, respond, (room) => {
      respond({ ok: true, value: { messages: parts.rooms.search.find(room, args.query, args.limit ?? 20) } });
    });
  },
  'room-export': (parts, args, respond) => {
    withRoom(parts, args.room, respond, (room) => {
      const range = { limit: args.limit ?? 200, ...(args.after === undefined ? {} : { after: args.after }) };
      respond({ ok: true, value: parts.rooms.views.exported(room, range) });
    });
  },
  'room-draft': (parts, args, respond) => {
    withRoom(parts, args.room, respond, (room) => {
      const { drafts } = parts.chat;
      // Drafts are kept by whom they are for: a user's id or a room's.
      const id = room.id as string as UserId;
      if (args.text !== undefined) drafts.set(id, { text: wellFormedText(args.text), changedMillis: Math.trunc(parts.env.wallMillis) });
      respond({ ok: true, value: { room: room.row.name, roomId: room.id, text: drafts.text(id) } });
    });
  },
  'room-typing': (parts, args, respond) => {
    withMember(parts, args.room, respond, (room) => {
      for (const link of parts.rooms.linked(room)) parts.links.send(link, { type: 'room-typing', room: room.id, typing: args.typing ? 1 : 0 });
      respond({ ok: true, value: { room: room.row.name, roomId: room.id } });
    });
  },
};

function createRoom(parts: Parts, args: RoomCommands['room-create']['args'], respond: Respond): void {
  const { env, options, rooms } = parts;
  const name = wellFormedText(args.name).trim();
  if (name === '') return respond({ ok: false, code: 'room-bad-name', details: { max: options.roomNameCharactersMax } });
  if (rooms.all().length >= options.roomsMax) return respond({ ok: false, code: 'rooms-full', details: { max: options.roomsMax } });
  const policy = args.policy ?? (args.password === undefined || args.password === '' ? 'open' : 'password');
  const password = args.password ?? '';
  if (policy !== 'password') return found(parts, { ...args, name, policy }, new Uint8Array(), new Uint8Array(), respond);
  if (password.length < options.passwordCharactersMin || password.length > options.passwordCharactersMax) {
    return respond({ ok: false, code: 'bad-password', details: { min: options.passwordCharactersMin, max: options.passwordCharactersMax } });
  }
  const salt = env.random.bytes(16);
  rooms.services.call({ service: 'derive-key', password, salt, derivation: options.derivation }, (result) => {
    if (!result.ok || !(result.value instanceof Uint8Array)) return respond({ ok: false, code: 'internal', details: { reason: 'no key for the password' } });
    if (parts.session.open === null) return respond({ ok: false, code: 'not-logged-in' });
    found(parts, { ...args, name, policy }, salt, passwordKeyPair(env.crypto, result.value, salt).publicKey, respond);
  });
}

function found(parts: Parts, args: RoomCommands['room-create']['args'], passwordSalt: Uint8Array, passwordKey: Uint8Array, respond: Respond): void {
  const { env, rooms, session } = parts;
  const card = session.userRecord();
  if (card === null) return respond({ ok: false, code: 'not-logged-in' });
  const room = rooms.found({
    name: args.name,
    topic: wellFormedText(args.topic ?? ''),
    policy: args.policy ?? 'open',
    history: args.history ?? 'all',
    passwordSalt,
    passwordKey,
    nonce: env.random.bytes(16),
    card: card.signed,
  });
  respond({ ok: true, value: rooms.views.room(room) });
}

function joinRoom(parts: Parts, args: RoomCommands['room-join']['args'], respond: Respond): void {
  const { rooms } = parts;
  const target = parseRoomLink(args.room) ?? namedTarget(parts, args.room);
  if (target === null) return respond({ ok: false, code: 'unknown-room', details: { name: args.room } });
  rooms.joining.join(target, args.password, (outcome) => {
    const room = rooms.get(target.room)?.row.name ?? args.room;
    if ('code' in outcome)
      return respond({
        ok: false,
        code: outcome.code,
        details: { name: outcome.name ?? room, max: parts.options.roomsMax, reason: 'no key for the password' },
      });
    respond({ ok: true, value: { room, roomId: target.room, state: outcome.state } });
  });
}

/** A room that one was invited to or was told of, or that one has left, by its name or the beginning of its id. */
function namedTarget(parts: Parts, typed: string): { readonly room: string; readonly host: string | null } | null {
  const { rooms } = parts;
  const name = typed.trim().replace(/^#/, '').toLowerCase();
  const known = [...rooms.joining.invitations(), ...rooms.joining.cards.others()];
  const ids = new Set(
    known.filter((each) => each.room.toLowerCase() === name || (name.length >= 8 && each.roomId.startsWith(name))).map((each) => each.roomId),
  );
  if (ids.size === 1) return { room: [...ids][0] as string, host: null };
  const own = ids.size === 0 ? rooms.views.find(typed) : 'ambiguous';
  return typeof own === 'string' ? null : { room: own.id, host: null };
}

function sendText(parts: Parts, room: Room, args: RoomCommands['room-send']['args'], respond: Respond): void {
  if (badText(parts, args.text, respond)) return;
  const text = wellFormedText(args.text);
  const names = new Set([...(args.mentions ?? []).map((name) => name.replace(/^@/, '').toLowerCase()), ...mentionedNames(text)]);
  const mentions = [...(room.state?.members ?? [])].filter(([, member]) => names.has(member.name)).map(([user]) => user);
  const replyTo = args.replyTo === undefined ? '' : parts.rooms.views.eventId(room, args.replyTo);
  if (replyTo === null) return respond({ ok: false, code: 'unknown-message', details: { id: args.replyTo } });
  say(parts, room, { kind: 'message', text, replyTo, mentions: mentions.slice(0, 64) }, respond);
}

/** Seals content, writes it into the room and answers with its id. */
export function say(parts: Parts, room: Room, content: RoomContent, respond: Respond): void {
  const { rooms } = parts;
  const event = rooms.write(room, 'sealed', rooms.keys.seal(room, content));
  if (!wrote(event, room, respond)) return;
  const { id } = event as AnyRoomEvent;
  if (content.kind === 'message' && parts.env.tracing) traceWritten(parts, room, id);
  respond({ ok: true, value: content.kind === 'message' ? { id, state: 'queued' } : { id } });
}

/** Members are named where later ones are not to have it; in large rooms that would be more than the rest of the trace. */
function traceWritten({ env }: Parts, room: Room, id: string): void {
  const members = [...(room.state?.members.values() ?? [])].map((member) => member.name);
  const isForSome = room.state?.history !== 'all' && members.length <= TRACED_MEMBERS_MAX;
  const readers = isForSome ? { members: members.join(' ') } : {};
  env.trace({ type: 'state', subject: 'room-message', id, to: 'queued', data: { room: room.row.name, roomId: room.id, ...readers } });
}

/** False, and answered, when the room did not take it. */
function wrote(outcome: AnyRoomEvent | string, room: Room, respond: Respond): boolean {
  if (typeof outcome !== 'string') return true;
  respond({ ok: false, code: 'room-forbidden', details: { name: room.row.name, reason: outcome } });
  return false;
}

function badText(parts: Parts, text: string, respond: Respond): boolean {
  const max = parts.options.textBytesMax;
  const bytes = utf8Length(text);
  if (text === '') respond({ ok: false, code: 'empty-text' });
  else if (bytes > max) respond({ ok: false, code: 'text-too-long', details: { bytes, max } });
  return text === '' || bytes > max;
}

export function withRoom(parts: Parts, typed: string, respond: Respond, then: (room: Room) => void): void {
  const room = parts.rooms.views.find(typed);
  if (room === 'unknown' || room === 'ambiguous')
    return respond({ ok: false, code: room === 'unknown' ? 'unknown-room' : 'ambiguous-room', details: { name: typed } });
  then(room);
}

export function withMember(parts: Parts, typed: string, respond: Respond, then: (room: Room) => void): void {
  withRoom(parts, typed, respond, (room) => {
    if (room.row.status !== 'member') return respond({ ok: false, code: 'not-in-room', details: { name: room.row.name } });
    then(room);
  });
}

function withSomebody(parts: Parts, typed: string, respond: Respond, then: (user: UserId, name: string) => void): void {
  const name = typed.replace(/^@/, '').toLowerCase();
  parts.lookup.find(name, (record) => {
    if (parts.session.open === null) return respond({ ok: false, code: 'not-logged-in' });
    if (record === null) return respond({ ok: false, code: 'unknown-user', details: { name } });
    then(record.authorId as UserId, record.body.name);
  });
}

function withMemberNamed(room: Room, typed: string, respond: Respond, then: (user: UserId, name: string) => void): void {
  const name = typed.replace(/^@/, '').toLowerCase();
  const found = [...(room.state?.members ?? [])].find(([, member]) => member.name === name);
  if (found === undefined) return respond({ ok: false, code: 'no-room-member', details: { name, room: room.row.name } });
  then(found[0], name);
}

/** A message of a room that the user is in. */
function withTarget(
  parts: Parts,
  args: { readonly room: string; readonly id: string },
  respond: Respond,
  then: (room: Room, target: string, author: UserId) => void,
): void {
  withMember(parts, args.room, respond, (room) => {
    const id = parts.rooms.views.eventId(room, args.id);
    const found = id === null ? null : parts.rooms.tables.lineOf(room.id, id);
    if (found === null || found[1].kind !== 'message') return respond({ ok: false, code: 'unknown-message', details: { id: args.id } });
    then(room, found[1].id, found[1].author);
  });
}
