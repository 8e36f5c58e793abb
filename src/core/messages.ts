import { FILE_MESSAGES, type FileMessage } from './files/file-messages.ts';
import { type SignedRecord, signedRecordShape } from './records.ts';
import { replicaAnswerShape, replicaQuestionShape } from './replication/replica-shapes.ts';
import type { ReplicaAnswer, ReplicaQuestion } from './replication/replication-port.ts';
import type { RingAnswer, RingNotice, RingQuestion } from './ring/ring-port.ts';
import { ringAnswerShape, ringNoticeShape, ringQuestionShape } from './ring/ring-shapes.ts';
import { ROOM_MESSAGES, type RoomMessage } from './rooms/room-messages.ts';
import { type RatchetPart, ratchetPartShape } from './secure/part.ts';
import { anything, bytes, type Check, checkOf, choice, hexId, integer, list, misfit, nullable, optional, record, type Shape, text } from './shape.ts';
import type { MessageId, UserId } from './types.ts';

/**
 * Everything that crosses a link. A frame packs the messages of one turn; messages are the protocol's verbs.
 * The tables below are what is enforced at the edge and what docs/PROTOCOL.md is generated from.
 */
export const FRAME_VERSION = 1;

export type FrameKind = 'hello' | 'data' | 'ping' | 'goodbye';

export interface Frame {
  readonly version: number;
  /** Keeps networks on one laptop apart. */
  readonly network: string;
  /** hello opens a link and repeats until answered; data carries messages, or only an acknowledgement; ping wants a frame back; goodbye ends the link. */
  readonly kind: FrameKind;
  /** Number of the sender's end of this link: random, new whenever that end starts afresh. */
  readonly run: number;
  /** Number of the receiver's end as the sender knows it, 0 for unknown. */
  readonly toRun: number;
  /** Number of this frame among the numbered ones of the link, from 1; 0 for frames without messages. */
  readonly sequence: number;
  /** Highest number up to which everything of the receiver has arrived here. */
  readonly acknowledged: number;
  /** Lamport clock of the sender. */
  readonly logical: number;
  /** Count of all frames that this run has sent: names the frame in traces. */
  readonly count: number;
  readonly messages: readonly Message[];
}

/** A direct message, sealed once by a pairwise ratchet (suite 2; see chat/envelope.ts). */
export interface Envelope {
  readonly suite: number;
  readonly id: MessageId;
  readonly from: UserId;
  readonly to: UserId;
  readonly part: RatchetPart;
}

/** What a hello says of whoever is logged in. */
export interface HelloSession {
  readonly user: SignedRecord;
  readonly presence: SignedRecord | null;
  readonly prekeys: SignedRecord | null;
}

