import { concat, toHex, utf8 } from '../bytes.ts';
import type { KeyPair } from '../capabilities.ts';
import { idOfKey, type RecordTools, type SignedRecord, signedRecordShape } from '../records.ts';
import { roomCiphertextShape } from '../secure/sender-key.ts';
import { bytes, choice, hexId, integer, list, misfit, record, type Shape, text } from '../shape.ts';
import type { UserId } from '../types.ts';
import type { RoomEventId, RoomHistoryPolicy, RoomId, RoomPolicy, RoomRole } from './room-commands.ts';
import type { Vote } from './succession.ts';

/**
 * An event of a room: signed once by its author, named by the hash of its bytes, pointing at the events that its author had
 * seen and nobody had answered yet. So the events of a room form a graph that cannot be changed unseen, and every order that
 * respects it is causal (the hash-DAG of Kleppmann and Howard, "Byzantine Eventual Consistency", 2020).
 */
export interface SignedRoomEvent {
  /** Deterministic CBOR of `['confab/room-event', 1, room, author, parents, stampMillis, kind, body]`; the room of a first event is empty. */
  readonly bytes: Uint8Array;
  /** Ed25519 by the author's identity key over `confab/room-event/1` NUL bytes. */
  readonly signature: Uint8Array;
}

export interface RoomEventBodies {
  create: {
    readonly name: string;
    readonly topic: string;
    readonly policy: RoomPolicy;
    readonly history: RoomHistoryPolicy;
    /** Of a room with a password: 16 random bytes, and the Ed25519 key that argon2id makes of the password (room-password.ts). Else empty. */
    readonly passwordSalt: Uint8Array;
    readonly passwordKey: Uint8Array;
    readonly nonce: Uint8Array;
    /** The founder's user record, so that members know each other's names without asking anybody. */
    readonly card: SignedRecord;
  };
  /** `proof`: in a room with a password, that key's signature over room and user. */
  join: { readonly card: SignedRecord; readonly proof: Uint8Array };
  leave: Record<string, never>;
  invite: { readonly user: UserId; readonly name: string };
  remove: { readonly user: UserId };
  role: { readonly user: UserId; readonly role: RoomRole };
  topic: { readonly topic: string };
  /** Who should own the room, its owner being lost; see succession.ts. */
  vote: Vote;
  /** A message, reaction, edit or deletion, sealed with the author's sender key (secure/sender-key.ts). */
  sealed: { readonly chain: Uint8Array; readonly counter: number; readonly sealed: Uint8Array; readonly signature: Uint8Array };
  /** A key of the places where copies of the room lie (history-keys.ts), sealed as messages are; nobody is shown it. */
  'history-key': { readonly chain: Uint8Array; readonly counter: number; readonly sealed: Uint8Array; readonly signature: Uint8Array };
}

/** Kinds whose content is under a sender key, and which change nothing in who may do what. */
export type SealedEvent = RoomEvent<'sealed'> | RoomEvent<'history-key'>;

export function isSealedEvent(event: AnyRoomEvent): event is SealedEvent {
  return event.kind === 'sealed' || event.kind === 'history-key';
}

export type RoomEventKind = keyof RoomEventBodies;

export interface RoomEvent<Kind extends RoomEventKind = RoomEventKind> {
  readonly id: RoomEventId;
  readonly room: RoomId;
  readonly author: UserId;
  readonly authorKey: Uint8Array;
  readonly parents: readonly RoomEventId[];
  /** Hybrid logical clock of the author, ms. */
  readonly stampMillis: number;
  readonly kind: Kind;
  readonly body: RoomEventBodies[Kind];
  readonly signed: SignedRoomEvent;
}

export type AnyRoomEvent = { [Kind in RoomEventKind]: RoomEvent<Kind> }[RoomEventKind];

/**
 * One or two heads are usual; many people who join at once leave as many heads, which the next message joins again. More than these
 * are joined by the events after it.
 */
export const PARENTS_MAX = 64;
const EVENT_BYTES_MAX = 90_000;
const LABEL = utf8('confab/room-event/1\0');
const TYPE = 'confab/room-event';

const BODY_SHAPES: Readonly<Record<RoomEventKind, Shape>> = {
  create: record({
    name: text(1, 64),
    topic: text(0, 300),
    policy: choice('open', 'invite', 'password'),
    history: choice('all', 'joined'),
    passwordSalt: bytes(0, 16),
    passwordKey: bytes(0, 32),
    nonce: bytes(16),
    card: signedRecordShape,
  }),
  join: record({ card: signedRecordShape, proof: bytes(0, 64) }),
  leave: record({}),
  invite: record({ user: hexId, name: text(1, 32) }),
  remove: record({ user: hexId }),
  role: record({ user: hexId, role: choice('owner', 'admin', 'member') }),
  topic: record({ topic: text(0, 300) }),
  vote: record({ heir: hexId, term: integer(0, 1_000_000) }),
  sealed: roomCiphertextShape,
  'history-key': roomCiphertextShape,
};

