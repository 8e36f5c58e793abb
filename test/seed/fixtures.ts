import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import { SystemRandom } from '../../src/adapters/crypto/random.ts';
import { utf8 } from '../../src/core/bytes.ts';
import type { KeyPair, ScanRange } from '../../src/core/capabilities.ts';
import type { SeedCalls, SeedOperation } from '../../src/core/directory/seed-api.ts';
import { SeedDirectory } from '../../src/core/directory/seed-directory.ts';
import type { SeedOptions } from '../../src/core/directory/seed-options.ts';
import { vaultChallengeBytes } from '../../src/core/directory/vault-challenge.ts';
import type { ServiceResult } from '../../src/core/env.ts';
import { certifyNode, idOfKey, type RecordBodies, type RecordType, type SignedRecord, signRecord } from '../../src/core/records.ts';
import type { UserId } from '../../src/core/types.ts';
import type { SeedStore } from '../../src/seed/store.ts';

export const crypto = new NodeCrypto();
export const codec = new CborCodec();
export const random = new SystemRandom();
const tools = { crypto, codec };

export const START_MILLIS = 1_750_000_000_000;

/** A store whose committed rows lie in a map that outlives it, as a file would. */
export class FakeStore implements SeedStore {
  readonly #disk: Map<string, Map<string, unknown>>;
  #rows: Map<string, Map<string, unknown>>;
  commits = 0;
  failing: string | null = null;
  closed = false;

  constructor(disk: Map<string, Map<string, unknown>> = new Map()) {
    this.#disk = disk;
    this.#rows = copyOf(disk);
  }

  get<Value>(table: string, key: string): Value | undefined {
    return this.#rows.get(table)?.get(key) as Value | undefined;
  }

