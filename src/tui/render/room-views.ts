import type { Commands } from '../../core/commands.ts';
import type { RoomDetails, RoomMessageView, RoomOrderView, RoomView } from '../../core/rooms/room-commands.ts';
import { preview } from '../model/chat.ts';
import type { Model } from '../model/model.ts';
import { type ChatMessage, conversationTitle, foundMessages, membersHere, messageOfRoom, roomOf } from '../model/room-chat.ts';
import { roomRows } from '../model/rooms.ts';
import { sanitise, sanitiseLine } from '../text/sanitise.ts';
import { BOLD, DIM, type Line, numbered, plain, type Segment } from '../text/styled.ts';
import { padEnd, textWidth } from '../text/width.ts';
import { ago, count, dateTime, presenceSign } from '../text/words.ts';
import { nameSegment, unreadMark } from './people.ts';
import { messageText, spokenMessage } from './plain-text.ts';

const ID_CHARACTERS = 8;

export function roomTitle(model: Model, name: string): string {
  const room = roomOf(model, name);
  if (room === undefined) return `${sanitiseLine(conversationTitle(model, name))} (not a member)`;
  const topic = room.topic === '' ? '' : `: ${sanitiseLine(room.topic)}`;
  return `${sanitiseLine(room.room)}${topic} (${room.role === null ? 'not a member' : count(room.members, 'member')})`;
}

export function roomsCount(model: Model): string {
  const unread = model.rooms.reduce((sum, room) => sum + (room.archived ? 0 : room.unread), 0);
  const parts = [unread === 0 ? '' : `${unread} unread`, model.invitations.length === 0 ? '' : count(model.invitations.length, 'invitation')];
  const said = parts.filter((part) => part !== '').join(', ');
  return said === '' ? '' : ` (${said})`;
}

/** Rooms behind the friends of a numbered list, numbers going on after `before`. */
export function openRoomLines(model: Model, before: number): readonly Line[] {
  const rooms = model.rooms.filter((room) => room.role !== null && !room.archived);
  return rooms.length === 0 ? [] : [plain('Rooms:'), ...rooms.map((room, at) => numbered(before + at + 1, roomLine(model, room))), []];
}

function roomLine(model: Model, room: RoomView): Line {
  const mentions: Segment = room.mentions === 0 ? { text: '' } : { text: ` @${room.mentions}`, style: BOLD };
  const marks = [room.muted ? 'muted' : '', room.archived ? 'archived' : '', room.role === null ? 'left' : ''].filter((mark) => mark !== '').join(', ');
  const last = room.lastText === '' ? '' : `${ago(room.lastMillis, model.nowMillis)}  ${sanitiseLine(room.lastFrom)}: ${preview(room.lastText)}`;
  return [
    { text: sanitiseLine(room.room), style: BOLD },
    unreadMark(room.unread),
    mentions,
    { text: `  ${count(room.members, 'member')}${marks === '' ? '' : ` (${marks})`}  ${last}`, style: DIM },
  ];
}

/** The page of rooms: own ones, invitations, and others that one may join, numbered through. */
export function roomsLines(model: Model): readonly Line[] {
  const rows = roomRows(model);
  if (rows.length === 0) return [plain('No rooms yet. /room-create <name> makes one; /room-join takes a link.'), []];
  const lines: Line[] = [];
  let kind = '';
  const heads = { own: 'Your rooms:', invitation: 'You are invited; choosing joins:', other: 'Rooms that you could join; choosing joins:' };
  for (const [at, row] of rows.entries()) {
    if (row.kind !== kind) lines.push(...(kind === '' ? [] : [[]]), plain(heads[row.kind]));
    kind = row.kind;
    const own = model.rooms.find((room) => room.roomId === row.roomId);
    const from = model.invitations.find((each) => each.roomId === row.roomId)?.from;
    const about = `${from === undefined ? '' : `  from ${from}`}${row.locked ? '  asks for a password' : ''}`;
    lines.push(
      numbered(
        at + 1,
        own === undefined
          ? [
              { text: sanitiseLine(row.room), style: BOLD },
              { text: about, style: DIM },
            ]
          : roomLine(model, own),
      ),
    );
  }
  return [...lines, []];
}

/** What a command about rooms answered. */
export function roomAnswerLines(command: string, value: unknown, model: Model): readonly Line[] {
  switch (command) {
    case 'rooms':
      return foundRooms(value as Commands['rooms']['result'], model);
    case 'room':
      return detailLines(value as RoomDetails, model);
    case 'room-order':
      return orderLines((value as Commands['room-order']['result']).events);
    case 'room-export':
      return (value as Commands['room-export']['result']).lines.map((line) => plain(sanitiseLine(line)));
    case 'export':
      return (value as Commands['export']['result']).lines.map((line) => plain(sanitiseLine(line)));
    case 'search':
    case 'room-search':
      return searchLines(foundMessages(value));
    default: {
      const { messages } = value as { readonly messages: readonly RoomMessageView[] };
      if (messages.length === 0) return [plain('Nothing was written yet.')];
      return messages.flatMap((message) => foundMessage(message));
    }
  }
}