export type Message =
  /** First on a link and again when the sender's record or session changes. */
  | { readonly type: 'hello'; readonly node: SignedRecord; readonly session: HelloSession | null }
  /** Hash of all records known: equal hashes end a round of anti-entropy at once. */
  | { readonly type: 'sync-summary'; readonly hash: Uint8Array; readonly count: number; readonly wantAnswer: number }
  /** Key (first 8 bytes of SHA-256 of type/id) and sequence of each record. */
  | { readonly type: 'sync-digest'; readonly entries: ReadonlyArray<readonly [Uint8Array, number]> }
  /** Keys that the sender has not, or older. */
  | { readonly type: 'sync-want'; readonly keys: readonly Uint8Array[] }
  /** `final`: the answer to a want or a digest is complete. */
  | { readonly type: 'records'; readonly records: readonly SignedRecord[]; readonly final: number }
  /** Records that several tell: those of others that are passed on, and those that say nothing new but that their authors live. Whoever misses some has later ones, or finds them by comparing. */
  | { readonly type: 'renewals'; readonly records: readonly SignedRecord[] }
  /** Who is that? Answered with `records` by whoever knows, passed on while hops are left. `after`: and where, by a record of a node above that sequence. */
  | { readonly type: 'lookup'; readonly id: string; readonly name: string; readonly hops: number; readonly after?: number }
  | { readonly type: 'lookup-answer'; readonly id: string; readonly records: readonly SignedRecord[] }
  /** Friend facts: the sender's about the receiver and, to help one that lost its disk, the receiver's own as last seen. */
  | { readonly type: 'facts'; readonly facts: readonly SignedRecord[] }
  | { readonly type: 'envelope'; readonly envelope: Envelope }
  /** Messages that are durable at (or were read by) the recipient, with the recipient's signature. */
  | { readonly type: 'receipt'; readonly ids: readonly MessageId[]; readonly state: 'delivered' | 'read'; readonly signature: Uint8Array }
  /** A login where there is no vault asks a node where the user is logged in: first for a nonce, then with a signature over it. */
  | { readonly type: 'vault-ask'; readonly name: string; readonly nonce: Uint8Array; readonly signature: Uint8Array }
  /** `bytes` is the nonce or the vault; `seconds` how long to wait after too many wrong proofs. */
  | { readonly type: 'vault-answer'; readonly verdict: 'nonce' | 'vault' | 'refused' | 'paused'; readonly bytes: Uint8Array; readonly seconds: number }
  /** The user's new session asks the node of an earlier one for what it left; sealed to that node (session/handover-seal.ts). */
  | { readonly type: 'handover-ask'; readonly ephemeral: Uint8Array; readonly sealed: Uint8Array }
  /** A page of rows, sealed under a key that only nodes with the user's vault have. */
  | { readonly type: 'handover-page'; readonly salt: Uint8Array; readonly sealed: Uint8Array }
  /** A holder to a user who is logged in: there is something in your mailbox here. */
  | { readonly type: 'mail-waiting' }
  /** To somebody who asked to be a friend: not now. */
  | { readonly type: 'request-busy' }
  /** Messages that will never be taken. */
  | { readonly type: 'refusal'; readonly ids: readonly MessageId[]; readonly reason: 'not-friends' | 'unreadable' }
  /** A friend is typing to us, or has stopped. */
  | { readonly type: 'typing'; readonly typing: number }
  /** Between members of the ring (ring/ring-port.ts). */
  | { readonly type: 'ring-ask'; readonly id: number; readonly question: RingQuestion }
  | { readonly type: 'ring-answer'; readonly id: number; readonly answer: RingAnswer }
  | { readonly type: 'ring-notice'; readonly notice: RingNotice }
  /** Between holders of values on the ring (replication/replication-port.ts). */
  | { readonly type: 'replica-ask'; readonly id: number; readonly question: ReplicaQuestion }
  | { readonly type: 'replica-answer'; readonly id: number; readonly answer: ReplicaAnswer }
  /** Between members of a room (rooms/room-messages.ts). */
  | RoomMessage
  /** Chunks of files (files/file-messages.ts). */
  | FileMessage;

export type MessageType = Message['type'];

export interface MessageEntry {
  readonly about: string;
  readonly shape: Readonly<Record<string, Shape>>;
}

const records = (max: number): Shape => list(signedRecordShape, max);
const messageId = text(21, 21, /^[A-Za-z0-9_-]{21}$/);

export const envelopeShape: Shape = record({
  suite: integer(1, 255),
  id: messageId,
  from: hexId,
  to: hexId,
  part: ratchetPartShape,
});

