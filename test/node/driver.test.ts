import test, { type ExecutionContext } from 'ava';
import type { CommandInput, Env, Program, ServiceResult } from '../../src/core/env.ts';
import type { Frame } from '../../src/core/messages.ts';
import type { TraceEvent } from '../../src/core/trace.ts';
import type { Address, Endpoint } from '../../src/core/types.ts';
import { type DriverParts, NodeDriver } from '../../src/node/driver.ts';
import { DRIVER_OPTIONS } from '../../src/node/driver-options.ts';
import { until } from '../helpers/until.ts';
import { fakeParts, frameOf } from './fake-parts.ts';

const BOB: Endpoint = { address: 'sim:1', key: new Uint8Array(32).fill(1) };

/** A small program that records what it is handed and does what commands say. */
class Probe implements Program<Frame> {
  readonly env: Env<Frame>;
  readonly seen: string[];
  turns = 0;
  #bob: Address | null = null;

  constructor(env: Env<Frame>, seen: string[]) {
    this.env = env;
    this.seen = seen;
  }
  start(): void {
    this.seen.push('start');
  }
  input(_: Address, frame: Frame): void {
    this.seen.push(`frame ${frame.count}`);
    if (frame.count === 666) throw new Error('a broken invariant');
    this.env.store.put('self', 'count', frame.count);
  }
  timer(kind: string, key: string): void {
    this.seen.push(`timer ${kind} ${key}`);
  }
  answer(request: string, result: ServiceResult): void {
    this.seen.push(`answer ${request} ${result.ok ? 'ok' : result.code}`);
  }
  command({ request, name, args }: CommandInput): void {
    const { env } = this;
    switch (name) {
      case 'send':
        this.#bob ??= env.open(BOB, 'bob');
        env.store.put('self', 'sent', 1);
        env.send(this.#bob, frameOf(args['count'] as number));
        break;
      case 'timer':
        env.setTimer('tick', String(args['key']), args['delayMillis'] as number);
        break;
      case 'cancel':
        env.cancelTimer('tick', String(args['key']));
        break;
      case 'seed':
        env.request('s1', { service: 'seed', call: { operation: 'nodes', body: { limit: 1 } } });
        break;
      case 'derive':
        env.request('d1', {
          service: 'derive-key',
          password: 'x',
          salt: new Uint8Array(16),
          derivation: { name: 'argon2id', memoryKib: 8, passes: 1, lanes: 1 },
        });
        break;
      case 'crash':
        throw new Error('a broken invariant');
      case 'retire':
        env.retire();
        break;
      case 'never':
        return;
      default:
        break;
    }
    env.emit({ type: 'did', name });
    env.reply(request, { ok: true, value: name });
  }
  endTurn(): void {
    this.turns += 1;
  }
  stop(): void {
    this.seen.push('stop');
  }
}

async function drive(t: ExecutionContext, more: Partial<DriverParts> = {}) {
  const parts = fakeParts(more);
  const seen: string[] = [];
  const probes: Probe[] = [];
  const driver = new NodeDriver(parts, (env) => {
    const probe = new Probe(env, seen);
    probes.push(probe);
    return probe;
  });
  await driver.start();
  t.teardown(() => driver.stop());
  const receive = (bytes: Uint8Array) => parts.transport.handlers?.frame(7 as Address, bytes);
  return { driver, parts, seen, probes, receive };
}

test('frames of one turn of the event loop share one turn of the program', async (t) => {
  const { parts, seen, probes, receive } = await drive(t);
  await until('the start', () => probes[0]?.turns === 1);
  for (const count of [1, 2, 3]) receive(parts.frames.encode(frameOf(count)));
  await until('the second turn', () => probes[0]?.turns === 2);
  t.deepEqual(seen, ['start', 'frame 1', 'frame 2', 'frame 3']);
  t.false(parts.store.dirty);
});

test('nothing leaves before the commit', async (t) => {
  const { driver, parts } = await drive(t);
  const order: string[] = [];
  const commit = parts.store.commit.bind(parts.store);
  parts.store.commit = () => {
    order.push('commit');
    commit();
  };
  const send = parts.transport.send.bind(parts.transport);
  parts.transport.send = (to, frame) => {
    order.push('send');
    return send(to, frame);
  };
  t.deepEqual(await driver.command('send', { count: 1 }), { ok: true, value: 'send' });
  t.deepEqual(order, ['commit', 'send']);
});

test('the trace of a turn is written out before its frames leave: a kill loses nothing that others have heard of', async (t) => {
  const order: string[] = [];
  const traceSink = { write: ({ detail }: TraceEvent) => void order.push(detail.type), flush: () => void order.push('flush') };
  const { driver, parts } = await drive(t, { traceSink });
  const send = parts.transport.send.bind(parts.transport);
  parts.transport.send = (to, frame) => {
    order.push('send');
    return send(to, frame);
  };
  await driver.command('send', { count: 1 });
  t.deepEqual(order.slice(order.indexOf('command')), ['command', 'flush', 'send']);
});

test('a frame that is none is counted, traced and dropped', async (t) => {
  const { driver, parts, seen, receive } = await drive(t);
  receive(new Uint8Array([1, 2, 3]));
  receive(new Uint8Array(0));
  await until('two drops', () => parts.events.filter((event) => event.detail.type === 'drop').length === 2);
  t.is(driver.counters['invalid'], 2);
  t.deepEqual(seen, ['start']);
});

test('timers fire once, move and can be cancelled', async (t) => {
  const { driver, seen } = await drive(t);
  await driver.command('timer', { key: 'a', delayMillis: 60_000 });
  await driver.command('timer', { key: 'a', delayMillis: 1 });
  await driver.command('timer', { key: 'b', delayMillis: 20 });
  await driver.command('timer', { key: 'c', delayMillis: 1_500 });
  await driver.command('cancel', { key: 'c' });
  await driver.command('timer', { key: 'd', delayMillis: 1_600 });
  await until('timer d', () => seen.includes('timer tick d'));
  t.deepEqual(seen, ['start', 'timer tick a', 'timer tick b', 'timer tick d']);
});

test('services answer, also that they cannot', async (t) => {
  const { driver, seen } = await drive(t);
  await driver.command('derive', {});
  await driver.command('seed', {});
  await until('both answers', () => seen.length === 3);
  t.deepEqual(seen.slice(1).sort(), ['answer d1 ok', 'answer s1 unavailable']);
});

test('a core that throws is made anew from its store, and its commands are answered', async (t) => {
  const { driver, parts, seen, probes, receive } = await drive(t);
  receive(parts.frames.encode(frameOf(5)));
  await until('the frame is stored', () => parts.store.get('self', 'count') === 5 && !parts.store.dirty);
  const never = driver.command('never', {});
  const result = await driver.command('crash', {});
  t.like(result, { ok: false, code: 'internal' });
  t.like(await never, { ok: false, code: 'internal' });
  t.is(probes.length, 2);
  t.is(parts.store.get('self', 'count'), 5);
  t.deepEqual(await driver.command('ping', {}), { ok: true, value: 'ping' });
  t.deepEqual(seen, ['start', 'frame 5', 'start']);
  t.true(parts.events.some((event) => event.detail.type === 'life' && event.detail.what === 'reload'));
});

test('a core that throws again and again ends the node as crashed', async (t) => {
  const { driver, parts, receive } = await drive(t);
  for (let crash = 0; crash <= DRIVER_OPTIONS.crashesMax; crash += 1) receive(parts.frames.encode(frameOf(666)));
  t.is(await driver.ended, 'crashed');
  t.is(parts.transport.stopped, 1);
});

test('a program that cannot even start ends the node as crashed', async (t) => {
  const parts = fakeParts();
  const broken: Program<Frame> = {
    start: () => {
      throw new Error('no');
    },
    input: () => {},
    timer: () => {},
  };
  const driver = new NodeDriver(parts, () => broken);
  await driver.start();
  t.is(await driver.ended, 'crashed');
});

test('a full disk fails commands, forgets the turn and goes on by itself', async (t) => {
  const { driver, parts, probes } = await drive(t);
  await driver.command('ping', {});
  parts.disk.full = true;
  t.like(await driver.command('send', { count: 1 }), { ok: false, code: 'store-failed' });
  t.is(parts.transport.sent.length, 0);
  t.is(probes.length, 2);
  parts.disk.full = false;
  t.like(await driver.command('send', { count: 2 }), { ok: true });
  t.is(parts.transport.sent.length, 1);
});

test('a disk that stays full is not tried for every input', async (t) => {
  const { driver, parts, probes, receive } = await drive(t);
  await driver.command('ping', {});
  parts.disk.full = true;
  t.like(await driver.command('send', { count: 1 }), { ok: false, code: 'store-failed' });
  for (let count = 1; count <= 100; count += 1) receive(parts.frames.encode(frameOf(count)));
  const results = await Promise.all(Array.from({ length: 50 }, (_, count) => driver.command('send', { count })));
  t.true(results.every((result) => !result.ok && result.code === 'store-failed'));
  t.is(probes.length, 3);
  t.is(driver.counters['droppedWhileFull'], 100);
  parts.disk.full = false;
  t.like(await driver.command('send', { count: 2 }), { ok: true });
  t.true(parts.log.lines.includes('the store can write again'));
});

test('a cut drops, a delay holds, no rule passes', async (t) => {
  const { driver, parts } = await drive(t);
  const rule = { id: 'r1', from: ['alice'], to: ['bob'], oneWay: true } as const;
  driver.setRules([{ ...rule, kind: 'cut' }]);
  await driver.command('send', { count: 1 });
  await until('the drop is traced', () => parts.events.some((event) => event.detail.type === 'drop' && event.detail.reason === 'rule r1'));
  t.is(parts.transport.sent.length, 0);
  driver.setRules([{ ...rule, kind: 'delay', delayMillis: 30, jitterMillis: 0 }]);
  const start = performance.now();
  await driver.command('send', { count: 2 });
  await driver.command('send', { count: 3 });
  // Unless this process stood still for longer than the delay.
  t.true(parts.transport.sent.length === 0 || performance.now() - start >= 28);
  await until('both frames left', () => parts.transport.sent.length === 2);
  t.true(performance.now() - start >= 28);
  const counts = parts.transport.sent.map(({ frame }) => (parts.frames.decode(frame) as Frame).count);
  t.deepEqual(counts, [2, 3]);
  driver.setRules([]);
  await driver.command('send', { count: 4 });
  t.is(parts.transport.sent.length, 3);
  t.deepEqual(
    parts.events.flatMap((event) => (event.detail.type === 'rule' ? [event.detail.what] : [])),
    ['set', 'set', 'cleared'],
  );
});

test('a full queue is a drop', async (t) => {
  const { driver, parts } = await drive(t);
  parts.transport.full = true;
  await driver.command('send', { count: 1 });
  await until('the drop is traced', () => parts.events.some((event) => event.detail.type === 'drop' && event.detail.reason === 'queue-full'));
  t.is(driver.counters['dropped'], 1);
});

test('stop says goodbye once, closes everything and refuses what comes later', async (t) => {
  const { driver, parts, seen } = await drive(t);
  const open = driver.command('never', {});
  t.is(await driver.stop(), 'stopped');
  t.is(await driver.stop(), 'stopped');
  t.like(await open, { ok: false, code: 'unavailable' });
  t.like(await driver.command('ping', {}), { ok: false, code: 'unavailable' });
  t.deepEqual(seen, ['start', 'stop']);
  t.is(parts.transport.stopped, 1);
  parts.transport.handlers?.frame(1 as Address, parts.frames.encode(frameOf(1)));
  t.deepEqual(seen, ['start', 'stop']);
});

test('a node that retires answers first, and does not say that it stops', async (t) => {
  const { driver, seen } = await drive(t);
  t.deepEqual(await driver.command('retire', {}), { ok: true, value: 'retire' });
  t.is(await driver.ended, 'retired');
  t.deepEqual(seen, ['start']);
});

test('events reach every listener, after the commit', async (t) => {
  const { driver } = await drive(t);
  const events: unknown[] = [];
  driver.onEvent((event) => events.push(event));
  await driver.command('ping', {});
  t.deepEqual(events, [{ type: 'did', name: 'ping' }]);
});

test('what a program wants that was made anew on a full disk waits for its own commit; its commands are told at once', async (t) => {
  const parts = fakeParts();
  let programs = 0;
  const driver = new NodeDriver(parts, (env) => ({
    start: () => {
      programs += 1;
      env.store.put('self', 'count', programs);
      env.send(env.open(BOB, 'bob'), frameOf(programs));
    },
    input: () => {},
    timer: () => {},
    command: ({ request }) => {
      env.store.put('self', 'told', request);
      env.reply(request, { ok: true, value: null });
    },
  }));
  t.teardown(() => driver.stop());
  await driver.start();
  await until('the start', () => parts.transport.sent.length === 1);
  parts.disk.full = true;
  t.like(await driver.command('any', {}), { ok: false, code: 'store-failed' });
  await until('another try', () => programs > 2);
  t.is(parts.transport.sent.length, 1);
  parts.disk.full = false;
  await until('its commit', () => parts.transport.sent.length === 2);
  t.false(parts.store.dirty);
});
