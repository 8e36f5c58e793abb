import { Type } from '@sinclair/typebox';
import { expandNames } from '../names.ts';
import { keys, nodes, text } from '../parts.ts';
import { type AnyVerb, verb } from '../verb.ts';
import { does, listed } from '../words.ts';

export const commandArguments = Type.Unsafe<Readonly<Record<string, unknown>>>({ type: 'object', description: 'arguments, as the program wants them' });

/** `join (through: n8)`. */
export function sayCommand(name: string, args: Readonly<Record<string, unknown>> | undefined): string {
  const given = Object.entries(args ?? {}).map(([key, value]) => `${key}: ${Array.isArray(value) ? listed(value.map(String)) : String(value)}`);
  return given.length === 0 ? name : `${name} (${given.join(', ')})`;
}

const tell = verb({
  name: 'tell',
  schema: keys({ nodes, to: text, with: Type.Optional(commandArguments) }, 'Give a command to the program that nodes run, in a scenario with `program`.'),
  mentions: (value) => expandNames(value.nodes),
  words: (value) => `${does(expandNames(value.nodes), 'is', 'are')} told to ${sayCommand(value.to, value.with)}`,
  run: async (value, scene, { withinMillis }) => {
    let answer: unknown = null;
    await scene.each(expandNames(value.nodes), async (name) => {
      answer = await scene.tell(name, value.to, value.with ?? {}, withinMillis);
    });
    return answer === null ? undefined : JSON.stringify(answer).slice(0, 200);
  },
});

export const PROGRAM_VERBS: readonly AnyVerb[] = [tell];
