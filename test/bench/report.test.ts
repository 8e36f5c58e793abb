import test from 'ava';
import fc from 'fast-check';
import { figureText, markdownTable, plainTable, type Results, toRows } from '../../bench/report.ts';
import { mean, median, quantile } from '../../bench/statistics.ts';

const MACHINE = {
  date: '2026-01-02',
  processor: 'P',
  cores: 2,
  memoryGib: 4,
  system: 'linux',
  node: 'v20',
  sqlite: '3',
  libzmq: '4',
  zeromqPackage: '6',
  confab: '0',
  loadBefore: 0.1,
};

test('quantiles are values that were measured, the median is the middle', (t) => {
  t.is(quantile([3, 1, 2], 0.5), 2);
  t.is(quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.99), 10);
  t.is(quantile([7], 0.01), 7);
  t.is(median([4, 1, 3, 2]), 2.5);
  t.is(median([9, 1, 5]), 5);
  t.is(mean([1, 2, 6]), 3);
  t.true(Number.isNaN(median([])));
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
      t.true(values.includes(quantile(values, share)));
      t.true(median(values) >= Math.min(...values) && median(values) <= Math.max(...values));
    }),
  );
});

test('figures are printed with the digits that mean something', (t) => {
  t.is(figureText(1_234_567.8), '1,234,568');
  t.is(figureText(123.4), '123');
  t.is(figureText(12.34), '12.3');
  t.is(figureText(1.234), '1.23');
  t.is(figureText(0.1234), '0.123');
  t.is(figureText(20), '20');
  t.is(figureText(Number.NaN), '-');
});

test('runs become rows with median and range, and rows a table', (t) => {
  const rows = toRows(
    'messages',
    [3, 1, 2].map((value) => [{ row: 'latency', value, unit: 'ms', aim: 'under 5 ms' } as const, { row: 'rate', value: 100 * value, unit: '/s' } as const]),
  );
  t.deepEqual(
    rows.map(({ row, median: middle, min, max, aim }) => ({ row, middle, min, max, aim })),
    [
      { row: 'latency', middle: 2, min: 1, max: 3, aim: 'under 5 ms' },
      { row: 'rate', middle: 200, min: 100, max: 300, aim: null },
    ],
  );
  const results: Results = { machine: MACHINE, quick: false, runs: 3, rows, failures: [] };
  const markdown = markdownTable(results);
  t.regex(markdown, /\| latency \| 2 ms \| 1 \.\. 3 \| under 5 ms \| `npm run bench -- messages` \|/);
  t.regex(markdown, /Medians of 3\. Machine: P, 2 cores/);
  t.regex(plainTable(results), /^what\s+median\s+min \.\. max\s+aim\nlatency/);
});

test('a row that could not be measured says why, and shows no figure', (t) => {
  const rows = toRows('messages', [[{ row: 'another library', value: Number.NaN, unit: '/s', note: 'not found on this machine' }]]);
  const results = JSON.parse(JSON.stringify({ machine: MACHINE, quick: false, runs: 1, rows, failures: [] })) as Results;
  t.regex(markdownTable(results), /\| another library \| not found on this machine \| {2}\| {2}\|/);
  t.notRegex(plainTable(results), /NaN|-\s+\/s/);
});
