import { type RatchetPart, ratchetPartShape } from '../secure/part.ts';
import { bytes, hexId, integer, list, nullable, record, type Shape, text } from '../shape.ts';
import type { RoomId } from './room-commands.ts';
import { type SignedRoomEvent, signedRoomEventShape } from './room-event.ts';

/** What nodes say to each other about rooms: part of the messages of a link (core/messages.ts). */
/** Rooms that one message tells of. */
export const CARDS_SENT_MAX = 32;

export type RoomMessage =
  /** `live`: 1 when they were just written and are passed on, 0 for the answer to a question. */
  | { readonly type: 'room-events'; readonly room: RoomId; readonly events: readonly SignedRoomEvent[]; readonly live: number }
  /** What nothing points to at the sender: equal heads mean equal rooms. */
  | { readonly type: 'room-heads'; readonly room: RoomId; readonly heads: readonly Uint8Array[]; readonly wantAnswer: number }
  /** Fingerprints, 8 bytes each, of the ranges from `from` on, and one of everything before. */
  | { readonly type: 'room-ranges'; readonly room: RoomId; readonly from: number; readonly before: Uint8Array; readonly prints: Uint8Array }
  /** First 8 bytes of the ids that the sender has in a range. */
  | { readonly type: 'room-range'; readonly room: RoomId; readonly range: number; readonly ids: Uint8Array }
  /** Asks for events, by the first 8 bytes of their ids. */
  | { readonly type: 'room-want'; readonly room: RoomId; readonly ids: Uint8Array }
  /** These are durable at the sender: the first 8 bytes of their ids. */
  | { readonly type: 'room-have'; readonly room: RoomId; readonly ids: Uint8Array }
  /** `rest` 1: pass on to us nothing that others wrote, since we have it sooner from others; 0: do so again. */
  | { readonly type: 'room-rest'; readonly room: RoomId; readonly rest: number }
  | { readonly type: 'room-key-ask'; readonly room: RoomId; readonly chains: readonly Uint8Array[] }
  /** A member asks for the keys of the room's copies at holders. */
  | { readonly type: 'room-history-ask'; readonly room: RoomId }
  /** Sender keys, history keys or an invitation, sealed to one member. */
  | { readonly type: 'room-envelope'; readonly part: RatchetPart }
  /** It did not open; the sender forgets that session. */
  | { readonly type: 'room-envelope-refused'; readonly session: Uint8Array }
  /** The sender has read all up to these heads. */
  | { readonly type: 'room-mark'; readonly room: RoomId; readonly heads: readonly Uint8Array[] }
  | { readonly type: 'room-typing'; readonly room: RoomId; readonly typing: number }
  /** Somebody wants to join. */
  | { readonly type: 'room-ask'; readonly room: RoomId }
  /** The answer: the first event, and the heads that a join has to follow; neither where the asker may not join (`open` 0). */
  | { readonly type: 'room-door'; readonly room: RoomId; readonly create: SignedRoomEvent | null; readonly heads: readonly Uint8Array[]; readonly open: number }
  /** Rooms that anybody may ask to join. */
  | { readonly type: 'room-cards'; readonly cards: readonly RoomCard[] }
  /** The same as somebody heard of them, above full membership; may be lost. */
  | { readonly type: 'room-rumours'; readonly cards: readonly RoomCard[] }
  /** What rooms does the other end know of? */
  | { readonly type: 'room-cards-ask' };

export interface RoomCard {
  readonly create: SignedRoomEvent;
  readonly topic: string;
  readonly members: number;
  /** Names of some members. */
  readonly hosts: readonly string[];
}

/** Whether heads are to be answered with those of whoever gets them: not at all, in any case, or if they are others. */
export const ANSWER_NEVER = 0;
export const ANSWER_ALWAYS = 1;
export const ANSWER_OTHERS = 2;

/** Bytes of an id's beginning, where the room is known. */
export const SHORT_ID_BYTES = 8;
const IDS_MAX = 2_048;
const HEADS_MAX = 256;
/** Heads in a mark: those that say most, where there are more. */
export const MARK_HEADS_MAX = 8;
const shortIds: Shape = bytes(0, IDS_MAX * SHORT_ID_BYTES);
const heads: Shape = list(bytes(32), HEADS_MAX);
const cardShape: Shape = record({ create: signedRoomEventShape, topic: text(0, 300), members: integer(), hosts: list(text(1, 64), 4) });

