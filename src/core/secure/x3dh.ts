import { concat } from '../bytes.ts';
import type { Crypto, KeyPair } from '../capabilities.ts';
import { framed, type SecureTools } from './chain.ts';

/**
 * X3DH (Marlinspike and Perrin, "The X3DH Key Agreement Protocol", revision 1): agrees on a secret with somebody who is away, by
 * keys that they published. Where the specification has one identity key of two uses, a user here has an Ed25519 identity key and
 * an X25519 sealing key that it certifies in the user's record; the signature over the prekeys is that of the record they come in.
 *
 * One-time keys cannot be handed out once only where nobody is in charge: an initiator takes the one that its own id points to, so
 * that most friends use different ones. What a second use costs is that both first messages fall if that key is ever stolen, which
 * the owner prevents by deleting it a day after its first use.
 */
export interface PrekeyBundle {
  /** Random; names the batch that the keys belong to. */
  readonly batch: number;
  readonly signedKey: Uint8Array;
  /** In their places; an empty one was used. Without any, the last resort is the signed key alone. */
  readonly oneTimeKeys: readonly Uint8Array[];
}

/** The secret halves; a plain value. */
export interface PrekeyBatch {
  readonly batch: number;
  readonly signed: KeyPair;
  /** Null: used and deleted. */
  readonly oneTime: ReadonlyArray<KeyPair | null>;
  /** When each was first used; 0 for never. */
  readonly usedMillis: readonly number[];
  readonly bornMillis: number;
}

/** What the first messages of a session carry until an answer has come. */
export interface Opening {
  readonly ephemeral: Uint8Array;
  readonly batch: number;
  /** Index of the one-time key; -1 for none. */
  readonly oneTime: number;
}

/** A user as a party of an agreement. `home` names the place where this party's session state lives: 16 random bytes. */
export interface Party {
  /** SHA-256 of the Ed25519 identity key. */
  readonly identity: Uint8Array;
  readonly sealingKey: Uint8Array;
  readonly home: Uint8Array;
}

export interface Agreement {
  /** 32 bytes; the first root key. */
  readonly secret: Uint8Array;
  /** Bound to every message of the session: both parties and all public keys that went into it. */
  readonly binding: Uint8Array;
  /** 16 bytes, the same at both sides. */
  readonly sessionId: Uint8Array;
}

const LABEL_SECRET = 'confab/x3dh-secret/1';
const LABEL_BINDING = 'confab/x3dh-binding/1';
/** F of the specification (section 2.2): no X25519 output begins like that. */
const PREFIX = new Uint8Array(32).fill(255);
const NONE = new Uint8Array(0);
const BATCH_MAX = 2 ** 48;

export function newPrekeyBatch(tools: SecureTools, count: number, nowMillis: number): PrekeyBatch {
  const pair = (): KeyPair => tools.crypto.agreementKeyPair(tools.random.bytes(32));
  const oneTime = Array.from({ length: count }, pair);
  return { batch: Math.floor(tools.random.fraction() * BATCH_MAX), signed: pair(), oneTime, usedMillis: oneTime.map(() => 0), bornMillis: nowMillis };
}

export function bundleOf(batch: PrekeyBatch): PrekeyBundle {
  const oneTimeKeys = batch.oneTime.map((pair, index) => (pair === null || batch.usedMillis[index] !== 0 ? NONE : pair.publicKey));
  return { batch: batch.batch, signedKey: batch.signed.publicKey, oneTimeKeys };
}

/** The side that writes first. Null when a key of the bundle is malformed. */
export function initiate(
  tools: SecureTools,
  me: Party & { readonly sealing: KeyPair },
  to: Party,
  bundle: PrekeyBundle,
): (Agreement & { readonly opening: Opening }) | null {
  const { crypto, random } = tools;
  const ephemeral = crypto.agreementKeyPair(random.bytes(32));
  const oneTime = oneTimeFor(me.identity, bundle.oneTimeKeys);
  const oneTimeKey = bundle.oneTimeKeys[oneTime];
  const shares = [
    crypto.agree(me.sealing.secretKey, bundle.signedKey),
    crypto.agree(ephemeral.secretKey, to.sealingKey),
    crypto.agree(ephemeral.secretKey, bundle.signedKey),
    ...(oneTimeKey === undefined ? [] : [crypto.agree(ephemeral.secretKey, oneTimeKey)]),
  ];
  const opening = { ephemeral: ephemeral.publicKey, batch: bundle.batch, oneTime };
  const agreed = agreement(crypto, shares, { from: me, to, ephemeral: ephemeral.publicKey, signedKey: bundle.signedKey, oneTimeKey: oneTimeKey ?? NONE });
  return agreed === null ? null : { ...agreed, opening };
}

