import { sameBytes, utf8 } from '../bytes.ts';
import type { Crypto, KeyPair } from '../capabilities.ts';
import { bytes, integer, misfit, record, type Shape } from '../shape.ts';
import { counterBytes, framed, openOnce, type SecureTools, type SkippedKey, sealOnce, skipTo, stepChain } from './chain.ts';

/**
 * Sender keys: each sender in a room has a chain of message keys and a signing key of its own, and gives the present position of
 * the chain to every member over a pairwise ratchet before its first use. A chain belongs to one set of membership heads: whoever
 * sees members change makes a new one (as in Weidner, Kleppmann et al., "Key Agreement for Decentralized Secure Group Messaging
 * with Strong Security Guarantees", CCS 2021, without its healing), so that no order of changes is needed.
 *
 * Invariants
 * 1. A chain key is replaced by each use: who gets a chain learns nothing of messages before that position.
 * 2. Nobody but the sender can sign under a chain, so that a member cannot speak in another's name.
 * 3. What does not open leaves the receiving state as it was; a message key opens once.
 *
 * All states are plain values: they go into an encrypted store as they are.
 */
export interface SenderChain {
  /** 16 random bytes. */
  readonly id: Uint8Array;
  /** Hash or list of the membership heads that this chain is for, as the room writes it. */
  readonly heads: string;
  /** Of the next message, from 0. */
  readonly counter: number;
  readonly chainKey: Uint8Array;
  /** Ed25519, made with the chain and thrown away with it. */
  readonly signing: KeyPair;
  readonly bornMillis: number;
}

/** What members are given: the chain from here on, nothing before. */
export interface ChainPosition {
  readonly id: Uint8Array;
  readonly heads: string;
  readonly counter: number;
  readonly chainKey: Uint8Array;
  readonly signingKey: Uint8Array;
}

/** A chain of somebody else's, as a member keeps it. */
export interface ReceivingChain {
  readonly id: Uint8Array;
  readonly heads: string;
  /** First position that we were given. */
  readonly from: number;
  /** Of the next message. */
  readonly counter: number;
  readonly chainKey: Uint8Array;
  readonly signingKey: Uint8Array;
}

/** What goes over the wire. */
export interface RoomCiphertext {
  readonly chain: Uint8Array;
  readonly counter: number;
  /** Nonce and ChaCha20-Poly1305 ciphertext. */
  readonly sealed: Uint8Array;
  /** Ed25519 by the chain's signing key over all of the above and the associated bytes. */
  readonly signature: Uint8Array;
}

export interface SenderKeyLimits {
  /** Messages that may be passed over at once, and a chain's messages before it is renewed. */
  readonly skipMax: number;
  readonly chainMessagesMax: number;
  readonly chainMillisMax: number;
}

const HEADS_CHARACTERS_MAX = 4_096;
const LABEL_CHAIN = 'confab/sender-chain/1';
const LABEL_SIGNED = 'confab/sender-signature/1';
const LABEL_SEALED = 'confab/sender-sealed/1';
const COUNTER_MAX = 0xffff_ffff;
/** The longest text, in its bucket of padding, and what sealing adds. */
const SEALED_BYTES_MAX = 80_000;

export const chainPositionShape: Shape = record({
  id: bytes(16),
  heads: { kind: 'text', min: 0, max: HEADS_CHARACTERS_MAX },
  counter: integer(0, COUNTER_MAX),
  chainKey: bytes(32),
  signingKey: bytes(32),
});

/** What lies in an event of a room in place of its content. */
export const roomCiphertextShape: Shape = record({
  chain: bytes(16),
  counter: integer(0, COUNTER_MAX),
  sealed: bytes(28, SEALED_BYTES_MAX),
  signature: bytes(64),
});

/** A fresh chain for these membership heads. */
export function newSenderChain(tools: SecureTools, heads: string, nowMillis: number): SenderChain {
  const { crypto, random } = tools;
  const id = random.bytes(16);
  const chainKey = random.bytes(32);
  return { id, heads, counter: 0, chainKey, signing: crypto.signingKeyPair(random.bytes(32)), bornMillis: nowMillis };
}

/** Whether the next message wants a new chain: members have changed, or this one has served long enough. */
export function needsNewChain(
  chain: SenderChain | null,
  now: { readonly heads: string; readonly millis: number },
  limits: Pick<SenderKeyLimits, 'chainMessagesMax' | 'chainMillisMax'>,
): boolean {
  if (chain?.heads !== now.heads) return true;
  return chain.counter >= limits.chainMessagesMax || now.millis - chain.bornMillis >= limits.chainMillisMax;
}

