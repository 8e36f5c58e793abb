import { concat, sameBytes, toHex, utf8 } from './bytes.ts';
import type { Codec, Crypto, SecretKey } from './capabilities.ts';
import { boolean, bytes, choice, hexId, integer, list, misfit, nullable, record, type Shape, text } from './shape.ts';
import type { NodeId, UserId, WallMillis } from './types.ts';

/**
 * Signed records: everything that is stored or relayed. The signature covers the record's own encoded bytes,
 * with a label that separates domains; receivers keep and forward those bytes and never encode them again.
 */
export interface SignedRecord {
  /** Deterministic CBOR of `[type, version, author, sequence, wallMillis, body]`. */
  readonly bytes: Uint8Array;
  /** Ed25519 over `confab/record/1` NUL bytes. */
  readonly signature: Uint8Array;
}

export interface RecordBodies {
  /** The public face of a user, signed by the identity key. `deleted` is a tombstone. */
  user: {
    readonly name: string;
    /** X25519 key to which envelopes for this user are sealed. */
    readonly sealingKey: Uint8Array;
    /** Ed25519 key derived from the password: proves to a holder of the vault that somebody knows the password. */
    readonly authenticationKey: Uint8Array;
    readonly salt: Uint8Array;
    readonly derivation: { readonly name: 'argon2id'; readonly memoryKib: number; readonly passes: number; readonly lanes: number };
    readonly displayName: string;
    readonly about: string;
    readonly createdMillis: WallMillis;
    readonly deleted: boolean;
  };
  /** Where a node listens, signed by the node's key; `certificate` ties it to a user, null before a registration. */
  node: {
    readonly agreementKey: Uint8Array;
    readonly addresses: readonly string[];
    readonly label: string;
    readonly run: number;
    /** The node has gone in order; kept so that older records do not bring it back. */
    readonly gone: boolean;
    readonly certificate: NodeCertificate | null;
  };
  /** Status of a user, signed by the identity key. */
  presence: {
    readonly node: NodeId;
    readonly presence: string;
    readonly statusText: string;
    /** The claim of the session that says so; see session/claim.ts. */
    readonly epoch: number;
    readonly claimedMillis: WallMillis;
  };
  /**
   * What a user says of another, signed by the identity key. Two counters that only grow, so that any two versions merge
   * (see friends/friendship.ts): `yes` and `no` are the highest generations in which the author agreed or refused.
   */
  fact: { readonly subject: UserId; readonly yes: number; readonly no: number };
  /**
   * Keys with which a session with this user can be begun while they are away (secure/x3dh.ts), signed by the identity key.
   * `home` names the store that has the secret halves; of several, the claim of the session decides (session/claim.ts).
   */
  prekeys: {
    readonly home: Uint8Array;
    readonly node: NodeId;
    readonly epoch: number;
    readonly claimedMillis: WallMillis;
    readonly batch: number;
    /** X25519; the last resort where no one-time key is left. */
    readonly signedKey: Uint8Array;
    /** X25519, each in its place; one that was used is empty. */
    readonly oneTimeKeys: readonly Uint8Array[];
  };
  /** The vault as the seed server keeps it, signed by the identity key. */
  vault: { readonly name: string; readonly vault: Uint8Array };
}

export type RecordType = keyof RecordBodies;

export interface NodeCertificate {
  /** Ed25519 identity key of the user. */
  readonly userKey: Uint8Array;
  readonly name: string;
  /** Identity key's signature over `confab/node-certificate/1` NUL CBOR [nodeKey, agreementKey, name, label]. */
  readonly signature: Uint8Array;
}

const certificateShape: Shape = record({ userKey: bytes(32), name: text(1, 32), signature: bytes(64) });
export const derivationShape: Shape = record({ name: choice('argon2id'), memoryKib: integer(8, 1_048_576), passes: integer(1, 16), lanes: integer(1, 8) });

