import { readContent, sealedForm } from '../../src/core/chat/content.ts';
import { envelopeShape } from '../../src/core/messages.ts';
import { readConfidence } from '../../src/core/rooms/pairwise.ts';
import { asContent } from '../../src/core/rooms/room-lines.ts';
import { decodePadded, pad } from '../../src/core/secure/padding.ts';
import { type HandoverAsk, type HandoverPage, openAsk, openPage, sealAsk, sealPage } from '../../src/core/session/handover-seal.ts';
import { misfit } from '../../src/core/shape.ts';
import type { MessageId, UserId } from '../../src/core/types.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { somebody, tools, userRecord, WALL_MILLIS } from '../core/tools.ts';
import type { Decoder } from './decoders.ts';
import { decoded, SEED } from './mutations.ts';

const random = new SeededRandom(`${SEED} seals`);
const { codec, crypto } = tools;
const ROUTE = { heir: 'h'.repeat(64), giver: 'g'.repeat(64) };
/** What is sealed is the bytes themselves, whatever they are. */
const asIs = { crypto, random, codec: { encode: (value: unknown) => value as Uint8Array, decode: (bytes: Uint8Array) => codec.decode(bytes) } };
const honest = { ...tools, random };

const file = { root: random.bytes(32), key: random.bytes(32), name: 'a picture.png', mediaType: 'image/png', size: 70_000, chunkBytes: 65_536, padded: true };
const written = { sentMillis: WALL_MILLIS, stamp: WALL_MILLIS };
const target = 'M'.repeat(21) as MessageId;
const id = 'e'.repeat(64);
const carol = somebody('carol');

/** Bytes of friends: the seal is right, since its keys are theirs, and inside is whatever they like. */
function fromFriends(): Decoder[] {
  const contents = [
    sealedForm({ kind: 'message', text: 'hello', replyTo: target, file, ...written }),
    sealedForm({ kind: 'change', target, change: { kind: 'reaction', reaction: '+1', on: true }, ...written }),
    sealedForm({ kind: 'change', target, change: { kind: 'edit', text: 'hello again' }, ...written }),
    sealedForm({ kind: 'change', target, change: { kind: 'delete' }, ...written }),
  ];
  const part = { session: random.bytes(16), ratchetKey: random.bytes(32), counter: 1, previous: 0, sealed: random.bytes(92), opening: null };
  const envelope = { suite: 2, id: target, from: carol.userId as UserId, to: carol.userId as UserId, part };
  return [
    {
      name: 'inside of an envelope',
      files: ['src/core/secure/padding.ts', 'src/core/chat/envelope.ts'],
      samples: contents.map((content) => codec.encode(content)),
      feed: (bytes) => {
        const content = readContent(decodePadded(codec, pad(bytes)));
        return typeof content !== 'string' && content.kind !== 'unknown';
      },
    },
    {
      name: 'envelope of a letter',
      files: ['src/core/mail/mailbox.ts'],
      samples: [codec.encode(envelope)],
      feed: (bytes) => misfit(envelopeShape, decoded(bytes)) === null,
    },
  ];
}

/** Bytes of members of a room. */
function fromMembers(): Decoder[] {
  const contents = [
    { kind: 'message', text: 'hello', replyTo: id, mentions: [id], file },
    { kind: 'reaction', target: id, reaction: '+1', on: true },
    { kind: 'edit', target: id, text: 'hello again' },
    { kind: 'delete', target: id },
  ];
  const position = { id: random.bytes(16), heads: id, counter: 7, chainKey: random.bytes(32), signingKey: random.bytes(32) };
  const confidences = [
    { kind: 'chains', room: id, chains: [{ author: id, position }] },
    { kind: 'history', room: id, keys: [random.bytes(32)] },
    { kind: 'invitation', room: id, create: userRecord(carol).signed, topic: 'dens', hosts: ['carol'] },
  ];
  return [
    {
      name: 'inside of a message of a room',
      files: ['src/core/rooms/room-keys.ts'],
      samples: contents.map((content) => codec.encode(content)),
      feed: (bytes) => asContent(decodePadded(codec, pad(bytes))) !== null,
    },
    {
      name: 'what one member tells another',
      files: ['src/core/rooms/pairwise.ts'],
      samples: confidences.map((confidence) => codec.encode(confidence)),
      feed: (bytes) => readConfidence(decodePadded(codec, pad(bytes))) !== 'malformed',
    },
  ];
}

/** Bytes of another node of the same user, or of whoever has stolen its keys. */
function fromOwnNodes(): Decoder[] {
  const seed = random.bytes(32);
  const giver = crypto.agreementKeyPair(seed);
  const storeKey = random.bytes(32);
  const ask: HandoverAsk = { storeKey, epoch: 3, cursor: 'messages/1' };
  const page: HandoverPage = { epoch: 3, cursor: 'messages/1', next: 'messages/2', rows: [['messages', 'key', { text: 'hello' }]] };
  return [
    {
      name: 'ask for a handover',
      files: ['src/core/session/handover-seal.ts'],
      samples: [codec.encode(ask)],
      feed: (bytes) => {
        const message = sealAsk(asIs, giver.publicKey, ROUTE, bytes as unknown as HandoverAsk);
        return message !== null && openAsk(honest, seed, ROUTE, message) !== null;
      },
    },
    {
      name: 'page of a handover',
      files: ['src/core/session/handover-seal.ts'],
      samples: [codec.encode(page)],
      feed: (bytes) => openPage(honest, storeKey, ROUTE, sealPage(asIs, storeKey, ROUTE, bytes as unknown as HandoverPage)) !== null,
    },
  ];
}

/** Every way in which what stands inside seals becomes values. What comes of values that fit is in test/lab/hostile-content.test.ts. */
export const SEALED_DECODERS: readonly Decoder[] = [...fromFriends(), ...fromMembers(), ...fromOwnNodes()];