type Entry = { readonly about: string; readonly shape: Readonly<Record<string, Shape>> };

/** Shapes of the messages above. */
export const ROOM_MESSAGES: Readonly<Record<RoomMessage['type'], Entry>> = {
  'room-events': { about: 'Signed events of a room.', shape: { room: hexId, events: list(signedRoomEventShape, 256), live: integer(0, 1) } },
  'room-heads': {
    about:
      'Events of a room that nothing points to; equal heads end a comparison. With 1 they are answered, with 2 where those of the other are not equal, with 0 not.',
    shape: { room: hexId, heads, wantAnswer: integer(0, 2) },
  },
  'room-ranges': {
    about: 'Fingerprints of ranges of a room, to find what differs.',
    shape: { room: hexId, from: integer(0, 1_000_000), before: bytes(8), prints: bytes(0, 262_144) },
  },
  'room-range': { about: 'What the sender has in one range, by short ids.', shape: { room: hexId, range: integer(0, 1_000_000), ids: shortIds } },
  'room-want': { about: 'Asks for events by short ids.', shape: { room: hexId, ids: shortIds } },
  'room-have': { about: 'Events that are durable at the sender, by short ids.', shape: { room: hexId, ids: shortIds } },
  'room-rest': {
    about: 'What others wrote need not be passed on to the sender of this, who has it sooner from others (`rest` 1), or should be again (0).',
    shape: { room: hexId, rest: integer(0, 1) },
  },
  'room-key-ask': { about: 'Asks for sender keys.', shape: { room: hexId, chains: list(bytes(16), 64) } },
  'room-history-ask': { about: "Asks a member for the keys of the room's copies at holders.", shape: { room: hexId } },
  'room-envelope': { about: 'Sender keys, history keys or an invitation, sealed to one member.', shape: { part: ratchetPartShape } },
  'room-envelope-refused': { about: 'A room-envelope did not open; its session is forgotten.', shape: { session: bytes(16) } },
  'room-mark': { about: 'The sender has read up to these heads of the room.', shape: { room: hexId, heads: list(bytes(32), MARK_HEADS_MAX) } },
  'room-typing': { about: 'A member is typing, or has stopped.', shape: { room: hexId, typing: integer(0, 1) } },
  'room-ask': { about: 'Asks a member how a room is joined.', shape: { room: hexId } },
  'room-door': {
    about: 'The first event of a room and the heads that a join follows; `open` 0: not for who asked.',
    shape: { room: hexId, create: nullable(signedRoomEventShape), heads, open: integer(0, 1) },
  },
  'room-cards': { about: 'Rooms that anybody may ask to join.', shape: { cards: list(cardShape, 64) } },
  'room-rumours': {
    about: 'Room-cards that the sender has heard of lately, above full membership; outside the numbered stream.',
    shape: { cards: list(cardShape, 64) },
  },
  'room-cards-ask': { about: 'Asks for the room-cards that the other end knows, above full membership.', shape: {} },
};

/** About how many bytes a message takes on the wire. */
export function approximateRoomBytes(message: RoomMessage): number {
  switch (message.type) {
    case 'room-events':
      return 128 + message.events.reduce((sum, event) => sum + event.bytes.length + 90, 0);
    case 'room-heads':
      return 128 + message.heads.length * 34;
    case 'room-ranges':
      return 160 + message.prints.length;
    case 'room-range':
    case 'room-want':
    case 'room-have':
      return 128 + message.ids.length;
    case 'room-key-ask':
      return 128 + message.chains.length * 18;
    case 'room-envelope':
      return message.part.sealed.length + 320;
    case 'room-mark':
      return 128 + message.heads.length * 34;
    case 'room-typing':
    case 'room-rest':
    case 'room-ask':
    case 'room-history-ask':
    case 'room-envelope-refused':
    case 'room-cards-ask':
      return 128;
    case 'room-door':
      return 256 + (message.create?.bytes.length ?? 0) + message.heads.length * 34;
    case 'room-cards':
    case 'room-rumours':
      return 64 + message.cards.reduce((sum, card) => sum + card.create.bytes.length + 700, 0);
  }
}
