import test from 'ava';
import { DurableMap } from '../../bench/worlds/keyed-world.ts';
import { idOf, keysOf } from '../../bench/worlds/notes.ts';
import { concat } from '../../src/core/bytes.ts';
import type { KeyPair } from '../../src/core/capabilities.ts';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import { type RecordBodies, signRecord, type VerifiedRecord } from '../../src/core/records.ts';
import { keyOfPresence, presenceValue } from '../../src/core/replication/kinds/presence-kind.ts';
import { productKinds } from '../../src/core/replication/kinds/product-kinds.ts';
import { valueOfRecord } from '../../src/core/replication/kinds/signed-value.ts';
import { holderOfName, userValue } from '../../src/core/replication/kinds/user-kind.ts';
import { keyOfVault, vaultValue } from '../../src/core/replication/kinds/vault-kind.ts';
import { type Inspected, inspectValue, type ValueKind } from '../../src/core/replication/kinds.ts';
import { Replicas } from '../../src/core/replication/replicas.ts';
import { REPLICATION_OPTIONS, type ReplicationPort, type Stored } from '../../src/core/replication/replication-port.ts';
import { keyOfName } from '../../src/core/ring/keys.ts';
import { buryRecovery, lockForRecovery, openForRecovery, recoveryKeys } from '../../src/core/session/recovery-vault.ts';
import type { NodeId } from '../../src/core/types.ts';
import { tools } from '../core/tools.ts';

const { crypto } = tools;
const NOW = 1_700_000_000_000;
const kinds = productKinds(tools, CORE_OPTIONS);

function kind(name: string): ValueKind {
  return kinds.find((each) => each.name === name) as ValueKind;
}

function inspected(value: Stored): Inspected {
  const about = inspectValue(kind(value.kind), value.bytes);
  if (typeof about === 'string') throw new Error(about);
  return about;
}

function user(keys: KeyPair, change: Partial<RecordBodies['user']> = {}, sequence = 1): VerifiedRecord<'user'> {
  const body = {
    name: 'mona',
    sealingKey: new Uint8Array(32),
    authenticationKey: new Uint8Array(32),
    salt: new Uint8Array(16),
    derivation: CORE_OPTIONS.derivation,
    displayName: '',
    about: '',
    createdMillis: NOW,
    deleted: false,
    ...change,
  };
  return signRecord(tools, keys, { type: 'user', sequence, wallMillis: NOW, body });
}

function presence(keys: KeyPair, change: Partial<RecordBodies['presence']> = {}, sequence = 1): VerifiedRecord<'presence'> {
  const body = { node: 'a'.repeat(64) as NodeId, presence: 'online', statusText: '', epoch: 1, claimedMillis: NOW, ...change };
  return signRecord(tools, keys, { type: 'presence', sequence, wallMillis: NOW, body });
}

/** One holder, alone. */
function holder(wallMillis = NOW): Replicas {
  const port = { crypto, store: new DurableMap(), monotonicMillis: 0, wallMillis } as unknown as ReplicationPort;
  return new Replicas(port, REPLICATION_OPTIONS, kinds);
}

const mona = keysOf('mona');
const mallory = keysOf('mallory');

function tampered(value: Stored, at: number): Stored {
  const bytes = value.bytes.slice();
  bytes[at] = (bytes[at] as number) ^ 1;
  return { kind: value.kind, bytes };
}

test('where a value lies follows from what its owner signed', (t) => {
  t.is(inspected(userValue(user(mona))).key, keyOfName(crypto, 'mona'));
  t.is(inspected(presenceValue(presence(mona))).key, keyOfPresence(crypto, idOf(mona)));
  const vault = vaultValue(tools, mona, { sequence: 1, deleted: false, sealed: new Uint8Array(40) });
  t.is(inspected(vault).key, keyOfVault(crypto, mona.publicKey));
});

test('a bit that was changed anywhere, a record of another type and rubbish are refused', (t) => {
  const values = [userValue(user(mona)), presenceValue(presence(mona)), vaultValue(tools, mona, { sequence: 1, deleted: false, sealed: new Uint8Array(40) })];
  for (const value of values) {
    for (const at of [0, 63, 70, value.bytes.length - 1]) t.is(holder().take(tampered(value, at), 'holder').result, 'refused', `${value.kind} ${at}`);
    for (const bytes of [new Uint8Array(1), new Uint8Array(64), new Uint8Array(200), concat(value.bytes, new Uint8Array(1))]) {
      t.is(holder().take({ kind: value.kind, bytes }, 'holder').result, 'refused');
    }
    t.is(holder().take({ kind: value.kind, bytes: new Uint8Array(kind(value.kind).bytesMax + 1) }, 'holder').result, 'refused');
  }
  t.is(holder().take(valueOfRecord('user', presence(mona).signed), 'holder').result, 'refused');
  t.is(holder().take(valueOfRecord('presence', user(mona).signed), 'holder').result, 'refused');
  t.is(holder().take({ kind: 'unheard-of', bytes: new Uint8Array(10) }, 'holder').result, 'refused');
});