/** The present position, for a member (over a pairwise ratchet): it opens what is sealed from now on. */
export function positionOf(chain: SenderChain): ChainPosition {
  return { id: chain.id, heads: chain.heads, counter: chain.counter, chainKey: chain.chainKey, signingKey: chain.signing.publicKey };
}

/** What a member keeps of a position that it was given; the reason when the value is none. */
export function receivingChain(position: unknown): ReceivingChain | string {
  const wrong = misfit(chainPositionShape, position, 'chain');
  if (wrong !== null) return wrong;
  const { id, heads, counter, chainKey, signingKey } = position as ChainPosition;
  return { id, heads, from: counter, counter, chainKey, signingKey };
}

/**
 * Seals for the room. `associated` is bound to it unseen: the room, the sender, the event it belongs to.
 * The caller stores the chain that is returned in the transaction of the message, and never uses the one before again.
 */
export function sealForRoom(
  tools: SecureTools,
  chain: SenderChain,
  plaintext: Uint8Array,
  associated: Uint8Array,
): { readonly chain: SenderChain; readonly message: RoomCiphertext } {
  if (chain.counter >= COUNTER_MAX) throw new Error('a sender chain has come to its end: needsNewChain was not asked');
  const step = stepChain(tools.crypto, chain.chainKey, LABEL_CHAIN);
  const bound = boundBytes(chain, chain.counter, associated);
  const sealed = sealOnce(tools, step.messageKey, plaintext, bound);
  const signature = tools.crypto.sign(chain.signing.secretKey, signedBytes(bound, sealed));
  return {
    chain: { ...chain, chainKey: step.next, counter: chain.counter + 1 },
    message: { chain: chain.id, counter: chain.counter, sealed, signature },
  };
}

export interface RoomOpened {
  readonly plaintext: Uint8Array;
  /** To be stored in place of the old one. */
  readonly chain: ReceivingChain;
  /** To be stored: keys of messages that have not come yet. */
  readonly skipped: readonly SkippedKey[];
  /** True: the key that `findSkipped` gave was used and is to be deleted. */
  readonly spent: boolean;
}

/**
 * Opens what `sealForRoom` sealed, in any order; or says why not, and then nothing is to be stored.
 * `findSkipped` gives a stored key of this chain.
 */
export function openFromRoom(
  crypto: Crypto,
  chain: ReceivingChain,
  message: RoomCiphertext,
  associated: Uint8Array,
  findSkipped: (counter: number) => Uint8Array | undefined,
  limits: Pick<SenderKeyLimits, 'skipMax'> & {
    /** True: the caller has checked another signature of the same sender over this very message, so that this one need not be checked. */
    readonly signedOtherwise?: boolean;
  },
): RoomOpened | string {
  if (!sameBytes(chain.id, message.chain)) return 'another chain';
  const bound = boundBytes(chain, message.counter, associated);
  if (limits.signedOtherwise !== true && !crypto.verify(chain.signingKey, signedBytes(bound, message.sealed), message.signature)) return 'wrong signature';
  if (message.counter < chain.counter) {
    if (message.counter < chain.from) return 'before our time';
    const key = findSkipped(message.counter);
    if (key === undefined) return 'key already used';
    const plaintext = openOnce(crypto, key, message.sealed, bound);
    return plaintext === null ? 'does not open' : { plaintext, chain, skipped: [], spent: true };
  }
  const reached = skipTo(crypto, { id: chain.id, key: chain.chainKey, counter: chain.counter, label: LABEL_CHAIN }, message.counter, limits.skipMax);
  if (reached === null) return 'too far ahead';
  const step = stepChain(crypto, reached.key, LABEL_CHAIN);
  const plaintext = openOnce(crypto, step.messageKey, message.sealed, bound);
  if (plaintext === null) return 'does not open';
  return { plaintext, chain: { ...chain, chainKey: step.next, counter: message.counter + 1 }, skipped: reached.skipped, spent: false };
}

/** Chain, heads and position are part of what is sealed and signed: who could read a message is checkable. */
function boundBytes(chain: { readonly id: Uint8Array; readonly heads: string }, counter: number, associated: Uint8Array): Uint8Array {
  return framed(LABEL_SEALED, chain.id, utf8(chain.heads), counterBytes(counter), associated);
}

function signedBytes(bound: Uint8Array, sealed: Uint8Array): Uint8Array {
  return framed(LABEL_SIGNED, bound, sealed);
}
