import type { QuoteView, ReactionView } from '../chat/chat-commands.ts';
import type { FileView } from '../files/file-commands.ts';
import type { UserId, WallMillis } from '../types.ts';

/**
 * What can be asked of a node about rooms, and what it tells by itself: part of the core's side of the control interface
 * (core/commands.ts takes these in).
 *
 * `room` in arguments is whatever names a room: its id, the first 8 or more characters of the id, a link
 * (`confab-room:ID/NAME-OF-A-MEMBER`), or the room's name where only one room here bears it. `id` is an event's id or at least
 * its first 8 characters. Answers always give both, `room` (the name, for people) and `roomId`.
 */
export interface RoomCommands {
  /** The caller becomes the owner and first member. `history` decides what a later member may read: all, or what follows joining. */
  'room-create': {
    args: { name: string; topic?: string; policy?: RoomPolicy; history?: RoomHistoryPolicy; password?: string };
    result: RoomView;
  };
  /** Answers once the membership is stored here; `pending` until a member of the room has been reached (event `room-joined` follows). */
  'room-join': { args: { room: string; password?: string }; result: { room: string; roomId: RoomId; state: 'joined' | 'pending' } };
  'room-leave': { args: { room: string }; result: { room: string; roomId: RoomId } };
  /** Any member may invite into an open room or one with a password; in a room by invitation only an admin or the owner. */
  'room-invite': { args: { room: string; user: string }; result: { room: string; roomId: RoomId; user: string; link: string } };
  'room-remove': { args: { room: string; user: string }; result: { room: string; roomId: RoomId; user: string } };
  /** `owner` hands the room over: who gave it away stays as an admin. */
  'room-role': { args: { room: string; user: string; role: RoomRole }; result: { room: string; roomId: RoomId; user: string; role: RoomRole } };
  /** The owner is lost: a vote for another one. `owner`: it was enough; until then `votes` of `needed`. An owner who is logged in puts an end to it. */
  'room-vote': {
    args: { room: string; user: string };
    result: { room: string; roomId: RoomId; user: string; votes: number; needed: number; owner: boolean };
  };
  'room-topic': { args: { room: string; topic: string }; result: RoomView };
  /** With `search`: names and topics that contain it, among the own rooms and the open ones that members have told of. */
  rooms: { args: { search?: string; archived?: boolean }; result: RoomsView };
  room: { args: { room: string }; result: RoomDetails };
  'room-send': { args: { room: string; text: string; replyTo?: string; mentions?: readonly string[] }; result: { id: RoomEventId; state: RoomMessageState } };
  /** Newest last; `before` is the key of the oldest message that is held already. `around` is an id: the page has it in its middle. */
  'room-history': {
    args: { room: string; limit?: number; before?: string; around?: string };
    result: { messages: readonly RoomMessageView[]; more: boolean; gaps: number };
  };
  /** Marks all as read here, or what comes up to a line (an id): how many were not read yet, and how many still are not. */
  'room-read': { args: { room: string; upTo?: string }; result: { count: number; unread: number } };
  /** With `remove`: takes the own reaction back. */
  'room-react': { args: { room: string; id: string; reaction: string; remove?: boolean }; result: { id: RoomEventId } };
  'room-edit': { args: { room: string; id: string; text: string }; result: { id: RoomEventId } };
  /** Own messages; admins and the owner also those of others. */
  'room-delete-message': { args: { room: string; id: string }; result: { id: RoomEventId } };
  /** The lab's view of causal order: newest last, every event, those that no history shows included. */
  'room-order': {
    args: { room: string; limit?: number; before?: string };
    result: { events: readonly RoomOrderView[]; heads: readonly RoomEventId[]; more: boolean };
  };
  /** Out of the list and quiet, here only; `archived: false` takes it back. */
  'room-archive': { args: { room: string; archived?: boolean }; result: { room: string; roomId: RoomId; archived: boolean } };
  /** No bell and no count, here only; it is no block. */
  'room-mute': { args: { room: string; muted?: boolean }; result: { room: string; roomId: RoomId; muted: boolean } };
  /** All words of `query`, newest first. */
  'room-search': { args: { room: string; query: string; limit?: number }; result: { messages: readonly RoomMessageView[] } };
  /** Oldest first, in pages: `next` is the `after` of the following page, null at the end. Lines of text as a person would read them. */
  'room-export': { args: { room: string; after?: string; limit?: number }; result: { lines: readonly string[]; next: string | null } };
  /** With a text: keeps it as what was begun and not sent. Without: what is kept. */
  'room-draft': { args: { room: string; text?: string }; result: { room: string; roomId: RoomId; text: string } };
  /** Tells members who are here that the user is typing, or has stopped; forgotten by itself after some seconds. */
  'room-typing': { args: { room: string; typing: boolean }; result: { room: string; roomId: RoomId } };
}

/** Hex SHA-256 of a room's first event (64 characters): so the room's founder, name and policy cannot be exchanged. */
export type RoomId = string & { readonly __room?: 'id' };
/** Hex SHA-256 of an event's bytes (64 characters). */
export type RoomEventId = string & { readonly __room?: 'event' };
/** open: who has the link may join; invite: only who was invited; password: who knows it. */
export type RoomPolicy = 'open' | 'invite' | 'password';
export type RoomHistoryPolicy = 'all' | 'joined';
export type RoomRole = 'owner' | 'admin' | 'member';
/** queued: on this disk only; held: sealed at a majority of its holders on the ring as well; delivered: on the disk of at least one other member; for messages of others always delivered. */
export type RoomMessageState = 'queued' | 'held' | 'delivered';

