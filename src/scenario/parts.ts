import { type TSchema, Type } from '@sinclair/typebox';
import { DURATION_PATTERN } from './durations.ts';
import { NODE_PATTERN } from './names.ts';

/** The parts from which steps and expectations are built. Descriptions are read by editors and by error messages. */
export const closed = { additionalProperties: false } as const;

export const node = Type.String({ pattern: NODE_PATTERN, description: "a node's name, such as alice or alice@desk" });
export const nodes = Type.Union([node, Type.Array(node, { minItems: 1 })], {
  description: 'a name, a list of names, or a range such as user[1..50] (user1..50 inside brackets)',
});
export const user = Type.String({ pattern: NODE_PATTERN, description: "a user's name" });
export const users = Type.Union([user, Type.Array(user, { minItems: 1 })], {
  description: 'a name, a list of names, or a range such as user[1..50] (user1..50 inside brackets)',
});
/** Like users, and may be empty: expectations may want nobody. */
export const usersOrNobody = Type.Union([user, Type.Array(user)], {
  description: 'a name, a list of names (empty for nobody), or a range such as user[1..50]',
});
export const duration = Type.String({ pattern: DURATION_PATTERN, description: 'a duration with its unit: 500ms, 2s, 1m' });
export const text = Type.String({ description: 'a text; quote it when it looks like a number' });
export const texts = Type.Array(text, { description: 'a list of texts' });
export const password = Type.String({ minLength: 1, maxLength: 256, description: 'a password; every user has a fixed one when it is left out' });
export const flag = Type.Boolean({ description: 'true or false' });
export const count = Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'a whole number' });

export function oneOf<const Word extends string>(words: readonly Word[], description: string) {
  return Type.Unsafe<Word>({ type: 'string', enum: [...words], description });
}

/** An object with known keys only. */
export function keys<Properties extends Record<string, TSchema>>(properties: Properties, description: string) {
  return Type.Object(properties, { ...closed, description });
}
