import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { CELL, newCell, sayWork, TURN_SECONDS_MAX, TurnWatch, WORK } from '../../src/cli/turn-watch.ts';
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

const HEAD = 'const cell = new Int32Array(new SharedArrayBuffer(4)); const forEver = () => { for (;;) Atomics.wait(cell, 0, 0, 20); };';
const PROGRAM = 'export function program() { return { receive() {}, command(name, args, answer) { answer.done(); } }; }';

const ENDLESS: ReadonlyArray<readonly [what: string, lines: readonly string[], says: RegExp]> = [
  [
    'a turn',
    [HEAD, 'export function program() {', '  return { receive() {}, command(name, args, answer) {', '    forEver();', '    answer.done();', '  } };', '}'],
    /A turn of the program of n2 has not come to its end for 5 s \(at program\.js:1, in forEver\)/,
  ],
  [
    'the function that makes it, after its files were run for the node',
    [HEAD, 'export function program() {', '  forEver();', '}'],
    /A turn of the program of n[12] has not come to its end for 5 s \(at program\.js:1, in forEver\)/,
  ],
  ['a file that is loaded', [HEAD, '', 'forEver();', PROGRAM], /Loading program\.js has not come to its end for 5 s \(at program\.js:1, in forEver\)/],
  [
    'a check',
    [HEAD, PROGRAM, "export const checks = [{ name: 'slow-one', about: 'x', judge: forEver }];"],
    /The check slow-one has not come to its end for 5 s \(at program\.js:1, in forEver\)/,
  ],
];

for (const [what, lines, says] of ENDLESS) {
  /** Nothing else would end it: the thread hears neither timers nor signals. The loop sleeps, so that the test takes no processor. */
  test(`what never ends is stopped, its place is told, and the process ends: ${what}`, async (t) => {
    const root = await temporaryRoot(t);
    writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(root, 'program.js'), lines.join('\n'));
    writeFileSync(join(root, 'scenario.yaml'), 'name: endless\nprogram: program.js\nsteps:\n  - start: n[1..2]\n  - tell: { nodes: n2, to: go }\n');
    const ran = await runCli(['run', join(root, 'scenario.yaml'), '--engine', 'sim']);
    t.is(ran.status, 3, ran.err);
    t.regex(ran.err, says);
  });
}

test('what the thread of an exploration is at is said without its name', (t) => {
  const cell = newCell();
  const said = Object.values(WORK).map((kind) => {
    cell[CELL.kind] = kind;
    return [sayWork(cell, null), sayWork(cell, 'x')];
  });
  t.deepEqual(said, [
    ['a turn of the program', 'a turn of the program of x'],
    ['loading its program', 'loading x'],
    ['the check', 'the check x'],
    ['the workload', 'the workload x'],
  ]);
});

test('a check of a long trace may take longer', (t) => {
  const cell = newCell();
  const watch = new TurnWatch(cell);
  cell[CELL.inTurn] = 1;
  cell[CELL.seconds] = TURN_SECONDS_MAX + 2;
  const looks = Array.from({ length: TURN_SECONDS_MAX + 3 }, () => watch.look());
  t.is(looks.indexOf(true), TURN_SECONDS_MAX + 2);
});