  scan<Value>(table: string, range: ScanRange = {}): Array<readonly [string, Value]> {
    const rows = [...(this.#rows.get(table) ?? [])].filter(
      ([key]) => key >= (range.from ?? '') && (range.to === undefined || key < range.to) && key.startsWith(range.prefix ?? ''),
    );
    rows.sort(([a], [b]) => (a < b ? -1 : 1));
    if (range.reverse) rows.reverse();
    return rows.slice(0, range.limit) as Array<readonly [string, Value]>;
  }

  count(table: string): number {
    return this.#rows.get(table)?.size ?? 0;
  }

  put(table: string, key: string, value: unknown): void {
    const rows = this.#rows.get(table) ?? new Map();
    this.#rows.set(table, rows.set(key, value));
  }

  delete(table: string, key: string): void {
    this.#rows.get(table)?.delete(key);
  }

  commit(): void {
    if (this.failing !== null) throw new Error(this.failing);
    this.commits += 1;
    this.#disk.clear();
    for (const [table, rows] of copyOf(this.#rows)) this.#disk.set(table, rows);
  }

  rollback(): void {
    this.#rows = copyOf(this.#disk);
  }

  close(): void {
    this.closed = true;
  }

  /** All rows as text, to compare two states. */
  dump(): string {
    const tables = [...this.#rows].filter(([, rows]) => rows.size > 0).sort(([a], [b]) => (a < b ? -1 : 1));
    return JSON.stringify(plain(tables.map(([table, rows]) => [table, [...rows].sort(([a], [b]) => (a < b ? -1 : 1))])));
  }
}

/** The value with byte arrays as hex, so that those of different classes compare. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
}

function copyOf(tables: ReadonlyMap<string, ReadonlyMap<string, unknown>>): Map<string, Map<string, unknown>> {
  return new Map([...tables].map(([table, rows]) => [table, new Map(rows)]));
}

/** Somebody with keys who signs records. */
export class Person {
  readonly name: string;
  readonly identity: KeyPair;
  readonly authentication: KeyPair;
  readonly id: UserId;
  readonly #nodes = new Map<string, KeyPair>();

  constructor(name: string, key = name) {
    this.name = name;
    this.identity = crypto.signingKeyPair(crypto.sha256(utf8(`identity of ${key}`)));
    this.authentication = crypto.signingKeyPair(crypto.sha256(utf8(`password of ${key}`)));
    this.id = idOfKey(crypto, this.identity.publicKey);
  }

  sign<Type extends RecordType>(type: Type, body: RecordBodies[Type], sequence = 1, wallMillis = START_MILLIS): SignedRecord {
    return signRecord(tools, this.identity, { type, sequence, wallMillis, body }).signed;
  }

  user(sequence = 1, changes: Partial<RecordBodies['user']> = {}, wallMillis = START_MILLIS): SignedRecord {
    const body: RecordBodies['user'] = {
      name: this.name,
      sealingKey: new Uint8Array(32).fill(7),
      authenticationKey: this.authentication.publicKey,
      salt: new Uint8Array(16),
      derivation: { name: 'argon2id', memoryKib: 64, passes: 1, lanes: 1 },
      displayName: `${this.name} the tester`,
      about: '',
      createdMillis: START_MILLIS,
      deleted: false,
    };
    return this.sign('user', { ...body, ...changes }, sequence, wallMillis);
  }

  tombstone(sequence = 9): SignedRecord {
    return this.user(sequence, { deleted: true, displayName: '', about: '' });
  }

  nodeKey(label = ''): KeyPair {
    const known = this.#nodes.get(label);
    if (known !== undefined) return known;
    const fresh = crypto.signingKeyPair(crypto.sha256(utf8(`node ${label} of ${this.name}`)));
    this.#nodes.set(label, fresh);
    return fresh;
  }

  node(options: { sequence?: number; label?: string; gone?: boolean; wallMillis?: number; certified?: boolean; forName?: string } = {}): SignedRecord {
    const label = options.label ?? '';
    const key = this.nodeKey(label);
    const agreementKey = new Uint8Array(32).fill(3);
    const subject = { nodeKey: key.publicKey, agreementKey, name: options.forName ?? this.name, label };
    const certificate = options.certified === false ? null : certifyNode(tools, this.identity, subject);
    const body = { agreementKey, addresses: ['tcp://127.0.0.1:4000'], label, run: 1, gone: options.gone ?? false, certificate };
    return signRecord(tools, key, { type: 'node', sequence: options.sequence ?? 1, wallMillis: options.wallMillis ?? START_MILLIS, body }).signed;
  }

  presence(presence: string, sequence = 1): SignedRecord {
    return this.sign('presence', { node: idOfKey(crypto, this.nodeKey().publicKey), presence, statusText: '', epoch: 1, claimedMillis: 0 }, sequence);
  }

  fact(subject: Person, yes: number, no = 0, sequence = 1): SignedRecord {
    return this.sign('fact', { subject: subject.id, yes, no }, sequence);
  }

  vault(sequence = 1, name = this.name): SignedRecord {
    return this.sign('vault', { name, vault: utf8(`vault ${sequence} of ${this.name}`) }, sequence);
  }

  /** Answers a challenge with the key that comes from the password. */
  prove(nonce: Uint8Array, name = this.name): Uint8Array {
    return crypto.sign(this.authentication.secretKey, vaultChallengeBytes(name, nonce));
  }
}

/** The same record as it comes over a wire: equal bytes, another object. */
export function overTheWire(signed: SignedRecord): SignedRecord {
  return { bytes: new Uint8Array(signed.bytes), signature: new Uint8Array(signed.signature) };
}

/** A directory on a fake store with a clock that only the test moves. */
export class Desk {
  readonly store: FakeStore;
  readonly now = { monotonicMillis: 1_000, wallMillis: START_MILLIS };
  readonly directory: SeedDirectory;

  constructor(options: Partial<SeedOptions> = {}, store = new FakeStore()) {
    this.store = store;
    this.directory = new SeedDirectory({ crypto, codec, random, store, options });
  }

  pass(millis: number): void {
    this.now.monotonicMillis += millis;
    this.now.wallMillis += millis;
  }

  call(operation: SeedOperation, body: unknown): ServiceResult {
    return this.directory.call(operation, body, this.now);
  }

  /** The value of a call that must succeed. */
  ask<Operation extends SeedOperation>(operation: Operation, body: SeedCalls[Operation]['body']): SeedCalls[Operation]['result'] {
    const result = this.call(operation, body);
    if (!result.ok) throw new Error(`${operation}: ${result.code} ${JSON.stringify(result.details)}`);
    return result.value as SeedCalls[Operation]['result'];
  }

  /** `ok` or the code of the refusal, one for each record. */
  publish(...records: SignedRecord[]): string[] {
    return this.ask('publish', { records }).results.map(({ accepted, code }) => (accepted ? 'ok' : (code ?? 'refused')));
  }

  codeOf(operation: SeedOperation, body: unknown): string {
    const result = this.call(operation, body);
    return result.ok ? 'ok' : result.code;
  }
}
