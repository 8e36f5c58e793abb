import type { Commands } from '../../core/commands.ts';
import type { FileView } from '../../core/files/file-commands.ts';
import { sanitiseLine } from '../text/sanitise.ts';
import { BOLD, DIM, type Line, plain } from '../text/styled.ts';
import { padEnd, padStart, textWidth } from '../text/width.ts';

/** So many characters of an id name a file. */
export const FILE_ID_CHARACTERS = 8;
const KIB = 1_024;
const NAME_COLUMNS_MAX = 32;

export function fileId(file: Pick<FileView, 'id'>): string {
  return file.id.slice(0, FILE_ID_CHARACTERS);
}

/** `17 bytes`, `293 KiB`, `16.0 MiB`. */
export function sizeWords(bytes: number): string {
  if (bytes < KIB) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  if (bytes < KIB * KIB) return `${Math.round(bytes / KIB)} KiB`;
  return `${(bytes / KIB / KIB).toFixed(1)} MiB`;
}

/** Never 100 before all of it is there. */
function percent(bytes: number, size: number): string {
  return `${size === 0 ? 100 : Math.floor((bytes / size) * 100)} %`;
}

/** How it stands, in words. */
export function fileStateWords(file: FileView): string {
  const waits = file.waitsFor === null ? '' : `, waits for ${sanitiseLine(file.waitsFor)}`;
  if (file.fromMe) return ownStateWords(file, waits);
  const id = fileId(file);
  switch (file.state) {
    case 'offered':
      return `offered; /fetch ${id} takes it`;
    case 'loading':
      return `${percent(file.bytes, file.size)} here${waits}`;
    case 'complete':
      return `here; /save ${id} <path>`;
    case 'declined':
      return 'not kept here';
    case 'expired':
      return 'gone';
    case 'unfit':
      return 'not what it was said to be; dropped';
  }
}

function ownStateWords(file: FileView, waits: string): string {
  if (file.state !== 'complete') return 'not kept here any more';
  const parts = file.fetching.map(({ by, bytes }) => `${sanitiseLine(by)} has ${percent(bytes, file.size)}`);
  if (file.fetchedBy.length > 0) parts.push(`fetched by ${file.fetchedBy.map(sanitiseLine).join(', ')}`);
  if (file.declinedBy.length > 0) parts.push(`turned down by ${file.declinedBy.map(sanitiseLine).join(', ')}`);
  if (parts.length === 0) return waits === '' ? 'offered' : waits.slice(2);
  return parts.join('; ');
}

/** One line under, or in place of, the text of the message that brought it. */
export function fileText(file: FileView): string {
  return `[${sanitiseLine(file.name)}, ${sizeWords(file.size)}: ${fileStateWords(file)}]`;
}

/** The page of all files. */
export function filesLines(answer: Commands['files']['result']): readonly Line[] {
  if (answer.files.length === 0) return [plain('No files yet. /send-file <friend> <path> sends one.')];
  const nameColumns = Math.min(NAME_COLUMNS_MAX, Math.max(...answer.files.map((file) => textWidth(sanitiseLine(file.name)))));
  const rows = answer.files.map(
    (file): Line => [
      { text: `${fileId(file)}  `, style: DIM },
      { text: padEnd(sanitiseLine(file.name), nameColumns), style: BOLD },
      { text: `${padStart(sizeWords(file.size), 10)}  ` },
      { text: padEnd(file.fromMe ? `to ${placeOf(file)}` : `from ${sanitiseLine(file.from)}`, 14) },
      { text: `  ${fileStateWords(file)}`, style: DIM },
    ],
  );
  return [plain(`${sizeWords(answer.bytes)} of ${sizeWords(answer.bytesMax)} are taken here.`), [], ...rows];
}

function placeOf(file: FileView): string {
  return sanitiseLine([...(file.with === null ? [] : [file.with]), ...file.rooms.map((room) => `#${room}`)].join(', '));
}
