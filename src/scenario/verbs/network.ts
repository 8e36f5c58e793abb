import { Type } from '@sinclair/typebox';
import { durationMillis } from '../durations.ts';
import { expandNames } from '../names.ts';
import { duration, flag, keys, nodes } from '../parts.ts';
import { type AnyVerb, StepFailure, verb } from '../verb.ts';
import { counted, listed } from '../words.ts';

const ruleName = Type.String({ minLength: 1, maxLength: 64, description: 'a name, so that `heal` can take away this one alone' });
const everyone = Type.Literal('everyone', { description: 'everyone: all nodes, also those that start later' });
const group = Type.Union([everyone, ...nodes.anyOf], { description: 'names of nodes, or everyone' });
type Group = typeof group.static;

function members(value: Group): string[] {
  return value === 'everyone' ? ['*'] : expandNames(value);
}

function mentioned(value: Group): string[] {
  return value === 'everyone' ? [] : expandNames(value);
}

function said(value: Group): string {
  return value === 'everyone' ? 'everyone' : listed(expandNames(value));
}

const groupKeys = { between: group, and: group, 'one-way': Type.Optional(flag), name: Type.Optional(ruleName) };

const cut = verb({
  name: 'cut',
  schema: keys(groupKeys, 'Cut the lines between two groups; nothing passes. `one-way: true` cuts only from `between` to `and`.'),
  mentions: (value) => [...mentioned(value.between), ...mentioned(value.and)],
  words: (value) =>
    `the line ${value['one-way'] === true ? 'from' : 'between'} ${said(value.between)} ${value['one-way'] === true ? 'to' : 'and'} ${said(value.and)} is cut`,
  run: async (value, scene) => {
    const id = value.name ?? scene.nextRuleId('cut');
    await scene.addRule({ id, kind: 'cut', from: members(value.between), to: members(value.and), oneWay: value['one-way'] ?? false });
    return undefined;
  },
});

const delay = verb({
  name: 'delay',
  schema: keys({ ...groupKeys, by: duration, jitter: Type.Optional(duration) }, 'Make everything between two groups take longer: `by`, plus up to `jitter`.'),
  mentions: (value) => [...mentioned(value.between), ...mentioned(value.and)],
  words: (value) => {
    const jitter = value.jitter === undefined ? '' : ` plus up to ${value.jitter}`;
    return `everything between ${said(value.between)} and ${said(value.and)} takes ${value.by}${jitter} longer`;
  },
  run: async (value, scene) => {
    await scene.addRule({
      id: value.name ?? scene.nextRuleId('delay'),
      kind: 'delay',
      from: members(value.between),
      to: members(value.and),
      oneWay: value['one-way'] ?? false,
      delayMillis: durationMillis(value.by),
      jitterMillis: value.jitter === undefined ? 0 : durationMillis(value.jitter),
    });
    return undefined;
  },
});

const heal = verb({
  name: 'heal',
  schema: Type.Union([Type.Literal('everything', { description: 'everything: no rule is left' }), ruleName], {
    description: 'Take fault rules away: `everything`, or the one of that name.',
  }),
  mentions: () => [],
  words: (value) => (value === 'everything' ? 'all lines are healed' : `the rule "${value}" is taken away`),
  run: async (value, scene) => {
    const removed = await scene.removeRules(value === 'everything' ? null : value);
    if (removed === 0 && value !== 'everything') throw new StepFailure(`there is no rule named "${value}"`);
    return counted(removed, 'rule');
  },
});

export const NETWORK_VERBS: readonly AnyVerb[] = [cut, delay, heal];
