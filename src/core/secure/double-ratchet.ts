import { sameBytes } from '../bytes.ts';
import type { Crypto, KeyPair } from '../capabilities.ts';
import { counterBytes, framed, openOnce, type SecureTools, type SkippedKey, sealOnce, skipTo, stepChain } from './chain.ts';

/**
 * The Double Ratchet (Perrin and Marlinspike, "The Double Ratchet Algorithm", revision 1, sections 3 and 5.2), over X25519,
 * HKDF-SHA256 and ChaCha20-Poly1305. The new key pair of a turn is made when the first answer is sealed (section 6.5), not when a
 * message arrives: it is then as fresh as can be, and reading alone costs one Diffie-Hellman operation instead of two.
 *
 * Invariants
 * 1. Message and chain keys are gone from the state once they were used; what was passed over is handed to the caller, who bounds it.
 * 2. What does not open changes nothing: the state that a function is given is never written to.
 * 3. After both sides have sealed once more, nothing of a stolen state opens what follows.
 *
 * The state is a plain value.
 */
export interface RatchetState {
  /** Null at an initiator that has sealed nothing yet. */
  readonly own: KeyPair | null;
  readonly theirs: Uint8Array | null;
  readonly root: Uint8Array;
  /** Null: the next message begins a new chain with a new key pair. */
  readonly sending: { readonly key: Uint8Array; readonly counter: number } | null;
  readonly receiving: { readonly key: Uint8Array; readonly counter: number } | null;
  /** Messages in our chain before the present one. */
  readonly previous: number;
}

/** What stands in clear beside each message, and is bound to it. */
export interface RatchetHeader {
  readonly ratchetKey: Uint8Array;
  readonly counter: number;
  readonly previous: number;
}

export interface RatchetMessage extends RatchetHeader {
  readonly sealed: Uint8Array;
}

const LABEL_ROOT = 'confab/ratchet-root/1';
const LABEL_CHAIN = 'confab/ratchet-chain/1';
const LABEL_HEADER = 'confab/ratchet-header/1';

/** The side that has both public keys and seals first. `secret` is what X3DH agreed on, `theirs` the signed prekey. */
export function initiatorState(secret: Uint8Array, theirs: Uint8Array): RatchetState {
  return { own: null, theirs, root: secret, sending: null, receiving: null, previous: 0 };
}

/** The side whose signed prekey it was; it can seal after it has opened something. */
export function responderState(secret: Uint8Array, signedPrekey: KeyPair): RatchetState {
  return { own: signedPrekey, theirs: null, root: secret, sending: null, receiving: null, previous: 0 };
}

/** Whether `seal` may be called. */
export function canSeal(state: RatchetState): boolean {
  return state.sending !== null || state.theirs !== null;
}

/** The state that is returned is stored in the transaction of the message; the one before is never used again. */
export function ratchetSeal(
  tools: SecureTools,
  before: RatchetState,
  plaintext: Uint8Array,
  associated: Uint8Array,
): { readonly state: RatchetState; readonly message: RatchetMessage } {
  const state = before.sending === null ? beginSending(tools, before) : before;
  const { own, sending } = state;
  if (own === null || sending === null) throw new Error('a ratchet without a sending chain was asked to seal');
  const step = stepChain(tools.crypto, sending.key, LABEL_CHAIN);
  const header = { ratchetKey: own.publicKey, counter: sending.counter, previous: state.previous };
  const sealed = sealOnce(tools, step.messageKey, plaintext, boundBytes(header, associated));
  return { state: { ...state, sending: { key: step.next, counter: sending.counter + 1 } }, message: { ...header, sealed } };
}

function beginSending(tools: SecureTools, state: RatchetState): RatchetState {
  if (state.theirs === null) throw new Error('a ratchet was asked to seal before it opened anything');
  const own = tools.crypto.agreementKeyPair(tools.random.bytes(32));
  const stepped = stepRoot(tools.crypto, state.root, own, state.theirs);
  if (stepped === null) throw new Error('a ratchet key that was agreed with is malformed');
  return { ...state, own, root: stepped.root, sending: { key: stepped.chain, counter: 0 } };
}

