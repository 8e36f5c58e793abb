import { concat, toHex, utf8 } from '../bytes.ts';
import type { KeyPair } from '../capabilities.ts';
import { idOfKey, type RecordTools } from '../records.ts';
import { bytes, choice, hexId, integer, misfit, type Shape, text, tuple } from '../shape.ts';
import type { MessageId, UserId, WallMillis } from '../types.ts';

/** What became of a piece of mail. `discarded` says no more than that it is not there any longer. */
export type MailVerdict = 'delivered' | 'not-friends' | 'unreadable' | 'discarded';

/** A sealed message that lies in a mailbox, signed by its sender. */
export interface Letter {
  readonly what: 'letter';
  readonly from: UserId;
  readonly to: UserId;
  readonly messageId: MessageId;
  /** The sender's message before this one in the conversation, so that the recipient can tell whether one is missing; empty for none. */
  readonly previous: string;
  readonly expiresMillis: WallMillis;
  /** The envelope, encoded once when it was sealed. */
  readonly envelope: Uint8Array;
}

/** The recipient's signed word on a letter. It takes the letter's place in the mailbox, and is what turns the sender's tick. */
export interface MailReceipt {
  readonly what: 'receipt';
  readonly by: UserId;
  readonly letterId: string;
  readonly verdict: MailVerdict;
  readonly atMillis: WallMillis;
  readonly expiresMillis: WallMillis;
}

export const ENVELOPE_BYTES_MAX = 72_000;

const SIGNATURE_BYTES = 64;
const LABEL = utf8('confab/mail/1\0');
const KEY_LABEL = 'confab/mailbox/1';
const ID_HASH_CHARACTERS = 32;
const messageIdShape = text(21, 21, /^[A-Za-z0-9_-]{21}$/);
const letterShape: Shape = tuple(choice('letter'), bytes(32), hexId, messageIdShape, text(0, 21, /^[A-Za-z0-9_-]*$/), integer(), bytes(1, ENVELOPE_BYTES_MAX));
const receiptShape: Shape = tuple(
  choice('receipt'),
  bytes(32),
  text(54, 54, /^[A-Za-z0-9_-]{21}\.[0-9a-f]{32}$/),
  choice('delivered', 'not-friends', 'unreadable', 'discarded'),
  integer(),
  integer(),
);

/** Where somebody's mailbox lies on the ring: 64 hex digits. */
export function mailboxKey(crypto: RecordTools['crypto'], user: UserId): string {
  return toHex(crypto.sha256(utf8(`${KEY_LABEL}\0${user}`)));
}

/**
 * Names a letter in its mailbox. Sender and envelope are part of it, so that nobody can put a letter of their own in the place of
 * another's, and a message that was sealed anew is another letter.
 */
export function letterId(crypto: RecordTools['crypto'], letter: Pick<Letter, 'from' | 'messageId' | 'envelope'>): string {
  return `${letter.messageId}.${toHex(crypto.sha256(concat(utf8(`${letter.from}\0`), letter.envelope))).slice(0, ID_HASH_CHARACTERS)}`;
}

function sign(tools: RecordTools, key: KeyPair, content: readonly unknown[]): Uint8Array {
  const body = tools.codec.encode(content);
  return concat(body, tools.crypto.sign(key.secretKey, concat(LABEL, body)));
}

export function signLetter(tools: RecordTools, sender: KeyPair, letter: Omit<Letter, 'what' | 'from'>): Uint8Array {
  return sign(tools, sender, ['letter', sender.publicKey, letter.to, letter.messageId, letter.previous, letter.expiresMillis, letter.envelope]);
}

export function signMailReceipt(tools: RecordTools, recipient: KeyPair, receipt: Omit<MailReceipt, 'what' | 'by'>): Uint8Array {
  return sign(tools, recipient, ['receipt', recipient.publicKey, receipt.letterId, receipt.verdict, receipt.atMillis, receipt.expiresMillis]);
}

/** The letter or receipt, if shape and signature are right; else why not. Never throws. */
export function openMail(tools: RecordTools, value: Uint8Array): Letter | MailReceipt | string {
  if (value.length <= SIGNATURE_BYTES) return 'mail: too short';
  const body = value.subarray(0, value.length - SIGNATURE_BYTES);
  let content: unknown;
  try {
    content = tools.codec.decode(body);
  } catch {
    return 'mail: not CBOR';
  }
  const isLetter = Array.isArray(content) && content[0] === 'letter';
  const wrong = misfit(isLetter ? letterShape : receiptShape, content, 'mail');
  if (wrong !== null) return wrong;
  const fields = content as unknown[];
  const key = fields[1] as Uint8Array;
  if (!tools.crypto.verify(key, concat(LABEL, body), value.slice(-SIGNATURE_BYTES))) return 'mail: wrong signature';
  const author = idOfKey(tools.crypto, key);
  if (isLetter) {
    const [, , to, messageId, previous, expiresMillis, envelope] = fields as [string, Uint8Array, UserId, MessageId, string, number, Uint8Array];
    return { what: 'letter', from: author, to, messageId, previous, expiresMillis, envelope };
  }
  const [, , id, verdict, atMillis, expiresMillis] = fields as [string, Uint8Array, string, MailVerdict, number, number];
  return { what: 'receipt', by: author, letterId: id, verdict, atMillis, expiresMillis };
}
