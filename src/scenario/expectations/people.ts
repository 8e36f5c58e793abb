import { Type } from '@sinclair/typebox';
import type { PresenceView } from '../../core/types.ts';
import { expandNames, userOf } from '../names.ts';
import { keys, node, nodes, oneOf, text, user, users, usersOrNobody } from '../parts.ts';
import type { Scene } from '../scene.ts';
import { type AnyExpectation, expectation } from '../verb.ts';
import { does, listed } from '../words.ts';

/** The first thing that does not hold at one of several nodes, in their order. */
export async function firstMisfit(names: readonly string[], check: (name: string) => Promise<string | null>): Promise<string | null> {
  for (let begin = 0, atOnce = 1; begin < names.length; begin += atOnce, atOnce = ASKED_AT_ONCE) {
    const answers = await Promise.allSettled(names.slice(begin, begin + atOnce).map(check));
    for (const answer of answers) {
      if (answer.status === 'rejected') throw answer.reason;
      if (answer.value !== null) return answer.value;
    }
  }
  return null;
}

/**
 * On a busy machine each answer takes a while, and fifty of them one after the other took longer than what was waited for. The first is
 * asked alone, since most looks end there.
 */
const ASKED_AT_ONCE = 64;

/** Compares names: `are` is the whole set, `include` must be there, `not` must not. */
export function misfitOfSet(
  seen: readonly string[],
  wanted: { readonly are?: readonly string[] | undefined; readonly include?: readonly string[] | undefined; readonly not?: readonly string[] | undefined },
): string | null {
  const have = new Set(seen);
  const missing = [...(wanted.are ?? []), ...(wanted.include ?? [])].filter((name) => !have.has(name));
  if (missing.length > 0) return `${listed(missing)} missing among ${listed(seen)}`;
  const extra = wanted.are === undefined ? [] : seen.filter((name) => !wanted.are?.includes(name));
  if (extra.length > 0) return `${listed(extra)} there as well`;
  const unwanted = (wanted.not ?? []).filter((name) => have.has(name));
  return unwanted.length > 0 ? `${listed(unwanted)} there still` : null;
}

export function usersOf(list: string | readonly string[] | undefined): string[] | undefined {
  return list === undefined ? undefined : expandNames(list).map(userOf);
}

export function setWords(value: {
  readonly are?: string | readonly string[];
  readonly include?: string | readonly string[];
  readonly not?: string | readonly string[];
}): string {
  const parts: string[] = [];
  if (value.are !== undefined) parts.push(`${listed(expandNames(value.are))} and nobody else`);
  if (value.include !== undefined) parts.push(listed(expandNames(value.include)));
  if (value.not !== undefined) parts.push(`not ${listed(expandNames(value.not))}`);
  return parts.join(', ');
}

export const setKeys = { are: Type.Optional(usersOrNobody), include: Type.Optional(users), not: Type.Optional(users) };

function setMisfit(value: { are?: unknown; include?: unknown; not?: unknown }): string | null {
  return value.are === undefined && value.include === undefined && value.not === undefined ? 'say who with `are`, `include` or `not`' : null;
}

const friends = expectation({
  name: 'friends',
  schema: keys({ of: nodes, ...setKeys }, 'Who is whose friend: `are` exactly these, `include` at least these, `not` none of these.'),
  mentions: (value) => expandNames(value.of),
  misfit: setMisfit,
  words: (value) => `the friends of ${listed(expandNames(value.of))} are ${setWords(value)}`,
  check: (value, scene) =>
    firstMisfit(expandNames(value.of), async (name) => {
      const { friends: seen } = await scene.ask(name, 'friends', {});
      const self = userOf(name);
      // A list may hold the one who is asked: then one line says that everybody of a class is everybody's friend.
      const others = (list: string | readonly string[] | undefined) => usersOf(list)?.filter((each) => each !== self);
      const wanted = { are: others(value.are), include: others(value.include), not: others(value.not) };
      const wrong = misfitOfSet(
        seen.map((friend) => friend.name),
        wanted,
      );
      return wrong === null ? null : `friends of ${name}: ${wrong}`;
    }),
});

const relation = expectation({
  name: 'relation',
  schema: keys(
    { of: nodes, to: users, is: oneOf(['none', 'outgoing', 'incoming', 'friend', 'blocked'], 'none, outgoing, incoming, friend or blocked') },
    'How somebody stands to somebody: a request that was sent (outgoing) or received (incoming), friend, blocked, none.',
  ),
  mentions: (value) => [...expandNames(value.of), ...expandNames(value.to)],
  words: (value) => `to ${listed(expandNames(value.of))}, ${listed(expandNames(value.to))} is "${value.is}"`,
  check: (value, scene) =>
    firstMisfit(expandNames(value.of), (name) =>
      firstMisfit(expandNames(value.to), async (other) => {
        const view = await scene.ask(name, 'user', { user: userOf(other) });
        return view.relation === value.is ? null : `to ${name}, ${other} is "${view.relation}"`;
      }),
    ),
});

const PRESENCES = ['online', 'away', 'busy', 'offline', 'suspect'] as const;

function sayPresence(view: PresenceView): string {
  const line = view.statusText === '' ? '' : ` ("${view.statusText}")`;
  return `${view.presence}${view.suspect ? ', suspect' : ''}${line}`;
}

