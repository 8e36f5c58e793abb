import test from 'ava';
import fc from 'fast-check';
import { LineSplitter } from '../../src/control/lines.ts';

test('any cutting of a stream gives the same lines', (t) => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }).filter((line) => !line.includes('\n'))), fc.array(fc.nat({ max: 9 })), (lines, cuts) => {
      const whole = lines.map((line) => `${line}\n`).join('');
      const seen: string[] = [];
      const splitter = new LineSplitter(1_000, (line) => seen.push(line));
      let at = 0;
      for (const cut of cuts) {
        splitter.push(whole.slice(at, at + cut));
        at += cut;
      }
      splitter.push(whole.slice(at));
      t.deepEqual(seen, lines);
    }),
  );
});

test('a line beyond the bound is refused, finished or not', (t) => {
  const seen: string[] = [];
  const splitter = new LineSplitter(5, (line) => seen.push(line));
  t.true(splitter.push('12345\n'));
  t.false(splitter.push('123456\n'));
  t.deepEqual(seen, ['12345']);
  const open = new LineSplitter(5, () => {});
  t.true(open.push('123'));
  t.false(open.push('456'));
});
