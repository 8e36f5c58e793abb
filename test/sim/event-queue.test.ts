import test from 'ava';
import fc from 'fast-check';
import { EventQueue } from '../../src/sim/event-queue.ts';

type Action =
  | { readonly type: 'push'; readonly delay: number }
  | { readonly type: 'cancel'; readonly which: number }
  | { readonly type: 'pop'; readonly ahead: number };

interface Expected {
  readonly time: number;
  readonly sequence: number;
  readonly slot: number;
}

const delays = fc.oneof(
  fc.constantFrom(0, 0, 1, 50, 20_000),
  fc.double({ min: 0, max: 0.01, noNaN: true }),
  fc.double({ min: 0, max: 200, noNaN: true }),
  fc.double({ min: 0, max: 1e7, noNaN: true }),
  fc.double({ min: 0, max: 1e13, noNaN: true }),
);

const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: delays.map((delay) => ({ type: 'push', delay }) as const) },
  { weight: 1, arbitrary: fc.nat(1_000).map((which) => ({ type: 'cancel', which }) as const) },
  { weight: 4, arbitrary: fc.constantFrom(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 10).map((ahead) => ({ type: 'pop', ahead }) as const) },
);

/** The plainest thing that does the same: an array that is sorted before each look. */
class SortedArray {
  now = 0;
  #waiting: Expected[] = [];

  add(event: Expected): void {
    this.#waiting.push(event);
  }

  removeAt(which: number): Expected | undefined {
    return this.#waiting.length === 0 ? undefined : this.#waiting.splice(which % this.#waiting.length, 1)[0];
  }

  pop(limit: number): Expected | undefined {
    this.#waiting.sort((a, b) => a.time - b.time || a.sequence - b.sequence);
    const first = this.#waiting[0];
    if (first === undefined || first.time > limit) return undefined;
    this.now = first.time;
    return this.#waiting.shift();
  }

  get size(): number {
    return this.#waiting.length;
  }

  get hasMoreNow(): boolean {
    return this.#waiting.some(({ time }) => time <= this.now);
  }
}

function agree(steps: readonly Action[]): void {
  const queue = new EventQueue(4);
  const model = new SortedArray();
  let sequence = 0;
  const popBoth = (limit: number): boolean => {
    const expected = model.pop(limit);
    const slot = queue.pop(limit);
    if ((expected?.slot ?? -1) !== slot) throw new Error(`slot ${slot} came instead of ${expected?.slot}`);
    if (expected === undefined) return false;
    if (queue.events.timeOf(slot) !== expected.time || queue.events.sourceOf(slot) !== expected.sequence) throw new Error('the fields of an event changed');
    queue.release(slot);
    // What was cancelled may count as well.
    if (model.hasMoreNow && !queue.hasMoreAt(model.now)) throw new Error(`something else waits for ${model.now}`);
    return true;
  };
  for (const step of steps) {
    switch (step.type) {
      case 'push': {
        const time = model.now + step.delay;
        sequence += 1;
        model.add({ time, sequence, slot: queue.push(time, 1, 0, sequence, null, step.delay) });
        break;
      }
      case 'cancel': {
        const removed = model.removeAt(step.which);
        if (removed !== undefined) queue.cancel(removed.slot);
        break;
      }
      case 'pop':
        popBoth(model.now + step.ahead);
        break;
    }
    if (queue.size !== model.size) throw new Error(`size ${queue.size} instead of ${model.size}`);
  }
  while (popBoth(Number.POSITIVE_INFINITY));
}

test('gives the same as a sorted array, whatever is pushed, cancelled and popped', (t) => {
  t.notThrows(() => fc.assert(fc.property(fc.array(actions, { maxLength: 400 }), agree), { numRuns: 300 }));
});

test('events of one instant come in the order in which they were added, however many', (t) => {
  const queue = new EventQueue();
  for (let index = 0; index < 50_000; index += 1) queue.push(7.25, 1, index, 0, null);
  for (let index = 0; index < 50_000; index += 1) {
    const slot = queue.pop();
    if (queue.events.targetOf(slot) !== index) return t.fail(`${queue.events.targetOf(slot)} came instead of ${index}`);
    queue.release(slot);
  }
  t.is(queue.pop(), -1);
});

test('keeps the order while its buckets grow narrower and wider', (t) => {
  const queue = new EventQueue();
  let now = 0;
  let state = 1;
  const fraction = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 0) / 4_294_967_296;
  };
  const run = (count: number, spreadMillis: number): void => {
    for (let step = 0; step < count; step += 1) {
      const slot = queue.pop();
      const time = queue.events.timeOf(slot);
      if (time < now) throw new Error(`${time} came after ${now}`);
      now = time;
      queue.release(slot);
      queue.push(now + fraction() * spreadMillis, 1, 0, 0, null);
    }
  };
  for (let index = 0; index < 5_000; index += 1) queue.push(fraction() * 5, 1, 0, 0, null);
  t.notThrows(() => run(150_000, 5));
  t.notThrows(() => run(300_000, 50_000_000));
  t.notThrows(() => run(150_000, 0.5));
  t.is(queue.size, 5_000);
});

test('what waits for the present instant is seen, also after all was sorted anew', (t) => {
  const queue = new EventQueue();
  const later = Array.from({ length: 10_000 }, (_, index) => queue.push(500 + index, 1, 0, 0, null));
  queue.push(7.25, 1, 0, 0, null);
  queue.push(7.25, 1, 1, 0, null);
  queue.release(queue.pop());
  t.true(queue.hasMoreAt(7.25));
  for (const slot of later.splice(0, 9_000)) queue.cancel(slot);
  t.true(queue.hasMoreAt(7.25));
  queue.release(queue.pop());
  t.false(queue.hasMoreAt(7.25));
});

test('a timer that is moved again and again leaves nothing behind', (t) => {
  const queue = new EventQueue();
  queue.push(1e9, 1, 0, 0, null);
  let slot = queue.push(500, 1, 1, 0, null);
  for (let index = 0; index < 200_000; index += 1) {
    queue.cancel(slot);
    slot = queue.push(500 + index, 1, 1, 0, null);
  }
  t.is(queue.size, 2);
  t.true(queue.events.capacity <= 16_384, `room for ${queue.events.capacity} events is held`);
  t.is(queue.pop(), slot);
  t.is(queue.events.timeOf(slot), 200_499);
});
