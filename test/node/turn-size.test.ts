import test from 'ava';
import fc from 'fast-check';
import { TurnSize } from '../../src/node/turn-size.ts';

const BOUNDS = { least: 24, most: 192, workToCommit: 4 };

/** The size after many turns that take so long. */
function settled(inputMillis: number, commitMillis: number): number {
  const size = new TurnSize(BOUNDS);
  for (let turn = 0; turn < 100; turn += 1) size.measured(size.inputsMax, size.inputsMax * inputMillis, commitMillis);
  return size.inputsMax;
}

test('a quiet disk gets small turns, a slow one large ones, in proportion between', (t) => {
  t.is(new TurnSize(BOUNDS).inputsMax, 24);
  t.is(settled(0.08, 0.15), 24);
  t.is(settled(0.1, 1), 40);
  t.is(settled(0.1, 2), 80);
  t.is(settled(0.05, 20), 192);
});

test('it comes back when the disk is quick again', (t) => {
  const size = new TurnSize(BOUNDS);
  for (let turn = 0; turn < 50; turn += 1) size.measured(24, 2.4, 5);
  t.is(size.inputsMax, 192);
  for (let turn = 0; turn < 50; turn += 1) size.measured(192, 19.2, 0.2);
  t.is(size.inputsMax, 24);
});

test('whatever is measured, the size keeps its bounds', (t) => {
  const millis = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e6, noNaN: true }));
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(300), millis, millis), { maxLength: 60 }), (turns) => {
        const size = new TurnSize(BOUNDS);
        return turns.every(([inputs, work, commit]) => {
          size.measured(inputs, work, commit);
          return Number.isInteger(size.inputsMax) && size.inputsMax >= BOUNDS.least && size.inputsMax <= BOUNDS.most;
        });
      }),
    ),
  );
});