function foundRooms(view: Commands['rooms']['result'], model: Model): readonly Line[] {
  const others = view.others.map(
    (room): Line => [
      { text: sanitiseLine(room.room), style: BOLD },
      { text: `  ${count(room.members, 'member')}  ${sanitiseLine(room.link)}`, style: DIM },
    ],
  );
  const lines = [...view.rooms.map((room) => roomLine(model, room)), ...others];
  return lines.length === 0 ? [plain('No room was found.')] : lines;
}

/** Each with a number: it leads to the message and what lies around it. */
function searchLines(messages: readonly ChatMessage[]): readonly Line[] {
  if (messages.length === 0) return [plain('Nothing was found.')];
  return messages.map((message, at) =>
    numbered(at + 1, [{ text: `${dateTime(message.sentMillis)}  `, style: DIM }, { text: sanitiseLine(messageText(message)) }]),
  );
}

function foundMessage(message: RoomMessageView): readonly Line[] {
  const [first = '', ...rest] = spokenMessage(messageOfRoom(message)).split('\n');
  return [[{ text: `${message.id.slice(0, ID_CHARACTERS)}  `, style: DIM }, { text: first }], ...rest.map((line) => plain(line))];
}

function detailLines(room: RoomDetails, model: Model): readonly Line[] {
  const policy = { open: 'whoever has the link may join', invite: 'by invitation', password: 'by password' }[room.policy];
  const history = room.history === 'all' ? 'who joins may read all of it' : 'who joins reads what follows';
  const rows: ReadonlyArray<readonly [string, string]> = [
    ['Topic', room.topic === '' ? '-' : sanitiseLine(room.topic)],
    ['Joining', `${policy}; ${history}`],
    ['Link', sanitiseLine(room.link)],
    ['Messages', `${room.messages} of ${count(room.events, 'event')}`],
    ...(room.gaps === 0 ? [] : [['Missing', `${count(room.gaps, 'event')}; members and holders are asked`] as const]),
    ...(room.sealed === 0 ? [] : [['Sealed', `${count(room.sealed, 'message')} whose key has not come`] as const]),
    ...(room.uncopied === 0 ? [] : [['Copies', `${count(room.uncopied, 'event')} on the way to the ring`] as const]),
    ...(room.votes.length === 0
      ? []
      : [['Votes', `${room.votes.map(({ from, heir }) => `${from} for ${heir}`).join(', ')}; ${room.votesNeeded} make another owner`] as const]),
    ...(room.invited.length === 0 ? [] : [['Invited', room.invited.map(sanitiseLine).join(', ')] as const]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return [
    [
      { text: sanitise(room.room), style: BOLD },
      { text: `  ${membersHere(room.memberList)} of ${count(room.members, 'member')} here`, style: DIM },
    ],
    [],
    ...rows.map(([name, text]): Line => [{ text: padEnd(name, width), style: DIM }, { text }]),
    [],
    ...room.memberList.map((member): Line => {
      const sign = presenceSign({ presence: member.presence as 'online', suspect: false });
      const role = member.role === 'member' ? '' : `  ${member.role}`;
      const self = member.name === model.user ? '  you' : '';
      return [{ text: `${sign} ` }, nameSegment(member.name, member.userId), { text: `${role}${self}${member.typing ? '  typing…' : ''}`, style: DIM }];
    }),
  ];
}

/** `/order`: what everybody's screen agrees on, and why: parents, computed depth, clock, what was concurrent. */
function orderLines(events: readonly RoomOrderView[]): readonly Line[] {
  if (events.length === 0) return [plain('Nothing has happened here yet.')];
  const short = (ids: readonly string[]): string => (ids.length === 0 ? '-' : ids.map((id) => id.slice(0, ID_CHARACTERS)).join(' '));
  const rows = events.map((event) => [
    String(event.depth),
    event.id.slice(0, ID_CHARACTERS),
    sanitiseLine(event.from),
    event.kind,
    short(event.parents),
    dateTime(event.stampMillis),
    short(event.concurrent),
  ]);
  const head = ['depth', 'event', 'from', 'kind', 'after', 'clock', 'concurrent with'];
  const widths = head.map((title, column) => Math.max(textWidth(title), ...rows.map((row) => textWidth(row[column] ?? ''))) + 2);
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => padEnd(cell, widths[column] ?? 0))
      .join('')
      .trimEnd();
  return [[{ text: line(head), style: DIM }], ...rows.map((row) => plain(line(row)))];
}
