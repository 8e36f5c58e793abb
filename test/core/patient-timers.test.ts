import test from 'ava';
import fc from 'fast-check';
import { PatientTimers } from '../../src/core/patient-timers.ts';
import { TurnWork } from '../../src/core/turn-work.ts';
import type { MonotonicMillis } from '../../src/core/types.ts';

const SEED = 4_711;
const KINDS = ['one', 'two', 'three'] as const;

/** The timers of a driver, by hand: `turnAt` is a turn that has nothing to do with them. */
class Bench {
  readonly turnWork = new TurnWork();
  readonly due = new Map<string, number>();
  readonly fired: Array<readonly [kind: string, millis: number, alone: boolean]> = [];
  now = 0;
  again: (kind: string) => void = () => {};
  #alone = false;
  readonly timers: PatientTimers;

  constructor() {
    this.timers = new PatientTimers(this, this.turnWork, (kind) => this.fire(kind));
  }

  get monotonicMillis(): MonotonicMillis {
    return this.now as MonotonicMillis;
  }

  setTimer(kind: string, _key: string, delayMillis: number): void {
    this.due.set(kind, this.now + delayMillis);
  }

  cancelTimer(kind: string): void {
    this.due.delete(kind);
  }

  fire(kind: string): void {
    this.fired.push([kind, this.now, this.#alone]);
    this.again(kind);
  }

  endTurn(): void {
    if (this.now >= this.turnWork.patientMillis) this.timers.goOff();
  }

  /** Lets time pass; what is due by itself goes off on the way. */
  passTo(millis: number): void {
    for (;;) {
      const [next] = [...this.due].sort(([, a], [, b]) => a - b);
      if (next === undefined || next[1] > millis) break;
      const [kind, atMillis] = next;
      this.now = atMillis;
      this.due.delete(kind);
      this.timers.wentOff(kind);
      this.#alone = true;
      this.fire(kind);
      this.#alone = false;
      this.endTurn();
    }
    this.now = millis;
  }

  turnAt(millis: number): void {
    this.passTo(millis);
    this.endTurn();
  }
}

test('what can wait goes off with the first turn after its delay, and by itself when its patience is over', (t) => {
  const bench = new Bench();
  bench.timers.set('one', 100, 50);
  bench.turnAt(99);
  t.deepEqual(bench.fired, []);
  bench.turnAt(120);
  t.deepEqual(bench.fired, [['one', 120, false]]);
  bench.timers.set('one', 100, 50);
  bench.passTo(1_000);
  t.deepEqual(bench.fired.slice(1), [['one', 270, true]]);
  t.is(bench.due.size, 0);
});

test('one that goes off by itself takes others along, and each once', (t) => {
  const bench = new Bench();
  bench.timers.set('one', 100, 10);
  bench.timers.set('two', 90, 100);
  bench.timers.set('three', 111, 10);
  bench.passTo(110);
  t.deepEqual(bench.fired, [
    ['one', 110, true],
    ['two', 110, false],
  ]);
  bench.passTo(1_000);
  t.deepEqual(bench.fired.slice(2), [['three', 121, true]]);
});

test('what another one cancels or puts off on the way does not go off', (t) => {
  const bench = new Bench();
  bench.again = (kind) => {
    if (kind !== 'one') return;
    bench.timers.cancel('two');
    bench.timers.set('three', 100, 0);
  };
  for (const kind of KINDS) bench.timers.set(kind, 10, 100);
  bench.turnAt(20);
  t.deepEqual(bench.fired, [['one', 20, false]]);
  bench.passTo(500);
  t.deepEqual(bench.fired.slice(1), [['three', 120, true]]);
});

test('after the end of the node nothing goes off', (t) => {
  const bench = new Bench();
  for (const kind of KINDS) bench.timers.set(kind, 10, 10);
  bench.timers.stop();
  bench.turnAt(15);
  bench.passTo(100);
  t.deepEqual(bench.fired, []);
});

test('each goes off once between its delay and the end of its patience, in the first turn there is, whatever is set and cancelled meanwhile', (t) => {
  const step = fc.record({
    what: fc.constantFrom('set', 'set', 'turn', 'turn', 'cancel'),
    kind: fc.constantFrom(...KINDS),
    delay: fc.integer({ min: 0, max: 50 }),
    patience: fc.integer({ min: 0, max: 30 }),
    pass: fc.integer({ min: 0, max: 20 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (run) => {
      const bench = new Bench();
      const open = new Map<string, { fromMillis: number; untilMillis: number }>();
      let seen = 0;
      const look = (): void => {
        for (const [kind, atMillis] of bench.fired.slice(seen)) {
          const times = open.get(kind);
          t.true(times !== undefined && atMillis >= times.fromMillis && atMillis <= times.untilMillis, `${kind} at ${atMillis}`);
          open.delete(kind);
        }
        seen = bench.fired.length;
      };
      for (const { what, kind, delay, patience, pass } of run) {
        bench.passTo(bench.now + pass);
        look();
        if (what === 'set') {
          bench.timers.set(kind, delay, patience);
          open.set(kind, { fromMillis: bench.now + delay, untilMillis: bench.now + delay + patience });
        } else if (what === 'cancel') {
          bench.timers.cancel(kind);
          open.delete(kind);
        } else {
          bench.endTurn();
          look();
          for (const [late, { fromMillis }] of open) t.true(fromMillis > bench.now, `${late} was due at ${fromMillis}, and the turn was at ${bench.now}`);
        }
      }
      bench.passTo(bench.now + 100);
      look();
      t.is(open.size, 0);
    }),
    { seed: SEED, numRuns: 200 },
  );
});
