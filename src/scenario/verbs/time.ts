import { Type } from '@sinclair/typebox';
import { durationMillis } from '../durations.ts';
import { duration, keys, node } from '../parts.ts';
import { type AnyVerb, RunCrash, StepFailure, verb } from '../verb.ts';

const pace = keys(
  { for: duration, pace: Type.String({ minLength: 1, maxLength: 64, description: 'whose pace: each name has one of its own, from its first wait on' }) },
  'let time pass from when the last wait of that pace was to end, so that what lies between them slows nobody down',
);

const wait = verb({
  name: 'wait',
  schema: Type.Union([Type.Unsafe<string>(duration), pace], { description: 'Let time pass: a duration such as 500ms, 2s, 1m; or by a pace.' }),
  mentions: () => [],
  words: (value) => (typeof value === 'string' ? `${value} pass` : `${value.for} pass since the last time of ${value.pace}`),
  run: async (value, scene) => {
    await scene.engine.wait(typeof value === 'string' ? durationMillis(value) : scene.untilNextOf(value.pace, durationMillis(value.for)));
    return undefined;
  },
});

const note = verb({
  name: 'note',
  schema: Type.String({ minLength: 1, maxLength: 2_000, description: 'A sentence for whoever watches; it is shown and goes into the trace.' }),
  mentions: () => [],
  words: (value) => value.trim(),
  run: async (value, scene) => {
    scene.engine.note(value.trim());
    return undefined;
  },
});

/** Proves that the runner notices what must never happen. Used by the placebo scenarios only. */
const placebo = verb({
  name: 'placebo-crash',
  ownProcess: 'always',
  schema: Type.Unsafe<string>({ ...node, description: "Make a node's process die as if by itself; the run must then be reported as crashed." }),
  mentions: (value) => [value],
  words: (value) => `the process of ${value} dies by itself`,
  run: async (value, scene) => {
    if (scene.engine.crashNode === undefined) {
      await scene.engine.killNode(value);
      throw new RunCrash(`the node of ${value} ended by itself`);
    }
    await scene.engine.crashNode(value);
    // The engine is not told: it has to notice, and the runner ends this wait when it does.
    await scene.engine.wait(10_000);
    throw new StepFailure(`the process of ${value} died and nobody noticed`);
  },
});

export const TIME_VERBS: readonly AnyVerb[] = [wait, note, placebo];
