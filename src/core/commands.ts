import type { ChatCommands, QuoteView, ReactionView } from './chat/chat-commands.ts';
import type { FileCommands, FileNodeEvent, FileView } from './files/file-commands.ts';
import type { TrustState } from './friends/trust.ts';
import type { RoomCommands, RoomNodeEvent } from './rooms/room-commands.ts';
import type { SafetyNumber } from './secure/safety-number.ts';
import type { MessageId, MessageState, PresenceState, PresenceView, Relation, SyncSource, UserId, WallMillis } from './types.ts';

/**
 * What can be asked of a node, and what it tells by itself: the core's side of the control interface.
 * control/registry.ts holds the same commands with schemas, help and menu texts; its test pins that both agree.
 */
export interface Commands extends RoomCommands, ChatCommands, FileCommands {
  register: { args: { password: string; displayName?: string }; result: { user: string; userId: UserId; recoveryWords: string } };
  /** Logs in with recovery words instead of the password, which is replaced by a new one. */
  recover: { args: { words: string; password: string }; result: { user: string; userId: UserId; unread: number } };
  'recovery-words': { args: { password: string }; result: { recoveryWords: string } };
  login: { args: { password: string }; result: { user: string; userId: UserId; unread: number } };
  logout: { args: Record<string, never>; result: Record<string, never> };
  'delete-account': { args: { password: string }; result: Record<string, never> };
  info: { args: Record<string, never>; result: NodeInfo };
  profile: { args: { displayName?: string; about?: string }; result: UserView };
  status: { args: { presence?: PresenceState; text?: string }; result: { presence: PresenceState; statusText: string } };
  'friend-add': { args: { user: string }; result: { user: string; relation: Relation } };
  'friend-accept': { args: { user: string }; result: { user: string; relation: Relation } };
  'friend-decline': { args: { user: string }; result: { user: string; relation: Relation } };
  /** Says to somebody who asked that it is no good moment; the request stays. */
  'friend-busy': { args: { user: string }; result: { user: string; relation: Relation } };
  'friend-remove': { args: { user: string }; result: { user: string; relation: Relation } };
  block: { args: { user: string }; result: { user: string; relation: Relation } };
  unblock: { args: { user: string }; result: { user: string; relation: Relation } };
  friends: { args: Record<string, never>; result: { friends: readonly FriendView[] } };
  requests: { args: Record<string, never>; result: { incoming: readonly string[]; outgoing: readonly string[]; blocked: readonly string[] } };
  user: { args: { user: string }; result: UserView };
  /** What both compare by another way; with `answer`, what came of it. */
  verify: { args: { user: string; answer?: 'equal' | 'different' }; result: { user: string; trust: TrustState } & SafetyNumber };
  /** Acknowledges that somebody's keys have changed. */
  trust: { args: { user: string }; result: { user: string; trust: TrustState } };
  users: { args: Record<string, never>; result: { users: readonly UserView[]; total: number; online: number } };
  /** `replyTo`: id of the message of this chat that is answered. */
  send: { args: { to: string; text: string; replyTo?: string }; result: { id: MessageId; state: MessageState } };
  chats: { args: Record<string, never>; result: { chats: readonly ChatView[] } };
  /** Newest last; `before` is the key of the oldest message that is held already. `around` is an id: the page has it in its middle. */
  history: { args: { with: string; limit?: number; before?: string; around?: string }; result: { messages: readonly MessageView[]; more: boolean } };
  message: { args: { id: string }; result: MessageView };
  /** The way of one message so far, and what it waits for. The beginning of the id is enough. */
  why: { args: { id: string }; result: { id: MessageId; with: string; text: string; state: MessageState; steps: readonly StoryStep[] } };
  /** Marks all as read here, or what comes up to a message (an id): how many were not read yet, and how many still are not. */
  read: { args: { with: string; upTo?: string }; result: { count: number; unread: number } };
  /** With a text: keeps it as what was begun and not sent. Without: what is kept. An empty one is none. */
  draft: { args: { with: string; text?: string }; result: { with: string; text: string } };
  settings: { args: { readReceipts?: boolean; typing?: boolean; bell?: boolean; unaskedMegabytes?: number }; result: Settings };
  peers: { args: Record<string, never>; result: { peers: readonly PeerView[] } };
  join: { args: { endpoint: string }; result: { endpoint: string } };
  sync: { args: Record<string, never>; result: SyncView };
  ring: { args: Record<string, never>; result: RingView };
  /** The way to whoever holds the key of a name. */
  lookup: { args: { name: string; recursive?: boolean }; result: LookupView };
}

