import { Type } from '@sinclair/typebox';
import { conversation } from '../expectations/messages.ts';
import { expandNames, userOf } from '../names.ts';
import { flag, keys, text, user, users } from '../parts.ts';
import type { Scene } from '../scene.ts';
import { type AnyVerb, StepFailure, verb } from '../verb.ts';
import { does, quoted } from '../words.ts';
import { roomLines } from './rooms.ts';

/** Where a message stands: in a room, or in the chat with a friend. */
const where = {
  room: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'the room that the message stands in' })),
  with: Type.Optional(user),
};

interface Where {
  readonly room?: string;
  readonly with?: string;
}

export function misfitOfWhere({ room, with: friend }: Where): string | null {
  return (room === undefined) === (friend === undefined) ? 'say where it stands, by `room` or by `with`' : null;
}

export function whereWords({ room, with: friend }: Where): string {
  return room === undefined ? `in the chat with ${friend}` : `in ${quoted(room)}`;
}

/** Id of the last message with this text, as that node has it. */
export async function idOfText(scene: Scene, at: string, place: Where, written: string): Promise<string> {
  const lines = place.room === undefined ? await conversation(scene, at, place.with ?? '') : (await roomLines(scene, at, place.room)).filter(isMessage);
  const found = lines.findLast((line) => line.text === written && !line.deleted);
  if (found === undefined) throw new StepFailure(`${at} has no message ${quoted(written)} ${whereWords(place)}`);
  return found.id;
}

function isMessage({ kind }: { readonly kind: string }): boolean {
  return kind === 'message';
}

const reaction = verb({
  name: 'react',
  schema: keys(
    {
      by: users,
      ...where,
      text,
      reaction: Type.String({ minLength: 1, maxLength: 16, description: 'an emoji or a short word' }),
      remove: Type.Optional(flag),
    },
    'React to a message in a room or a chat, or take the reaction back.',
  ),
  mentions: (value) => [...expandNames(value.by), ...(value.with === undefined ? [] : [value.with])],
  misfit: misfitOfWhere,
  words: (value) => {
    const who = expandNames(value.by);
    if (value.remove === true) return `${does(who, 'takes', 'take')} back ${value.reaction} from ${quoted(value.text)}`;
    return `${does(who, 'reacts', 'react')} to ${quoted(value.text)} with ${value.reaction}`;
  },
  run: async (value, scene, { withinMillis }) => {
    await scene.each(expandNames(value.by), async (name) => {
      const id = await idOfText(scene, name, value, value.text);
      const args = { id, reaction: value.reaction, ...(value.remove === undefined ? {} : { remove: value.remove }) };
      if (value.room === undefined) await scene.ask(name, 'react', { with: userOf(value.with ?? ''), ...args }, withinMillis);
      else await scene.ask(name, 'room-react', { room: value.room, ...args }, withinMillis);
    });
    return value.reaction;
  },
});

const edit = verb({
  name: 'edit-message',
  schema: keys(
    { by: user, ...where, text, to: Type.Optional(Type.String({ description: 'the new text; without it the message is deleted' })) },
    'Change or delete a message of a room or a chat.',
  ),
  mentions: (value) => [value.by, ...(value.with === undefined ? [] : [value.with])],
  misfit: misfitOfWhere,
  words: (value) =>
    `${value.by} ${value.to === undefined ? 'deletes' : 'changes'} ${quoted(value.text)}${value.to === undefined ? '' : ` to ${quoted(value.to)}`}`,
  run: async (value, scene, { withinMillis }) => {
    const { by, room, to } = value;
    const id = await idOfText(scene, by, value, value.text);
    const friend = userOf(value.with ?? '');
    if (room === undefined && to === undefined) await scene.ask(by, 'delete-message', { with: friend, id }, withinMillis);
    else if (room === undefined) await scene.ask(by, 'edit', { with: friend, id, text: to ?? '' }, withinMillis);
    else if (to === undefined) await scene.ask(by, 'room-delete-message', { room, id }, withinMillis);
    else await scene.ask(by, 'room-edit', { room, id, text: to }, withinMillis);
    return to === undefined ? 'deleted' : 'changed';
  },
});

const typing = verb({
  name: 'type',
  schema: keys({ by: user, ...where, stops: Type.Optional(flag) }, 'Begin to type in a room or to a friend, or stop. Others hear of it while they are here.'),
  mentions: (value) => [value.by, ...(value.with === undefined ? [] : [value.with])],
  misfit: misfitOfWhere,
  words: (value) => `${value.by} ${value.stops === true ? 'stops' : 'begins'} typing ${whereWords(value)}`,
  run: async (value, scene, { withinMillis }) => {
    const on = value.stops !== true;
    if (value.room === undefined) await scene.ask(value.by, 'typing', { with: userOf(value.with ?? ''), typing: on }, withinMillis);
    else await scene.ask(value.by, 'room-typing', { room: value.room, typing: on }, withinMillis);
    return on ? 'typing' : 'not typing';
  },
});

export const CHANGE_VERBS: readonly AnyVerb[] = [reaction, edit, typing];
