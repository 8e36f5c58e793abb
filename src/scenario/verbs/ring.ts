import { Type } from '@sinclair/typebox';
import { keys, node } from '../parts.ts';
import { type AnyVerb, StepFailure, verb } from '../verb.ts';
import { listed } from '../words.ts';

const killNeighbours = verb({
  name: 'kill-neighbours',
  ownProcess: 'always',
  schema: keys(
    { of: node, count: Type.Integer({ minimum: 1, maximum: 16, description: 'how many, from 1 to 16' }) },
    'kill -9, at the same moment, of the nodes that follow this one on the ring. Who they are depends on keys, so the step says their names.',
  ),
  mentions: (value) => [value.of],
  words: (value) => `the ${value.count === 1 ? 'node' : `${value.count} nodes`} after ${value.of} on the ring ${value.count === 1 ? 'is' : 'are'} killed`,
  run: async (value, scene) => {
    const { successors } = await scene.ask(value.of, 'ring', {});
    const names = successors.slice(0, value.count).map((successor) => successor.node);
    if (names.length < value.count) throw new StepFailure(`${value.of} knows ${names.length} successors only: ${listed(names)}`);
    await scene.each(names, (name) => scene.engine.killNode(name));
    return listed(names);
  },
});

export const RING_VERBS: readonly AnyVerb[] = [killNeighbours];