export type CommandName = keyof Commands;

export interface NodeInfo {
  readonly node: string;
  readonly nodeId: string;
  readonly user: string;
  readonly registered: boolean;
  readonly loggedIn: boolean;
  readonly userId: UserId | null;
  readonly endpoint: string;
  readonly run: number;
  readonly presence: PresenceState;
  readonly statusText: string;
  readonly peers: number;
  readonly users: number;
  readonly unread: number;
  readonly requests: number;
  readonly sync: SyncView;
  readonly counters: Readonly<Record<string, number>>;
}

export interface SyncView {
  /** Where the state came from when this node last joined. */
  readonly source: SyncSource;
  readonly seedServer: 'up' | 'down' | 'none';
  readonly records: number;
  readonly rounds: number;
  readonly lastMillis: WallMillis | null;
}

export interface UserView extends PresenceView {
  readonly name: string;
  readonly userId: UserId;
  readonly displayName: string;
  readonly about: string;
  readonly relation: Relation;
  readonly createdMillis: WallMillis;
  /** First 16 hex digits of the id in groups of four, for people to compare. */
  readonly fingerprint: string;
  readonly trust: TrustState;
}

export interface FriendView extends PresenceView {
  readonly name: string;
  readonly userId: UserId;
  readonly displayName: string;
  readonly unread: number;
  /** They are typing to the user. */
  readonly typing: boolean;
  readonly trust: TrustState;
}

export interface ChatView {
  readonly with: string;
  readonly userId: UserId;
  readonly unread: number;
  /** How many of the unread ones name the user. */
  readonly mentions: number;
  readonly muted: boolean;
  /** Empty where it was deleted. */
  readonly lastText: string;
  readonly lastMillis: WallMillis;
  readonly lastFromMe: boolean;
}

export interface MessageView {
  /** Place in the conversation; sorts as text. */
  readonly key: string;
  readonly id: MessageId;
  readonly with: string;
  readonly fromMe: boolean;
  /** Empty for a deleted message. */
  readonly text: string;
  readonly sentMillis: WallMillis;
  readonly receivedMillis: WallMillis | null;
  readonly state: MessageState;
  /** Names and times behind the ticks: who signed what. */
  readonly receipts: ReadonlyArray<{ readonly state: 'delivered' | 'read'; readonly by: string; readonly wallMillis: WallMillis }>;
  readonly reason?: string;
  /** The nodes that had a copy for the absent recipient when that was last told, and when the first did. */
  readonly heldBy?: readonly string[];
  readonly heldMillis?: WallMillis;
  /** Of a message that came out of the mailbox: the node that had it. */
  readonly via?: string;
  /** The file that belongs to it. */
  readonly file?: FileView;
  readonly replyTo: QuoteView | null;
  /** It names the user. */
  readonly mentionsMe: boolean;
  readonly reactions: readonly ReactionView[];
  readonly edited: boolean;
  readonly deleted: boolean;
  /** What the user last did to it (an edit, a deletion, a reaction) has not reached the other side. */
  readonly changing: boolean;
}

/** One sentence of the story of a message; `wallMillis` null: how it stands now. */
export interface StoryStep {
  readonly wallMillis: WallMillis | null;
  readonly text: string;
}

