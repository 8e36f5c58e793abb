import fs, { mkdtempSync, rmSync, statSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { SqliteNodeStore } from '../../src/adapters/sqlite/node-store.ts';
import { SeedStore } from '../../src/adapters/sqlite/seed-store.ts';

/** Syncs of logs that were asked for, and whether the disk fails them. */
const disk = { now: 0, later: 0, broken: false, lost: false };
/** Descriptors that have been told of what the disk has lost: the system says it to each of them once. */
const told = new Set<number>();

const { fdatasync, fdatasyncSync } = fs;
function hearsOfLoss(descriptor: number): boolean {
  const first = disk.lost && !told.has(descriptor);
  told.add(descriptor);
  return first;
}
const broken = () => Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
fs.fdatasyncSync = (descriptor) => {
  disk.now += 1;
  if (disk.broken || hearsOfLoss(descriptor)) throw broken();
  fdatasyncSync(descriptor);
};
fs.fdatasync = ((descriptor: number, done: (error: NodeJS.ErrnoException | null) => void) => {
  disk.later += 1;
  if (disk.broken || hearsOfLoss(descriptor)) setImmediate(done, broken());
  else fdatasync(descriptor, done);
}) as typeof fs.fdatasync;
/** Other files and folders that were synced, on this thread and beside it. */
const synced: string[] = [];
const { fsyncSync, promises } = fs;
const nameOf = (descriptor: number): string => basename(fs.readlinkSync(`/proc/self/fd/${descriptor}`));
fs.fsyncSync = (descriptor) => {
  if (process.platform === 'linux') synced.push(nameOf(descriptor));
  fsyncSync(descriptor);
};
const { open: openFile } = promises;
promises.open = async (...args) => {
  const file = await openFile(...args);
  const sync = file.sync.bind(file);
  file.sync = async () => {
    if (process.platform === 'linux') synced.push(`beside: ${nameOf(file.fd)}`);
    await sync();
  };
  return file;
};
syncBuiltinESMExports();

function withStore(title: string, body: (t: ExecutionContext, store: SqliteNodeStore, reopen: () => SqliteNodeStore) => void | Promise<void>): void {
  test.serial(title, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'confab-settling-'));
    const open = () => {
      const opened = new SqliteNodeStore({ folder, nodeKey: new Uint8Array(32).fill(3), codec: new CborCodec(), onSetAside: () => t.fail() });
      opened.unlock(new Uint8Array(32).fill(7));
      opened.commit();
      return opened;
    };
    const store = open();
    Object.assign(disk, { now: 0, later: 0 });
    try {
      await body(t, store, () => {
        store.close();
        return open();
      });
    } finally {
      Object.assign(disk, { broken: false, lost: false });
      store.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

function write(store: SqliteNodeStore, table: string, key: string): void {
  store.put(table, key, key);
  store.commit();
}

function settled(store: SqliteNodeStore): Promise<string | null> {
  return new Promise((resolve) => store.settle(resolve));
}

withStore('a commit of the user waits for the disk, once', (t, store) => {
  write(store, 'messages', 'a');
  t.false(store.unsettled);
  t.deepEqual([disk.now, disk.later], [1, 0]);
});

withStore('commits that may settle later share one sync beside the work', async (t, store) => {
  store.settleLater = true;
  write(store, 'messages', 'a');
  write(store, 'messages', 'b');
  t.true(store.unsettled);
  const first = settled(store);
  // This one came after the sync had begun, which says nothing of it.
  write(store, 'messages', 'c');
  t.is(await first, null);
  t.true(store.unsettled);
  t.is(await settled(store), null);
  t.false(store.unsettled);
  t.deepEqual([disk.now, disk.later], [0, 2]);
});

const onLinux = process.platform === 'linux' ? withStore : () => {};

onLinux('a database is synced with its folder before the first commit after its opening counts, and once', async (t, store, reopen) => {
  synced.length = 0;
  write(store, 'messages', 'a');
  t.deepEqual(synced.slice(0, 2), ['user.check', 'user.db']);
  t.true(synced[2]?.startsWith('confab-settling-'));
  store.settleLater = true;
  write(store, 'messages', 'b');
  write(store, 'replicas', 'a');
  t.is(await settled(store), null);
  t.deepEqual(synced[3], 'beside: node.db');
  t.true(synced[4]?.startsWith('beside: confab-settling-'));
  write(store, 'replicas', 'b');
  t.is(await settled(store), null);
  t.is(synced.length, 5);
  const again = reopen();
  synced.length = 0;
  write(again, 'messages', 'c');
  // Whoever made it may have been killed before.
  t.deepEqual(synced.slice(0, 2), ['user.check', 'user.db']);
  t.true(synced[2]?.startsWith('confab-settling-'));
  write(again, 'messages', 'd');
  t.is(synced.length, 3);
  again.close();
});

withStore('an account that is deleted while its new files are being synced is no failure of the disk', async (t, store) => {
  store.settleLater = true;
  write(store, 'messages', 'a');
  const first = settled(store);
  store.wipe();
  store.commit();
  t.is(await first, null);
});

withStore('a commit that must not wait takes along those that did', (t, store) => {
  store.settleLater = true;
  write(store, 'messages', 'a');
  store.settleLater = false;
  write(store, 'messages', 'b');
  t.false(store.unsettled);
  t.is(disk.now, 1);
});

withStore('what is in other files than the user’s is never newer than what the user’s has lost', (t, store) => {
  store.settleLater = true;
  write(store, 'messages', 'a');
  t.deepEqual([disk.now, disk.later], [0, 0]);
  write(store, 'replicas', 'of the node');
  t.is(disk.now, 1);
  store.put('messages', 'in one turn', 1);
  store.put('replicas', 'with this', 1);
  store.commit();
  t.is(disk.now, 2);
  write(store, 'messages', 'b');
  write(store, 'vault', 'v');
  t.false(store.unsettled);
});

withStore('what a node keeps for others settles beside the work like what its user writes', async (t, store, reopen) => {
  store.settleLater = true;
  write(store, 'replicas', 'a');
  write(store, 'replicas', 'b');
  t.true(store.unsettled);
  t.deepEqual([disk.now, disk.later], [0, 0]);
  // Newer than what the node's file may lose: whoever was told of it has been told of nothing that is lost.
  write(store, 'messages', 'm');
  t.is(await settled(store), null);
  t.false(store.unsettled);
  t.deepEqual([disk.now, disk.later], [0, 2]);
  const again = reopen();
  t.is(again.count('replicas'), 2);
  again.close();
});

withStore('a disk that loses what a node keeps for others fails the turns that wait for it', async (t, store) => {
  store.settleLater = true;
  write(store, 'replicas', 'a');
  disk.broken = true;
  t.regex(String(await settled(store)), /disk|EIO|i\/o/i);
  disk.broken = false;
  store.rollback();
  write(store, 'replicas', 'b');
  // A checkpoint has written the pages themselves.
  t.false(store.unsettled);
  t.deepEqual([disk.now, disk.later], [0, 1]);
});

withStore('what others know as well is not waited for, and lasts with what must', (t, store, reopen) => {
  store.relearn(() => write(store, 'messages', 'known to others'));
  t.false(store.unsettled);
  t.is(disk.now, 0);
  store.relearn(() => store.put('messages', 'known as well', 1));
  store.put('messages', 'mine', 1);
  store.commit();
  t.is(disk.now, 1);
  const again = reopen();
  t.is(again.count('messages'), 3);
  again.close();
});

withStore('after a sync that failed nothing counts as durable until the log was written back', async (t, store, reopen) => {
  store.settleLater = true;
  write(store, 'messages', 'a');
  disk.broken = true;
  t.is(await settled(store), 'the disk reports an error');
  t.true(store.unsettled);
  t.true(store.dirty, 'the next turn has to commit');
  disk.broken = false;
  // The system would say yes by now, whatever became of what it could not write.
  t.truthy(await settled(store));
  store.commit();
  t.false(store.unsettled);
  t.false(store.dirty);
  write(store, 'messages', 'b');
  const again = reopen();
  t.is(again.count('messages'), 2);
  again.close();
});

withStore('a sync that fails within a commit makes it fail', (t, store) => {
  disk.broken = true;
  t.throws(() => write(store, 'messages', 'a'), { message: /disk|i\/o/ });
  store.rollback();
  disk.broken = false;
  t.true(store.dirty);
  store.commit();
  t.false(store.dirty);
});

withStore('what one thread has heard to be lost is not durable for the other either', async (t, store) => {
  store.settleLater = true;
  write(store, 'messages', 'a');
  told.clear();
  disk.lost = true;
  const beside = settled(store);
  store.settleLater = false;
  t.throws(() => write(store, 'messages', 'b'), { message: /disk|i\/o/ });
  t.truthy(await beside);
});

withStore('what the node’s file could not sync is not taken for durable by a turn that writes nothing', (t, store) => {
  disk.broken = true;
  t.throws(() => write(store, 'replicas', 'a'), { message: /disk|i\/o/ });
  store.rollback();
  disk.broken = false;
  t.true(store.dirty, 'its holder would confirm it now');
  store.commit();
  t.false(store.dirty);
});

withStore('a wipe that was said to have failed is not finished at the next start', (t, store, reopen) => {
  write(store, 'messages', 'a');
  write(store, 'vault', 'v');
  store.wipe();
  disk.broken = true;
  t.throws(() => store.commit(), { message: /disk|i\/o/ });
  store.rollback();
  t.true(store.dirty);
  disk.broken = false;
  store.commit();
  t.false(store.dirty);
  const again = reopen();
  t.deepEqual([again.count('messages'), again.count('vault')], [1, 1]);
  again.close();
});

withStore('once no more may wait a turn that wrote nothing waits for the disk, too', (t, store) => {
  store.settleLater = true;
  write(store, 'messages', 'a');
  t.false(store.dirty);
  store.settleLater = false;
  t.true(store.dirty);
  store.commit();
  t.false(store.unsettled);
  t.is(disk.now, 1);
});

test.serial('the seed server tells nobody of what it could not sync', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'confab-settling-'));
  const store = new SeedStore({ folder, tables: ['names'], codec: new CborCodec(), onSetAside: () => t.fail() });
  try {
    disk.broken = true;
    store.put('names', 'alice', 1);
    t.throws(() => store.commit(), { message: /disk/ });
    store.rollback();
    t.is(store.get('names', 'alice'), 1, 'the log was written back, so it will not be lost any more');
    t.is(statSync(join(folder, 'seed.db-wal')).size, 0);
  } finally {
    disk.broken = false;
    store.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
