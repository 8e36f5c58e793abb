import test from 'ava';
import type { BaseEnv, Program } from '../../src/core/env.ts';
import type { Rule } from '../../src/core/rules.ts';
import type { TraceEvent } from '../../src/core/trace.ts';
import { World } from '../../src/sim/world.ts';

interface Note {
  readonly hops: number;
}

/** Passes notes on to a node drawn at random, and writes down when it got which. */
class Relay implements Program<Note> {
  readonly #env: BaseEnv<Note>;
  readonly #count: number;
  readonly #log: string[];

  constructor(env: BaseEnv<Note>, count: number, log: string[]) {
    this.#env = env;
    this.#count = count;
    this.#log = log;
  }

  start(): void {
    this.#env.setTimer('beat', '', 10 * this.#env.random.fraction());
  }

  input(from: number, note: Note): void {
    this.#log.push(`${this.#env.monotonicMillis} ${from} ${this.#env.name} ${note.hops}`);
    if (note.hops > 0) this.#pass(note.hops - 1);
  }

  timer(): void {
    this.#env.setTimer('beat', '', 10);
    this.#pass(4);
  }

  #pass(hops: number): void {
    this.#env.send(Math.floor(this.#env.random.fraction() * this.#count), { hops });
  }
}

function relayLog(seed: number, more: { readonly lossProbability?: number } = {}): string[] {
  const world = new World({ seed, ...more });
  const log: string[] = [];
  for (let index = 0; index < 20; index += 1) world.addProgram<Note>(`node-${index}`, (env) => new Relay(env, 20, log));
  for (let index = 0; index < 20; index += 1) world.start(index, index);
  world.runUntil(200);
  world.crash(3);
  world.runUntil(300);
  world.start(3);
  world.runUntil(500);
  return log;
}

test('X1: the same seed gives the same run, another seed another one', (t) => {
  const first = relayLog(1);
  t.true(first.length > 2_000);
  t.deepEqual(relayLog(1), first);
  t.notDeepEqual(relayLog(2), first);
});

test('a lossy network loses about the share that it should', (t) => {
  const whole = relayLog(1).length;
  const lossy = relayLog(1, { lossProbability: 0.5 }).length;
  // Five hops at most, each with one chance in two: (1/2 + 1/4 + 1/8 + 1/16 + 1/32) / 5 of the notes arrive.
  t.true(Math.abs(lossy / whole - 0.194) < 0.04, `${lossy} of ${whole}`);
});

/** A program that does what a test tells it and writes down what happens to it. */
class Puppet implements Program<string> {
  readonly env: BaseEnv<string>;
  readonly seen: string[] = [];

  constructor(env: BaseEnv<string>) {
    this.env = env;
  }

  start(): void {
    this.seen.push('start');
  }

  input(from: number, message: string): void {
    this.seen.push(`${this.env.monotonicMillis} ${from} ${message}`);
  }

  timer(kind: string, key: string): void {
    this.seen.push(`${this.env.monotonicMillis} ${kind} ${key}`);
  }
}

function puppets(count: number, latencyMillis = 5): { world: World; all: Puppet[] } {
  const world = new World({ seed: 1, latency: { minMillis: latencyMillis, maxMillis: latencyMillis } });
  const all: Puppet[] = [];
  for (let index = 0; index < count; index += 1) {
    world.addProgram<string>(`p${index}`, (env) => {
      const puppet = new Puppet(env);
      all[index] = puppet;
      return puppet;
    });
    world.start(index);
  }
  return { world, all };
}

test('messages of one instant arrive in the order of sending, after exactly the latency', (t) => {
  const { world, all } = puppets(3);
  const [a, b, c] = all as [Puppet, Puppet, Puppet];
  a.env.send(2, 'first');
  b.env.send(2, 'second');
  a.env.send(2, 'third');
  world.runUntil(5);
  t.deepEqual(c.seen, ['start', '5 0 first', '5 1 second', '5 0 third']);
});

test('what is sent to an address at which nobody lives is lost, whatever else is under way', (t) => {
  for (const nowhere of [7, -1]) {
    const world = new World({ seed: 1, latency: { minMillis: 5, maxMillis: 5 } });
    const log: string[] = [];
    world.addProgram<Note>('alone', (env) => ({
      start() {
        // Messages of one delay lie one after the other, and those that come next are looked at ahead.
        for (let hops = 0; hops < 4; hops += 1) for (const to of [0, nowhere]) env.send(to, { hops });
      },
      input: (_from, { hops }) => void log.push(`${env.monotonicMillis} ${hops}`),
      timer() {},
    }));
    world.start(0);
    world.runUntil(100);
    t.deepEqual(log, ['5 0', '5 1', '5 2', '5 3']);
  }
});

test('a timer that is set again moves, a cancelled one does not come, and time is not rounded', (t) => {
  const { world, all } = puppets(1);
  const { env, seen } = all[0] as Puppet;
  env.setTimer('a', 'x', 10);
  env.setTimer('a', 'y', 10);
  env.setTimer('b', 'x', 1 / 3);
  env.setTimer('a', 'x', 20);
  env.cancelTimer('a', 'y');
  env.cancelTimer('never', 'set');
  world.runUntil(15);
  env.setTimer('a', 'y', 1);
  world.runUntil(100);
  t.deepEqual(seen, ['start', `${1 / 3} b x`, '16 a y', '20 a x']);
});

