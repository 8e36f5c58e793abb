import { Type } from '@sinclair/typebox';
import { DRIFT_MILLIS_MAX, SKEW_MILLIS_MAX, SLOW_FACTOR_MAX } from '../../core/fault-limits.ts';
import type { NodeFaults } from '../../core/faults.ts';
import { durationMillis, sayLongest } from '../durations.ts';
import { expandNames } from '../names.ts';
import { duration, keys, nodes, oneOf } from '../parts.ts';
import type { Scene } from '../scene.ts';
import { type AnyVerb, verb } from '../verb.ts';
import { does, listed } from '../words.ts';

/** Applies one change to what is wrong with each of several nodes. */
async function change(scene: Scene, names: readonly string[], what: Partial<NodeFaults>): Promise<undefined> {
  await scene.each(names, (name) => scene.faults.change(name, what));
  return undefined;
}

const pause = verb({
  name: 'pause',
  schema: Type.Union([...nodes.anyOf], {
    description: 'Let processes stand still (SIGSTOP): they read nothing and send nothing until `resume`; what comes waits.',
  }),
  mentions: expandNames,
  needs: () => ['pause'],
  words: (value) => does(expandNames(value), 'stands still', 'stand still'),
  run: (value, scene) => change(scene, expandNames(value), { paused: true }),
});

const resume = verb({
  name: 'resume',
  schema: Type.Union([...nodes.anyOf], { description: 'Let paused processes go on (SIGCONT).' }),
  mentions: expandNames,
  words: (value) => does(expandNames(value), 'goes on', 'go on'),
  run: (value, scene) => change(scene, expandNames(value), { paused: false }),
});

const slow = verb({
  name: 'slow',
  schema: keys(
    { of: nodes, factor: Type.Number({ minimum: 1, maximum: SLOW_FACTOR_MAX, description: 'how many times longer everything takes; 1: as usual' }) },
    'Make nodes slow: a simulated one takes a multiple of the usual time for each input and commit, a real process gets that share of time.',
  ),
  mentions: (value) => expandNames(value.of),
  needs: () => ['slow'],
  words: (value) =>
    value.factor === 1
      ? does(expandNames(value.of), 'is as fast as usual', 'are as fast as usual')
      : `${does(expandNames(value.of), 'is', 'are')} ${value.factor} times slower`,
  run: (value, scene) => change(scene, expandNames(value.of), { slowFactor: value.factor }),
});

const disk = verb({
  name: 'disk',
  schema: keys({ of: nodes, is: oneOf(['full', 'free'], 'full or free') }, 'Let the disk of nodes be full: every commit fails until it is free again.'),
  mentions: (value) => expandNames(value.of),
  needs: () => ['disk-full'],
  words: (value) => `the disk of ${listed(expandNames(value.of))} is ${value.is === 'full' ? 'full' : 'free again'}`,
  run: (value, scene) => change(scene, expandNames(value.of), { diskFull: value.is === 'full' }),
});

const clock = verb({
  name: 'clock',
  schema: keys(
    {
      of: nodes,
      ahead: Type.Optional(Type.Unsafe<string>({ ...duration, description: 'how far it is ahead of the true time' })),
      behind: Type.Optional(Type.Unsafe<string>({ ...duration, description: 'how far it is behind the true time' })),
      gains: Type.Optional(Type.Unsafe<string>({ ...duration, description: 'it runs too fast: what it gains on the true time in each second, at most 1s' })),
      loses: Type.Optional(Type.Unsafe<string>({ ...duration, description: 'it runs too slow: what it loses in each second, at most 1s' })),
      is: Type.Optional(oneOf(['right'], 'right')),
    },
    'Set the wall clock of nodes wrong, or right again. At a running node it jumps; timers and what measures differences are not touched.',
  ),
  mentions: (value) => expandNames(value.of),
  needs: () => ['clock'],
  misfit: (value) => {
    const { ahead, behind, gains, loses, is } = value;
    if ([ahead, behind, gains, loses, is].filter((each) => each !== undefined).length !== 1)
      return 'say one of "ahead", "behind", "gains", "loses" or "is: right"';
    if (durationMillis(ahead ?? behind ?? '0s') > SKEW_MILLIS_MAX) return `a clock is off by ${sayLongest(SKEW_MILLIS_MAX)} at most`;
    return durationMillis(gains ?? loses ?? '0s') > DRIFT_MILLIS_MAX ? 'a clock gains or loses a second each second at most' : null;
  },
  words: (value) => {
    if (value.gains !== undefined || value.loses !== undefined) {
      const drifts = value.gains !== undefined ? `gains ${value.gains}` : `loses ${value.loses}`;
      return `the clock of ${listed(expandNames(value.of))} ${drifts} each second`;
    }
    const where = value.ahead !== undefined ? `${value.ahead} ahead` : value.behind !== undefined ? `${value.behind} behind` : 'right again';
    return `the clock of ${listed(expandNames(value.of))} is ${where}`;
  },
  run: (value, scene) => {
    const skewMillis = value.ahead !== undefined ? durationMillis(value.ahead) : value.behind !== undefined ? -durationMillis(value.behind) : 0;
    const drift = durationMillis(value.gains ?? value.loses ?? '0s');
    const driftMillisPerSecond = value.loses === undefined ? drift : -drift;
    return change(scene, expandNames(value.of), { skewMillis, driftMillisPerSecond });
  },
});

export const MACHINE_VERBS: readonly AnyVerb[] = [pause, resume, slow, disk, clock];
