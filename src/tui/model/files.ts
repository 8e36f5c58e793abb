import type { CommandEntry } from '../../control/registry.ts';
import type { FileView } from '../../core/files/file-commands.ts';
import { fileId, sizeWords } from '../render/file-lines.ts';
import { sanitiseLine } from '../text/sanitise.ts';
import { isRoomKey, roomIdOf } from './room-chat.ts';
import type { Turn } from './turn.ts';

type Args = Readonly<Record<string, unknown>>;

const FILES_MAX = 500;

/** All files as the node lists them. */
export function takeFiles(turn: Turn, files: readonly FileView[]): void {
  turn.set({ files: files.slice(0, FILES_MAX) });
  for (const file of files) inMessages(turn, file);
}

/** A file is other than before: shown where its message is, and said where somebody has to know. */
export function takeFile(turn: Turn, file: FileView): void {
  const before = turn.model.files.find((each) => each.id === file.id);
  const others = turn.model.files.filter((each) => each.id !== file.id);
  const files = [...others, file].sort((a, b) => b.offeredMillis - a.offeredMillis).slice(0, FILES_MAX);
  turn.set({ files });
  inMessages(turn, file);
  inView(turn, files);
  const words = newsOf(before, file);
  if (words !== null) turn.notice(file.state === 'unfit' ? 'warning' : 'info', words);
}

/** Messages are values: the one that changes is another object, so that its rows are drawn anew. */
function inMessages(turn: Turn, file: FileView): void {
  for (const [name, conversation] of Object.entries(turn.model.conversations)) {
    if (!conversation.messages.some((message) => message.file?.id === file.id)) continue;
    turn.conversation(name, { messages: conversation.messages.map((message) => (message.file?.id === file.id ? { ...message, file } : message)) });
  }
}

/** The page of files stays fresh while it is looked at. */
function inView(turn: Turn, files: readonly FileView[]): void {
  const { screen } = turn;
  if (screen.type !== 'view' || screen.command !== 'files' || turn.model.lineMode || screen.args['with'] !== undefined) return;
  turn.set({ screens: [...turn.model.screens.slice(0, -1), { ...screen, value: { ...(screen.value as object), files } }] });
}

function newsOf(before: FileView | undefined, file: FileView): string | null {
  const name = sanitiseLine(file.name);
  if (file.fromMe) {
    const fetched = file.fetchedBy.filter((by) => before !== undefined && !before.fetchedBy.includes(by));
    return fetched.length === 0 ? null : `${fetched.map(sanitiseLine).join(', ')} has ${name} now.`;
  }
  if (before?.state === file.state) return null;
  switch (file.state) {
    case 'offered':
      return `${sanitiseLine(file.from)} offers ${name} (${sizeWords(file.size)}): /fetch ${fileId(file)} takes it.`;
    case 'complete':
      return `${name} is here: /save ${fileId(file)} <path> writes it.`;
    case 'unfit':
      return `${name} of ${sanitiseLine(file.from)} is not what it was said to be; it was dropped.`;
    case 'loading':
    case 'declined':
    case 'expired':
      return null;
  }
}

/** What stands behind two dashes goes with the file as its text; dashes within quotes belong to the path. */
const CAPTION = /^((?:"[^"]*"|[^"])*?)\s+--\s+(\S[\s\S]*)$/u;

/** `~/holiday.jpg -- look at this`: what is to be sent, and what is said with it. */
export function captionOf(entry: CommandEntry, tail: string): { readonly tail: string; readonly said: Args } {
  const [, what = '', text = ''] = entry.name === 'file-send' ? (CAPTION.exec(tail) ?? []) : [];
  // The path stands last, so it needs its quotes only against the dashes.
  const bare = what.trim().replace(/"([^"]+)"$/u, '$1');
  return bare === '' ? { tail, said: {} } : { tail: bare, said: { text: text.trim() } };
}

const FIRST_WORD = /^(?:"([^"]+)"|(\S+))\s+\S/u;

/** `/send-file <path>` in a conversation means that conversation, unless somebody else is named first. Null: as it is typed. */
export function impliedFileSend(turn: Turn, entry: CommandEntry, tail: string): Args | null {
  const { screen, model } = turn;
  if (entry.name !== 'file-send') return null;
  // Elsewhere a lone path is one, and who is to have it is asked for.
  if (screen.type !== 'chat') return /^[/~.]/u.test(tail) ? { path: tail } : null;
  const [, quoted, bare] = FIRST_WORD.exec(tail) ?? [];
  const first = quoted ?? bare ?? '';
  if (first.startsWith('#') || model.friends.some((friend) => friend.name === first.replace(/^@/, ''))) return null;
  const where = isRoomKey(screen.with) ? { room: roomIdOf(screen.with) } : { to: screen.with };
  return tail === '' ? where : { ...where, path: tail };
}

/** What came of a command; null for what is none of files. */
export function fileSentence(command: string, args: Args, value: unknown): string | null {
  switch (command) {
    case 'file-send': {
      const { name, size } = value as { readonly name: string; readonly size: number };
      return `${sanitiseLine(name)} (${sizeWords(size)}) is offered; it goes as soon as it is wanted and somebody is there.`;
    }
    case 'file-accept': {
      const file = value as FileView;
      return file.waitsFor === null ? `${sanitiseLine(file.name)} is being fetched.` : `${sanitiseLine(file.name)} waits for ${sanitiseLine(file.waitsFor)}.`;
    }
    case 'file-decline':
      return `${sanitiseLine((value as FileView).name)} is not kept here.`;
    case 'file-save': {
      const { path, bytes } = value as { readonly path: string; readonly bytes: number };
      return `Saved as ${sanitiseLine(path)} (${sizeWords(bytes)})${args['overwrite'] === true ? ', over what was there' : ''}.`;
    }
    default:
      return null;
  }
}
