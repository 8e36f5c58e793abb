import type { LabEnv, LabProgram } from '../lab/program.ts';
import { turnEnds } from './endless-turn.ts';
import { folderOf, placed } from './own-code.ts';
import { enterProgram, leaveProgram } from './own-world.ts';

type Make = (env: LabEnv) => LabProgram;

/**
 * A program of one's own with a hand at its elbow: what it throws says where in its files, what it returns is looked at, and while it
 * has the word, clocks and random sources other than its env's refuse (own-world.ts), because a seed could not repeat what they say.
 */
export function watchedProgram(make: Make, path: string): Make {
  const folder = folderOf(path);
  return (env) => {
    const within = <Result>(what: string, act: () => Result): Result => {
      const before = enterProgram(env.name);
      try {
        return refusePromise(what, act());
      } catch (error) {
        throw placed(error, folder);
      } finally {
        leaveProgram(before);
        turnEnds();
      }
    };
    const program = within('program', () => make(envOutside(env)));
    requireShape(program);
    const watched: LabProgram = { receive: (from, message) => within('receive', () => program.receive(from, message)) };
    if (program.start !== undefined) watched.start = () => within('start', () => program.start?.());
    if (program.timer !== undefined) watched.timer = (kind, key) => within('timer', () => program.timer?.(kind, key));
    if (program.command !== undefined) watched.command = (name, args, answer) => within('command', () => program.command?.(name, args, answer));
    if (program.stop !== undefined) watched.stop = () => within('stop', () => program.stop?.());
    return watched;
  };
}

/** What the env does is not the program's doing: it may read clocks. */
function envOutside(env: LabEnv): LabEnv {
  const outside =
    <Given extends readonly unknown[], Result>(act: (...given: Given) => Result) =>
    (...given: Given): Result => {
      const before = leaveProgram(null);
      try {
        return act(...given);
      } finally {
        leaveProgram(before);
      }
    };
  return {
    get name() {
      return env.name;
    },
    get nowMillis() {
      return env.nowMillis;
    },
    get wallMillis() {
      return env.wallMillis;
    },
    get peers() {
      return env.peers;
    },
    fraction: outside(() => env.fraction()),
    freshId: outside(() => env.freshId()),
    send: outside((to, message) => env.send(to, message)),
    setTimer: outside((kind, delayMillis, key) => env.setTimer(kind, delayMillis, key)),
    cancelTimer: outside((kind, key) => env.cancelTimer(kind, key)),
    load: outside((key: string) => env.load(key)) as LabEnv['load'],
    save: outside((key, value) => env.save(key, value)),
    show: outside((what, id, data) => env.show(what, id, data)),
    state: outside((subject, id, to, data) => env.state(subject, id, to, data)),
  };
}

function requireShape(program: Partial<LabProgram> | null | undefined): void {
  if (typeof program?.receive !== 'function') throw new TypeError('the function program returned no object with a function receive');
  for (const name of ['start', 'timer', 'command', 'stop'] as const)
    if (program[name] !== undefined && typeof program[name] !== 'function') throw new TypeError(`${name} of what the function program returned is no function`);
}

/** What comes after an await would be outside of the turn: its effects would not wait for the commit, and no seed would order them. */
function refusePromise<Result>(what: string, result: Result): Result {
  const promised = result as { then?: unknown; catch?: (ignored: () => void) => void } | null | undefined;
  if (typeof promised?.then !== 'function') return result;
  promised.catch?.(() => {});
  throw new TypeError(`${what} returned a promise; a program does its turn at once, without async and await: what shall happen later is a timer or a message`);
}