export const RECORD_SHAPES: Readonly<Record<RecordType, Shape>> = {
  user: record({
    name: text(1, 32, /^[a-z0-9][a-z0-9._-]*$/),
    sealingKey: bytes(32),
    authenticationKey: bytes(32),
    salt: bytes(16),
    derivation: derivationShape,
    displayName: text(0, 64),
    about: text(0, 500),
    createdMillis: integer(),
    deleted: boolean,
  }),
  node: record({
    agreementKey: bytes(32),
    addresses: list(text(1, 256), 4),
    label: text(0, 32),
    run: integer(),
    gone: boolean,
    certificate: nullable(certificateShape),
  }),
  presence: record({
    node: hexId,
    presence: choice('online', 'away', 'busy', 'offline'),
    statusText: text(0, 140),
    epoch: integer(),
    claimedMillis: integer(),
  }),
  fact: record({ subject: hexId, yes: integer(), no: integer() }),
  prekeys: record({
    home: bytes(16),
    node: hexId,
    epoch: integer(),
    claimedMillis: integer(),
    batch: integer(),
    signedKey: bytes(32),
    oneTimeKeys: list(bytes(0, 32), 64),
  }),
  vault: record({ name: text(1, 32), vault: bytes(1, 4_096) }),
};

/** A record that was decoded, whose shape and signature are right. */
export interface VerifiedRecord<Type extends RecordType = RecordType> {
  readonly type: Type;
  /** Ed25519 public key of the signer. */
  readonly author: Uint8Array;
  /** Hex SHA-256 of the author's key: a UserId, or a NodeId for node records. */
  readonly authorId: string;
  readonly sequence: number;
  readonly wallMillis: WallMillis;
  readonly body: RecordBodies[Type];
  readonly signed: SignedRecord;
}

export type AnyVerifiedRecord = { [Type in RecordType]: VerifiedRecord<Type> }[RecordType];

/** Own records and those of others are made alike, so that the engine need not tell two forms of them apart wherever one is read. */
function asVerified<Type extends RecordType>(type: Type, parts: Omit<VerifiedRecord<Type>, 'type'>): VerifiedRecord<Type> {
  const { author, authorId, sequence, wallMillis, body, signed } = parts;
  return { type, author, authorId, sequence, wallMillis, body, signed };
}

const LABEL = utf8('confab/record/1\0');
const CERTIFICATE_LABEL = utf8('confab/node-certificate/1\0');
const RECORD_BYTES_MAX = 8_192;

export const signedRecordShape: Shape = record({ bytes: bytes(1, RECORD_BYTES_MAX), signature: bytes(64) });

/** Records are immutable objects: what was verified once in this process needs no second look. */
const verified = new WeakMap<SignedRecord, AnyVerifiedRecord | string>();

export interface RecordTools {
  readonly crypto: Crypto;
  readonly codec: Codec;
}

export function signRecord<Type extends RecordType>(
  tools: RecordTools,
  key: { readonly publicKey: Uint8Array; readonly secretKey: SecretKey },
  content: { readonly type: Type; readonly sequence: number; readonly wallMillis: WallMillis; readonly body: RecordBodies[Type] },
): VerifiedRecord<Type> {
  const encoded = tools.codec.encode([content.type, 1, key.publicKey, content.sequence, Math.trunc(content.wallMillis), content.body]);
  const signed = { bytes: encoded, signature: tools.crypto.sign(key.secretKey, concat(LABEL, encoded)) };
  const { type, sequence, wallMillis, body } = content;
  const result = asVerified(type, { author: key.publicKey, authorId: idOfKey(tools.crypto, key.publicKey), sequence, wallMillis, body, signed });
  verified.set(signed, result as unknown as AnyVerifiedRecord);
  return result;
}

/**
 * Lately verified records by the beginning of their signature. The same record comes from many peers, each time as another object,
 * and to check its signature again would be most of the work of a crowd that joins at once.
 */
const latelyBy = new WeakMap<Crypto, Map<string, SignedRecord>>();
const LATELY_MAX = 1_024;
const MARK_BYTES = 12;