test('many timers of one node keep apart, whatever their number', (t) => {
  const { world, all } = puppets(1);
  const { env, seen } = all[0] as Puppet;
  for (let key = 0; key < 100; key += 1) env.setTimer(key % 2 === 0 ? 'even' : 'odd', String(key), 100 - key);
  for (let key = 0; key < 100; key += 3) env.cancelTimer(key % 2 === 0 ? 'even' : 'odd', String(key));
  for (let key = 1; key < 100; key += 3) env.setTimer(key % 2 === 0 ? 'even' : 'odd', String(key), 200 + key);
  world.runUntil(1_000);
  const moved = Array.from({ length: 33 }, (_, index) => 1 + 3 * index).map((key) => `${200 + key} ${key % 2 === 0 ? 'even' : 'odd'} ${key}`);
  const kept = Array.from({ length: 33 }, (_, index) => 2 + 3 * index).map((key) => `${100 - key} ${key % 2 === 0 ? 'even' : 'odd'} ${key}`);
  t.deepEqual(seen, ['start', ...kept.reverse(), ...moved]);
});

test('what was on the way to a crashed node is lost, and so are its timers', (t) => {
  const { world, all } = puppets(2);
  const [a, b] = all as [Puppet, Puppet];
  b.env.setTimer('old', '', 10);
  a.env.send(1, 'before the crash');
  world.runUntil(1);
  world.crash(1);
  a.env.send(1, 'while it is down');
  world.start(1, 2);
  world.runUntil(3);
  a.env.send(1, 'after the restart');
  world.runUntil(50);
  t.deepEqual(b.seen, ['start']);
  t.deepEqual((all[1] as Puppet).seen, ['start', '8 0 after the restart']);
});

test('rules cut and delay between groups, in one direction or both', (t) => {
  const { world, all } = puppets(2);
  const [a, b] = all as [Puppet, Puppet];
  const rules = (...given: Rule[]): void => {
    world.rules = given;
  };
  const exchange = (text: string): void => {
    a.env.send(1, text);
    b.env.send(0, text);
    world.runUntil(world.now + 100);
  };
  rules({ id: 'r', kind: 'cut', from: ['p0'], to: ['p1'], oneWay: true });
  exchange('one way');
  rules({ id: 'r', kind: 'cut', from: ['p0'], to: ['*'], oneWay: false });
  exchange('none');
  rules({ id: 'r', kind: 'delay', from: ['p1'], to: ['p0'], oneWay: true, delayMillis: 20, jitterMillis: 0 });
  exchange('slow');
  t.deepEqual(a.seen, ['start', '5 1 one way', '225 1 slow']);
  t.deepEqual(b.seen, ['start', '205 0 slow']);
});

test('a wall clock is the epoch, the virtual time and the skew of its node', (t) => {
  const { world, all } = puppets(2);
  const node = world.addProgram<string>('late', (env) => new Puppet(env));
  node.skewMillis = -2_500;
  world.runUntil(1_000.25);
  t.is((all[0] as Puppet).env.wallMillis, 1_750_000_001_000);
  t.is(node.wallMillis, 1_749_999_998_500);
  t.is(node.monotonicMillis, 1_000.25);
});

test('without a trace nothing is built for one', (t) => {
  const lines: string[] = [];
  const traced = new World({ seed: 1, traceSink: (event) => lines.push(event.detail.type) });
  traced.addProgram<string>('a', (env) => new Puppet(env));
  traced.start(0);
  traced.crash(0);
  t.deepEqual(lines, ['life', 'life']);
  const { all } = puppets(1);
  t.false((all[0] as Puppet).env.tracing);
});

test('the trace of bare programs names each message alike at both ends, and says what was cut and what fired', (t) => {
  const events: TraceEvent[] = [];
  const world = new World({ seed: 1, latency: { minMillis: 5, maxMillis: 5 }, traceSink: (event) => events.push(event) });
  const all = ['a', 'b'].map((name) => {
    const made: Puppet[] = [];
    const node = world.addProgram<string>(name, (env) => {
      const puppet = new Puppet(env);
      made.push(puppet);
      return puppet;
    });
    world.start(node.index);
    return made[0] as Puppet;
  });
  const [a, b] = all as [Puppet, Puppet];
  a.env.send(1, 'first');
  a.env.send(1, 'second');
  b.env.setTimer('tick', 'x', 7);
  world.runUntil(10);
  world.rules = [{ id: 'r', kind: 'cut', from: ['a'], to: ['b'], oneWay: true }];
  a.env.send(1, 'never');
  world.runUntil(20);
  const details = events.map(({ detail }) => detail);
  const frames = (type: 'send' | 'receive') => details.flatMap((detail) => (detail.type === type ? [detail.frame] : []));
  t.is(frames('send').length, 2);
  t.deepEqual(frames('receive'), frames('send'));
  t.is(new Set(frames('send')).size, 2);
  t.deepEqual(
    details.filter((detail) => detail.type === 'timer'),
    [{ type: 'timer', kind: 'tick', key: 'x' }],
  );
  t.deepEqual(
    details.filter((detail) => detail.type === 'drop'),
    [{ type: 'drop', peer: 'b', reason: 'lost or cut' }],
  );
});
