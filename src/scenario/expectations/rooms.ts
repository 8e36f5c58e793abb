import { Type } from '@sinclair/typebox';
import type { RoomMessageView } from '../../core/rooms/room-commands.ts';
import { expandNames, userOf } from '../names.ts';
import { count, keys, nodes, text, texts, users, usersOrNobody } from '../parts.ts';
import { type AnyExpectation, expectation } from '../verb.ts';
import { numberedText } from '../verbs/chat.ts';
import { roomLines } from '../verbs/rooms.ts';
import { counted, does, listed, quoted } from '../words.ts';
import { misfitOfContained, misfitOfExact } from './messages.ts';
import { firstMisfit, misfitOfSet } from './people.ts';

const room = Type.String({ minLength: 1, maxLength: 64, description: "a room's name" });

/** What a line shows for its text: what cannot be read stands in brackets, so that it is no text of anybody. */
function shownText(line: RoomMessageView): string {
  return line.deleted ? '(deleted)' : line.sealed ? '(sealed)' : line.text;
}

const roomMessages = expectation({
  name: 'room-messages',
  schema: keys(
    {
      at: nodes,
      room,
      are: Type.Optional(Type.Array(text, { description: 'exactly these texts in this order' })),
      contain: Type.Optional(Type.Array(text, { description: 'each of these texts exactly once and in this order, maybe among others' })),
      numbered: Type.Optional(keys({ text, count }, 'the texts of a `say` with `count`: each once and in order')),
      count: Type.Optional(count),
      not: Type.Optional(texts),
    },
    'What nodes show of a room. A message without its key shows as (sealed), a deleted one as (deleted).',
  ),
  mentions: (value) => expandNames(value.at),
  misfit: (value) =>
    (value.are ?? value.contain ?? value.numbered ?? value.count ?? value.not) === undefined
      ? 'say what with `are`, `contain`, `numbered`, `count` or `not`'
      : null,
  words: (value) => {
    const parts: string[] = [];
    if (value.are !== undefined) parts.push(value.are.length === 0 ? 'nothing' : `exactly ${value.are.map(quoted).join(', ')}`);
    if (value.contain !== undefined) parts.push(`${value.contain.map(quoted).join(', ')} once each and in order`);
    if (value.numbered !== undefined) parts.push(`${counted(value.numbered.count, 'message')} like ${quoted(value.numbered.text)} once each and in order`);
    if (value.count !== undefined) parts.push(counted(value.count, 'message'));
    if (value.not !== undefined) parts.push(`not ${value.not.map(quoted).join(', ')}`);
    return `${does(expandNames(value.at), 'has', 'have')} in ${quoted(value.room)}: ${parts.join('; ')}`;
  },
  check: (value, scene) =>
    firstMisfit(expandNames(value.at), async (name) => {
      const seen = (await roomLines(scene, name, value.room)).filter((line) => line.kind === 'message').map(shownText);
      const run = value.numbered;
      const written = run === undefined ? [] : Array.from({ length: run.count }, (_, index) => numberedText(run.text, index + 1, run.count));
      const unwanted = value.not?.find((each) => seen.includes(each));
      const wrong =
        (value.are === undefined ? null : misfitOfExact(seen, value.are)) ??
        misfitOfContained(seen, [...(value.contain ?? []), ...written]) ??
        (value.count === undefined || value.count === seen.length ? null : counted(seen.length, 'message')) ??
        (unwanted === undefined ? null : `${quoted(unwanted)} is there`);
      return wrong === null ? null : `${name} has in ${value.room}: ${wrong}`;
    }),
});

const members = expectation({
  name: 'members',
  schema: keys(
    {
      at: nodes,
      room,
      are: Type.Optional(usersOrNobody),
      include: Type.Optional(users),
      not: Type.Optional(users),
      owner: Type.Optional(Type.String({ description: 'who owns the room' })),
    },
    'Who is in a room, as nodes see it.',
  ),
  mentions: (value) => expandNames(value.at),
  misfit: (value) => ((value.are ?? value.include ?? value.not ?? value.owner) === undefined ? 'say who with `are`, `include`, `not` or `owner`' : null),
  words: (value) => {
    const parts: string[] = [];
    if (value.are !== undefined) parts.push(`exactly ${listed(expandNames(value.are))}`);
    if (value.include !== undefined) parts.push(listed(expandNames(value.include)));
    if (value.not !== undefined) parts.push(`not ${listed(expandNames(value.not))}`);
    if (value.owner !== undefined) parts.push(`${value.owner} as owner`);
    return `${does(expandNames(value.at), 'sees', 'see')} in ${quoted(value.room)}: ${parts.join(', ')}`;
  },
  check: (value, scene) =>
    firstMisfit(expandNames(value.at), async (name) => {
      const details = await scene.ask(name, 'room', { room: value.room });
      const names = details.memberList.map((member) => member.name);
      const wanted = (list: string | string[] | undefined): string[] | undefined => (list === undefined ? undefined : expandNames(list).map(userOf));
      const wrong = misfitOfSet(names, { are: wanted(value.are), include: wanted(value.include), not: wanted(value.not) });
      if (wrong !== null) return `members of ${value.room} at ${name}: ${wrong}`;
      const owner = details.memberList.find((member) => member.role === 'owner')?.name ?? 'nobody';
      return value.owner === undefined || value.owner === owner ? null : `at ${name} the owner of ${value.room} is ${owner}`;
    }),
});

