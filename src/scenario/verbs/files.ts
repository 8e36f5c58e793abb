import { Type } from '@sinclair/typebox';
import { utf8 } from '../../core/bytes.ts';
import { FILE_BYTES_MAX } from '../../core/files/descriptor.ts';
import { stream } from '../../sim/random.ts';
import { expandNames, userOf } from '../names.ts';
import { keys, text, user, users } from '../parts.ts';
import { type AnyVerb, verb } from '../verb.ts';
import { counted, does, listed, quoted } from '../words.ts';

/** Made of characters that every file system takes, so that the same scenario runs everywhere. */
export const fileName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$', description: "a file's name" });
const room = Type.String({ minLength: 1, maxLength: 64, description: "a room's name" });

const sendFile = verb({
  name: 'send-file',
  schema: keys(
    {
      from: user,
      to: Type.Optional(users),
      room: Type.Optional(room),
      name: fileName,
      size: Type.Optional(Type.Integer({ minimum: 0, maximum: FILE_BYTES_MAX, description: 'so many bytes that nobody has chosen' })),
      content: Type.Optional(text),
    },
    'Send a file, to friends or into a room.',
  ),
  mentions: (value) => [value.from, ...expandNames(value.to ?? [])],
  misfit: (value) => {
    if ((value.to === undefined) === (value.room === undefined)) return 'say where to with either `to` or `room`';
    return (value.size === undefined) === (value.content === undefined) ? 'say what is in it with either `size` or `content`' : null;
  },
  words: (value) => {
    const where = value.room === undefined ? listed(expandNames(value.to ?? [])) : quoted(value.room);
    const what = value.content === undefined ? counted(value.size ?? 0, 'byte') : quoted(value.content);
    return `${value.from} sends ${value.name} (${what}) to ${where}`;
  },
  run: async (value, scene, { withinMillis }) => {
    const bytes = value.content === undefined ? stream('file', value.name).bytes(value.size ?? 0) : utf8(value.content);
    if (value.content !== undefined) scene.noteText(value.content);
    scene.sentFiles.set(value.name, bytes);
    const path = await scene.engine.peopleFiles.put(value.name, bytes);
    if (value.room !== undefined) await scene.ask(value.from, 'file-send', { room: value.room, path }, withinMillis);
    for (const to of expandNames(value.to ?? [])) await scene.ask(value.from, 'file-send', { to: userOf(to), path }, withinMillis);
    return counted(bytes.length, 'byte');
  },
});

const fetchFile = verb({
  name: 'fetch-file',
  schema: keys({ by: users, name: fileName }, 'Accept a file that was offered.'),
  mentions: (value) => expandNames(value.by),
  words: (value) => `${does(expandNames(value.by), 'accepts', 'accept')} ${value.name}`,
  run: async (value, scene, { withinMillis }) => {
    await scene.each(expandNames(value.by), async (name) => void (await scene.ask(name, 'file-accept', { id: value.name }, withinMillis)));
    return undefined;
  },
});

const declineFile = verb({
  name: 'decline-file',
  schema: keys({ by: users, name: fileName }, 'Turn a file down, or delete the copy of it.'),
  mentions: (value) => expandNames(value.by),
  words: (value) => `${does(expandNames(value.by), 'turns', 'turn')} down ${value.name}`,
  run: async (value, scene, { withinMillis }) => {
    await scene.each(expandNames(value.by), async (name) => void (await scene.ask(name, 'file-decline', { id: value.name }, withinMillis)));
    return undefined;
  },
});

export const FILE_VERBS: readonly AnyVerb[] = [sendFile, fetchFile, declineFile];
