import test from 'ava';
import type { Address } from '../../src/core/types.ts';
import { NodeDriver } from '../../src/node/driver.ts';
import { WaitingTurns } from '../../src/node/waiting-turns.ts';
import type { Settling } from '../../src/ports/ports.ts';
import { until } from '../helpers/until.ts';
import { fakeParts, frameOf } from './fake-parts.ts';

/** A disk whose syncs end when the test says so. */
class HeldDisk implements Settling {
  settleLater = false;
  unsettled = false;
  readonly waiting: Array<(failure: string | null) => void> = [];

  settle(done: (failure: string | null) => void): void {
    this.waiting.push(done);
  }

  finish(failure: string | null = null): void {
    this.waiting.shift()?.(failure);
  }
}

function waitingTurns(disk: HeldDisk) {
  const seen: string[] = [];
  const turns = new WaitingTurns(
    disk,
    { inputsLeast: 4, turnsMax: 2 },
    { release: (effects) => effects.release(), failed: (reason) => seen.push(`failed: ${reason}`) },
  );
  const effects = (name: string) => ({ release: () => void seen.push(name), tell: () => undefined, drop: () => void seen.push(`${name} dropped`) });
  return { seen, turns, effects };
}

test('effects leave in order, each after a sync that began after its commit', (t) => {
  const disk = new HeldDisk();
  const { seen, turns, effects } = waitingTurns(disk);
  disk.unsettled = true;
  turns.ended(effects('a'));
  turns.ended(effects('b'));
  t.deepEqual(seen, []);
  disk.finish();
  t.deepEqual(seen, ['a']);
  disk.finish();
  t.deepEqual(seen, ['a', 'b']);
  t.is(disk.waiting.length, 0);
});

test('a turn that waited for the disk itself takes along those before it', (t) => {
  const disk = new HeldDisk();
  const { seen, turns, effects } = waitingTurns(disk);
  disk.unsettled = true;
  turns.ended(effects('a'));
  disk.unsettled = false;
  turns.ended(effects('b'));
  t.deepEqual(seen, ['a', 'b']);
  // The sync that was under way says nothing new, and nothing of what comes next.
  disk.unsettled = true;
  turns.ended(effects('c'));
  disk.finish();
  t.deepEqual(seen, ['a', 'b']);
  disk.finish();
  t.deepEqual(seen, ['a', 'b', 'c']);
});

test('small turns wait for the disk, full ones do not, and no more than the bound', (t) => {
  const disk = new HeldDisk();
  const { turns, effects } = waitingTurns(disk);
  const mayLag = (inputs: number): boolean => {
    turns.prepare(inputs);
    return disk.settleLater;
  };
  t.false(mayLag(3));
  t.true(mayLag(4));
  disk.unsettled = true;
  turns.ended(effects('a'));
  t.true(mayLag(1), 'nobody gains by waiting when others wait already');
  turns.ended(effects('b'));
  t.false(mayLag(100));
});

test('when a sync fails nothing of the turns leaves but that they failed', async (t) => {
  const disk = new HeldDisk();
  const { seen, turns, effects } = waitingTurns(disk);
  disk.unsettled = true;
  turns.ended(effects('a'));
  turns.ended(effects('b'));
  const empty = turns.empty();
  disk.finish('the disk reports an error');
  await empty;
  t.deepEqual(seen, ['a dropped', 'b dropped', 'failed: the disk reports an error']);
});

/** The turn of what was handed in before has ended, and so has that of its answers. */
const turnEnded = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

const TURN = 8;
const PEER = { address: 'sim:1', key: new Uint8Array(32).fill(1) };

async function busyDriver(disk: HeldDisk) {
  const parts = fakeParts({ settling: disk });
  let programs = 0;
  const driver = new NodeDriver(parts, (env) => {
    programs += 1;
    return {
      start: () => {},
      input: () => {},
      timer: () => {},
      command: ({ request }) => {
        env.store.put('self', request, 1);
        env.send(env.open(PEER, 'bob'), frameOf(1));
        env.reply(request, { ok: true, value: request });
      },
    };
  });
  await driver.start();
  await until('the start', () => driver.counters['crashes'] === undefined && programs === 1);
  // Every commit from here on is one that the disk has still to finish.
  const commit = parts.store.commit.bind(parts.store);
  parts.store.commit = () => {
    commit();
    disk.unsettled = disk.settleLater;
  };
  const answers: string[] = [];
  const give = () => {
    for (let count = 0; count < TURN; count += 1) void driver.command('any', {}).then((result) => answers.push(result.ok ? 'ok' : result.code));
  };
  return { parts, driver, answers, give, programs: () => programs };
}

