import { concat, sameBytes, utf8 } from '../bytes.ts';
import type { KeyPair } from '../capabilities.ts';
import type { Env } from '../env.ts';
import type { Envelope } from '../messages.ts';
import { idOfKey, type RecordTools } from '../records.ts';
import { bytes, integer, misfit, record, text } from '../shape.ts';
import type { MessageId, UserId } from '../types.ts';

/**
 * Suite 1: a sealed box to the recipient's certified X25519 key, signed by the sender.
 * Key = HKDF-SHA256(X25519(ephemeral, recipient), salt of the message); ChaCha20-Poly1305 with a zero nonce, since each key seals once.
 * One ephemeral key serves several messages to one recipient, as in a context of RFC 9180; it gives no forward secrecy against
 * the loss of the recipient's key, which is why ratchets follow it in a later suite.
 */
export const SUITE_SEALED_BOX = 1;

/** What is inside. */
export interface Content {
  readonly text: string;
  /** When the sender wrote it, by the sender's clock. */
  readonly sentMillis: number;
  /** Place in the conversation: milliseconds, greater than that of all messages the sender had seen in it. */
  readonly stamp: number;
}

const contentShape = record({ text: text(1, 65_536), sentMillis: integer(), stamp: integer() });
const sealedShape = record({ author: bytes(32), signature: bytes(64), content: bytes(1, 66_000) });
const NONCE = new Uint8Array(12);
const INFO = 'confab/envelope/1';
const SIGNATURE_LABEL = utf8('confab/envelope-content/1\0');
const EPHEMERAL_MESSAGES_MAX = 256;
const EPHEMERAL_MILLIS_MAX = 60_000;
const CACHE_MAX = 512;

interface Sending {
  readonly pair: KeyPair;
  readonly shared: Uint8Array;
  readonly recipientKey: Uint8Array;
  readonly bornMillis: number;
  messages: number;
}

/** Seals and opens envelopes; remembers agreed secrets for a while, because an X25519 operation costs more than all the rest. */
export class Envelopes {
  readonly #env: Env<never>;
  readonly #sending = new Map<UserId, Sending>();
  readonly #receiving = new Map<UserId, { readonly ephemeral: Uint8Array; readonly shared: Uint8Array }>();

  constructor(env: RecordTools & Pick<Env<never>, 'random' | 'monotonicMillis'>) {
    this.#env = env as Env<never>;
  }

  forget(): void {
    this.#sending.clear();
    this.#receiving.clear();
  }

  /** Null when the recipient's key is no key. */
  seal(
    from: { readonly userId: UserId; readonly identity: KeyPair },
    to: { readonly userId: UserId; readonly sealingKey: Uint8Array },
    id: MessageId,
    content: Content,
  ): Envelope | null {
    const { crypto, codec, random } = this.#env;
    const context = this.#sendingContext(to);
    if (context === null) return null;
    const encoded = codec.encode(content);
    const header = headerBytes({ suite: SUITE_SEALED_BOX, id, from: from.userId, to: to.userId, ephemeral: context.pair.publicKey });
    const signature = crypto.sign(from.identity.secretKey, concat(SIGNATURE_LABEL, header, encoded));
    const plaintext = codec.encode({ author: from.identity.publicKey, signature, content: encoded });
    const salt = random.bytes(16);
    const key = crypto.hkdf({ key: context.shared, salt, info: INFO, length: 32 });
    const ciphertext = crypto.seal({ key, nonce: NONCE, plaintext, associated: header });
    return { suite: SUITE_SEALED_BOX, id, from: from.userId, to: to.userId, ephemeral: context.pair.publicKey, salt, ciphertext };
  }

  #sendingContext(to: { readonly userId: UserId; readonly sealingKey: Uint8Array }): Sending | null {
    const { crypto, random, monotonicMillis } = this.#env;
    const known = this.#sending.get(to.userId);
    const usable =
      known !== undefined &&
      known.messages < EPHEMERAL_MESSAGES_MAX &&
      monotonicMillis - known.bornMillis < EPHEMERAL_MILLIS_MAX &&
      sameBytes(known.recipientKey, to.sealingKey);
    if (usable) {
      known.messages += 1;
      return known;
    }
    const pair = crypto.agreementKeyPair(random.bytes(32));
    const shared = crypto.agree(pair.secretKey, to.sealingKey);
    if (shared === null) return null;
    const made = { pair, shared, recipientKey: to.sealingKey, bornMillis: monotonicMillis, messages: 1 };
    if (this.#sending.size >= CACHE_MAX) this.#sending.clear();
    this.#sending.set(to.userId, made);
    return made;
  }

  /** The content, or why there is none. Never throws. */
  open(me: { readonly sealing: KeyPair }, envelope: Envelope): Content | string {
    const { crypto, codec } = this.#env;
    if (envelope.suite !== SUITE_SEALED_BOX) return `suite ${envelope.suite}`;
    const shared = this.#receivingSecret(me, envelope);
    if (shared === null) return 'malformed ephemeral key';
    const header = headerBytes(envelope);
    const key = crypto.hkdf({ key: shared, salt: envelope.salt, info: INFO, length: 32 });
    const plaintext = crypto.open({ key, nonce: NONCE, ciphertext: envelope.ciphertext, associated: header });
    if (plaintext === null) return 'does not open';
    try {
      const sealed = codec.decode(plaintext) as { author: Uint8Array; signature: Uint8Array; content: Uint8Array };
      if (misfit(sealedShape, sealed) !== null) return 'malformed inside';
      if (idOfKey(crypto, sealed.author) !== envelope.from) return 'the sender is not whom the envelope names';
      if (!crypto.verify(sealed.author, concat(SIGNATURE_LABEL, header, sealed.content), sealed.signature)) return 'wrong signature';
      const content = codec.decode(sealed.content) as Content;
      return misfit(contentShape, content) === null ? content : 'malformed content';
    } catch {
      return 'malformed inside';
    }
  }

  #receivingSecret(me: { readonly sealing: KeyPair }, envelope: Envelope): Uint8Array | null {
    const known = this.#receiving.get(envelope.from);
    if (known !== undefined && sameBytes(known.ephemeral, envelope.ephemeral)) return known.shared;
    const shared = this.#env.crypto.agree(me.sealing.secretKey, envelope.ephemeral);
    if (shared === null) return null;
    if (this.#receiving.size >= CACHE_MAX) this.#receiving.clear();
    this.#receiving.set(envelope.from, { ephemeral: envelope.ephemeral, shared });
    return shared;
  }
}

/** Bound to the ciphertext and to the signature: all that stands outside the box but the salt, which the key binds. */
function headerBytes(envelope: Pick<Envelope, 'suite' | 'id' | 'from' | 'to' | 'ephemeral'>): Uint8Array {
  return concat(utf8(`${envelope.suite}\0${envelope.id}\0${envelope.from}\0${envelope.to}\0`), envelope.ephemeral);
}

const RECEIPT_LABEL = 'confab/receipt/1';

/** What a recipient signs to confirm messages. */
export function receiptBytes(receipt: { readonly from: UserId; readonly to: UserId; readonly state: string; readonly ids: readonly string[] }): Uint8Array {
  return utf8(`${RECEIPT_LABEL}\0${receipt.from}\0${receipt.to}\0${receipt.state}\0${receipt.ids.join(',')}`);
}
