import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import type { KeyPair } from '../../src/core/capabilities.ts';
import { certifyNode, idOfKey, type RecordBodies, signRecord, type VerifiedRecord } from '../../src/core/records.ts';
import { SeededRandom } from '../../src/sim/random.ts';

/** Real primitives, seeded randomness: what the tests of the core are made of. */
export const tools = { crypto: new NodeCrypto(), codec: new CborCodec() };

export const WALL_MILLIS = 1_750_000_000_000;

export interface Somebody {
  readonly name: string;
  readonly identity: KeyPair;
  readonly node: KeyPair;
  readonly agreement: KeyPair;
  readonly sealing: KeyPair;
  readonly userId: string;
  readonly nodeId: string;
}

export function somebody(name: string): Somebody {
  const random = new SeededRandom(`somebody ${name}`);
  const identity = tools.crypto.signingKeyPair(random.bytes(32));
  const node = tools.crypto.signingKeyPair(random.bytes(32));
  return {
    name,
    identity,
    node,
    agreement: tools.crypto.agreementKeyPair(random.bytes(32)),
    sealing: tools.crypto.agreementKeyPair(random.bytes(32)),
    userId: idOfKey(tools.crypto, identity.publicKey),
    nodeId: idOfKey(tools.crypto, node.publicKey),
  };
}

export function userRecord(who: Somebody, change: Partial<RecordBodies['user']> = {}, sequence = 1, wallMillis = WALL_MILLIS): VerifiedRecord<'user'> {
  const body = {
    name: who.name,
    sealingKey: who.sealing.publicKey,
    authenticationKey: who.identity.publicKey,
    salt: new Uint8Array(16),
    derivation: { name: 'argon2id' as const, memoryKib: 19_456, passes: 2, lanes: 1 },
    displayName: '',
    about: '',
    createdMillis: WALL_MILLIS,
    deleted: false,
    ...change,
  };
  return signRecord(tools, who.identity, { type: 'user', sequence, wallMillis, body });
}

export function nodeRecord(who: Somebody, change: Partial<RecordBodies['node']> = {}, sequence = 1, wallMillis = WALL_MILLIS): VerifiedRecord<'node'> {
  const certificate = certifyNode(tools, who.identity, { nodeKey: who.node.publicKey, agreementKey: who.agreement.publicKey, name: who.name, label: '' });
  const body = { agreementKey: who.agreement.publicKey, addresses: [`sim:${who.name.length}`], label: '', run: 1, gone: false, certificate, ...change };
  return signRecord(tools, who.node, { type: 'node', sequence, wallMillis, body });
}

export function presenceRecord(who: Somebody, presence = 'online', sequence = 1, wallMillis = WALL_MILLIS): VerifiedRecord<'presence'> {
  const body = { node: who.nodeId as RecordBodies['presence']['node'], presence, statusText: '', epoch: 1, claimedMillis: 0 };
  return signRecord(tools, who.identity, { type: 'presence', sequence, wallMillis, body });
}

/** A record as the wire would bring it: other objects with the same bytes, so that nothing remembered helps. */
export function fresh(record: { readonly signed: { readonly bytes: Uint8Array; readonly signature: Uint8Array } }): {
  bytes: Uint8Array;
  signature: Uint8Array;
} {
  return { bytes: record.signed.bytes.slice(), signature: record.signed.signature.slice() };
}
