import { Type } from '@sinclair/typebox';
import { expandNames, userOf } from '../names.ts';
import { count, keys, nodes, oneOf, text, users, usersOrNobody } from '../parts.ts';
import { type AnyExpectation, expectation } from '../verb.ts';
import { counted, does, listed } from '../words.ts';
import { firstMisfit, misfitOfSet, usersOf } from './people.ts';

const syncSource = expectation({
  name: 'sync-source',
  schema: keys(
    { of: nodes, is: oneOf(['none', 'peers', 'seed-server'], 'none, peers or seed-server') },
    'Where nodes got the state of the network from when they last joined.',
  ),
  mentions: (value) => expandNames(value.of),
  words: (value) => `${does(expandNames(value.of), 'has', 'have')} synced from ${value.is}`,
  check: (value, scene) =>
    firstMisfit(expandNames(value.of), async (name) => {
      const { sync } = await scene.ask(name, 'info', {});
      return sync.source === value.is ? null : `${name} has synced from ${sync.source} (${counted(sync.records, 'record')})`;
    }),
});

const seedState = keys(
  {
    users: Type.Optional(usersOrNobody),
    'user-count': Type.Optional(count),
    online: Type.Optional(usersOrNobody),
    'online-count': Type.Optional(count),
    vaults: Type.Optional(count),
    facts: Type.Optional(count),
  },
  'exactly these users and online users, or how many; how many vaults and friend facts',
);
type SeedState = typeof seedState.static;

function seedWords(value: SeedState): string {
  const parts: string[] = [];
  if (value.users !== undefined) parts.push(`${listed(expandNames(value.users))} as users`);
  if (value['user-count'] !== undefined) parts.push(counted(value['user-count'], 'user'));
  if (value.online !== undefined) parts.push(`${listed(expandNames(value.online))} as online`);
  if (value['online-count'] !== undefined) parts.push(`${value['online-count']} online`);
  if (value.vaults !== undefined) parts.push(counted(value.vaults, 'vault'));
  if (value.facts !== undefined) parts.push(counted(value.facts, 'friend fact'));
  return `the seed server holds ${parts.join(', ')}`;
}

const seedServer = expectation({
  name: 'seed-server',
  schema: Type.Union([oneOf(['up', 'down'], 'up or down'), seedState], { description: 'What the seed server holds, or whether it is up.' }),
  mentions: () => [],
  misfit: (value) => (typeof value !== 'string' && Object.keys(value).length === 0 ? 'say what it holds' : null),
  words: (value) => (typeof value === 'string' ? `the seed server is ${value}` : seedWords(value)),
  check: async (value, scene) => {
    const state = await scene.engine.seedServerState();
    if (typeof value === 'string') return (state === null) === (value === 'down') ? null : `the seed server is ${state === null ? 'down' : 'up'}`;
    if (state === null) return 'the seed server is down';
    const wrongUsers = misfitOfSet(state.users, { are: usersOf(value.users) });
    if (wrongUsers !== null) return `its users: ${wrongUsers}`;
    const wrongOnline = misfitOfSet(state.online, { are: usersOf(value.online) });
    if (wrongOnline !== null) return `its online users: ${wrongOnline}`;
    const counts: ReadonlyArray<readonly [number | undefined, number, string]> = [
      [value['user-count'], state.users.length, 'user'],
      [value['online-count'], state.online.length, 'online user'],
      [value.vaults, state.vaults, 'vault'],
      [value.facts, state.facts, 'friend fact'],
    ];
    const wrong = counts.find(([wanted, seen]) => wanted !== undefined && wanted !== seen);
    return wrong === undefined ? null : `it holds ${counted(wrong[1], wrong[2])}`;
  },
});

const knows = expectation({
  name: 'knows',
  schema: keys(
    { who: nodes, users: Type.Optional(users), not: Type.Optional(users), count: Type.Optional(count) },
    'Whose public records nodes hold: at least `users`, none of `not`, `count` in all (their own included).',
  ),
  mentions: (value) => expandNames(value.who),
  misfit: (value) => (value.users === undefined && value.not === undefined && value.count === undefined ? 'say who with `users`, `not` or `count`' : null),
  words: (value) => {
    const parts: string[] = [];
    if (value.users !== undefined) parts.push(listed(expandNames(value.users)));
    if (value.count !== undefined) parts.push(counted(value.count, 'user'));
    if (value.not !== undefined) parts.push(`not ${listed(expandNames(value.not))}`);
    return `${does(expandNames(value.who), 'knows', 'know')} ${parts.join(', ')}`;
  },
  check: (value, scene) =>
    firstMisfit(expandNames(value.who), async (name) => {
      const { users: seen } = await scene.ask(name, 'users', {});
      const others = seen.map((view) => view.name);
      const names = others.includes(userOf(name)) ? others : [...others, userOf(name)];
      const wrong =
        misfitOfSet(names, { include: usersOf(value.users) }) ??
        misfitOfSet(others, { not: usersOf(value.not) }) ??
        (value.count === undefined || value.count === names.length ? null : counted(names.length, 'user'));
      return wrong === null ? null : `${name} knows: ${wrong}`;
    }),
});