test('a busy node works on while the disk writes, and answers nobody before', async (t) => {
  const disk = new HeldDisk();
  const { parts, driver, answers, give } = await busyDriver(disk);
  give();
  await until('the first turn', () => disk.waiting.length === 1);
  give();
  await until('the second turn is committed', () => parts.store.count('self') === 2 * TURN && !parts.store.dirty);
  t.deepEqual([answers.length, parts.transport.sent.length], [0, 0]);
  disk.finish();
  await until('the first answers', () => answers.length === TURN);
  const stopped = driver.stop();
  disk.unsettled = false;
  await until('the second sync', () => disk.waiting.length === 1);
  disk.finish();
  t.is(await stopped, 'stopped');
  t.deepEqual(
    answers,
    Array.from({ length: 2 * TURN }, () => 'ok'),
  );
});

test('a sync that fails makes the node start from what is stored, and its commands are told', async (t) => {
  const disk = new HeldDisk();
  const { parts, driver, answers, give, programs } = await busyDriver(disk);
  give();
  await until('the first turn', () => disk.waiting.length === 1);
  disk.finish('the disk reports an error');
  await until('the answers', () => answers.length === TURN);
  t.deepEqual(
    answers,
    Array.from({ length: TURN }, () => 'store-failed'),
  );
  t.is(programs(), 2);
  t.is(parts.transport.sent.length, 0);
  disk.unsettled = false;
  t.true((await driver.command('any', {})).ok);
  await driver.stop();
});

test('a close that waits for the disk does not shut what was opened after it', async (t) => {
  const disk = new HeldDisk();
  const parts = fakeParts({ settling: disk, waiting: { inputsLeast: 1, turnsMax: 4 } });
  const open = new Set<number>();
  parts.transport.open = () => {
    open.add(1);
    return 1 as Address;
  };
  parts.transport.close = (address) => void open.delete(address);
  const driver = new NodeDriver(parts, (env) => ({
    start: () => {},
    input: () => {},
    timer: () => {},
    command: ({ request, name }) => {
      if (name === 'open') env.open(PEER, 'bob');
      else env.close(1 as Address);
      env.reply(request, { ok: true, value: null });
    },
  }));
  await driver.start();
  await driver.command('open', {});
  disk.unsettled = true;
  for (const [turns, name] of ['close', 'open'].entries()) {
    void driver.command(name, {});
    await until(`turn ${turns}`, () => disk.waiting.length === 1 && parts.events.length > 0);
    await turnEnded();
  }
  disk.finish();
  t.deepEqual([...open], [1]);
  const closed = driver.command('close', {});
  disk.unsettled = false;
  await closed;
  t.deepEqual([...open], []);
  disk.finish();
  await driver.stop();
});

test('what a turn sends leaves once, with its own commit, also behind a turn that had nothing to send', async (t) => {
  const disk = new HeldDisk();
  const parts = fakeParts({ settling: disk, waiting: { inputsLeast: 1, turnsMax: 4 } });
  const driver = new NodeDriver(parts, (env) => ({
    start: () => {},
    input: () => {},
    timer: () => {},
    command: ({ name }) => {
      if (name === 'loud') env.send(env.open(PEER, 'bob'), frameOf(1));
    },
  }));
  await driver.start();
  await turnEnded();
  disk.unsettled = true;
  void driver.command('quiet', {});
  await until('the first turn waits', () => disk.waiting.length === 1);
  void driver.command('loud', {});
  await turnEnded();
  disk.finish();
  t.is(parts.transport.sent.length, 0, 'its own commit is not durable yet');
  disk.unsettled = false;
  disk.finish();
  t.is(parts.transport.sent.length, 1);
  t.is(new Set(parts.events.map(({ id }) => id)).size, parts.events.length);
  await driver.stop();
});

test('what a program asked for before it was thrown away is not answered to its successor', async (t) => {
  const disk = new HeldDisk();
  const derived: string[] = [];
  const keyDeriver = {
    derive: async (password: string) => {
      derived.push(password);
      return new Uint8Array(32);
    },
  };
  const parts = fakeParts({ settling: disk, waiting: { inputsLeast: 1, turnsMax: 4 }, keyDeriver });
  let programs = 0;
  const answered: string[] = [];
  const driver = new NodeDriver(parts, (env) => {
    programs += 1;
    const number = programs;
    return {
      start: () => {},
      input: () => {},
      timer: () => {},
      answer: (request) => void answered.push(`${request} to ${number}`),
      command: ({ name }) => {
        if (name === 'crash') throw new Error('a broken invariant');
        const derivation = { name: 'argon2id', memoryKib: 8, passes: 1, lanes: 1 } as const;
        env.request('service-1', { service: 'derive-key', password: name, salt: new Uint8Array(16), derivation });
      },
    };
  });
  await driver.start();
  await turnEnded();
  disk.unsettled = true;
  void driver.command('old', {});
  await until('the turn waits', () => disk.waiting.length === 1);
  void driver.command('crash', {});
  await until('another program', () => programs === 2);
  disk.unsettled = false;
  disk.finish();
  await turnEnded();
  t.deepEqual(answered, []);
  void driver.command('new', {});
  await until('its answer', () => answered.length === 1);
  t.deepEqual([derived, answered], [['new'], ['service-1 to 2']]);
  await driver.stop();
});
