import { Type } from '@sinclair/typebox';
import { userOf } from '../names.ts';
import { keys, user } from '../parts.ts';
import { type AnyVerb, StepFailure, verb } from '../verb.ts';
import { counted, listed } from '../words.ts';

const MESSAGES_SEEN = 100;

const killHolders = verb({
  name: 'kill-holders',
  schema: keys(
    { from: user, to: user, but: Type.Integer({ minimum: 0, maximum: 16, description: 'so many of them go on' }) },
    'kill -9, at the same moment, of the nodes that keep what `from` wrote to `to`, as the last held tick names them. The step says their names.',
  ),
  mentions: (value) => [value.from, value.to],
  words: (value) => `those who keep what ${value.from} wrote to ${value.to} are killed, but for ${value.but}`,
  run: async (value, scene) => {
    const { messages } = await scene.ask(value.from, 'history', { with: userOf(value.to), limit: MESSAGES_SEEN });
    const holders = messages.findLast((message) => message.state === 'held')?.heldBy ?? [];
    if (holders.length <= value.but) throw new StepFailure(`${counted(holders.length, 'holder')} only: ${listed(holders)}`);
    const names = holders.slice(value.but);
    await scene.each(names, (name) => scene.engine.killNode(name));
    return listed(names);
  },
});

export const MAIL_VERBS: readonly AnyVerb[] = [killHolders];