test('user: nobody gets in beside a living owner, whatever time of registration is claimed; a deleted name is free', (t) => {
  const at = holder();
  t.is(at.take(userValue(user(mona)), 'writer').result, 'held');
  t.is(at.take(userValue(user(mallory, { createdMillis: 0 })), 'writer').result, 'refused');
  t.is(at.take(userValue(user(mallory, { deleted: true })), 'writer').result, 'held', 'a tombstone of somebody else does nothing to the owner');
  t.is(at.take(userValue(user(mallory, { createdMillis: 0 }, 2)), 'writer').result, 'refused', 'nor is the tombstone a way in');
  t.is(at.take(userValue(user(mona, { about: 'news' }, 2)), 'writer').result, 'held');
  t.is(at.take(userValue(user(mona)), 'writer').result, 'newer');
  t.is(at.take(userValue(user(mona, { deleted: true }, 3)), 'writer').result, 'held');
  t.is(at.take(userValue(user(mona, {}, 2)), 'holder').result, 'newer', 'what is deleted does not come back');
  t.is(at.take(userValue(user(keysOf('other'))), 'writer').result, 'held');
});

test('user: of two halves the earlier has the name, whoever asks and in whatever order', (t) => {
  const first = user(mona, { createdMillis: NOW });
  const second = user(mallory, { createdMillis: NOW + 1 });
  const same = user(keysOf('same'), { createdMillis: NOW });
  const gone = user(keysOf('gone'), { createdMillis: NOW - 5, deleted: true });
  const winner = [first, same].sort((a, b) => (a.authorId < b.authorId ? -1 : 1))[0];
  for (const records of [
    [first, second, same, gone],
    [gone, same, second, first],
    [second, first, gone, same],
  ]) {
    t.is(holderOfName(records), winner as VerifiedRecord<'user'>);
  }
  t.is(holderOfName([second, first]), first);
  t.is(holderOfName([gone]), null);
  const at = holder();
  for (const record of [second, first]) t.is(at.take(userValue(record), 'holder').result, 'held', 'holders keep both');
});

test('user: strangers cannot keep the owner from changing or deleting the record by filling the key', (t) => {
  const at = holder();
  t.is(at.take(userValue(user(mona)), 'writer').result, 'held');
  let taken = 0;
  for (let index = 0; index < 100; index += 1) {
    if (at.take(userValue(user(keysOf(`stranger ${index}`))), 'holder').result === 'held') taken += 1;
  }
  t.is(taken, 31, 'twice the quota among holders, the owner included');
  t.is(at.take(userValue(user(mona, { about: 'x'.repeat(400) }, 2)), 'writer').result, 'held');
  t.is(at.take(userValue(user(mona, { deleted: true }, 3)), 'writer').result, 'held');
});

test('presence: the session that took over speaks, whatever its sequence number; it is forgotten when its time is over', (t) => {
  const at = holder();
  t.is(at.take(presenceValue(presence(mona, {}, 9)), 'writer').result, 'held');
  t.is(at.take(presenceValue(presence(mona, { epoch: 2, presence: 'busy' }, 3)), 'writer').result, 'held');
  t.is(at.take(presenceValue(presence(mona, {}, 99)), 'writer').result, 'newer');
  const late = holder(NOW + CORE_OPTIONS.presenceTtlMillis + REPLICATION_OPTIONS.graceMillis + 1);
  t.deepEqual(late.take(presenceValue(presence(mona)), 'writer'), { result: 'refused', reason: 'expired' });
});

test('vault: only the words open it, write it and delete it', (t) => {
  const secrets = { identitySeed: bytes(1), sealingSeed: bytes(2), storeKey: bytes(3), createdMillis: NOW, recovery: bytes(4) };
  const value = lockForRecovery(tools, { name: 'mona', secrets }) as Stored;
  t.deepEqual(value, lockForRecovery(tools, { name: 'mona', secrets }) as Stored, 'the same account gives the same bytes');
  t.false(Buffer.from(value.bytes).includes('mona'), 'holders do not see whose it is');
  const keys = recoveryKeys(tools, secrets.recovery);
  t.is(inspected(value).key, keys.key);
  t.deepEqual(openForRecovery(tools, keys, value.bytes), { name: 'mona', secrets });
  t.is(openForRecovery(tools, recoveryKeys(tools, bytes(5)), value.bytes), null);
  t.is(openForRecovery(tools, { ...keys, unlock: bytes(6) }, value.bytes), null);

  const at = holder();
  t.is(at.take(value, 'writer').result, 'held');
  // Signed by somebody else it lies somewhere else.
  const foreign = buryRecovery(tools, bytes(5));
  t.not(inspected(foreign).key, keys.key);
  t.is(at.take(buryRecovery(tools, secrets.recovery), 'writer').result, 'held');
  t.is(at.take(value, 'holder').result, 'newer', 'what is deleted does not come back');
});

function bytes(fill: number): Uint8Array {
  return new Uint8Array(32).fill(fill);
}
