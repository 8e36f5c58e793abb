import { CborFrameCodec } from '../../src/adapters/codec/frame-codec.ts';
import { LineSplitter } from '../../src/control/lines.ts';
import { concat } from '../../src/core/bytes.ts';
import { recordFromJson, recordsFromJson } from '../../src/core/directory/seed-json.ts';
import { encodeBeacon, networkMark, provesItself, readBeacon } from '../../src/core/discovery/beacon.ts';
import { formatEndpoint, parseEndpoint } from '../../src/core/endpoint.ts';
import { readHello } from '../../src/core/link/hello.ts';
import { type QuestionPacketKind, questionProvesItself, readQuestion, type UnlinkedAsk, UnwrittenQuestion } from '../../src/core/link/question-packet.ts';
import { letterId, openMail, signLetter, signMailReceipt } from '../../src/core/mail/mail-value.ts';
import { MESSAGES, type MessageType, misfitOfMessage } from '../../src/core/messages.ts';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import { verifyRecord } from '../../src/core/records.ts';
import { productKinds } from '../../src/core/replication/kinds/product-kinds.ts';
import { readRoomCopy, roomCopyValue } from '../../src/core/replication/kinds/room-copy-kind.ts';
import { userValue } from '../../src/core/replication/kinds/user-kind.ts';
import { vaultValue } from '../../src/core/replication/kinds/vault-kind.ts';
import { inspectValue } from '../../src/core/replication/kinds.ts';
import { historyPlace, openSegment, type Segment, sealSegment } from '../../src/core/rooms/history-key.ts';
import { readRoomEvent, signRoomEvent } from '../../src/core/rooms/room-event.ts';
import { lockForRecovery, openForRecovery, recoveryKeys } from '../../src/core/session/recovery-vault.ts';
import { decodeVault, lockVault } from '../../src/core/session/vault.ts';
import { record } from '../../src/core/shape.ts';
import { encodePacket, packetProvesItself, readPacket } from '../../src/core/swim/wire.ts';
import type { MessageId, UserId } from '../../src/core/types.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { nodeRecord, somebody, tools, userRecord, WALL_MILLIS } from '../core/tools.ts';
import { decoded, SEED } from './mutations.ts';
import { sampleOf } from './samples.ts';

/** Something that turns bytes of strangers into values. */
export interface Decoder {
  readonly name: string;
  /** The source files whose reading of bytes it exercises. */
  readonly files: readonly string[];
  /** What it takes for right. */
  readonly samples: readonly Uint8Array[];
  /** Must not throw, whatever it is given; true: taken for something. */
  readonly feed: (bytes: Uint8Array) => boolean;
}

const carol = somebody('carol');
const random = new SeededRandom(`${SEED} samples`);
const { codec, crypto } = tools;
const network = networkMark(crypto, 'fuzz');

const SAMPLES_EACH = 4;

function signedBytes({ bytes, signature }: { readonly bytes: Uint8Array; readonly signature: Uint8Array }): Uint8Array {
  return concat(signature, bytes);
}

function signedOf(bytes: Uint8Array): { readonly bytes: Uint8Array; readonly signature: Uint8Array } {
  return { signature: bytes.slice(0, 64), bytes: bytes.slice(64) };
}

function messages(): Decoder[] {
  return Object.entries(MESSAGES).map(([type, { shape }]) => ({
    name: `message ${type}`,
    files: ['src/core/messages.ts'],
    samples: Array.from({ length: SAMPLES_EACH }, () => codec.encode({ type: type as MessageType, ...(sampleOf(record(shape), random) as object) })),
    feed: (bytes) => misfitOfMessage(decoded(bytes)) === null,
  }));
}

function frames(): Decoder {
  const frameCodec = new CborFrameCodec(codec);
  const numbers = { version: 1, network: 'fuzz', run: 1, toRun: 2, sequence: 1, acknowledged: 0, logical: 1, count: 1 };
  return {
    name: 'frame',
    files: ['src/adapters/codec/frame-codec.ts', 'src/adapters/codec/cbor.ts', 'src/adapters/codec/cbor-decoder.ts', 'src/node/driver.ts'],
    samples: [
      frameCodec.encode({ ...numbers, kind: 'data', messages: [{ type: 'mail-waiting' }] }),
      frameCodec.encode({ ...numbers, kind: 'hello', messages: [] }),
    ],
    feed: (bytes) => typeof frameCodec.decode(bytes) !== 'string',
  };
}

