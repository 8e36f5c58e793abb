import { Type } from '@sinclair/typebox';
import { sameBytes } from '../../core/bytes.ts';
import { FILE_BYTES_MAX } from '../../core/files/descriptor.ts';
import type { FileView } from '../../core/files/file-commands.ts';
import { expandNames, userOf } from '../names.ts';
import { keys, nodes, oneOf, text, usersOrNobody } from '../parts.ts';
import type { Scene } from '../scene.ts';
import { type AnyExpectation, expectation } from '../verb.ts';
import { fileName } from '../verbs/files.ts';
import { counted, does, listed, quoted } from '../words.ts';
import { firstMisfit } from './people.ts';

const STATES = ['offered', 'loading', 'complete', 'declined', 'expired', 'unfit'] as const;

const bytes = Type.Integer({ minimum: 0, maximum: FILE_BYTES_MAX, description: 'so many bytes' });

async function fileAt(scene: Scene, node: string, name: string): Promise<FileView | undefined> {
  const { files } = await scene.ask(node, 'files', {});
  return files.find((file) => file.name === name);
}

const file = expectation({
  name: 'file',
  schema: keys(
    {
      at: nodes,
      name: fileName,
      is: Type.Optional(oneOf(STATES, 'how it stands')),
      'at-least': Type.Optional(bytes),
      'at-most': Type.Optional(bytes),
      'fetched-by': Type.Optional(usersOrNobody),
      'waits-for': Type.Optional(text),
    },
    'How a file stands at nodes: its state, the bytes that are there, who has fetched it, whom it waits for.',
  ),
  mentions: (value) => expandNames(value.at),
  misfit: (value) => (Object.keys(value).length < 3 ? 'say how with `is`, `at-least`, `at-most`, `fetched-by` or `waits-for`' : null),
  words: (value) => {
    const parts: string[] = [];
    if (value.is !== undefined) parts.push(value.is);
    if (value['at-least'] !== undefined) parts.push(`at least ${counted(value['at-least'], 'byte')} of it`);
    if (value['at-most'] !== undefined) parts.push(`at most ${counted(value['at-most'], 'byte')} of it`);
    if (value['fetched-by'] !== undefined) parts.push(`fetched by ${listed(expandNames(value['fetched-by']))}`);
    if (value['waits-for'] !== undefined) parts.push(`waiting for ${quoted(value['waits-for'])}`);
    return `${does(expandNames(value.at), 'has', 'have')} ${value.name}: ${parts.join(', ')}`;
  },
  check: (value, scene) =>
    firstMisfit(expandNames(value.at), async (node) => {
      const seen = await fileAt(scene, node, value.name);
      if (seen === undefined) return `${node} knows of no ${value.name}`;
      const wanted = value['fetched-by'] === undefined ? null : expandNames(value['fetched-by']).map(userOf).sort();
      const fits =
        (value.is === undefined || seen.state === value.is) &&
        seen.bytes >= (value['at-least'] ?? 0) &&
        seen.bytes <= (value['at-most'] ?? seen.size) &&
        (wanted === null || wanted.join() === seen.fetchedBy.join()) &&
        (value['waits-for'] === undefined || seen.waitsFor === value['waits-for']);
      const waits = seen.waitsFor === null ? '' : `, waiting for ${quoted(seen.waitsFor)}`;
      const fetched = seen.fetchedBy.length === 0 ? '' : `, fetched by ${listed(seen.fetchedBy)}`;
      return fits ? null : `${node} has ${value.name}: ${seen.state}, ${seen.bytes} of ${seen.size} bytes${waits}${fetched}`;
    }),
});

const savedFile = expectation({
  name: 'saved-file',
  schema: keys({ at: nodes, name: fileName }, 'What nodes write when somebody saves a file is, byte for byte, what was sent.'),
  mentions: (value) => expandNames(value.at),
  words: (value) => `${does(expandNames(value.at), 'saves', 'save')} ${value.name}, and it is what was sent`,
  check: (value, scene) =>
    firstMisfit(expandNames(value.at), async (node) => {
      const sent = scene.sentFiles.get(value.name);
      const path = await scene.engine.peopleFiles.placeFor(node, value.name);
      await scene.ask(node, 'file-save', { id: value.name, path, overwrite: true });
      const saved = await scene.engine.peopleFiles.get(path);
      if (sent === undefined) return `nobody has sent ${value.name}`;
      if (saved === null) return `${node} has written nothing`;
      return sameBytes(saved, sent) ? null : `${node} has written ${saved.length} bytes that are not the ${sent.length} that were sent`;
    }),
});

export const FILE_EXPECTATIONS: readonly AnyExpectation[] = [file, savedFile];
