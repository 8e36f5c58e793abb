import test from 'ava';
import { DurableMap } from '../../bench/worlds/keyed-world.ts';
import { concat, toHex } from '../../src/core/bytes.ts';
import type { KeyPair } from '../../src/core/capabilities.ts';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import { productKinds } from '../../src/core/replication/kinds/product-kinds.ts';
import { keyOfShelf, type RoomCopy, readRoomCopy, roomCopyKind, roomCopyValue } from '../../src/core/replication/kinds/room-copy-kind.ts';
import { type Inspected, inspectValue } from '../../src/core/replication/kinds.ts';
import { Replicas } from '../../src/core/replication/replicas.ts';
import { REPLICATION_OPTIONS, type ReplicationPort, type Stored } from '../../src/core/replication/replication-port.ts';
import { historyPlace, openSegment, sealSegment, writerKeys } from '../../src/core/rooms/history-key.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { tools, WALL_MILLIS } from '../core/tools.ts';

const { crypto } = tools;
const random = new SeededRandom('room copies');
const drawn = { bytes: (length: number) => random.bytes(length), fraction: () => 0, id: () => '' };
const keysOf = (): KeyPair => crypto.signingKeyPair(random.bytes(32));
const kind = roomCopyKind(tools);
const place = keysOf();
const [alice, bob] = [keysOf(), keysOf()];

function copy(writer: KeyPair, change: Partial<RoomCopy> = {}, under: KeyPair = place): Stored {
  const content = { shelf: 0, segment: '0123456789abcdef', sequence: 1, expiresMillis: WALL_MILLIS + 86_400_000, sealed: random.bytes(200), ...change };
  return roomCopyValue(tools, { place: under, writer }, content);
}

function about(value: Stored): Inspected {
  const inspected = inspectValue(kind, value.bytes);
  if (typeof inspected === 'string') throw new Error(inspected);
  return inspected;
}

function holder(): Replicas {
  const port = { crypto, store: new DurableMap(), monotonicMillis: 0, wallMillis: WALL_MILLIS } as unknown as ReplicationPort;
  return new Replicas(port, REPLICATION_OPTIONS, productKinds(tools, CORE_OPTIONS));
}

test('who cannot sign for a place writes nowhere but at a place of their own', (t) => {
  const stranger = keysOf();
  t.not(about(copy(alice, {}, stranger)).key, about(copy(alice)).key);
  const forged = copy(alice);
  const body = forged.bytes.slice(0, -128);
  const labelled = concat(new TextEncoder().encode('confab/room-copy/1\0'), body);
  for (const [byPlace, byWriter] of [
    [stranger, alice],
    [place, stranger],
  ] as const) {
    const bytes = concat(body, crypto.sign(byPlace.secretKey, labelled), crypto.sign(byWriter.secretKey, labelled));
    t.is(inspectValue(kind, bytes), 'room copy: wrong signature');
  }
});

test('a member, and who was one, can neither take the place of what another wrote nor delete it', (t) => {
  const replicas = holder();
  const written = copy(alice);
  t.is(replicas.take(written, 'writer').result, 'held');
  t.is(replicas.take(copy(bob, { sequence: 9 }), 'writer').result, 'held');
  const own = about(written);
  t.not(about(copy(bob)).id, own.id, 'the same segment by another writer has another name');
  t.is(replicas.index.ofKey(own.key, 'room-copy').length, 2);
  t.is(replicas.take(copy(alice, { sequence: 2 }), 'writer').result, 'held');
  t.is(replicas.take(written, 'writer').result, 'newer', 'an older version does not come back');
  t.false(about(copy(alice)).deleted);
});

test('one writer fills a quarter of a shelf; when many have filled it the next shelf is free, and what lies there can grow', (t) => {
  const replicas = holder();
  const segment = (index: number): string => toHex(new Uint8Array([0, 0, 0, 0, 0, 0, index >> 8, index & 255]));
  for (let index = 0; index < 64; index += 1) t.is(replicas.take(copy(alice, { segment: segment(index) }), 'writer').result, 'held');
  t.is(replicas.take(copy(alice, { segment: segment(64) }), 'writer').result, 'refused');
  t.is(replicas.take(copy(bob), 'writer').result, 'held');
  t.is(replicas.take(copy(alice, { segment: segment(64), shelf: 1 }), 'writer').result, 'held');
  t.is(replicas.take(copy(alice, { segment: segment(3), sequence: 2 }), 'writer').result, 'held');
});

test('nothing is kept for longer than a year, and nothing larger than a segment', (t) => {
  const replicas = holder();
  t.is(replicas.take(copy(alice, { expiresMillis: WALL_MILLIS + 400 * 86_400_000 }), 'writer').result, 'refused');
  t.is(replicas.take(copy(alice, { sealed: random.bytes(123_000) }), 'writer').result, 'refused');
});

test('a segment opens under its key only, and only where it was put', (t) => {
  const key = random.bytes(32);
  const where = historyPlace(crypto, key);
  const writer = writerKeys(crypto, alice, key, 'a'.repeat(64));
  const bound = { place: where.keys.publicKey, shelf: 3, writer: writer.publicKey, segment: 'fedcba9876543210', sequence: 7 };
  const content = { events: [], chains: [], keys: [random.bytes(32)], bridges: [] };
  const sealed = sealSegment({ ...tools, random: drawn }, where, bound, content);
  const value = roomCopyValue(tools, { place: where.keys, writer }, { ...bound, expiresMillis: WALL_MILLIS + 1, sealed });
  const read = readRoomCopy(tools, value.bytes);
  if (typeof read === 'string') return t.fail(read);
  t.deepEqual(openSegment(tools, where, read), content);
  t.is(openSegment(tools, historyPlace(crypto, random.bytes(32)), read), null);
  t.is(openSegment(tools, where, { ...read, sequence: 8 }), null);
  t.is(openSegment(tools, where, { ...read, shelf: 4 }), null);
  t.is(about(value).key, keyOfShelf(crypto, where.keys.publicKey, 3));
});

test('no bytes whatever make the kind throw', (t) => {
  const { bytes } = copy(alice);
  for (let round = 0; round < 300; round += 1) {
    const mangled = bytes.slice();
    mangled[random.below(mangled.length)] = random.below(256);
    const cut = random.below(2) === 0 ? mangled : mangled.slice(0, random.below(mangled.length));
    const found = readRoomCopy(tools, cut);
    t.true(typeof found === 'string' || toHex(cut) === toHex(bytes));
  }
});