function records(): Decoder[] {
  const node = nodeRecord(carol);
  const signature = node.signed.signature;
  return [
    {
      name: 'record',
      files: ['src/core/records.ts', 'src/core/directory/seed-directory.ts'],
      samples: [node.signed, userRecord(carol).signed].map(signedBytes),
      feed: (bytes) => typeof verifyRecord(tools, signedOf(bytes)) !== 'string',
    },
    {
      name: 'hello',
      files: ['src/core/link/hello.ts'],
      samples: [codec.encode({ type: 'hello', node: node.signed, session: null })],
      feed: (bytes) => typeof readHello(tools, node.body.agreementKey, decoded(bytes)) !== 'string',
    },
    {
      name: 'record of the seed server',
      files: ['src/core/directory/seed-json.ts', 'src/adapters/seed-http/seed-client.ts'],
      samples: [
        Buffer.from(JSON.stringify([{ bytes: Buffer.from(node.signed.bytes).toString('base64url'), signature: Buffer.from(signature).toString('base64url') }])),
      ],
      feed: (bytes) => {
        const value = json(bytes);
        return recordFromJson(value) !== null || recordsFromJson(value) !== null;
      },
    },
  ];
}

function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

function packets(): Decoder[] {
  const beacon = { nodeKey: carol.node.publicKey, agreementKey: carol.agreement.publicKey, port: 40_000, run: 7, stamp: 9 };
  const updates = [{ id: carol.nodeId, state: 'alive', incarnation: 3, accuser: '', address: 'udp://127.0.0.1:40001' }] as const;
  const packet = {
    kind: 'ping',
    senderKey: carol.node.publicKey,
    incarnation: 3,
    stamp: 9,
    sequence: 1,
    target: carol.nodeId,
    address: 'udp://127.0.0.1:40001',
    targetAddress: '',
    updates,
  } as unknown as Parameters<typeof encodePacket>[3];
  const question = (kind: QuestionPacketKind, message: UnlinkedAsk | null): Uint8Array =>
    new UnwrittenQuestion(tools, carol.node, network, { kind, senderKey: carol.node.publicKey, target: carol.nodeId, number: 7, message }).write().slice();
  return [
    {
      name: 'beacon',
      files: ['src/core/discovery/beacon.ts'],
      samples: [encodeBeacon(crypto, carol.node, network, beacon)],
      feed: (bytes) => {
        const read = readBeacon(network, bytes);
        return typeof read !== 'string' && provesItself(crypto, read, bytes);
      },
    },
    {
      name: 'membership packet',
      files: ['src/core/swim/wire.ts'],
      samples: [encodePacket(crypto, carol.node, network, packet).slice()],
      feed: (bytes) => {
        const read = readPacket(network, bytes);
        return typeof read !== 'string' && packetProvesItself(crypto, read, bytes);
      },
    },
    {
      name: 'question without a link',
      files: ['src/core/link/question-packet.ts'],
      samples: [question('ask', { type: 'ring-ask', id: 1, question: { ask: 'ping' } }), question('by-link', null)],
      feed: (bytes) => {
        const read = readQuestion(codec, network, bytes);
        return typeof read !== 'string' && questionProvesItself(crypto, read, bytes);
      },
    },
  ];
}

function values(): Decoder[] {
  const kinds = productKinds(tools, CORE_OPTIONS);
  const id = 'M'.repeat(21) as MessageId;
  const letter = { to: carol.userId as UserId, messageId: id, previous: '', expiresMillis: WALL_MILLIS, envelope: random.bytes(80) };
  const mail = signLetter(tools, carol.identity, letter);
  const receipt = { letterId: letterId(crypto, { ...letter, from: carol.userId as UserId }), verdict: 'delivered', atMillis: 1, expiresMillis: 2 } as const;
  const secrets = { identitySeed: random.bytes(32), sealingSeed: random.bytes(32), storeKey: random.bytes(32), createdMillis: 1, recovery: random.bytes(32) };
  const derivation = { name: 'argon2id', memoryKib: 8, passes: 1, lanes: 1 } as const;
  const vault = lockVault(tools, { name: 'carol', derivation, salt: random.bytes(16), nonce: random.bytes(12) }, random.bytes(32), secrets);
  const keys = recoveryKeys(tools, secrets.recovery);
  return [
    {
      name: 'value of the ring, of every kind',
      files: ['src/core/replication/kinds/vault-kind.ts', 'src/core/mail/mail-value.ts'],
      samples: [userValue(userRecord(carol)).bytes, mail, vaultValue(tools, keys.signing, { sequence: 1, deleted: false, sealed: random.bytes(200) }).bytes],
      feed: (bytes) => kinds.some((kind) => typeof inspectValue(kind, bytes.slice()) !== 'string'),
    },
    {
      name: 'letter and receipt',
      files: ['src/core/mail/mail-value.ts'],
      samples: [mail, signMailReceipt(tools, carol.identity, receipt)],
      feed: (bytes) => typeof openMail(tools, bytes) !== 'string',
    },
    { name: 'vault', files: ['src/core/session/vault.ts'], samples: [codec.encode(vault)], feed: (bytes) => decodeVault(tools, bytes) !== null },
    {
      name: 'vault on the ring',
      files: ['src/core/session/recovery-vault.ts'],
      samples: [lockForRecovery(tools, { name: 'carol', secrets })?.bytes ?? new Uint8Array()],
      feed: (bytes) => openForRecovery(tools, keys, bytes) !== null,
    },
  ];
}