export interface RoomView {
  readonly room: string;
  readonly roomId: RoomId;
  readonly topic: string;
  readonly policy: RoomPolicy;
  readonly history: RoomHistoryPolicy;
  /** Null: not a member any more; what was read stays readable. */
  readonly role: RoomRole | null;
  readonly members: number;
  /** Messages of others that were not read here, and how many of them name the user. */
  readonly unread: number;
  readonly mentions: number;
  readonly muted: boolean;
  readonly archived: boolean;
  readonly lastText: string;
  readonly lastFrom: string;
  readonly lastMillis: WallMillis;
  readonly link: string;
}

export interface RoomsView {
  readonly rooms: readonly RoomView[];
  readonly invitations: ReadonlyArray<{ readonly room: string; readonly roomId: RoomId; readonly topic: string; readonly from: string; readonly link: string }>;
  /** Rooms that one may join and is not in: members of them have told of them. */
  readonly others: ReadonlyArray<{
    readonly room: string;
    readonly roomId: RoomId;
    readonly topic: string;
    readonly policy: RoomPolicy;
    readonly members: number;
    readonly link: string;
  }>;
}

export interface RoomMemberView {
  readonly name: string;
  readonly userId: UserId;
  readonly role: RoomRole;
  /** As of a friend: online, away, busy, offline. */
  readonly presence: string;
  readonly typing: boolean;
}

export interface RoomDetails extends RoomView {
  readonly memberList: readonly RoomMemberView[];
  readonly invited: readonly string[];
  /** Events that others point to and that have not come yet. */
  readonly gaps: number;
  /** Events of all kinds, messages among them. */
  readonly events: number;
  readonly messages: number;
  readonly heads: readonly RoomEventId[];
  /** Messages that cannot be read yet, because their key has not come. */
  readonly sealed: number;
  /** Events that this node has to put at holders and has not yet. */
  readonly uncopied: number;
  /** Votes for another owner, and how many one of them needs; empty: nobody takes the owner for lost. */
  readonly votes: ReadonlyArray<{ readonly from: string; readonly heir: string }>;
  readonly votesNeeded: number;
}

/** A line of a room: a message, or something that happened in it (`kind` other than `message`; `text` says it in words). */
export interface RoomMessageView {
  /** Place in the room; sorts as text, the same on every screen. */
  readonly key: string;
  readonly id: RoomEventId;
  readonly room: string;
  readonly roomId: RoomId;
  readonly kind: 'message' | 'created' | 'joined' | 'left' | 'invited' | 'removed' | 'role' | 'topic';
  readonly from: string;
  readonly fromMe: boolean;
  /** Empty for a deleted message and for one whose key has not come (`sealed`). */
  readonly text: string;
  /** By the author's clock. */
  readonly sentMillis: WallMillis;
  readonly state: RoomMessageState;
  /** Names of members who have confirmed it; only known for own messages. */
  readonly deliveredTo: readonly string[];
  /** Names of members who have said that they read up to it; only known for own messages. */
  readonly seenBy: readonly string[];
  readonly replyTo: QuoteView | null;
  readonly mentions: readonly string[];
  /** The user is among those mentioned. */
  readonly mentionsMe: boolean;
  readonly reactions: readonly ReactionView[];
  readonly edited: boolean;
  readonly deleted: boolean;
  /** Something that the user did to it (an edit, a deletion, a reaction) has reached no other member. */
  readonly changing: boolean;
  readonly sealed: boolean;
  /** The file that belongs to it. */
  readonly file?: FileView;
}

export interface RoomOrderView {
  readonly key: string;
  readonly id: RoomEventId;
  /** create, join, leave, invite, remove, role, topic, or sealed (whatever is encrypted). */
  readonly kind: string;
  readonly from: string;
  readonly parents: readonly RoomEventId[];
  /** Longest way from the room's first event, computed here, never claimed by the author. */
  readonly depth: number;
  /** Hybrid logical clock of the author, ms (Kulkarni et al. 2014): only breaks ties between events of equal depth. */
  readonly stampMillis: number;
  /** Ids of shown events that are neither before nor after this one. */
  readonly concurrent: readonly RoomEventId[];
}

export type RoomNodeEvent =
  | { readonly type: 'room-joined'; readonly room: RoomView }
  /** `reason`: left, removed, or refused (a join that was pending will not come about). */
  | { readonly type: 'room-left'; readonly room: string; readonly roomId: RoomId; readonly reason: 'left' | 'removed' | 'refused' }
  | { readonly type: 'room-invited'; readonly room: string; readonly roomId: RoomId; readonly from: string; readonly link: string }
  /** Name, topic, members or roles are other than before. */
  | { readonly type: 'room-changed'; readonly room: RoomView }
  /** A line is new: of others, or of the user (then it comes right after the answer to room-send). `key` says where it belongs. */
  | { readonly type: 'room-message'; readonly message: RoomMessageView }
  /** A line is other than before: delivered, edited, deleted, reacted to, opened. */
  | { readonly type: 'room-message-changed'; readonly message: RoomMessageView }
  | { readonly type: 'room-typing'; readonly room: string; readonly roomId: RoomId; readonly user: string; readonly typing: boolean }
  /** A member has read up to the line with the key `upTo`, and what its author had seen. */
  | { readonly type: 'room-seen'; readonly room: string; readonly roomId: RoomId; readonly user: string; readonly upTo: string }
  /** Something that others point to has been missing for seconds; 0: nothing is missing any more. */
  | { readonly type: 'room-gap'; readonly room: string; readonly roomId: RoomId; readonly missing: number };