/** The side that published the keys; or why there is no agreement. Changes nothing. */
export function respond(crypto: Crypto, me: Party & { readonly sealing: KeyPair }, from: Party, batch: PrekeyBatch, opening: Opening): Agreement | string {
  const oneTime = opening.oneTime < 0 ? null : batch.oneTime[opening.oneTime];
  if (oneTime === undefined) return 'unknown one-time key';
  if (oneTime === null && opening.oneTime >= 0) return 'one-time key already deleted';
  const shares = [
    crypto.agree(batch.signed.secretKey, from.sealingKey),
    crypto.agree(me.sealing.secretKey, opening.ephemeral),
    crypto.agree(batch.signed.secretKey, opening.ephemeral),
    ...(oneTime === null ? [] : [crypto.agree(oneTime.secretKey, opening.ephemeral)]),
  ];
  const agreed = agreement(crypto, shares, {
    from,
    to: me,
    ephemeral: opening.ephemeral,
    signedKey: batch.signed.publicKey,
    oneTimeKey: oneTime?.publicKey ?? NONE,
  });
  return agreed ?? 'malformed key';
}

interface Inputs {
  readonly from: Party;
  readonly to: Party;
  readonly ephemeral: Uint8Array;
  readonly signedKey: Uint8Array;
  readonly oneTimeKey: Uint8Array;
}

function agreement(crypto: Crypto, shares: ReadonlyArray<Uint8Array | null>, inputs: Inputs): Agreement | null {
  const whole: Uint8Array[] = [PREFIX];
  for (const share of shares) {
    if (share === null) return null;
    whole.push(share);
  }
  const { from, to, ephemeral, signedKey, oneTimeKey } = inputs;
  const parties = [from.identity, from.sealingKey, from.home, to.identity, to.sealingKey, to.home];
  const binding = crypto.sha256(framed(LABEL_BINDING, ...parties, ephemeral, signedKey, oneTimeKey));
  const secret = crypto.hkdf({ key: concat(...whole), salt: binding, info: LABEL_SECRET, length: 32 });
  return { secret, binding, sessionId: binding.slice(0, 16) };
}

/** The first bytes of an id are as good as random; from the place that they name on, the first key that nobody used. -1 for none. */
function oneTimeFor(identity: Uint8Array, keys: readonly Uint8Array[]): number {
  const start = ((identity[0] as number) << 8) | (identity[1] as number);
  for (let step = 0; step < keys.length; step += 1) {
    const index = (start + step) % keys.length;
    if ((keys[index] as Uint8Array).length > 0) return index;
  }
  return -1;
}

/** Notes the first use of a one-time key. */
export function markUsed(batch: PrekeyBatch, opening: Opening, nowMillis: number): PrekeyBatch {
  if (opening.oneTime < 0 || batch.usedMillis[opening.oneTime] !== 0) return batch;
  return { ...batch, usedMillis: batch.usedMillis.map((used, index) => (index === opening.oneTime ? nowMillis : used)) };
}

/** Deletes one-time keys whose first use is long enough past; the same object when there is none. */
export function dropUsed(batch: PrekeyBatch, nowMillis: number, keepMillis: number): PrekeyBatch {
  const over = (index: number): boolean => {
    const used = batch.usedMillis[index] as number;
    return used !== 0 && nowMillis - used >= keepMillis;
  };
  if (!batch.oneTime.some((pair, index) => pair !== null && over(index))) return batch;
  return { ...batch, oneTime: batch.oneTime.map((pair, index) => (over(index) ? null : pair)) };
}

/** How many one-time keys nobody has used. */
export function unusedCount(batch: PrekeyBatch): number {
  return batch.usedMillis.filter((used) => used === 0).length;
}