async function presenceMisfit(
  scene: Scene,
  pair: { readonly seer: string; readonly of: string },
  wanted: { is?: string; text?: string },
): Promise<string | null> {
  const view = await scene.ask(pair.seer, 'user', { user: userOf(pair.of) });
  const stateFits = wanted.is === undefined || (wanted.is === 'suspect' ? view.suspect : view.presence === wanted.is && !view.suspect);
  if (stateFits && (wanted.text === undefined || view.statusText === wanted.text)) return null;
  return `${pair.seer} sees ${pair.of} as ${sayPresence(view)}`;
}

const presence = expectation({
  name: 'presence',
  schema: keys(
    {
      of: users,
      'seen-by': nodes,
      is: Type.Optional(oneOf(PRESENCES, 'online, away, busy, offline, or suspect: silent for a while, not given up yet')),
      text: Type.Optional(text),
    },
    'How somebody appears to others.',
  ),
  mentions: (value) => [...expandNames(value.of), ...expandNames(value['seen-by'])],
  misfit: (value) => (value.is === undefined && value.text === undefined ? 'say what is seen with `is` or `text`' : null),
  words: (value) => {
    const line = value.text === undefined ? '' : ` "${value.text}"`;
    return `${does(expandNames(value['seen-by']), 'sees', 'see')} ${listed(expandNames(value.of))} as ${value.is ?? ''}${line}`.replace('  ', ' ');
  },
  check: (value, scene) => {
    const wanted = { ...(value.is === undefined ? {} : { is: value.is }), ...(value.text === undefined ? {} : { text: value.text }) };
    return firstMisfit(expandNames(value['seen-by']), (seer) =>
      firstMisfit(
        expandNames(value.of).filter((of) => of !== seer),
        (of) => presenceMisfit(scene, { seer, of }, wanted),
      ),
    );
  },
});

const profile = expectation({
  name: 'profile',
  schema: keys({ of: user, 'seen-by': nodes, 'display-name': Type.Optional(text), about: Type.Optional(text) }, 'What others know of a user.'),
  mentions: (value) => [value.of, ...expandNames(value['seen-by'])],
  misfit: (value) => (value['display-name'] === undefined && value.about === undefined ? 'say what is seen with `display-name` or `about`' : null),
  words: (value) => `${listed(expandNames(value['seen-by']))} know the profile of ${value.of}`,
  check: (value, scene) =>
    firstMisfit(expandNames(value['seen-by']), async (seer) => {
      const view = await scene.ask(seer, 'user', { user: userOf(value.of) });
      const fits = (value['display-name'] ?? view.displayName) === view.displayName && (value.about ?? view.about) === view.about;
      return fits ? null : `${seer} sees ${value.of} as "${view.displayName}", about "${view.about}"`;
    }),
});

const loggedIn = expectation({
  name: 'logged-in',
  schema: Type.Union([...nodes.anyOf], { description: 'Somebody is logged in at these nodes.' }),
  mentions: expandNames,
  words: (value) => `${does(expandNames(value), 'is', 'are')} logged in`,
  check: (value, scene) =>
    firstMisfit(expandNames(value), async (name) => ((await scene.ask(name, 'info', {})).loggedIn ? null : `nobody is logged in at ${name}`)),
});

const loggedOut = expectation({
  name: 'logged-out',
  schema: Type.Union([...nodes.anyOf], { description: 'Nobody is logged in at these nodes.' }),
  mentions: expandNames,
  words: (value) => `${does(expandNames(value), 'is', 'are')} logged out`,
  check: (value, scene) => firstMisfit(expandNames(value), async (name) => ((await scene.ask(name, 'info', {})).loggedIn ? `${name} is logged in` : null)),
});

const session = expectation({
  name: 'session',
  schema: keys({ among: nodes, at: Type.Optional(node) }, 'Of several nodes of one user exactly one has the session; with `at`, that one.'),
  mentions: (value) => [...expandNames(value.among), ...(value.at === undefined ? [] : [value.at])],
  misfit: (value) => (value.at === undefined || expandNames(value.among).includes(value.at) ? null : '`at` has to be one of the nodes'),
  words: (value) => `of ${listed(expandNames(value.among))}, only ${value.at ?? 'one'} is logged in`,
  check: async (value, scene) => {
    const found: string[] = [];
    for (const name of expandNames(value.among)) if ((await scene.ask(name, 'info', {})).loggedIn) found.push(name);
    return found.length === 1 && (value.at === undefined || found[0] === value.at) ? null : `${does(found, 'is', 'are')} logged in`;
  },
});

const unread = expectation({
  name: 'unread',
  schema: keys({ at: node, from: user, count: Type.Integer({ minimum: 0, description: 'how many' }) }, 'How many messages of somebody wait unread.'),
  mentions: (value) => [value.at, value.from],
  words: (value) => `${value.at} has ${value.count} unread of ${value.from}`,
  check: async (value, scene) => {
    const { chats } = await scene.ask(value.at, 'chats', {});
    const seen = chats.find((chat) => chat.with === userOf(value.from))?.unread ?? 0;
    return seen === value.count ? null : `${value.at} has ${seen} unread of ${value.from}`;
  },
});

export const PEOPLE_EXPECTATIONS: readonly AnyExpectation[] = [friends, relation, presence, profile, loggedIn, loggedOut, session, unread];