export interface PeerView {
  readonly node: string;
  readonly user: string;
  readonly nodeId: string;
  readonly address: string;
  readonly state: 'connecting' | 'up' | 'suspect' | 'dead';
  /** wanted: of a room, or sought by a command; random: opened here to hold the network together; inbound: the other end wants it. */
  readonly why: 'friend' | 'random' | 'wanted' | 'inbound';
  /** The shortest of the last half minute; null while none was measured. */
  readonly roundTripMillis: number | null;
  readonly silenceMillis: number;
}

export interface RingView {
  readonly node: string;
  readonly nodeId: string;
  /** False: outside, because nobody has answered yet or the account is not registered. */
  readonly member: boolean;
  /** Below the minimum size: the ring is the sorted member list. */
  readonly small: boolean;
  readonly predecessor: string | null;
  readonly successors: ReadonlyArray<{ readonly node: string; readonly nodeId: string }>;
  readonly fingers: ReadonlyArray<{ readonly exponent: number; readonly node: string; readonly nodeId: string }>;
  /** Values of the ring that lie at this node. */
  readonly copies: number;
}

export interface LookupView {
  /** The key on the circle, 64 hex digits. */
  readonly key: string;
  /** Who owns the key, and the members after it; empty when the look-up failed. */
  readonly owners: readonly string[];
  /** Whom the way went by, and why each was chosen. */
  readonly hops: ReadonlyArray<{ readonly node: string; readonly why: string }>;
  readonly millis: number;
  /** Who bears the name, as its holders say; null when they know nobody. */
  readonly userId: UserId | null;
  /** Nodes that have a record of the name, owner first. */
  readonly holders: readonly string[];
}

export interface Settings {
  /** Friends and rooms hear what was read here. */
  readonly readReceipts: boolean;
  /** Friends who are here hear that something is being typed to them. */
  readonly typing: boolean;
  readonly bell: boolean;
  /** Files of friends up to this size are fetched unasked, MiB; 0: none. */
  readonly unaskedMegabytes: number;
}

/** What a node tells whoever is attached. Past tense; names, never ids alone. */
export type NodeEvent =
  | { readonly type: 'logged-in'; readonly user: string }
  | { readonly type: 'logged-out'; readonly user: string; readonly reason: string }
  /** All that an earlier session left at the node `from` has been fetched; `messages` of it were new here. */
  | { readonly type: 'handed-over'; readonly user: string; readonly from: string; readonly messages: number }
  | { readonly type: 'message-received'; readonly message: MessageView }
  | { readonly type: 'message-sent'; readonly message: MessageView }
  | {
      readonly type: 'message-changed';
      readonly id: MessageId;
      readonly with: string;
      readonly state: MessageState;
      readonly reason?: string;
      readonly heldBy?: readonly string[];
    }
  /** A message is other than before: edited, deleted, reacted to, or such a change has arrived. */
  | { readonly type: 'message-amended'; readonly message: MessageView }
  | { readonly type: 'typing'; readonly with: string; readonly typing: boolean }
  | ({ readonly type: 'presence-changed'; readonly user: string } & PresenceView)
  | { readonly type: 'relation-changed'; readonly user: string; readonly from: Relation; readonly to: Relation }
  /** They have seen our request, and answer it later. */
  | { readonly type: 'request-busy'; readonly user: string }
  | { readonly type: 'user-deleted'; readonly user: string }
  /** Another key came under the name of somebody we know; nothing is sent to them until it is acknowledged. */
  | { readonly type: 'key-changed'; readonly user: string; readonly wasVerified: boolean }
  | { readonly type: 'key-accepted'; readonly user: string }
  | { readonly type: 'peer-changed'; readonly node: string; readonly state: PeerView['state'] | 'gone' }
  | { readonly type: 'sync-changed'; readonly sync: SyncView }
  | RoomNodeEvent
  | FileNodeEvent
  | { readonly type: 'notice'; readonly level: 'info' | 'warning' | 'error'; readonly text: string };