export const MESSAGES: Readonly<Record<MessageType, MessageEntry>> = {
  'ring-ask': {
    about: 'A question of one member of the ring to another: state, ping, next step to a key, or a route to pass on.',
    shape: { id: integer(1), question: ringQuestionShape },
  },
  'ring-answer': { about: 'The answer to a question.', shape: { id: integer(1), answer: ringAnswerShape } },
  'ring-notice': {
    about: 'What a member tells another unasked: notify, nearer, changed, leaving, or where a route ended.',
    shape: { notice: ringNoticeShape },
  },
  'replica-ask': {
    about: 'Between holders of values on the ring: compare a range, push or fetch a page, offer, put or read.',
    shape: { id: integer(1), question: replicaQuestionShape },
  },
  'replica-answer': { about: 'The answer to it.', shape: { id: integer(1), answer: replicaAnswerShape } },
  hello: {
    about: 'Opens a link; sent again when the own record or session changes.',
    shape: {
      node: signedRecordShape,
      session: nullable(record({ user: signedRecordShape, presence: nullable(signedRecordShape), prekeys: nullable(signedRecordShape) })),
    },
  },
  'sync-summary': {
    about: 'Hash over all records known; equal hashes end the round.',
    shape: { hash: bytes(32), count: integer(), wantAnswer: integer(0, 1) },
  },
  'sync-digest': { about: 'Key and sequence of each record known.', shape: { entries: list(anything, 1_024) } },
  'sync-want': { about: 'Keys of records that are missing or older here.', shape: { keys: list(bytes(8), 1_024) } },
  records: { about: 'Signed records.', shape: { records: records(128), final: integer(0, 1) } },
  renewals: { about: 'Records of others that are passed on, or that were signed afresh and say nothing new.', shape: { records: records(128) } },
  lookup: {
    about: 'Asks who bears a name, or for a record of a node of theirs above a sequence.',
    shape: { id: text(21, 21), name: text(1, 32), hops: integer(0, 8), after: optional(integer()) },
  },
  'lookup-answer': { about: 'The records of the one who was asked for.', shape: { id: text(21, 21), records: records(8) } },
  facts: { about: 'Friend facts.', shape: { facts: records(4) } },
  envelope: { about: 'A sealed direct message.', shape: { envelope: envelopeShape } },
  receipt: {
    about: 'Signed word that messages are durable at, or read by, the recipient.',
    shape: { ids: list(messageId, 256), state: choice('delivered', 'read'), signature: bytes(64) },
  },
  'vault-ask': {
    about: 'Asks a node where the user is logged in for the locked vault: first for a nonce, then with a signature over it.',
    shape: { name: text(1, 32), nonce: bytes(0, 32), signature: bytes(0, 64) },
  },
  'vault-answer': {
    about: 'The nonce, the locked vault, or why there is none.',
    shape: { verdict: choice('nonce', 'vault', 'refused', 'paused'), bytes: bytes(0, 4_096), seconds: integer() },
  },
  'handover-ask': { about: 'Asks for a page of what an earlier session of the same user left.', shape: { ephemeral: bytes(32), sealed: bytes(16, 1_024) } },
  'handover-page': { about: 'A sealed page of rows.', shape: { salt: bytes(16), sealed: bytes(16, 524_288) } },
  'request-busy': { about: 'To somebody who asked to be a friend: not now; the request stays.', shape: {} },
  'mail-waiting': { about: 'A holder of the mailbox tells its owner, who has logged in, that something lies there.', shape: {} },
  refusal: { about: 'Messages that will never be taken.', shape: { ids: list(messageId, 256), reason: choice('not-friends', 'unreadable') } },
  typing: { about: 'A friend is typing, or has stopped; never stored.', shape: { typing: integer(0, 1) } },
  ...ROOM_MESSAGES,
  ...FILE_MESSAGES,
};

const shapes = new Map(
  Object.entries(MESSAGES).map(([type, entry]) => {
    const shape = record({ type: choice(type), ...entry.shape });
    return [type, { shape, fits: checkOf(shape) }] as const;
  }),
);

const frameShape: Readonly<Record<Exclude<keyof Frame, 'messages'>, Shape>> = {
  version: integer(0, 255),
  network: text(1, 64),
  kind: choice('hello', 'data', 'ping', 'goodbye'),
  run: integer(1),
  toRun: integer(),
  sequence: integer(),
  acknowledged: integer(),
  logical: integer(),
  count: integer(),
};
const frameFields = Object.entries(frameShape);
const frameChecks = Object.fromEntries(frameFields.map(([name, shape]) => [name, checkOf(shape)])) as Record<keyof typeof frameShape, Check>;

/** Field by field as the table has them, without words. */
function fieldsFit(frame: Readonly<Record<keyof Frame, unknown>>): boolean {
  return (
    frameChecks.version(frame.version) &&
    frameChecks.network(frame.network) &&
    frameChecks.kind(frame.kind) &&
    frameChecks.run(frame.run) &&
    frameChecks.toRun(frame.toRun) &&
    frameChecks.sequence(frame.sequence) &&
    frameChecks.acknowledged(frame.acknowledged) &&
    frameChecks.logical(frame.logical) &&
    frameChecks.count(frame.count)
  );
}

/** Null when the frame's own fields fit; its messages are judged one by one, so that one unknown type does not cost the rest. */
export function misfitOfFrame(value: unknown, messagesMax: number): string | null {
  if (typeof value !== 'object' || value === null) return 'frame: not a record';
  const frame = value as Record<keyof Frame, unknown>;
  if (!fieldsFit(frame)) {
    for (const [name, shape] of frameFields) {
      const wrong = misfit(shape, frame[name as keyof Frame], name);
      if (wrong !== null) return wrong;
    }
  }
  if (!Array.isArray(frame.messages) || frame.messages.length > messagesMax) return `messages: not a list of at most ${messagesMax}`;
  return null;
}

/** Null when the message fits; `unknown type` is told apart from a wrong shape by its first word. */
export function misfitOfMessage(value: unknown): string | null {
  const type = typeof value === 'object' && value !== null ? (value as { type?: unknown }).type : undefined;
  const known = typeof type === 'string' ? shapes.get(type) : undefined;
  if (known === undefined) return `unknown type ${String(type).slice(0, 32)}`;
  return known.fits(value) ? null : misfit(known.shape, value, String(type));
}
