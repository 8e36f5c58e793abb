import { Type } from '@sinclair/typebox';
import type { MessageView } from '../../core/commands.ts';
import type { RoomMessageView } from '../../core/rooms/room-commands.ts';
import { expandNames, userOf } from '../names.ts';
import { keys, nodes, text, user, usersOrNobody } from '../parts.ts';
import type { Scene } from '../scene.ts';
import { type AnyExpectation, expectation } from '../verb.ts';
import { misfitOfWhere, whereWords } from '../verbs/changes.ts';
import { roomLines } from '../verbs/rooms.ts';
import { counted, does, listed, quoted } from '../words.ts';
import { conversation } from './messages.ts';
import { firstMisfit } from './people.ts';

const where = {
  room: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'the room that the message stands in' })),
  with: Type.Optional(user),
};

type Line = MessageView | RoomMessageView;

async function linesOf(scene: Scene, at: string, place: { readonly room?: string; readonly with?: string }): Promise<readonly Line[]> {
  return place.room === undefined ? conversation(scene, at, place.with ?? '') : roomLines(scene, at, place.room);
}

const reactions = expectation({
  name: 'reactions',
  schema: keys(
    { at: nodes, ...where, to: text, reaction: Type.String({ minLength: 1, maxLength: 16 }), by: usersOrNobody },
    'Who has reacted with `reaction` to the message with the text `to`, as nodes show it.',
  ),
  mentions: (value) => [...expandNames(value.at), ...expandNames(value.by)],
  misfit: misfitOfWhere,
  words: (value) =>
    `${does(expandNames(value.at), 'sees', 'see')} ${value.reaction} of ${listed(expandNames(value.by)) || 'nobody'} at ${quoted(value.to)} ${whereWords(value)}`,
  check: (value, scene) =>
    firstMisfit(expandNames(value.at), async (at) => {
      const line = (await linesOf(scene, at, value)).findLast((each) => each.text === value.to);
      if (line === undefined) return `${at} has no message ${quoted(value.to)} ${whereWords(value)}`;
      const seen = (line.reactions.find((each) => each.reaction === value.reaction)?.by ?? []).toSorted();
      const wanted = expandNames(value.by).map(userOf).toSorted();
      return seen.join(' ') === wanted.join(' ') ? null : `${at} sees ${value.reaction} of ${listed(seen) || 'nobody'} at ${quoted(value.to)}`;
    }),
});

/** What two screens of a chat have to agree on. */
function common({ id, text: words, deleted, edited, reactions: given, replyTo }: MessageView): string {
  return JSON.stringify([id, words, deleted, edited, given, replyTo]);
}

const sameChat = expectation({
  name: 'same-chat',
  schema: keys(
    { between: Type.Array(user, { minItems: 2, maxItems: 2, description: 'the two' }) },
    'Two friends show the same messages in the same order, with the same texts, answers and reactions, and nothing is on its way.',
  ),
  mentions: (value) => value.between,
  words: (value) => `${value.between[0]} and ${value.between[1]} show the same chat`,
  check: async (value, scene) => {
    const [one = '', two = ''] = value.between;
    const mine = await conversation(scene, one, two);
    const theirs = await conversation(scene, two, one);
    const under = [...mine, ...theirs].find((each) => each.changing);
    if (under !== undefined) return `a change to ${quoted(under.text)} is on its way`;
    const at = mine.findIndex((message, index) => theirs[index] === undefined || common(message) !== common(theirs[index]));
    if (at < 0 && mine.length === theirs.length) return null;
    return `${one} has ${counted(mine.length, 'message')} and ${two} ${counted(theirs.length, 'message')}; they differ from number ${(at < 0 ? mine.length : at) + 1} on`;
  },
});

const typing = expectation({
  name: 'typing',
  schema: keys({ at: nodes, ...where, who: usersOrNobody }, 'Who is shown as typing in a room or in the chat with a friend.'),
  mentions: (value) => [...expandNames(value.at), ...expandNames(value.who)],
  misfit: misfitOfWhere,
  words: (value) => `${does(expandNames(value.at), 'sees', 'see')} ${listed(expandNames(value.who)) || 'nobody'} typing ${whereWords(value)}`,
  check: (value, scene) =>
    firstMisfit(expandNames(value.at), async (at) => {
      const seen = (await typists(scene, at, value)).toSorted();
      const wanted = expandNames(value.who).map(userOf).toSorted();
      return seen.join(' ') === wanted.join(' ') ? null : `${at} sees ${listed(seen) || 'nobody'} typing`;
    }),
});

async function typists(scene: Scene, at: string, place: { readonly room?: string; readonly with?: string }): Promise<string[]> {
  if (place.room !== undefined) {
    const { memberList } = await scene.ask(at, 'room', { room: place.room });
    return memberList.filter((member) => member.typing).map((member) => member.name);
  }
  const { friends } = await scene.ask(at, 'friends', {});
  return friends.filter((friend) => friend.typing && friend.name === userOf(place.with ?? '')).map((friend) => friend.name);
}

const seen = expectation({
  name: 'seen',
  schema: keys(
    { at: user, room: Type.String({ minLength: 1, maxLength: 64, description: "a room's name" }), text, by: usersOrNobody },
    'Who has read a message that `at` wrote in a room, as its writer sees it.',
  ),
  mentions: (value) => [value.at, ...expandNames(value.by)],
  words: (value) => `${value.at} sees that ${quoted(value.text)} was read by ${listed(expandNames(value.by)) || 'nobody'}`,
  check: async (value, scene) => {
    const line = (await roomLines(scene, value.at, value.room)).findLast((each) => each.fromMe && each.text === value.text);
    if (line === undefined) return `${value.at} wrote no ${quoted(value.text)} in ${value.room}`;
    const wanted = expandNames(value.by).map(userOf).toSorted();
    return line.seenBy.join(' ') === wanted.join(' ') ? null : `${value.at} sees ${listed(line.seenBy) || 'nobody'} as readers of ${quoted(value.text)}`;
  },
});

export const CHANGE_EXPECTATIONS: readonly AnyExpectation[] = [reactions, sameChat, typing, seen];
