import { expandNames, userOf } from '../names.ts';
import { keys, nodes, oneOf, user, users } from '../parts.ts';
import { type AnyVerb, verb } from '../verb.ts';
import { does, listed } from '../words.ts';

const trust = verb({
  name: 'trust',
  schema: keys({ by: nodes, whom: users }, 'Go on with the new key of somebody after a warning.'),
  mentions: (value) => [...expandNames(value.by), ...expandNames(value.whom)],
  words: (value) =>
    `${listed(expandNames(value.by))} ${expandNames(value.by).length === 1 ? 'trusts' : 'trust'} the new key of ${listed(expandNames(value.whom))}`,
  run: async (value, scene, { withinMillis }) => {
    await scene.each(expandNames(value.by), (name) =>
      scene.each(expandNames(value.whom), async (other) => {
        await scene.ask(name, 'trust', { user: userOf(other) }, withinMillis);
      }),
    );
    return undefined;
  },
});

const compare = verb({
  name: 'compare',
  schema: keys(
    { by: nodes, with: user, result: oneOf(['equal', 'different'], 'equal or different') },
    'Say that the safety numbers were compared by another way, and what came of it.',
  ),
  mentions: (value) => [...expandNames(value.by), value.with],
  words: (value) => `${does(expandNames(value.by), 'finds', 'find')} the number shared with ${value.with} ${value.result}`,
  run: async (value, scene, { withinMillis }) => {
    await scene.each(expandNames(value.by), async (name) => {
      await scene.ask(name, 'verify', { user: userOf(value.with), answer: value.result }, withinMillis);
    });
    return undefined;
  },
});

export const TRUST_VERBS: readonly AnyVerb[] = [trust, compare];
