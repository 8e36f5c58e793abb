import test from 'ava';
import fc from 'fast-check';
import { NEMESIS } from '../../src/scenario/drawn/nemesis.ts';
import { NEMESIS_FAULTS } from '../../src/scenario/drawn/nemesis-faults.ts';
import { durationMillis } from '../../src/scenario/durations.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import type { RawStep } from '../../src/scenario/random-steps.ts';

const RULES = ['cut', 'delay', 'latency', 'loss', 'duplicate', 'reorder', 'bandwidth'];

interface Broken {
  readonly open: Set<string>;
  readonly down: Set<string>;
}

function mark(set: Set<string>, name: string, isBroken: boolean): void {
  if (isBroken) set.add(name);
  else set.delete(name);
}

/** Follows what is broken through the steps. */
function follow(step: RawStep, { open, down }: Broken): void {
  const [word = '', value] = Object.entries(step)[0] ?? [];
  const of = (value as { of?: string }).of ?? '';
  if (RULES.includes(word)) open.add((value as { name: string }).name);
  else if (word === 'heal') open.delete(String(value));
  else if (word === 'kill' || word === 'stop' || word === 'pause') down.add(String(value));
  else if (word === 'restart' || word === 'resume') down.delete(String(value));
  else if (word === 'slow') mark(open, `slow ${of}`, (value as { factor: number }).factor > 1);
  else if (word === 'disk') mark(down, of, (value as { is: string }).is === 'full');
  else if (word === 'clock') mark(open, `clock ${of}`, !Object.hasOwn(value as object, 'is'));
  else if (word === 'seed-server') mark(open, word, value === 'stop');
}

const settings = fc.record({
  seed: fc.integer({ min: 0, max: 1_000_000 }),
  count: fc.integer({ min: 1, max: 12 }),
  forMillis: fc.integer({ min: 1_000, max: 60_000 }),
  everyMillis: fc.integer({ min: 100, max: 5_000 }),
  atOnce: fc.integer({ min: 1, max: 6 }),
  down: fc.integer({ min: 0, max: 4 }),
});

test('a nemesis keeps within its bounds, ends in time, heals everything, and does the same for the same seed', (t) => {
  let faults = 0;
  fc.assert(
    fc.property(settings, ({ seed, count, forMillis, everyMillis, atOnce, down }) => {
      const value = {
        nodes: `user[1..${count}]`,
        for: `${forMillis}ms`,
        every: `${everyMillis}ms`,
        'at-once': atOnce,
        down,
        faults: Object.fromEntries(Object.keys(NEMESIS_FAULTS).map((name) => [name, 1])),
      };
      const steps = NEMESIS.draw(value, seed, '3');
      if (JSON.stringify(steps) !== JSON.stringify(NEMESIS.draw(value, seed, '3'))) return false;
      const broken: Broken = { open: new Set(), down: new Set() };
      let waited = 0;
      for (const step of steps) {
        if ('wait' in step) waited += durationMillis(String(step['wait']));
        follow(step, broken);
        if (broken.down.size > down || broken.open.size + broken.down.size > atOnce) return false;
        if (broken.open.size + broken.down.size > 0) faults += 1;
      }
      return broken.open.size === 0 && broken.down.size === 0 && Math.abs(waited - forMillis) <= steps.length;
    }),
    { seed: 11, numRuns: 300 },
  );
  t.true(faults > 1_000, `${faults} steps with something broken`);
});

test('the nemesis draws every kind of fault', (t) => {
  const words = new Set<string>();
  for (let seed = 0; seed < 40; seed += 1) {
    for (const step of NEMESIS.draw({ nodes: 'user[1..9]', for: '60s', every: '1s', 'at-once': 9 }, seed, '1')) words.add(Object.keys(step)[0] ?? '');
  }
  for (const word of [...RULES, 'kill', 'stop', 'pause', 'slow', 'disk', 'clock']) t.true(words.has(word), word);
  t.false(words.has('seed-server'), 'only when it is asked for');
});

test('mistakes in a nemesis are told with their line', (t) => {
  const file = (more: string) => `name: x\nsteps:\n  - start: [alice, bob]\n  - nemesis: { nodes: [alice, bob], for: 5s, ${more} }\n`;
  t.notThrows(() => loadScenario(file('every: 1s'), 'x.yaml'));
  t.throws(() => loadScenario(file('faults: { kil: 1 }'), 'x.yaml'), { message: /x\.yaml:4:\d+: .*kil.*Did you mean .*kill/ });
  t.throws(() => loadScenario(file('faults: { kill: 0 }'), 'x.yaml'), { message: /x\.yaml:4:\d+: .*no kind of fault is left/ });
  t.throws(() => loadScenario(file('lasts: { min: 5s, max: 1s }'), 'x.yaml'), { message: /ends before it begins/ });
  t.throws(() => loadScenario(file('every: 1s').replace('nodes: [alice, bob]', 'nodes: [alice, carol]'), 'x.yaml'), { message: /carol/ });
});
