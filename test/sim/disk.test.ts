import test, { type TestFn } from 'ava';
import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import { MemoryDisk, MemoryStore } from '../../src/sim/disk.ts';
import { sealedRows } from '../../src/sim/sealed-rows.ts';
import { storeSuite } from '../compliance/store-suite.ts';

function harness(disk: MemoryDisk, settleLater: boolean) {
  const open = () => new MemoryStore(disk, { settleLater });
  let store = open();
  return {
    store: () => store,
    restart: () => {
      if (settleLater) store.settle();
      store.crash();
      store = open();
      return store;
    },
    dispose: () => store.close(),
  };
}

storeSuite(test, 'memory, values as bytes', () => harness(new MemoryDisk(new CborCodec()), false));
storeSuite(test, 'memory, commits that settle later', () => harness(new MemoryDisk(new CborCodec()), true));

storeSuite(test, 'memory, rows of users sealed', () => harness(new MemoryDisk(new CborCodec(), sealedRows(new NodeCrypto())), true));

/** Values by reference are what makes it fast; that is the one rule which it leaves to the program. */
const exceptCopies = ((title: string, body: never) => {
  if (!title.includes('is a copy')) test(title, body);
}) as unknown as TestFn;
storeSuite(exceptCopies, 'memory, values by reference', () => harness(new MemoryDisk(), false));

test('a crash before the commit has settled loses it, wiping included', (t) => {
  const disk = new MemoryDisk();
  let store = new MemoryStore(disk, { settleLater: true });
  store.unlock(new Uint8Array(32));
  store.put('self', 'a', 1);
  store.put('messages', 'm', 1);
  store.put('vault', 'alice', 1);
  store.commit();
  store.settle();
  store.put('self', 'a', 2);
  store.put('self', 'b', 2);
  store.wipe();
  store.commit();
  t.true(store.unsettled);
  t.is(store.get('self', 'a'), 2);
  store.crash();
  store = new MemoryStore(disk, { settleLater: true });
  t.deepEqual(store.scan('self'), [['a', 1]]);
  t.is(store.get('vault', 'alice'), 1);
  t.is(store.unlock(new Uint8Array(32)), 'opened');
  t.is(store.get('messages', 'm'), 1);
});

test('a full disk refuses the commit, and the turn can be rolled back', (t) => {
  const disk = new MemoryDisk();
  const store = new MemoryStore(disk);
  store.put('self', 'a', 1);
  store.commit();
  disk.full = true;
  store.put('self', 'a', 2);
  t.throws(() => store.commit(), { message: /no space/ });
  store.rollback();
  t.is(store.get('self', 'a'), 1);
  disk.full = false;
  store.put('self', 'a', 3);
  store.commit();
  store.crash();
  t.is(new MemoryStore(disk).get('self', 'a'), 3);
});

test("a damaged user's store is set aside", (t) => {
  const disk = new MemoryDisk();
  const store = new MemoryStore(disk);
  const key = new Uint8Array(32);
  store.unlock(key);
  store.put('messages', 'm', 1);
  store.lock();
  store.commit();
  disk.userDamaged = true;
  t.is(store.unlock(key), 'set-aside');
  t.is(store.count('messages'), 0);
});