/** Sealed pieces of rooms, and what members put inside them. */
function roomCopies(): Decoder[] {
  const key = random.bytes(32);
  const place = historyPlace(crypto, key);
  const writer = crypto.signingKeyPair(random.bytes(32));
  const about = { shelf: 0, segment: '0123456789abcdef', sequence: 1, expiresMillis: WALL_MILLIS };
  const bound = { ...about, place: place.keys.publicKey, writer: writer.publicKey };
  const segment: Segment = { events: [userRecord(carol).signed], chains: [], keys: [key], bridges: [] };
  const sealed = sealSegment({ ...tools, random }, place, bound, segment);
  const copy = roomCopyValue(tools, { place: place.keys, writer }, { ...about, sealed });
  const inside = { crypto, random, codec: { encode: (value: unknown) => value as Uint8Array } } as unknown as Parameters<typeof sealSegment>[0];
  return [
    {
      name: 'copy of a room',
      files: ['src/core/replication/kinds/room-copy-kind.ts'],
      samples: [copy.bytes],
      feed: (bytes) => typeof readRoomCopy(tools, bytes) !== 'string',
    },
    {
      name: 'inside of a copy of a room',
      files: ['src/core/rooms/history-key.ts'],
      samples: [codec.encode(segment)],
      // Sealed as it is: any member can.
      feed: (bytes) => openSegment(tools, place, { ...bound, sealed: sealSegment(inside, place, bound, bytes as unknown as Segment) }) !== null,
    },
  ];
}

function rest(): Decoder[] {
  const event = signRoomEvent(tools, carol.identity, {
    room: '',
    parents: [],
    stampMillis: WALL_MILLIS,
    kind: 'create',
    body: {
      name: 'den',
      topic: '',
      policy: 'open',
      history: 'all',
      passwordSalt: new Uint8Array(),
      passwordKey: new Uint8Array(),
      nonce: random.bytes(16),
      card: userRecord(carol).signed,
    },
  });
  return [
    {
      name: 'room event',
      files: ['src/core/rooms/room-event.ts'],
      samples: [signedBytes(event.signed)],
      feed: (bytes) => typeof readRoomEvent(tools, signedOf(bytes)) !== 'string',
    },
    {
      name: 'address',
      files: ['src/core/endpoint.ts'],
      samples: [Buffer.from(formatEndpoint({ address: 'tcp://127.0.0.1:40123', key: carol.agreement.publicKey }))],
      feed: (bytes) => parseEndpoint(Buffer.from(bytes).toString('latin1')) !== null,
    },
    {
      name: 'lines of the control socket',
      files: ['src/control/lines.ts', 'src/control/server.ts', 'src/control/client.ts'],
      samples: [Buffer.from('{"id":1,"command":"ping","args":{}}\n')],
      feed: (bytes) => {
        let lines = 0;
        const splitter = new LineSplitter(1_024, (line) => {
          lines += json(Buffer.from(line)) === undefined ? 0 : 1;
        });
        splitter.push(Buffer.from(bytes).toString('utf8'));
        return lines > 0;
      },
    },
  ];
}

/** Every way in which bytes of strangers become values. What stands inside seals is in sealed-decoders.ts. */
export const DECODERS: readonly Decoder[] = [frames(), ...messages(), ...records(), ...packets(), ...values(), ...roomCopies(), ...rest()];

/** Files that decode what never comes from others, and why. */
export const OWN_BYTES: Readonly<Record<string, string>> = {
  'src/adapters/codec/cbor-encoder.ts': 'it writes',
  'src/adapters/crypto/random.ts': 'bytes of the own random source',
  'src/adapters/zeromq/keys.ts': 'keys of 32 bytes, which the shapes of records and links have seen to',
  'src/adapters/sqlite/sqlite-file.ts': 'pages of the own disk, which are authenticated',
  'src/adapters/sqlite/store-inspector.ts': 'the same, for people',
  'src/adapters/sqlite/vault-file.ts': 'a file of the own disk, with a hash; test/faults/damaged-files damages it',
  'src/control/locate.ts': 'a file that the own node wrote; test/control/locate gives it others',
};