/** The verified record, or the reason why it is refused. Never throws. */
export function verifyRecord(tools: RecordTools, signed: SignedRecord): AnyVerifiedRecord | string {
  if (typeof signed !== 'object' || signed === null) return 'record: not a record';
  const known = verified.get(signed);
  if (known !== undefined) return known;
  const wrong = misfit(signedRecordShape, signed, 'record');
  if (wrong !== null) return wrong;
  const mark = String.fromCharCode(...signed.signature.subarray(0, MARK_BYTES));
  const twin = latelyBy.get(tools.crypto)?.get(mark);
  const same = twin !== undefined && sameBytes(twin.signature, signed.signature) && sameBytes(twin.bytes, signed.bytes);
  const result = (same ? verified.get(twin) : undefined) ?? verifyAfresh(tools, signed);
  verified.set(signed, result);
  if (!same && typeof result !== 'string') rememberLately(tools.crypto, mark, signed);
  return result;
}

function rememberLately(crypto: Crypto, mark: string, signed: SignedRecord): void {
  const lately = latelyBy.get(crypto) ?? new Map<string, SignedRecord>();
  latelyBy.set(crypto, lately);
  lately.delete(mark);
  lately.set(mark, signed);
  if (lately.size > LATELY_MAX) lately.delete(lately.keys().next().value as string);
}

function verifyAfresh(tools: RecordTools, signed: SignedRecord): AnyVerifiedRecord | string {
  let decoded: unknown;
  try {
    decoded = tools.codec.decode(signed.bytes);
  } catch {
    return 'record: not CBOR';
  }
  if (!Array.isArray(decoded) || decoded.length !== 6) return 'record: not of six parts';
  const [type, version, author, sequence, wallMillis, body] = decoded as unknown[];
  if (typeof type !== 'string' || !Object.hasOwn(RECORD_SHAPES, type)) return 'record: unknown type';
  if (version !== 1) return 'record: unknown version';
  const misfits =
    misfit(bytes(32), author, 'author') ??
    misfit(integer(), sequence, 'sequence') ??
    misfit(integer(), wallMillis, 'wallMillis') ??
    misfit(RECORD_SHAPES[type as RecordType], body, 'body');
  if (misfits !== null) return misfits;
  if (!tools.crypto.verify(author as Uint8Array, concat(LABEL, signed.bytes), signed.signature)) return 'record: wrong signature';
  const result = asVerified(type as RecordType, {
    author: author as Uint8Array,
    authorId: idOfKey(tools.crypto, author as Uint8Array),
    sequence: sequence as number,
    wallMillis: wallMillis as number,
    body: body as never,
    signed,
  }) as AnyVerifiedRecord;
  if (result.type === 'node' && result.body.certificate !== null && !certificateHolds(tools, result)) return 'record: wrong node certificate';
  return result;
}

function certificateBytes(tools: RecordTools, node: { nodeKey: Uint8Array; agreementKey: Uint8Array; name: string; label: string }): Uint8Array {
  return concat(CERTIFICATE_LABEL, tools.codec.encode([node.nodeKey, node.agreementKey, node.name, node.label]));
}

/** The user's word that a node is theirs. */
export function certifyNode(
  tools: RecordTools,
  identity: { readonly publicKey: Uint8Array; readonly secretKey: SecretKey },
  node: { nodeKey: Uint8Array; agreementKey: Uint8Array; name: string; label: string },
): NodeCertificate {
  return { userKey: identity.publicKey, name: node.name, signature: tools.crypto.sign(identity.secretKey, certificateBytes(tools, node)) };
}

function certificateHolds(tools: RecordTools, node: VerifiedRecord<'node'>): boolean {
  const { certificate, agreementKey, label } = node.body;
  if (certificate === null) return false;
  return tools.crypto.verify(
    certificate.userKey,
    certificateBytes(tools, { nodeKey: node.author, agreementKey, name: certificate.name, label }),
    certificate.signature,
  );
}

const idOfKeyObject = new WeakMap<Uint8Array, string>();

/** Hex SHA-256 of a public key. */
export function idOfKey(crypto: Crypto, key: Uint8Array): UserId & NodeId {
  let id = idOfKeyObject.get(key);
  if (id === undefined) {
    id = toHex(crypto.sha256(key));
    idOfKeyObject.set(key, id);
  }
  return id as UserId & NodeId;
}
