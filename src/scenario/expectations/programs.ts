import { isDeepStrictEqual } from 'node:util';
import { Type } from '@sinclair/typebox';
import { expandNames } from '../names.ts';
import { keys, nodes, text } from '../parts.ts';
import { type AnyExpectation, expectation } from '../verb.ts';
import { commandArguments, sayCommand } from '../verbs/programs.ts';
import { does } from '../words.ts';
import { firstMisfit } from './people.ts';

const anyValue = Type.Unsafe<unknown>({ description: 'a value: text, number, truth value, list, or keys and values' });

const answers = expectation({
  name: 'answers',
  schema: keys({ of: nodes, asked: text, with: Type.Optional(commandArguments), are: anyValue }, 'What the program of nodes answers to a command.'),
  mentions: (value) => expandNames(value.of),
  words: (value) => `${does(expandNames(value.of), 'answers', 'answer')} ${sayCommand(value.asked, value.with)} by ${JSON.stringify(value.are)}`,
  check: (value, scene) =>
    firstMisfit(expandNames(value.of), async (name) => {
      const seen = await scene.tell(name, value.asked, value.with ?? {});
      return isDeepStrictEqual(seen, value.are) ? null : `${name} answers ${JSON.stringify(seen)?.slice(0, 300)}`;
    }),
});

export const PROGRAM_EXPECTATIONS: readonly AnyExpectation[] = [answers];