const peers = expectation({
  name: 'peers',
  schema: keys(
    { of: nodes, include: Type.Optional(nodes), not: Type.Optional(nodes), 'at-least': Type.Optional(count) },
    'With whom nodes hold a link that is up.',
  ),
  mentions: (value) => [...expandNames(value.of), ...expandNames(value.include ?? [])],
  misfit: (value) =>
    value.include === undefined && value.not === undefined && value['at-least'] === undefined ? 'say who with `include`, `not` or `at-least`' : null,
  words: (value) => {
    const parts: string[] = [];
    if (value.include !== undefined) parts.push(listed(expandNames(value.include)));
    if (value['at-least'] !== undefined) parts.push(`at least ${counted(value['at-least'], 'peer')}`);
    if (value.not !== undefined) parts.push(`not ${listed(expandNames(value.not))}`);
    return `${does(expandNames(value.of), 'is', 'are')} linked with ${parts.join(', ')}`;
  },
  check: (value, scene) =>
    firstMisfit(expandNames(value.of), async (name) => {
      const answer = await scene.ask(name, 'peers', {});
      const up = answer.peers.filter((peer) => peer.state === 'up').map((peer) => peer.node);
      const include = value.include === undefined ? undefined : expandNames(value.include).filter((other) => other !== name);
      const wrong =
        misfitOfSet(up, { include, not: value.not === undefined ? undefined : expandNames(value.not) }) ??
        (value['at-least'] === undefined || up.length >= value['at-least'] ? null : counted(up.length, 'peer'));
      return wrong === null ? null : `links of ${name}: ${wrong}`;
    }),
});

const running = expectation({
  name: 'running',
  schema: Type.Union([...nodes.anyOf], { description: 'The processes of these nodes run.' }),
  mentions: expandNames,
  words: (value) => `${does(expandNames(value), 'runs', 'run')}`,
  check: (value, scene) => firstMisfit(expandNames(value), async (name) => (scene.engine.isRunning(name) ? null : `${name} does not run`)),
});

const ended = expectation({
  name: 'ended',
  schema: Type.Union([...nodes.anyOf], { description: 'The processes of these nodes have ended.' }),
  mentions: expandNames,
  words: (value) => `${does(expandNames(value), 'has', 'have')} ended`,
  check: (value, scene) => firstMisfit(expandNames(value), async (name) => (scene.engine.isRunning(name) ? `${name} runs` : null)),
});

const counter = expectation({
  name: 'counter',
  schema: keys(
    { at: nodes, name: text, 'at-least': Type.Optional(count), 'at-most': Type.Optional(count) },
    'What these nodes together have counted since they started, as `info` tells it: what they refused, dropped or found contradicted.',
  ),
  mentions: (value) => expandNames(value.at),
  misfit: (value) => (value['at-least'] === undefined && value['at-most'] === undefined ? 'say how many with `at-least` or `at-most`' : null),
  words: (value) => {
    const bounds = [
      value['at-least'] === undefined ? '' : `at least ${value['at-least']}`,
      value['at-most'] === undefined ? '' : `at most ${value['at-most']}`,
    ];
    return `${does(expandNames(value.at), 'has', 'have')} counted ${bounds.filter((each) => each !== '').join(' and ')} of ${value.name}`;
  },
  check: async (value, scene) => {
    let sum = 0;
    for (const name of expandNames(value.at)) sum += (await scene.ask(name, 'info', {})).counters[value.name] ?? 0;
    const fits = sum >= (value['at-least'] ?? 0) && sum <= (value['at-most'] ?? Number.POSITIVE_INFINITY);
    return fits ? null : `they have counted ${sum} of ${value.name}`;
  },
});

export const NETWORK_EXPECTATIONS: readonly AnyExpectation[] = [syncSource, seedServer, knows, peers, running, ended, counter];
