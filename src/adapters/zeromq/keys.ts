import type { Crypto, SecretKey } from '../../core/capabilities.ts';

/** ZeroMQ's own spelling of keys: five characters for four bytes (ZeroMQ RFC 32). */
const Z85 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

/** `bytes` has a multiple of four bytes. */
export function toZ85(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) {
    const word = view.getUint32(at);
    for (let power = 85 ** 4; power >= 1; power /= 85) text += Z85.charAt(Math.floor(word / power) % 85);
  }
  return text;
}

const NO_SALT = new Uint8Array(0);
const ID_BYTES = 16;

/**
 * The ids by which two nodes know each other at their inboxes. Only the two can compute them, since they are drawn from
 * the secret that X25519 gives the pair; they travel only inside CURVE's encrypted handshake. So a routing id proves who
 * sends, which ZeroMQ's own metadata (unreadable from JavaScript) cannot.
 */
export interface PairIds {
  /** What we call ourselves towards the peer, 17 bytes. */
  readonly outgoing: Uint8Array;
  /** What the peer calls itself towards us. */
  readonly incoming: Uint8Array;
}

/** Null when the peer's key is malformed or of low order. */
export function pairIds(crypto: Crypto, own: { readonly publicKey: Uint8Array; readonly secretKey: SecretKey }, peerKey: Uint8Array): PairIds | null {
  const secret = crypto.agree(own.secretKey, peerKey);
  if (secret === null) return null;
  const derive = (from: Uint8Array, to: Uint8Array): Uint8Array => {
    const id = crypto.hkdf({ key: secret, salt: NO_SALT, info: `confab/rid/1|${hexOf(from)}|${hexOf(to)}`, length: ID_BYTES });
    // The first byte keeps clear of ids that begin with 0, which ZeroMQ hands out itself.
    const whole = new Uint8Array(1 + ID_BYTES);
    whole[0] = 1;
    whole.set(id, 1);
    return whole;
  };
  return { outgoing: derive(own.publicKey, peerKey), incoming: derive(peerKey, own.publicKey) };
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

/** An id as the key of a map: one character a byte. */
export function idText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
