import { Type } from '@sinclair/typebox';
import { expandNames, userOf } from '../names.ts';
import { keys, text, user, users } from '../parts.ts';
import { type AnyVerb, verb } from '../verb.ts';
import { counted, does, listed, quoted } from '../words.ts';
import { idOfText } from './changes.ts';

/** The text of message number `index` (from 1): `{n}` stands for the number; several without it get it at the end. */
export function numberedText(written: string, index: number, total: number): string {
  if (written.includes('{n}')) return written.replaceAll('{n}', String(index));
  return total === 1 ? written : `${written} ${index}`;
}

const sendKeys = keys(
  {
    from: users,
    to: users,
    text,
    answers: Type.Optional(Type.String({ description: 'the text of the message of the chat that this answers' })),
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000, description: 'how many messages; {n} in the text stands for the number (default 1)' })),
  },
  'Write to friends.',
);

const send = verb({
  name: 'send',
  schema: sendKeys,
  mentions: (value) => [...expandNames(value.from), ...expandNames(value.to)],
  words: (value) => {
    const count = value.count ?? 1;
    const what = count === 1 ? quoted(numberedText(value.text, 1, 1)) : `${counted(count, 'message')}, the first ${quoted(numberedText(value.text, 1, count))}`;
    const answers = value.answers === undefined ? '' : `, in answer to ${quoted(value.answers)}`;
    return `${does(expandNames(value.from), 'writes', 'write')} to ${listed(expandNames(value.to))}: ${what}${answers}`;
  },
  run: async (value, scene, { withinMillis }) => {
    const count = value.count ?? 1;
    const pairs = expandNames(value.from).flatMap((from) => expandNames(value.to).map((to) => [from, to] as const));
    let state = 'queued';
    const strand = async ([from, to]: readonly [string, string]) => {
      const replyTo = value.answers === undefined ? {} : { replyTo: await idOfText(scene, from, { with: to }, value.answers) };
      for (let index = 1; index <= count; index += 1) {
        const sent = await scene.ask(from, 'send', { to: userOf(to), text: numberedText(value.text, index, count), ...replyTo }, withinMillis);
        state = sent.state;
      }
    };
    await scene.engine.parallel(pairs.map((pair) => () => strand(pair)));
    return pairs.length * count === 1 ? state : `${counted(pairs.length * count, 'message')}`;
  },
});

const read = verb({
  name: 'read',
  schema: keys(
    {
      by: users,
      from: Type.Optional(user),
      room: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'a room instead of a friend' })),
    },
    'Look at a conversation: its messages count as read.',
  ),
  mentions: (value) => [...expandNames(value.by), ...(value.from === undefined ? [] : [value.from])],
  misfit: (value) => ((value.from === undefined) === (value.room === undefined) ? 'say what is read, by `from` or by `room`' : null),
  words: (value) => `${does(expandNames(value.by), 'reads', 'read')} ${value.room === undefined ? `what ${value.from} wrote` : quoted(value.room)}`,
  run: async (value, scene, { withinMillis }) => {
    let total = 0;
    await scene.each(expandNames(value.by), async (name) => {
      const { count } =
        value.room === undefined
          ? await scene.ask(name, 'read', { with: userOf(value.from ?? '') }, withinMillis)
          : await scene.ask(name, 'room-read', { room: value.room }, withinMillis);
      total += count;
    });
    return counted(total, 'message');
  },
});

export const CHAT_VERBS: readonly AnyVerb[] = [send, read];
