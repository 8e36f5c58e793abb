import { Type } from '@sinclair/typebox';
import { ManInTheMiddle } from '../../lab/man-in-the-middle.ts';
import { expandNames, userOf } from '../names.ts';
import { count, keys, nodes, text, user } from '../parts.ts';
import { type AnyVerb, verb } from '../verb.ts';
import { counted } from '../words.ts';

const MESSAGES_MAX = 500;

const manInTheMiddle = verb({
  name: 'man-in-the-middle',
  schema: keys(
    {
      between: user,
      and: user,
      nodes,
      'passes-on': count,
      changing: Type.Optional(text),
      to: Type.Optional(text),
    },
    'Two nodes of an attacker (`nodes`: first the one that `between` is friends with) pass on what two people write to each other, until so many messages went through, changing words as he likes.',
  ),
  mentions: (value) => [value.between, value.and, ...expandNames(value.nodes)],
  misfit: (value) => {
    if (expandNames(value.nodes).length !== 2) return 'he has two nodes, one for each side';
    return (value.changing === undefined) === (value.to === undefined) ? null : 'the keys "changing" and "to" go together';
  },
  words: (value) => `somebody between ${value.between} and ${value.and} passes on ${counted(value['passes-on'], 'message')}`,
  run: async (value, scene, { withinMillis }) => {
    const { changing, to } = value;
    const man = new ManInTheMiddle((said) => (changing === undefined || to === undefined ? said : said.replaceAll(changing, to)));
    const victims = [value.between, value.and] as const;
    const [first = '', second = ''] = expandNames(value.nodes);
    const his = [first, second] as const;
    const pass = async (side: 0 | 1): Promise<void> => {
      const { messages } = await scene.ask(his[side], 'history', { with: userOf(victims[side]), limit: MESSAGES_MAX });
      for (const order of man.heard(side, messages)) {
        const [by, victim] = [his[order.by], victims[order.by]];
        if (by !== undefined && victim !== undefined) await scene.ask(by, 'send', { to: userOf(victim), text: order.text });
      }
    };
    const check = async (): Promise<string | null> => {
      await pass(0);
      await pass(1);
      return man.count >= value['passes-on'] ? null : `${counted(man.count, 'message')} went through`;
    };
    await scene.until(`${counted(value['passes-on'], 'message')} were to go through`, check, withinMillis);
    return counted(man.count, 'message');
  },
});

export const HOSTILE_VERBS: readonly AnyVerb[] = [manInTheMiddle];
