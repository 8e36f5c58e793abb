import test from 'ava';
import * as fc from 'fast-check';
import { MemoryTable } from '../../src/sim/memory-table.ts';

const key = fc.integer({ min: 0, max: 400 }).map((number) => number.toString(36).padStart(3, '0'));
const step = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant('put' as const), key) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('delete' as const), key) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('scan' as const), key) },
  // More changes at once than a table keeps its order for.
  { weight: 1, arbitrary: fc.tuple(fc.constant('many' as const), key) },
);

test('a scan is in order and complete, however much was written since the last one', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const table = new MemoryTable();
        const model = new Map<string, number>();
        const same = (from: string): boolean => {
          const wanted = Array.from(model)
            .filter(([each]) => each >= from)
            .sort(([a], [b]) => (a < b ? -1 : 1));
          return JSON.stringify(table.scan({ from })) === JSON.stringify(wanted) && table.size === model.size;
        };
        for (const [index, [what, at]] of steps.entries()) {
          if (what === 'scan' && !same(at)) return false;
          const keys = what === 'many' ? Array.from({ length: 150 }, (_, each) => `${at}${each}`) : [at];
          for (const each of keys) {
            if (what === 'delete') {
              table.delete(each);
              model.delete(each);
            } else if (what !== 'scan') {
              table.put(each, index);
              model.set(each, index);
            }
          }
        }
        return same('');
      }),
      { numRuns: 60, seed: 1 },
    ),
  );
});
