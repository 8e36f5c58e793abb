import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { CELL, newCell, TURN_SECONDS_MAX, TurnWatch } from '../../src/cli/turn-watch.ts';
import { runCli, temporaryRoot } from './run-cli.ts';

test('only a turn that goes on from look to look is too long', (t) => {
  const cell = newCell();
  const watch = new TurnWatch(cell);
  const looks = (count: number) => Array.from({ length: count }, () => watch.look());
  t.false(looks(TURN_SECONDS_MAX * 3).includes(true), 'nobody has the word');
  cell[CELL.inTurn] = 1;
  for (let turn = 1; turn <= TURN_SECONDS_MAX * 3; turn += 1) {
    cell[CELL.turns] = turn;
    t.false(watch.look(), 'many short turns');
  }
  t.deepEqual(looks(TURN_SECONDS_MAX), [...Array.from({ length: TURN_SECONDS_MAX - 1 }, () => false), true]);
  cell[CELL.inTurn] = 0;
  t.false(watch.look(), 'it has come to its end after all');
});

/** Nothing else would end it: the thread hears neither timers nor signals. The loop sleeps, so that the test takes no processor. */
test('a turn that never ends is stopped, its place is told, and the process ends', async (t) => {
  const root = await temporaryRoot(t);
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    join(root, 'program.js'),
    [
      'const cell = new Int32Array(new SharedArrayBuffer(4));',
      'export function program() {',
      '  return { receive() {}, command(name, args, answer) {',
      '    while (name === "go") Atomics.wait(cell, 0, 0, 20);',
      '    answer.done();',
      '  } };',
      '}',
    ].join('\n'),
  );
  writeFileSync(join(root, 'scenario.yaml'), 'name: endless\nprogram: program.js\nsteps:\n  - start: n[1..2]\n  - tell: { nodes: n2, to: go }\n');
  const ran = await runCli(['run', join(root, 'scenario.yaml'), '--engine', 'sim']);
  t.is(ran.status, 3, ran.err);
  t.regex(ran.err, /The program of n2 has not come to the end of a turn for 5 s \(at program\.js:4, in command\)/);
});
