import type { ExecutionContext, TestFn } from 'ava';
import fc from 'fast-check';
import type { ScanRange, TransactionalStore } from '../../src/core/capabilities.ts';

/** One node's disk under test. */
export interface StoreHarness {
  /** The open store. */
  store(): TransactionalStore;
  /** Ends the process without a commit and starts it on the same disk. */
  restart(): TransactionalStore;
  dispose(): void;
}

const KEY = new Uint8Array(32).fill(7);
const OTHER_KEY = new Uint8Array(32).fill(8);

/** What every store of a node must do; run on the SQLite store and on the simulator's. */
export function storeSuite(test: TestFn, name: string, make: () => StoreHarness): void {
  const check = (title: string, body: (t: ExecutionContext, harness: StoreHarness) => void): void => {
    test(`${name}: ${title}`, (t) => {
      const harness = make();
      try {
        body(t, harness);
      } finally {
        harness.dispose();
      }
    });
  };

  check('a written value is read back in the same turn and after a commit and a restart', (t, harness) => {
    const store = harness.store();
    const value = { text: 'Grüße\n 👋 \ufeff', bytes: new Uint8Array([0, 255]), list: [1, null, true], real: 1.5 };
    store.put('contacts', 'a', value);
    t.deepEqual(store.get('contacts', 'a'), value);
    store.commit();
    t.deepEqual(harness.restart().get('contacts', 'a'), value);
  });

  check('what was not committed is gone after a restart', (t, harness) => {
    const store = harness.store();
    store.put('contacts', 'kept', 1);
    store.commit();
    store.put('contacts', 'lost', 1);
    store.delete('contacts', 'kept');
    const again = harness.restart();
    t.deepEqual(again.scan('contacts'), [['kept', 1]]);
  });

  check('rollback forgets the writes of the turn and leaves the store usable', (t, harness) => {
    const store = harness.store();
    store.put('records', 'a', 1);
    store.put('vault', 'alice', { locked: 1 });
    store.commit();
    store.put('records', 'a', 2);
    store.put('records', 'b', 2);
    store.put('vault', 'alice', { locked: 2 });
    t.true(store.dirty);
    store.rollback();
    t.false(store.dirty);
    t.deepEqual(store.scan('records'), [['a', 1]]);
    t.is(store.count('records'), 1);
    t.deepEqual(store.get('vault', 'alice'), { locked: 1 });
    store.put('records', 'c', 3);
    store.commit();
    t.deepEqual(harness.restart().scan('records'), [
      ['a', 1],
      ['c', 3],
    ]);
  });

  check('a stored value is a copy: changing the original or what was read changes nothing', (t, harness) => {
    const store = harness.store();
    const value = { list: [1] };
    store.put('contacts', 'a', value);
    value.list.push(2);
    t.deepEqual(store.get('contacts', 'a'), { list: [1] });
    store.get<{ list: number[] }>('contacts', 'a')?.list.push(3);
    t.deepEqual(store.get('contacts', 'a'), { list: [1] });
  });

  check('scan follows range, prefix, order and limit', (t, harness) => {
    const store = harness.store();
    for (const key of ['b/1', 'a/2', 'a/1', 'a/10', 'b', 'c']) store.put('records', key, key);
    const keys = (range?: ScanRange) => store.scan('records', range).map(([key]) => key);
    t.deepEqual(keys(), ['a/1', 'a/10', 'a/2', 'b', 'b/1', 'c']);
    t.deepEqual(keys({ prefix: 'a/' }), ['a/1', 'a/10', 'a/2']);
    t.deepEqual(keys({ prefix: 'a/', reverse: true, limit: 2 }), ['a/2', 'a/10']);
    t.deepEqual(keys({ from: 'a/10', to: 'b/1' }), ['a/10', 'a/2', 'b']);
    t.deepEqual(keys({ prefix: 'a/', to: 'a/2' }), ['a/1', 'a/10']);
    t.deepEqual(keys({ prefix: 'b', from: 'b/' }), ['b/1']);
    t.deepEqual(keys({ from: 'x' }), []);
    t.deepEqual(keys({ limit: 0 }), []);
  });

  check('scan agrees with a sorted list, whatever the keys and ranges', (t, harness) => {
    const store = harness.store();
    const key = fc.string({ unit: fc.constantFrom('a', 'b', '/', '~', 'é', '\uffff', '\ue000', '\ud7ff'), maxLength: 4 });
    const optional = { from: key, to: key, prefix: key, reverse: fc.boolean(), limit: fc.nat(8) };
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 12 }), fc.record(optional, { requiredKeys: [] }), (keys, range) => {
        for (const one of keys) store.put('records', one, one);
        let expected = [...keys]
          .sort()
          .filter((one) => (range.from === undefined || one >= range.from) && (range.to === undefined || one < range.to) && one.startsWith(range.prefix ?? ''));
        if (range.reverse === true) expected.reverse();
        if (range.limit !== undefined) expected = expected.slice(0, range.limit);
        t.deepEqual(
          store.scan('records', range).map(([one]) => one),
          expected,
        );
        t.is(store.count('records'), keys.length);
        store.rollback();
      }),
      { numRuns: 60 },
    );
  });

  check('count follows inserts, updates, deletes, rollback', (t, harness) => {
    const store = harness.store();
    t.is(store.count('contacts'), 0);
    store.put('contacts', 'a', 1);
    store.put('contacts', 'a', 2);
    store.put('contacts', 'b', 2);
    t.is(store.count('contacts'), 2);
    store.delete('contacts', 'a');
    store.delete('contacts', 'nothing');
    t.is(store.count('contacts'), 1);
    store.rollback();
    t.is(store.count('contacts'), 0);
  });

  check("the user's tables open with the key, stay closed without it and refuse another", (t, harness) => {
    let store = harness.store();
    t.false(store.unlocked);
    t.throws(() => store.put('messages', 'a', 1));
    t.throws(() => store.get('messages', 'a'));
    t.is(store.unlock(KEY), 'created');
    t.true(store.unlocked);
    store.put('messages', 'a', 1);
    store.commit();
    store = harness.restart();
    t.false(store.unlocked);
    t.is(store.unlock(OTHER_KEY), 'wrong-key');
    t.false(store.unlocked);
    t.is(store.unlock(KEY), 'opened');
    t.is(store.unlock(KEY), 'opened');
    t.is(store.unlock(OTHER_KEY), 'wrong-key');
    t.is(store.get('messages', 'a'), 1);
  });

  check('lock closes after the commit, and keeps what the turn wrote', (t, harness) => {
    const store = harness.store();
    store.unlock(KEY);
    store.commit();
    store.put('messages', 'a', 1);
    store.lock();
    t.true(store.dirty);
    t.is(store.get('messages', 'a'), 1);
    store.commit();
    t.false(store.unlocked);
    t.throws(() => store.get('messages', 'a'));
    t.is(store.unlock(KEY), 'opened');
    t.is(store.get('messages', 'a'), 1);
  });

  check('a rolled back turn neither locks nor wipes', (t, harness) => {
    const store = harness.store();
    store.unlock(KEY);
    store.put('messages', 'a', 1);
    store.put('vault', 'alice', 1);
    store.commit();
    store.lock();
    store.wipe();
    store.rollback();
    t.true(store.unlocked);
    t.is(store.get('messages', 'a'), 1);
    t.is(store.get('vault', 'alice'), 1);
  });

  check('a rolled back turn that unlocked is locked again', (t, harness) => {
    const store = harness.store();
    store.unlock(KEY);
    store.rollback();
    t.false(store.unlocked);
    t.false(store.dirty);
  });

  check("wipe takes the user's store and the vault, and nothing of the node's", (t, harness) => {
    let store = harness.store();
    store.unlock(KEY);
    store.put('messages', 'a', 1);
    store.put('vault', 'alice', 1);
    store.put('contacts', 'peer', 1);
    store.commit();
    store.put('self', 'account', 'deleted');
    store.wipe();
    t.true(store.dirty);
    store.commit();
    t.false(store.unlocked);
    t.is(store.get('vault', 'alice'), undefined);
    t.is(store.get('self', 'account'), 'deleted');
    store = harness.restart();
    t.is(store.get('vault', 'alice'), undefined);
    t.is(store.get('contacts', 'peer'), 1);
    t.is(store.unlock(OTHER_KEY), 'created');
    t.is(store.get('messages', 'a'), undefined);
  });

  check('unknown tables and undefined values are mistakes of the program', (t, harness) => {
    const store = harness.store();
    t.throws(() => store.get('no-such-table', 'a'));
    t.throws(() => store.put('contacts', 'a', undefined));
  });

  check('close forgets what was not committed and may be called twice', (t, harness) => {
    const store = harness.store();
    store.put('contacts', 'a', 1);
    store.close();
    store.close();
    t.is(harness.restart().get('contacts', 'a'), undefined);
  });
}