const sameRoom = expectation({
  name: 'same-room',
  schema: keys({ at: nodes, room }, 'Nodes show the same lines of a room in the same order, and none waits for its key.'),
  mentions: (value) => expandNames(value.at),
  words: (value) => `${does(expandNames(value.at), 'shows', 'show')} the same of ${quoted(value.room)} in the same order`,
  check: async (value, scene) => {
    const [first, ...others] = expandNames(value.at);
    if (first === undefined) return null;
    const mine = (await roomLines(scene, first, value.room)).map((line) => `${line.id} ${shownText(line)}`);
    if (mine.some((line) => line.endsWith(' (sealed)'))) return `${first} waits for a key in ${value.room}`;
    return firstMisfit(others, async (name) => {
      const theirs = (await roomLines(scene, name, value.room)).map((line) => `${line.id} ${shownText(line)}`);
      const at = mine.findIndex((line, index) => theirs[index] !== line);
      if (at < 0 && mine.length === theirs.length) return null;
      return `${first} has ${counted(mine.length, 'line')} of ${value.room} and ${name} ${counted(theirs.length, 'line')}; they differ from line ${(at < 0 ? mine.length : at) + 1} on`;
    });
  },
});

const invited = expectation({
  name: 'invited',
  schema: keys({ who: nodes, room }, 'Somebody was invited into a room and has not joined.'),
  mentions: (value) => expandNames(value.who),
  words: (value) => `${does(expandNames(value.who), 'has', 'have')} an invitation into ${quoted(value.room)}`,
  check: (value, scene) =>
    firstMisfit(expandNames(value.who), async (name) => {
      const { invitations } = await scene.ask(name, 'rooms', {});
      return invitations.some((each) => each.room === value.room) ? null : `${name} has no invitation into ${value.room}`;
    }),
});

const answersFollow = expectation({
  name: 'answers-follow',
  schema: keys({ at: nodes, room, pairs: count }, 'At least `pairs` answers stand behind what they answer, and none before it or without it.'),
  mentions: (value) => expandNames(value.at),
  words: (value) => `${does(expandNames(value.at), 'shows', 'show')} ${counted(value.pairs, 'answer')} in ${quoted(value.room)}, each behind what it answers`,
  check: (value, scene) =>
    firstMisfit(expandNames(value.at), async (name) => {
      const seen = new Set<string>();
      let pairs = 0;
      for (const line of await roomLines(scene, name, value.room)) {
        if (line.replyTo !== null && !seen.has(line.replyTo.id)) return `${name} shows ${quoted(line.text)} before what it answers`;
        if (line.replyTo !== null && !line.sealed) pairs += 1;
        seen.add(line.id);
      }
      return pairs >= value.pairs ? null : `${name} shows ${counted(pairs, 'answer')}`;
    }),
});

const roomCopied = expectation({
  name: 'room-copied',
  schema: keys({ at: nodes, room }, 'All that was written there lies sealed at a majority of its holders on the ring.'),
  mentions: (value) => expandNames(value.at),
  words: (value) => `what ${listed(expandNames(value.at))} wrote in ${quoted(value.room)} lies sealed at holders`,
  check: (value, scene) =>
    firstMisfit(expandNames(value.at), async (name) => {
      const { uncopied } = await scene.ask(name, 'room', { room: value.room });
      return uncopied === 0 ? null : `${counted(uncopied, 'event')} of ${name} in ${value.room} are not at holders`;
    }),
});

const roomVotes = expectation({
  name: 'room-votes',
  schema: keys({ at: nodes, room, count }, 'So many members want another owner.'),
  mentions: (value) => expandNames(value.at),
  words: (value) => `${does(expandNames(value.at), 'knows', 'know')} of ${counted(value.count, 'vote')} for another owner of ${quoted(value.room)}`,
  check: (value, scene) =>
    firstMisfit(expandNames(value.at), async (name) => {
      const { votes } = await scene.ask(name, 'room', { room: value.room });
      return votes.length === value.count ? null : `${name} knows of ${counted(votes.length, 'vote')} in ${value.room}`;
    }),
});

export const ROOM_EXPECTATIONS: readonly AnyExpectation[] = [roomMessages, members, sameRoom, invited, answersFollow, roomCopied, roomVotes];
