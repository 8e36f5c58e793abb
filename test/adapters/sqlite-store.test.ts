import {
  chmodSync,
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { lockFolder } from '../../src/adapters/sqlite/folder-lock.ts';
import { SqliteNodeStore } from '../../src/adapters/sqlite/node-store.ts';
import { SeedStore } from '../../src/adapters/sqlite/seed-store.ts';
import { StoreInspector } from '../../src/adapters/sqlite/store-inspector.ts';
import { ConfabError } from '../../src/core/errors.ts';
import { storeSuite } from '../compliance/store-suite.ts';

const codec = new CborCodec();
const NODE_KEY = new Uint8Array(32).fill(3);
const USER_KEY = new Uint8Array(32).fill(7);

interface Folder {
  readonly path: string;
  readonly aside: string[];
  open(more?: { readonly pagesMax?: number; readonly nodeKey?: Uint8Array }): SqliteNodeStore;
  remove(): void;
}

function makeFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'confab-store-'));
  const aside: string[] = [];
  const open: Folder['open'] = (more = {}) =>
    new SqliteNodeStore({ folder: path, nodeKey: NODE_KEY, codec, onSetAside: (file) => aside.push(file.slice(path.length + 1)), ...more });
  return { path, aside, open, remove: () => rmSync(path, { recursive: true, force: true }) };
}

function withFolder(title: string, body: (t: ExecutionContext, folder: Folder) => void): void {
  test(title, (t) => {
    const folder = makeFolder();
    try {
      body(t, folder);
    } finally {
      folder.remove();
    }
  });
}

storeSuite(test, 'sqlite', () => {
  const folder = makeFolder();
  let store = folder.open();
  return {
    store: () => store,
    restart: () => {
      store.close();
      store = folder.open();
      return store;
    },
    dispose: () => {
      store.close();
      folder.remove();
    },
  };
});

withFolder('nothing readable lies on the disk, and only the owner may look', (t, folder) => {
  const store = folder.open();
  store.unlock(USER_KEY);
  const canary = 'canary-words-that-nobody-may-read';
  store.put('messages', canary, { text: canary.repeat(50) });
  store.put('contacts', canary, { text: canary.repeat(50) });
  store.commit();
  for (const name of readdirSync(folder.path)) {
    t.false(readFileSync(join(folder.path, name)).includes(canary), name);
    t.is(statSync(join(folder.path, name)).mode & 0o077, 0, name);
  }
  store.close();
});

withFolder('a damaged user store is set aside, kept, and told apart from a wrong key', (t, folder) => {
  let store = folder.open();
  store.unlock(USER_KEY);
  store.put('messages', 'a', 1);
  store.commit();
  store.close();
  const path = join(folder.path, 'user.db');
  const garbage = Buffer.alloc(20_000, 'x');
  writeFileSync(path, garbage);
  store = folder.open();
  t.is(store.unlock(new Uint8Array(32).fill(9)), 'wrong-key');
  t.deepEqual(folder.aside, []);
  t.is(store.unlock(USER_KEY), 'set-aside');
  t.deepEqual(folder.aside, ['user.db.damaged-1']);
  t.deepEqual(readFileSync(join(folder.path, 'user.db.damaged-1')), garbage);
  store.put('messages', 'b', 2);
  store.commit();
  store.close();
  store = folder.open();
  t.is(store.unlock(USER_KEY), 'opened');
  t.is(store.get('messages', 'b'), 2);
  store.close();
});

withFolder('a second damage takes the next free name', (t, folder) => {
  for (let round = 1; round <= 2; round += 1) {
    folder.open().close();
    writeFileSync(join(folder.path, 'node.db'), `round ${round} `.repeat(1_000));
  }
  folder.open().close();
  t.deepEqual(folder.aside, ['node.db.damaged-1', 'node.db.damaged-2']);
  t.true(readFileSync(join(folder.path, 'node.db.damaged-1'), 'utf8').startsWith('round 1'));
});

withFolder('half a node store, a flipped page and another node key are met by setting it aside', (t, folder) => {
  const fill = () => {
    const store = folder.open();
    for (let row = 0; row < 400; row += 1) store.put('records', `row/${row}`, { bytes: new Uint8Array(200) });
    store.commit();
    store.close();
  };
  const path = join(folder.path, 'node.db');
  fill();
  truncateSync(path, Math.floor(statSync(path).size / 2));
  fill();
  t.is(folder.aside.length, 1);
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, Buffer.alloc(64, 1), 0, 64, 5 * 4_096 + 100);
  closeSync(descriptor);
  fill();
  t.is(folder.aside.length, 2);
  folder.open({ nodeKey: new Uint8Array(32).fill(4) }).close();
  t.is(folder.aside.length, 3);
});

withFolder('one flipped bit in the vault file is noticed', (t, folder) => {
  let store = folder.open();
  store.put('vault', 'alice', { locked: new Uint8Array(300) });
  store.commit();
  store.close();
  const path = join(folder.path, 'vault.cbor');
  const bytes = readFileSync(path);
  bytes[200] = (bytes[200] as number) ^ 1;
  writeFileSync(path, bytes);
  store = folder.open();
  t.deepEqual(folder.aside, ['vault.cbor.damaged-1']);
  t.is(store.get('vault', 'alice'), undefined);
  store.close();
});

