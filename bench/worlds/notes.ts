import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import { concat, toHex, utf8 } from '../../src/core/bytes.ts';
import type { KeyPair } from '../../src/core/capabilities.ts';
import { remembering } from '../../src/core/replication/kinds/signed-value.ts';
import type { ValueKind } from '../../src/core/replication/kinds.ts';
import type { Stored } from '../../src/core/replication/replication-port.ts';

export const crypto = new NodeCrypto();
const codec = new CborCodec();
const tools = { crypto, codec };
const SIGNATURE_BYTES = 64;

/** A key pair that follows from a name. */
export function keysOf(name: string): KeyPair {
  return crypto.signingKeyPair(crypto.sha256(utf8(name)));
}

export function idOf(keys: KeyPair): string {
  return toHex(crypto.sha256(keys.publicKey));
}

function signed(keys: KeyPair, content: unknown): Uint8Array {
  const body = codec.encode(content);
  return concat(body, crypto.sign(keys.secretKey, body));
}

/** The content if `bytes` are signed by the key that stands first in it. */
function verified(bytes: Uint8Array): unknown[] | null {
  const body = bytes.slice(0, bytes.length - SIGNATURE_BYTES);
  try {
    const content = codec.decode(body);
    if (!Array.isArray(content) || !(content[0] instanceof Uint8Array)) return null;
    return crypto.verify(content[0], body, bytes.slice(-SIGNATURE_BYTES)) ? content : null;
  } catch {
    return null;
  }
}

export function noteKey(keys: KeyPair): string {
  return toHex(crypto.sha256(utf8(`note/${idOf(keys)}`)));
}

export interface NoteContent {
  readonly sequence: number;
  readonly text?: string;
  readonly deleted?: boolean;
  readonly expiresMillis?: number;
}

/** One value of its signer, who alone may change it. */
export function note(keys: KeyPair, content: NoteContent): Stored {
  const { sequence, text = '', deleted = false, expiresMillis = null } = content;
  return { kind: 'note', bytes: signed(keys, [keys.publicKey, sequence, deleted, expiresMillis, text]) };
}

export const NOTES: ValueKind = {
  name: 'note',
  bytesMax: 2_048,
  valuesPerKeyMax: 1,
  bytesPerKeyMax: 4_096,
  valuesPerAuthorMax: 1,
  inspect: remembering(tools, 'a note of the tests', (bytes) => {
    const content = verified(bytes);
    if (content === null) return 'wrong signature';
    const [publicKey, sequence, deleted, expiresMillis] = content as [Uint8Array, number, boolean, number | null];
    const author = toHex(crypto.sha256(publicKey));
    return { key: toHex(crypto.sha256(utf8(`note/${author}`))), id: '', sequence, deleted, expiresMillis, author };
  }),
};

export function mailKey(recipient: string): string {
  return toHex(crypto.sha256(utf8(`mail/${recipient}`)));
}

/** A letter that anybody may leave for a recipient. */
export function letter(sender: KeyPair, recipient: string, id: string, text = 'sealed'): Stored {
  return { kind: 'mail', bytes: signed(sender, [sender.publicKey, recipient, id, false, text]) };
}

/** What takes the place of a letter. It counts only when its signer is the recipient. */
export function tombstone(signer: KeyPair, recipient: string, id: string): Stored {
  return { kind: 'mail', bytes: signed(signer, [signer.publicKey, recipient, id, true, '']) };
}

export function fetched(recipient: KeyPair, id: string): Stored {
  return tombstone(recipient, idOf(recipient), id);
}

export const MAIL: ValueKind = {
  name: 'mail',
  bytesMax: 4_096,
  valuesPerKeyMax: 300,
  bytesPerKeyMax: 65_536,
  valuesPerAuthorMax: 70,
  inspect: remembering(tools, 'a letter of the tests', (bytes) => {
    const content = verified(bytes);
    if (content === null) return 'wrong signature';
    const [publicKey, recipient, id, deleted] = content as [Uint8Array, string, string, boolean];
    const author = toHex(crypto.sha256(publicKey));
    if (deleted && author !== recipient) return 'only the recipient may delete';
    return { key: mailKey(recipient), id, sequence: deleted ? 1 : 0, deleted, expiresMillis: null, author };
  }),
};
