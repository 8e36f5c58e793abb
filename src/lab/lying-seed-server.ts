import type { Codec, Crypto, Random } from '../core/capabilities.ts';
import type { SeedOperation } from '../core/directory/seed-api.ts';
import type { ServiceResult } from '../core/env.ts';
import { certifyNode, type SignedRecord, signRecord, verifyRecord } from '../core/records.ts';

/** Stands before the directory of a seed server: answers in its place, or lets it answer and changes what it says. */
export type SeedConduct = (operation: SeedOperation, body: unknown, honest: () => ServiceResult) => ServiceResult;

interface Tools {
  readonly crypto: Crypto;
  readonly codec: Codec;
  readonly random: Random;
}

interface Entry {
  readonly about: string;
  readonly make: (tools: Tools) => SeedConduct;
}

/** Seed servers that do not play by the rules, for scenarios (`seed-server: { conduct: ... }`). */
export const SEED_CONDUCTS: Readonly<Record<string, Entry>> = {
  'wrong-records': { about: 'gives out records whose signatures are not right, and the records of others for those that were asked for', make: wrongRecords },
  'stale-records': { about: 'gives out what it was first told of everybody, however much has changed', make: staleRecords },
  'wrong-vaults': { about: 'gives everybody the vault of somebody else, for a challenge that never changes', make: wrongVaults },
  'dropped-writes': { about: 'says that it keeps what it is told, and keeps nothing', make: droppedWrites },
  'forged-nodes': { about: 'names nodes and users that do not exist, well signed by keys of its own', make: forgedNodes },
};

/** Null when there is none of that name. */
export function seedConductNamed(name: string, tools: Tools): SeedConduct | null {
  return Object.hasOwn(SEED_CONDUCTS, name) ? (SEED_CONDUCTS[name] as Entry).make(tools) : null;
}

const KEPT_MAX = 4_096;
const GHOSTS = 12;

interface WithRecords {
  readonly records: readonly SignedRecord[];
}

function changedRecords(result: ServiceResult, change: (records: readonly SignedRecord[]) => readonly SignedRecord[]): ServiceResult {
  if (!result.ok || typeof result.value !== 'object' || result.value === null || !('records' in result.value)) return result;
  const value = result.value as WithRecords;
  return { ok: true, value: { ...value, records: change(value.records) } };
}

function wrongRecords(): SeedConduct {
  let others: readonly SignedRecord[] = [];
  const spoilt = (record: SignedRecord): SignedRecord => {
    const bytes = record.bytes.slice();
    const last = bytes.length - 2;
    bytes[last] = (bytes[last] ?? 0) ^ 1;
    return { bytes, signature: record.signature };
  };
  return (operation, _body, honest) => {
    const result = honest();
    if (operation === 'publish') return result;
    return changedRecords(result, (records) => {
      const answer = operation === 'user' && others.length > 0 ? others : records.map(spoilt);
      if (records.length > 0) others = records;
      return answer;
    });
  };
}

function staleRecords(tools: Tools): SeedConduct {
  const first = new Map<string, SignedRecord>();
  const asFirstTold = (record: SignedRecord): SignedRecord => {
    const said = verifyRecord(tools, record);
    if (typeof said === 'string' || said.type === 'fact') return record;
    const key = `${said.type}/${said.authorId}`;
    const kept = first.get(key);
    if (kept !== undefined) return kept;
    if (first.size < KEPT_MAX) first.set(key, record);
    return record;
  };
  return (operation, body, honest) => {
    if (operation === 'publish') for (const record of (body as WithRecords).records) asFirstTold(record);
    return changedRecords(honest(), (records) => records.map(asFirstTold));
  };
}

function wrongVaults({ codec, random }: Tools): SeedConduct {
  const nonce = random.bytes(32);
  let last: { readonly vault: Uint8Array } = { vault: codec.encode(['no vault at all']) };
  const seen = new Map<string, Uint8Array>();
  return (operation, body, honest) => {
    if (operation === 'challenge') return { ok: true, value: { nonce } };
    if (operation !== 'vault') {
      if (operation === 'publish') keepVaults(codec, body as WithRecords, seen);
      return honest();
    }
    const { name } = body as { readonly name: string };
    const other = [...seen].find(([owner]) => owner !== name)?.[1];
    if (other !== undefined) last = { vault: other };
    return { ok: true, value: last };
  };
}

function keepVaults(codec: Codec, { records }: WithRecords, seen: Map<string, Uint8Array>): void {
  for (const record of records) {
    const [type, , , , , content] = codec.decode(record.bytes) as [string, number, Uint8Array, number, number, { name: string; vault: Uint8Array }];
    if (type === 'vault' && seen.size < KEPT_MAX) seen.set(content.name, content.vault);
  }
}

function droppedWrites(): SeedConduct {
  return (operation, body, honest) =>
    operation === 'publish' ? { ok: true, value: { results: (body as WithRecords).records.map(() => ({ accepted: true })) } } : honest();
}

function forgedNodes(tools: Tools): SeedConduct {
  const { crypto, random } = tools;
  const ghosts = Array.from({ length: GHOSTS }, (_, index): SignedRecord[] => {
    const identity = crypto.signingKeyPair(random.bytes(32));
    const node = crypto.signingKeyPair(random.bytes(32));
    const name = `ghost${index}`;
    const agreementKey = crypto.agreementKeyPair(random.bytes(32)).publicKey;
    const certificate = certifyNode(tools, identity, { nodeKey: node.publicKey, agreementKey, name, label: '' });
    const stamp = { sequence: 1, wallMillis: 1 };
    const user = {
      name,
      sealingKey: agreementKey,
      authenticationKey: identity.publicKey,
      salt: random.bytes(16),
      derivation: { name: 'argon2id' as const, memoryKib: 8, passes: 1, lanes: 1 },
      displayName: name,
      about: '',
      createdMillis: 1,
      deleted: false,
    };
    const body = { agreementKey, addresses: ['tcp://127.0.0.1:9'], label: '', run: 1, gone: false, certificate };
    return [signRecord(tools, identity, { type: 'user', ...stamp, body: user }).signed, signRecord(tools, node, { type: 'node', ...stamp, body }).signed];
  });
  return (operation, _body, honest) => {
    const result = honest();
    if (operation !== 'nodes' && operation !== 'users') return result;
    const forged = ghosts.flatMap(([user, node]) => (operation === 'nodes' ? [node] : [user, node])) as SignedRecord[];
    return changedRecords(result, (records) => [...forged, ...records]);
  };
}