withFolder('a full disk: the turn fails as a whole, in words, and the next small one succeeds', (t, folder) => {
  const store = folder.open({ pagesMax: 60 });
  store.put('records', 'before', 1);
  store.put('vault', 'alice', 'first');
  store.commit();
  store.put('vault', 'alice', 'second');
  store.put('records', 'before', 2);
  store.put('records', 'large', { bytes: new Uint8Array(1_000_000) });
  store.put('records', 'after', 1);
  const error = t.throws(() => store.commit(), { instanceOf: ConfabError });
  t.is(error?.code, 'store-failed');
  t.regex(error?.message ?? '', /the disk is full/);
  store.rollback();
  t.is(store.get('records', 'before'), 1);
  t.is(store.get('vault', 'alice'), 'first');
  t.is(store.get('records', 'after'), undefined);
  store.put('records', 'small', 1);
  store.commit();
  store.close();
});

withFolder('a vault whose turn fails at the database is taken back on the disk too', (t, folder) => {
  let store = folder.open({ pagesMax: 60 });
  store.put('vault', 'alice', 'first');
  store.commit();
  const copy = join(folder.path, 'copy');
  copyFileSync(join(folder.path, 'vault.cbor'), copy);
  store.put('vault', 'alice', 'second');
  for (let row = 0; row < 50; row += 1) store.put('records', `row/${row}`, { bytes: new Uint8Array(20_000) });
  t.throws(() => store.commit(), { instanceOf: ConfabError });
  store.rollback();
  store.close();
  t.deepEqual(readFileSync(join(folder.path, 'vault.cbor')), readFileSync(copy));
  store = folder.open();
  t.is(store.get('vault', 'alice'), 'first');
  store.close();
});

withFolder('a folder that cannot be used is told in one sentence', (t, folder) => {
  const file = join(folder.path, 'file');
  writeFileSync(file, '');
  const open = () => new SqliteNodeStore({ folder: file, nodeKey: NODE_KEY, codec, onSetAside: () => {} });
  t.is(t.throws(open, { instanceOf: ConfabError })?.code, 'folder-unwritable');
});

withFolder('the inspector reads a running store and leaves it alone', (t, folder) => {
  const store = folder.open();
  store.unlock(USER_KEY);
  store.put('contacts', 'a', { address: 'tcp://127.0.0.1:1' });
  store.put('messages', 'm', { text: 'secret' });
  store.put('vault', 'alice', { locked: 1 });
  store.commit();
  const closed = new StoreInspector({ folder: folder.path, nodeKey: NODE_KEY, codec });
  const rows = new Map(closed.tables().map((table) => [table.table, table.rows]));
  t.is(rows.get('contacts'), 1);
  t.is(rows.get('vault'), 1);
  t.is(rows.get('messages'), null);
  t.deepEqual(closed.rows('contacts'), [['a', { address: 'tcp://127.0.0.1:1' }]]);
  closed.close();
  store.close();
  const open = new StoreInspector({ folder: folder.path, nodeKey: NODE_KEY, userKey: USER_KEY, codec });
  t.deepEqual(open.rows('messages', { prefix: 'm' }), [['m', { text: 'secret' }]]);
  open.close();
  t.deepEqual(folder.aside, []);
});

withFolder('one process alone works in a folder', (t, folder) => {
  const lock = lockFolder(folder.path);
  const error = t.throws(() => lockFolder(folder.path), { instanceOf: ConfabError });
  t.is(error?.code, 'folder-locked');
  t.regex(error?.message ?? '', new RegExp(`${process.pid}`));
  lock.release();
  lock.release();
  lockFolder(folder.path).release();
});

withFolder('the seed store commits, rolls back, sets damage aside and refuses unknown tables', (t, folder) => {
  const aside: string[] = [];
  const open = () => new SeedStore({ folder: folder.path, tables: ['users', 'vaults'], codec, onSetAside: (file) => aside.push(file) });
  let store = open();
  store.put('users', 'alice', { a: 1 });
  t.true(store.dirty);
  store.commit();
  store.put('users', 'bob', { b: 1 });
  store.rollback();
  t.throws(() => store.get('nothing', 'a'));
  store.close();
  store.close();
  store = open();
  t.deepEqual(store.scan('users'), [['alice', { a: 1 }]]);
  t.is(store.count('users'), 1);
  store.close();
  writeFileSync(join(folder.path, 'seed.db'), 'not a database at all '.repeat(500));
  store = open();
  t.is(store.count('users'), 0);
  t.is(aside.length, 1);
  store.close();
});

withFolder('a read-only folder of the seed server is told in one sentence', (t, folder) => {
  if (process.getuid?.() === 0) {
    t.pass('root may write anywhere');
    return;
  }
  chmodSync(folder.path, 0o500);
  const open = () => new SeedStore({ folder: folder.path, tables: ['users'], codec, onSetAside: () => {} });
  t.is(t.throws(open, { instanceOf: ConfabError })?.code, 'folder-unwritable');
  chmodSync(folder.path, 0o700);
});
