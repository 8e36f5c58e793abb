import { Type } from '@sinclair/typebox';
import { CORE_OPTIONS } from '../../core/options.ts';
import type { RoomMessageView } from '../../core/rooms/room-commands.ts';
import { expandNames, userOf } from '../names.ts';
import { keys, oneOf, password, text, user, users } from '../parts.ts';
import type { Scene } from '../scene.ts';
import { type AnyVerb, verb } from '../verb.ts';
import { counted, does, listed, quoted } from '../words.ts';
import { idOfText } from './changes.ts';
import { numberedText } from './chat.ts';

const room = Type.String({ minLength: 1, maxLength: 64, description: "a room's name" });
const POLICIES = ['open', 'invite', 'password'] as const;

/** A room as its member shows it, oldest first; longer ones are read page by page. */
export async function roomLines(scene: Scene, at: string, name: string): Promise<RoomMessageView[]> {
  const all: RoomMessageView[] = [];
  let before: string | undefined;
  for (;;) {
    const page = await scene.ask(at, 'room-history', { room: name, limit: CORE_OPTIONS.historyPageMax, ...(before === undefined ? {} : { before }) });
    all.unshift(...page.messages);
    before = page.messages[0]?.key;
    if (!page.more || before === undefined) return all;
  }
}

const createRoom = verb({
  name: 'create-room',
  schema: keys(
    {
      by: user,
      room,
      topic: Type.Optional(text),
      policy: Type.Optional(oneOf(POLICIES, 'open (default), invite, or password')),
      history: Type.Optional(oneOf(['all', 'joined'], 'what a later member may read: all (default), or what follows joining')),
      password: Type.Optional(password),
    },
    'Make a room.',
  ),
  mentions: (value) => [value.by],
  words: (value) => `${value.by} makes the room ${quoted(value.room)}${value.policy === undefined ? '' : `, ${value.policy}`}`,
  run: async (value, scene, { withinMillis }) => {
    const { by, room: name, ...rest } = value;
    await scene.ask(by, 'room-create', { name, ...rest }, withinMillis);
    return 'made';
  },
});

const joinRoom = verb({
  name: 'join-room',
  schema: keys(
    { who: users, room, through: Type.Optional(user), password: Type.Optional(password) },
    'Join a room, by the link of a member (`through`), or by its name where one was invited or told of it.',
  ),
  mentions: (value) => [...expandNames(value.who), ...(value.through === undefined ? [] : [value.through])],
  words: (value) => `${does(expandNames(value.who), 'joins', 'join')} ${quoted(value.room)}${value.through === undefined ? '' : ` through ${value.through}`}`,
  run: async (value, scene, { withinMillis }) => {
    const target = value.through === undefined ? value.room : (await scene.ask(value.through, 'room', { room: value.room })).link;
    const states: string[] = [];
    await scene.each(expandNames(value.who), async (name) => {
      const joined = await scene.ask(name, 'room-join', { room: target, ...(value.password === undefined ? {} : { password: value.password }) }, withinMillis);
      states.push(joined.state);
    });
    return [...new Set(states)].join(', ');
  },
});

const leaveRoom = verb({
  name: 'leave-room',
  schema: keys({ who: users, room }, 'Leave a room.'),
  mentions: (value) => expandNames(value.who),
  words: (value) => `${does(expandNames(value.who), 'leaves', 'leave')} ${quoted(value.room)}`,
  run: async (value, scene, { withinMillis }) => {
    await scene.each(expandNames(value.who), async (name) => void (await scene.ask(name, 'room-leave', { room: value.room }, withinMillis)));
    return 'left';
  },
});

const invite = verb({
  name: 'invite',
  schema: keys({ by: user, whom: users, room }, 'Invite into a room.'),
  mentions: (value) => [value.by, ...expandNames(value.whom)],
  words: (value) => `${value.by} invites ${listed(expandNames(value.whom))} into ${quoted(value.room)}`,
  run: async (value, scene, { withinMillis }) => {
    for (const name of expandNames(value.whom)) await scene.ask(value.by, 'room-invite', { room: value.room, user: userOf(name) }, withinMillis);
    return 'invited';
  },
});

const removeMember = verb({
  name: 'remove-member',
  schema: keys({ by: user, whom: users, room }, 'Remove members from a room.'),
  mentions: (value) => [value.by, ...expandNames(value.whom)],
  words: (value) => `${value.by} removes ${listed(expandNames(value.whom))} from ${quoted(value.room)}`,
  run: async (value, scene, { withinMillis }) => {
    for (const name of expandNames(value.whom)) await scene.ask(value.by, 'room-remove', { room: value.room, user: userOf(name) }, withinMillis);
    return 'removed';
  },
});

const giveRole = verb({
  name: 'give-role',
  schema: keys({ by: user, whom: user, room, role: oneOf(['owner', 'admin', 'member'], 'owner, admin or member') }, 'Give a member a role.'),
  mentions: (value) => [value.by, value.whom],
  words: (value) => `${value.by} makes ${value.whom} ${value.role} of ${quoted(value.room)}`,
  run: async (value, scene, { withinMillis }) => {
    await scene.ask(value.by, 'room-role', { room: value.room, user: userOf(value.whom), role: value.role }, withinMillis);
    return value.role;
  },
});

const voteOwner = verb({
  name: 'vote-owner',
  schema: keys({ by: users, whom: user, room }, 'The owner of a room is lost: vote for another one.'),
  mentions: (value) => [...expandNames(value.by), value.whom],
  words: (value) => `${does(expandNames(value.by), 'votes', 'vote')} for ${value.whom} as the owner of ${quoted(value.room)}`,
  run: async (value, scene, { withinMillis }) => {
    let outcome = '';
    for (const name of expandNames(value.by)) {
      const { owner, votes, needed } = await scene.ask(name, 'room-vote', { room: value.room, user: userOf(value.whom) }, withinMillis);
      outcome = owner ? 'elected' : `${votes} of ${needed}`;
    }
    return outcome;
  },
});

const say = verb({
  name: 'say',
  schema: keys(
    {
      by: users,
      room,
      text,
      answers: Type.Optional(Type.String({ description: 'the text of the message that this answers' })),
      count: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000, description: 'how many messages; {n} in the text stands for the number (default 1)' })),
    },
    'Write in a room.',
  ),
  mentions: (value) => expandNames(value.by),
  words: (value) => {
    const count = value.count ?? 1;
    const what = count === 1 ? quoted(numberedText(value.text, 1, 1)) : `${counted(count, 'message')}, the first ${quoted(numberedText(value.text, 1, count))}`;
    const answers = value.answers === undefined ? '' : `, in answer to ${quoted(value.answers)}`;
    return `${does(expandNames(value.by), 'says', 'say')} in ${quoted(value.room)}: ${what}${answers}`;
  },
  run: async (value, scene, { withinMillis }) => {
    const count = value.count ?? 1;
    await scene.each(expandNames(value.by), async (name) => {
      const replyTo = value.answers === undefined ? {} : { replyTo: await idOfText(scene, name, { room: value.room }, value.answers) };
      for (let index = 1; index <= count; index += 1) {
        await scene.ask(name, 'room-send', { room: value.room, text: numberedText(value.text, index, count), ...replyTo }, withinMillis);
      }
    });
    return counted(expandNames(value.by).length * count, 'message');
  },
});

export const ROOM_VERBS: readonly AnyVerb[] = [createRoom, joinRoom, leaveRoom, invite, removeMember, giveRole, voteOwner, say];
