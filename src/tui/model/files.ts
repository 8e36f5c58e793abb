import type { FileView } from '../../core/files/file-commands.ts';
import type { Turn } from './turn.ts';

const FILES_MAX = 500;

/** A file is other than before: the newest of it is what is shown. */
export function takeFile(turn: Turn, file: FileView): void {
  const others = turn.model.files.filter((each) => each.id !== file.id);
  const files = [...others, file].sort((a, b) => b.offeredMillis - a.offeredMillis).slice(0, FILES_MAX);
  turn.set({ files });
}
