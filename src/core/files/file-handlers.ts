import { toHex, utf8Length, wellFormedText } from '../bytes.ts';
import type { Parts } from '../parts.ts';
import type { VerifiedRecord } from '../records.ts';
import type { Room } from '../rooms/room.ts';
import { say, withMember, withRoom } from '../rooms/room-handlers.ts';
import type { UserId } from '../types.ts';
import { chunkCountOf, type FileDescriptor, type FileId } from './descriptor.ts';
import type { FileCommands } from './file-commands.ts';
import type { FileRow } from './file-row.ts';

type Answer = { ok: true; value: unknown } | { ok: false; code: string; details?: Record<string, unknown> };
type Respond = (result: Answer) => void;
type Handler<Name extends keyof FileCommands> = (parts: Parts, args: FileCommands[Name]['args'], respond: Respond) => void;

/** Answers to the commands of files; core/command-handlers.ts takes them in, and hands in how it finds people. All need a session. */
export function fileHandlers(
  withFriend: (parts: Parts, typed: string, respond: Respond, then: (id: UserId, record: VerifiedRecord<'user'>) => void) => void,
  withPeer: (parts: Parts, typed: string, respond: Respond, then: (id: UserId) => void) => void,
): { readonly [Name in keyof FileCommands]: Handler<Name> } {
  return {
    'file-send': (parts, args, respond) => {
      const room = args.room ?? (args.to?.startsWith('#') === true ? args.to : undefined);
      if (badText(parts, args.text, respond)) return;
      if (room !== undefined) return withMember(parts, room, respond, (found) => sendIntoRoom(parts, found, args, respond));
      if (args.to === undefined) return respond({ ok: false, code: 'bad-arguments', details: { command: 'file-send', reason: 'to or room is missing' } });
      withFriend(parts, args.to, respond, (_id, record) => sendToFriend(parts, record, args, respond));
    },
    'file-accept': (parts, { id }, respond) => {
      withFile(parts, id, respond, (found) => {
        const wrong = parts.files.accept(found);
        respond(wrong === null ? { ok: true, value: viewOf(parts, found) } : { ok: false, ...wrong });
      });
    },
    'file-decline': (parts, { id }, respond) => {
      withFile(parts, id, respond, (found) => {
        parts.files.decline(found);
        respond({ ok: true, value: viewOf(parts, found) });
      });
    },
    files: (parts, args, respond) => {
      const { views } = parts.files;
      const answer = (files: ReturnType<typeof views.list>): void => respond({ ok: true, value: { files, ...parts.files.usage() } });
      if (args.with === undefined) return answer(views.list(null));
      if (args.with.startsWith('#')) return withRoom(parts, args.with, respond, (room) => answer(views.list({ kind: 'room', room: room.id })));
      withPeer(parts, args.with, respond, (peer) => answer(views.list({ kind: 'direct', peer })));
    },
    'file-save': (parts, args, respond) => withFile(parts, args.id, respond, (id, row) => save(parts, id, row, args, respond)),
    'file-paths': (parts, { path }, respond) => {
      parts.files.services.call({ service: 'file-paths', path }, (result) => {
        const paths = result.ok ? (result.value as { readonly paths: readonly string[] }).paths : [];
        respond({ ok: true, value: { paths } });
      });
    },
  };
}

function sendToFriend(parts: Parts, record: VerifiedRecord<'user'>, args: FileCommands['file-send']['args'], respond: Respond): void {
  make(parts, args.path, respond, (descriptor) => {
    const outcome = parts.chat.send(record, args.text ?? descriptor.name, { file: descriptor });
    if ('code' in outcome) respond({ ok: false, ...outcome });
    else respond({ ok: true, value: sentValue(outcome.id, descriptor) });
    return !('code' in outcome);
  });
}

function sendIntoRoom(parts: Parts, room: Room, args: FileCommands['file-send']['args'], respond: Respond): void {
  make(parts, args.path, respond, (descriptor) => {
    // The room may have been left while the file was read in.
    if (parts.rooms.get(room.id)?.row.status !== 'member') {
      respond({ ok: false, code: 'not-in-room', details: { name: room.row.name } });
      return false;
    }
    let said = false;
    say(parts, room, { kind: 'message', text: wellFormedText(args.text ?? descriptor.name), replyTo: '', mentions: [], file: descriptor }, (result) => {
      said = result.ok;
      respond(result.ok ? { ok: true, value: sentValue((result.value as { readonly id: string }).id, descriptor) } : result);
    });
    return said;
  });
}

function sentValue(id: string, { root, name, size }: FileDescriptor): FileCommands['file-send']['result'] {
  return { id, file: toHex(root), name, size, state: 'queued' };
}

function make(parts: Parts, path: string, respond: Respond, say: (descriptor: FileDescriptor) => boolean): void {
  parts.files.making.make(path, say, (failure) => respond({ ok: false, ...failure }));
}

function save(parts: Parts, id: FileId, row: FileRow, args: FileCommands['file-save']['args'], respond: Respond): void {
  const { descriptor } = row;
  const { name } = descriptor;
  const view = viewOf(parts, id);
  if (row.haveCount < chunkCountOf(descriptor) || row.state !== 'complete') {
    if (row.state !== 'loading' && row.state !== 'offered') return respond({ ok: false, code: 'file-gone', details: { name } });
    const waits = view?.waitsFor ?? null;
    const reason = waits === null ? `${view?.bytes ?? 0} of ${descriptor.size} bytes are` : `it waits for ${waits}`;
    return respond({ ok: false, code: 'file-incomplete', details: { name, reason } });
  }
  parts.files.saving.save(
    id,
    { path: args.path, overwrite: args.overwrite === true },
    (saved) => respond({ ok: true, value: { file: id, ...saved } }),
    (failure) => respond({ ok: false, ...failure }),
  );
}

function viewOf(parts: Parts, id: FileId): ReturnType<Parts['files']['views']['file']> | null {
  const row = parts.files.row(id);
  return row === undefined ? null : parts.files.views.file(id, row);
}

function withFile(parts: Parts, typed: string, respond: Respond, then: (id: FileId, row: FileRow) => void): void {
  const id = parts.files.views.find(typed);
  const row = id === null ? undefined : parts.files.row(id);
  if (id === null || row === undefined) return respond({ ok: false, code: 'unknown-file', details: { id: typed } });
  then(id, row);
}

/** True, and answered, for a text that no message takes. */
function badText(parts: Parts, text: string | undefined, respond: Respond): boolean {
  const max = parts.options.textBytesMax;
  const bytes = utf8Length(text ?? '');
  if (text === '') respond({ ok: false, code: 'empty-text' });
  else if (bytes > max) respond({ ok: false, code: 'text-too-long', details: { bytes, max } });
  return text === '' || bytes > max;
}
