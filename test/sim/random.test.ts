import test from 'ava';
import { stream } from '../../src/sim/random.ts';

test('the same seed and name give the same, other ones something else', (t) => {
  const draw = (seed: number | string, ...names: Array<string | number>): string => stream(seed, ...names).id();
  t.is(draw(1, 'network'), draw(1, 'network'));
  const names = [
    draw(1, 'network'),
    draw(2, 'network'),
    draw('1', 'network'),
    draw(1, 'node', 1),
    draw(1, 'node', 11),
    draw(1, 'node', 1, 1),
    draw(1, 'workload'),
  ];
  t.is(new Set(names).size, names.length);
});

test('a draw from one stream does not move another', (t) => {
  const network = stream(5, 'network');
  const node = stream(5, 'node', 3);
  const first = network.fraction();
  for (let draw = 0; draw < 100; draw += 1) node.fraction();
  const second = network.fraction();
  const again = stream(5, 'network');
  t.deepEqual([again.fraction(), again.fraction()], [first, second]);
});

test('fractions are even: mean, spread, neighbours and first draws of neighbouring streams', (t) => {
  const count = 200_000;
  const one = stream(9, 'x');
  const cells = Array.from({ length: 64 }, () => 0);
  let sum = 0;
  let product = 0;
  let before = 0.5;
  for (let draw = 0; draw < count; draw += 1) {
    const value = one.fraction();
    if (value < 0 || value >= 1) return t.fail(`${value} is outside`);
    const cell = Math.floor(value * 64);
    cells[cell] = (cells[cell] as number) + 1;
    sum += value;
    product += (value - 0.5) * (before - 0.5);
    before = value;
  }
  const expected = count / 64;
  const chiSquare = cells.reduce((total, seen) => total + (seen - expected) ** 2 / expected, 0);
  t.true(Math.abs(sum / count - 0.5) < 0.003);
  t.true(Math.abs(product / count) < 0.001);
  t.true(chiSquare < 120, `chi square ${chiSquare} over 63`);
  let firsts = 0;
  for (let index = 0; index < 20_000; index += 1) firsts += stream(9, 'node', index).fraction();
  t.true(Math.abs(firsts / 20_000 - 0.5) < 0.01);
});

test('bytes and identifiers have the length and the alphabet that is promised', (t) => {
  const one = stream(3, 'ids');
  for (const length of [0, 1, 3, 4, 5, 32, 1_000]) t.is(one.bytes(length).length, length);
  t.true(new Set(one.bytes(4_096)).size === 256);
  const ids = Array.from({ length: 5_000 }, () => one.id());
  t.true(ids.every((id) => /^[A-Za-z0-9_-]{21}$/.test(id)));
  t.is(new Set(ids).size, ids.length);
  t.is(new Set(ids.join('')).size, 64);
});
