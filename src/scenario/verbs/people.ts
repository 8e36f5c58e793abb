import { Type } from '@sinclair/typebox';
import { ConfabError } from '../../core/errors.ts';
import { expandNames, userOf } from '../names.ts';
import { keys, user, users } from '../parts.ts';
import type { Scene } from '../scene.ts';
import { type AnyVerb, verb } from '../verb.ts';
import { counted, listed } from '../words.ts';

const befriendKeys = keys({ user: users, with: users }, '`user` with each of `with`');
type BefriendKeys = typeof befriendKeys.static;

/** Pairs in the order of the file: of a list everybody with everybody else. */
function pairsOf(value: string | readonly string[] | BefriendKeys): Array<readonly [string, string]> {
  if (!isList(value)) {
    const long = value;
    return expandNames(long.user).flatMap((one) =>
      expandNames(long.with)
        .filter((other) => other !== one)
        .map((other) => [one, other] as const),
    );
  }
  const names = expandNames(value);
  return names.flatMap((one, index) => names.slice(index + 1).map((other) => [one, other] as const));
}

function isList(value: string | readonly string[] | BefriendKeys): value is string | readonly string[] {
  return typeof value === 'string' || Array.isArray(value);
}

async function relation(scene: Scene, of: string, to: string): Promise<string> {
  const view = await scene.ask(of, 'user', { user: userOf(to) });
  return view.relation;
}

/** Both become friends by the usual way: one asks, the other accepts, both see it. */
async function befriendPair(scene: Scene, pair: readonly [string, string], withinMillis: number): Promise<void> {
  const [one, other] = pair;
  const asked = async () => {
    if ((await relation(scene, one, other)) === 'none') await scene.ask(one, 'friend-add', { user: userOf(other) });
    return null;
  };
  await scene.until(`${one} was to ask ${other}`, asked, withinMillis);
  const accepted = async () => {
    const seen = await relation(scene, other, one);
    if (seen === 'friend') return null;
    if (seen !== 'incoming') return `${other} sees "${seen}"`;
    await scene.ask(other, 'friend-accept', { user: userOf(one) });
    return null;
  };
  await scene.until(`${other} was to get the request of ${one}`, accepted, withinMillis);
  const agreed = async () => {
    const [here, there] = [await relation(scene, one, other), await relation(scene, other, one)];
    return here === 'friend' && there === 'friend' ? null : `${one} sees "${here}", ${other} sees "${there}"`;
  };
  await scene.until(`${one} and ${other} were to be friends`, agreed, withinMillis);
}

const befriend = verb({
  name: 'befriend',
  schema: Type.Union([...users.anyOf, befriendKeys], {
    description: 'Make friends, request and acceptance included: everybody of a list or range with everybody else, or `user` with each of `with`.',
  }),
  mentions: (value) => (isList(value) ? expandNames(value) : [...expandNames(value.user), ...expandNames(value.with)]),
  misfit: (value) => (pairsOf(value).length === 0 ? 'it takes two to be friends' : null),
  words: (value) => {
    if (isList(value)) return `${listed(expandNames(value))} become friends`;
    return `${listed(expandNames(value.user))} and ${listed(expandNames(value.with))} become friends`;
  },
  run: async (value, scene, { withinMillis }) => {
    const pairs = pairsOf(value);
    await scene.engine.parallel(pairs.map((pair) => () => befriendPair(scene, pair, withinMillis)));
    return pairs.length === 1 ? undefined : counted(pairs.length, 'friendship');
  },
});

const askKeys = keys({ from: users, to: user }, 'Ask somebody to be a friend.');

const request = verb({
  name: 'request',
  schema: askKeys,
  mentions: (value) => [...expandNames(value.from), value.to],
  words: (value) => `${listed(expandNames(value.from))} asks ${value.to} to be friends`,
  run: async (value, scene, { withinMillis }) => {
    await scene.each(expandNames(value.from), async (name) => {
      await scene.ask(name, 'friend-add', { user: value.to }, withinMillis);
    });
    return undefined;
  },
});

/** Accept and decline wait until the request has arrived: a scenario need not know how long the way is. */
function answerVerb(name: 'accept' | 'decline', says: string): AnyVerb {
  return verb({
    name,
    schema: keys({ by: user, from: users }, `${name === 'accept' ? 'Accept' : 'Decline'} the friend request of somebody, waiting for it to arrive.`),
    mentions: (value) => [value.by, ...expandNames(value.from)],
    words: (value) => `${value.by} ${says} the request of ${listed(expandNames(value.from))}`,
    run: async (value, scene, { withinMillis }) => {
      await scene.each(expandNames(value.from), (other) => {
        const answered = async () => {
          try {
            await scene.ask(value.by, `friend-${name}`, { user: userOf(other) });
            return null;
          } catch (error) {
            const early = error instanceof ConfabError && (error.code === 'no-request' || error.code === 'unknown-user');
            if (!early) throw error;
            return `${value.by} has no request of ${other}`;
          }
        };
        return scene.until(`the request of ${other} was to arrive`, answered, withinMillis);
      });
      return undefined;
    },
  });
}

function plainVerb(name: 'unfriend' | 'block' | 'unblock', command: 'friend-remove' | 'block' | 'unblock', words: { says: string; about: string }): AnyVerb {
  return verb({
    name,
    schema: keys({ by: user, whom: users }, words.about),
    mentions: (value) => [value.by, ...expandNames(value.whom)],
    words: (value) => `${value.by} ${words.says} ${listed(expandNames(value.whom))}`,
    run: async (value, scene, { withinMillis }) => {
      await scene.each(expandNames(value.whom), async (other) => {
        await scene.ask(value.by, command, { user: userOf(other) }, withinMillis);
      });
      return undefined;
    },
  });
}

export const PEOPLE_VERBS: readonly AnyVerb[] = [
  befriend,
  request,
  answerVerb('accept', 'accepts'),
  answerVerb('decline', 'declines'),
  plainVerb('unfriend', 'friend-remove', { says: 'ends the friendship with', about: 'End a friendship, or take a request back.' }),
  plainVerb('block', 'block', { says: 'blocks', about: 'Hear nothing more from somebody.' }),
  plainVerb('unblock', 'unblock', { says: 'unblocks', about: 'Take a block back.' }),
];
