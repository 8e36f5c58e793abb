import { concat, utf8 } from '../bytes.ts';
import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import { decodePadded, pad } from '../secure/padding.ts';
import type { RatchetPart } from '../secure/part.ts';
import { type ChainPosition, chainPositionShape } from '../secure/sender-key.ts';
import { bytes, choice, hexId, list, misfit, record, text } from '../shape.ts';
import type { UserId } from '../types.ts';
import { EARLIER_KEYS_MAX, HISTORY_KEY_BYTES } from './history-key.ts';
import type { RoomId } from './room-commands.ts';
import { type SignedRoomEvent, signedRoomEventShape } from './room-event.ts';

/** What one member tells another unseen by the rest. */
export type Confidence =
  | { readonly kind: 'chains'; readonly room: RoomId; readonly chains: ReadonlyArray<{ readonly author: UserId; readonly position: ChainPosition }> }
  /** Keys of the room's copies at holders (history-keys.ts), oldest first. */
  | { readonly kind: 'history'; readonly room: RoomId; readonly keys: readonly Uint8Array[] }
  | { readonly kind: 'invitation'; readonly room: RoomId; readonly create: SignedRoomEvent; readonly topic: string; readonly hosts: readonly string[] };

const chainsShape = record({ kind: choice('chains'), room: hexId, chains: list(record({ author: hexId, position: chainPositionShape }), 128) });
const historyShape = record({ kind: choice('history'), room: hexId, keys: list(bytes(HISTORY_KEY_BYTES), EARLIER_KEYS_MAX) });
const invitationShape = record({ kind: choice('invitation'), room: hexId, create: signedRoomEventShape, topic: text(0, 300), hosts: list(text(1, 64), 8) });
const SHAPES = [chainsShape, historyShape, invitationShape];
const LABEL = utf8('confab/room-confidence/1\0');

/** Sender keys and invitations go through the same ratchets as direct messages, so that whatever protects those protects these. */
export class Pairwise {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** False when it could not be sent now; whoever misses it asks. */
  tell(link: Link, confidence: Confidence): boolean {
    const part = link.userId === null ? null : this.seal(link.userId, confidence);
    return part !== null && this.#parts.links.send(link, { type: 'room-envelope', part });
  }

  /** For somebody who may be away; null where no keys of theirs are known. */
  seal(user: UserId, confidence: Confidence): RatchetPart | null {
    const { env, session, view, secure } = this.#parts;
    const to = view.user(user);
    if (session.userId === null || to === null) return null;
    return secure.sessions.seal(to, pad(env.codec.encode(confidence)), associatedBytes(session.userId, user));
  }

  /** What was told, or why it cannot be read. */
  read(from: UserId, part: RatchetPart): Confidence | string {
    const { env, session, view, secure } = this.#parts;
    const sender = view.user(from);
    if (session.userId === null || sender === null) return 'from nobody who is known';
    const padded = secure.sessions.open(sender, part, associatedBytes(from, session.userId));
    if (typeof padded === 'string') return padded;
    return readConfidence(decodePadded(env.codec, padded));
  }
}

export function readConfidence(value: unknown): Confidence | 'malformed' {
  return SHAPES.some((shape) => misfit(shape, value) === null) ? (value as Confidence) : 'malformed';
}

/** Bound to the seal: nothing can be sent back to where it came from, or on to somebody else. */
function associatedBytes(from: UserId, to: UserId): Uint8Array {
  return concat(LABEL, utf8(`${from}\0${to}`));
}