export const signedRoomEventShape: Shape = record({ bytes: bytes(1, EVENT_BYTES_MAX), signature: bytes(64) });
const parentsShape = list(bytes(32), PARENTS_MAX);

/** Signs a new event; `room` and `parents` of a first event are empty. */
export function signRoomEvent<Kind extends RoomEventKind>(
  tools: RecordTools,
  identity: KeyPair,
  content: {
    readonly room: RoomId | '';
    readonly parents: readonly RoomEventId[];
    readonly stampMillis: number;
    readonly kind: Kind;
    readonly body: RoomEventBodies[Kind];
  },
): RoomEvent<Kind> {
  const { crypto, codec } = tools;
  const parents = [...content.parents].sort();
  const { room, stampMillis, kind, body } = content;
  const encoded = codec.encode([TYPE, 1, fromHex(room), identity.publicKey, parents.map(fromHex), stampMillis, kind, body]);
  const signed = { bytes: encoded, signature: crypto.sign(identity.secretKey, concat(LABEL, encoded)) };
  const id = toHex(crypto.sha256(encoded));
  return {
    id,
    room: room === '' ? id : room,
    author: idOfKey(crypto, identity.publicKey),
    authorKey: identity.publicKey,
    parents,
    stampMillis,
    kind,
    body,
    signed,
  };
}

/** Events never change: what was read and verified once in this process, as this very object, needs no second look. */
const verified = new WeakMap<SignedRoomEvent, AnyRoomEvent>();

/** The hash of its bytes, in hex. */
export function idOfEvent(crypto: RecordTools['crypto'], signed: SignedRoomEvent): RoomEventId {
  return verified.get(signed)?.id ?? (toHex(crypto.sha256(signed.bytes)) as RoomEventId);
}

/** The event, or why it is none; the signature is checked unless the event comes from the own store. Never throws. */
export function readRoomEvent(tools: RecordTools, signed: SignedRoomEvent, trusted = false): AnyRoomEvent | string {
  const event = verified.get(signed) ?? decodeRoomEvent(tools, signed);
  if (typeof event === 'string' || trusted || verified.has(signed)) return event;
  if (!tools.crypto.verify(event.authorKey, signedBytesOf(signed), signed.signature)) return 'event: wrong signature';
  rememberVerified(signed, event);
  return event;
}

/** The signature of this event was found right. */
export function rememberVerified(signed: SignedRoomEvent, event: AnyRoomEvent): void {
  verified.set(signed, event);
  verified.set(event.signed, event);
}

/** What was verified before, as this very object. */
export function verifiedEvent(signed: SignedRoomEvent): AnyRoomEvent | undefined {
  return verified.get(signed);
}

/** What the signature of an event is made over. */
export function signedBytesOf(signed: SignedRoomEvent): Uint8Array {
  return concat(LABEL, signed.bytes);
}

/** The event as it says it is, or why it is none. Whoever uses it has checked its signature, or does. Never throws. */
export function decodeRoomEvent(tools: RecordTools, signed: SignedRoomEvent): AnyRoomEvent | string {
  const { crypto, codec } = tools;
  let decoded: unknown;
  try {
    decoded = codec.decode(signed.bytes);
  } catch {
    return 'event: not CBOR';
  }
  if (!Array.isArray(decoded) || decoded.length !== 8) return 'event: not of eight parts';
  const [type, version, room, authorKey, parents, stampMillis, kind, body] = decoded as unknown[];
  if (type !== TYPE || version !== 1) return 'event: of another version';
  if (typeof kind !== 'string' || !Object.hasOwn(BODY_SHAPES, kind)) return 'event: of an unknown kind';
  const first = kind === 'create';
  const wrong =
    misfit(bytes(first ? 0 : 32), room, 'room') ??
    misfit(bytes(32), authorKey, 'author') ??
    misfit(parentsShape, parents, 'parents') ??
    misfit(integer(), stampMillis, 'stamp') ??
    misfit(BODY_SHAPES[kind as RoomEventKind], body, 'body');
  if (wrong !== null) return `event: ${wrong}`;
  const ids = (parents as Uint8Array[]).map(toHex);
  if (first !== (ids.length === 0)) return 'event: without parents, or a first one with them';
  for (let at = 1; at < ids.length; at += 1) if ((ids[at - 1] as string) >= (ids[at] as string)) return 'event: parents out of order';
  const id = toHex(crypto.sha256(signed.bytes));
  return {
    id,
    room: first ? id : toHex(room as Uint8Array),
    author: idOfKey(crypto, authorKey as Uint8Array),
    authorKey: authorKey as Uint8Array,
    parents: ids,
    stampMillis: stampMillis as number,
    kind: kind as RoomEventKind,
    body,
    signed: { bytes: signed.bytes, signature: signed.signature },
  } as AnyRoomEvent;
}

/** Of hex digits as toHex writes them. */
export function fromHex(hex: string): Uint8Array {
  const out = new Uint8Array(hex.length >> 1);
  for (let at = 0; at < out.length; at += 1) out[at] = Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16);
  return out;
}
