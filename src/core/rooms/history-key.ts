import { concat, utf8 } from '../bytes.ts';
import type { Codec, Crypto, KeyPair, Random } from '../capabilities.ts';
import type { RoomCopy } from '../replication/kinds/room-copy-kind.ts';
import { pad, unpad } from '../secure/padding.ts';
import { type RatchetPart, ratchetPartShape } from '../secure/part.ts';
import { type ChainPosition, chainPositionShape } from '../secure/sender-key.ts';
import { bytes, hexId, list, misfit, record } from '../shape.ts';
import type { UserId } from '../types.ts';
import type { RoomId } from './room-commands.ts';
import { type SignedRoomEvent, signedRoomEventShape } from './room-event.ts';

/** Bytes of a history key; of two that are alike only their places tell anything, and those are hashes away. */
export const HISTORY_KEY_BYTES = 32;
export const SEGMENT_EVENTS_MAX = 64;
/** Earlier keys that a segment or a confidence names; those name earlier ones. */
export const EARLIER_KEYS_MAX = 8;
/** Members to whom one piece tells something; more need more pieces (copy-bridges.ts). */
export const BRIDGES_MAX = 64;
const NONCE_BYTES = 12;

/** What follows from a history key. */
export interface HistoryPlace {
  /** Its public half names the place on the ring, its secret half signs what is put there. */
  readonly keys: KeyPair;
  readonly sealing: Uint8Array;
}

export interface Bridge {
  readonly from: UserId;
  readonly to: UserId;
  readonly part: RatchetPart;
}

/** A piece of a room, as members read it. */
export interface Segment {
  readonly events: readonly SignedRoomEvent[];
  /** Sender keys that open these events, for whoever has the history key. */
  readonly chains: ReadonlyArray<{ readonly author: UserId; readonly position: ChainPosition }>;
  /** History keys of before, where later members may read all. */
  readonly keys: readonly Uint8Array[];
  /** The next history key, or sender keys, sealed by pairwise ratchets to members who may be away now. */
  readonly bridges: readonly Bridge[];
}

const segmentShape = record({
  events: list(signedRoomEventShape, SEGMENT_EVENTS_MAX),
  chains: list(record({ author: hexId, position: chainPositionShape }), SEGMENT_EVENTS_MAX),
  keys: list(bytes(HISTORY_KEY_BYTES), EARLIER_KEYS_MAX),
  bridges: list(record({ from: hexId, to: hexId, part: ratchetPartShape }), BRIDGES_MAX),
});

/** What an event of kind `history-key` holds. */
export const historyKeyShape = record({ key: bytes(HISTORY_KEY_BYTES) });

type Tools = { readonly crypto: Crypto; readonly codec: Codec; readonly random: Random };

/** Signing and sealing keys of a place, by HKDF (RFC 5869) with two labels. */
export function historyPlace(crypto: Crypto, key: Uint8Array): HistoryPlace {
  const derived = (info: string): Uint8Array => crypto.hkdf({ key, salt: new Uint8Array(32), info, length: 32 });
  return { keys: crypto.signingKeyPair(derived('confab/room-copy/place/1')), sealing: derived('confab/room-copy/seal/1') };
}

/** The key by which one member writes at a place: always the same there, and not to be linked with the member or with another place. */
export function writerKeys(crypto: Crypto, identity: KeyPair, key: Uint8Array, room: RoomId): KeyPair {
  return crypto.signingKeyPair(crypto.hkdf({ key: identity.secretKey, salt: key, info: `confab/room-copy/writer/1 ${room}`, length: 32 }));
}

type Bound = Pick<RoomCopy, 'place' | 'shelf' | 'writer' | 'segment' | 'sequence'>;

/** Padded to buckets and sealed; where it lies and whose it is are bound to it. */
export function sealSegment(tools: Tools, place: HistoryPlace, bound: Bound, segment: Segment): Uint8Array {
  const nonce = tools.random.bytes(NONCE_BYTES);
  const plaintext = pad(tools.codec.encode(segment));
  return concat(nonce, tools.crypto.seal({ key: place.sealing, nonce, plaintext, associated: associatedBytes(bound) }));
}

/** Null when it does not open, or is no segment. */
export function openSegment(tools: Pick<Tools, 'crypto' | 'codec'>, place: HistoryPlace, copy: RoomCopy): Segment | null {
  const nonce = copy.sealed.slice(0, NONCE_BYTES);
  const ciphertext = copy.sealed.slice(NONCE_BYTES);
  const padded = tools.crypto.open({ key: place.sealing, nonce, ciphertext, associated: associatedBytes(copy) });
  const encoded = padded === null ? null : unpad(padded);
  if (encoded === null) return null;
  try {
    const segment = tools.codec.decode(encoded);
    return misfit(segmentShape, segment) === null ? (segment as Segment) : null;
  } catch {
    return null;
  }
}

function associatedBytes({ place, shelf, writer, segment, sequence }: Bound): Uint8Array {
  return concat(utf8(`confab/room-segment/1\0${shelf}\0${segment}\0${sequence}\0`), place, writer);
}