export interface RatchetOpened {
  readonly plaintext: Uint8Array;
  readonly state: RatchetState;
  /** To be stored: keys of messages that have not come yet. */
  readonly skipped: readonly SkippedKey[];
  /** True: the key that `findSkipped` gave was used and is to be deleted. */
  readonly spent: boolean;
}

/** Opens a message in any order; or says why not, and then nothing is to be stored. `skipMax` bounds the keys passed over at once. */
export function ratchetOpen(
  crypto: Crypto,
  state: RatchetState,
  message: RatchetMessage,
  associated: Uint8Array,
  findSkipped: (ratchetKey: Uint8Array, counter: number) => Uint8Array | undefined,
  skipMax: number,
): RatchetOpened | string {
  const bound = boundBytes(message, associated);
  const waiting = findSkipped(message.ratchetKey, message.counter);
  if (waiting !== undefined) {
    const plaintext = openOnce(crypto, waiting, message.sealed, bound);
    return plaintext === null ? 'does not open' : { plaintext, state, skipped: [], spent: true };
  }
  const turned = turn(crypto, state, message, skipMax);
  if (typeof turned === 'string') return turned;
  const { receiving } = turned.state;
  if (receiving === null) throw new Error('a turned ratchet has no receiving chain');
  if (message.counter < receiving.counter) return 'key already used';
  const chain = { id: message.ratchetKey, key: receiving.key, counter: receiving.counter, label: LABEL_CHAIN };
  const reached = skipTo(crypto, chain, message.counter, skipMax - turned.skipped.length);
  if (reached === null) return 'too far ahead';
  const step = stepChain(crypto, reached.key, LABEL_CHAIN);
  const plaintext = openOnce(crypto, step.messageKey, message.sealed, bound);
  if (plaintext === null) return 'does not open';
  return {
    plaintext,
    state: { ...turned.state, receiving: { key: step.next, counter: message.counter + 1 } },
    skipped: [...turned.skipped, ...reached.skipped],
    spent: false,
  };
}

/** Takes in a new ratchet key of the other side, if the message has one: the rest of its chain before is passed over. */
function turn(
  crypto: Crypto,
  state: RatchetState,
  header: RatchetHeader,
  skipMax: number,
): { readonly state: RatchetState; readonly skipped: readonly SkippedKey[] } | string {
  const { theirs, receiving, own } = state;
  if (receiving !== null && theirs !== null && sameBytes(theirs, header.ratchetKey)) return { state, skipped: [] };
  if (own === null) return 'nothing was sealed to answer to';
  let skipped: readonly SkippedKey[] = [];
  if (receiving !== null && theirs !== null && header.previous > receiving.counter) {
    const rest = skipTo(crypto, { id: theirs, key: receiving.key, counter: receiving.counter, label: LABEL_CHAIN }, header.previous, skipMax);
    if (rest === null) return 'too far ahead';
    skipped = rest.skipped;
  }
  const stepped = stepRoot(crypto, state.root, own, header.ratchetKey);
  if (stepped === null) return 'malformed ratchet key';
  const turned: RatchetState = {
    own,
    theirs: header.ratchetKey,
    root: stepped.root,
    sending: null,
    receiving: { key: stepped.chain, counter: 0 },
    previous: state.sending?.counter ?? state.previous,
  };
  return { state: turned, skipped };
}

/** KDF_RK: the next root key and a chain key. Null for a malformed or low-order key. */
function stepRoot(crypto: Crypto, root: Uint8Array, own: KeyPair, theirs: Uint8Array): { readonly root: Uint8Array; readonly chain: Uint8Array } | null {
  const shared = crypto.agree(own.secretKey, theirs);
  if (shared === null) return null;
  const bytes = crypto.hkdf({ key: shared, salt: root, info: LABEL_ROOT, length: 64 });
  return { root: bytes.slice(0, 32), chain: bytes.slice(32) };
}

function boundBytes(header: RatchetHeader, associated: Uint8Array): Uint8Array {
  return framed(LABEL_HEADER, header.ratchetKey, counterBytes(header.counter), counterBytes(header.previous), associated);
}
