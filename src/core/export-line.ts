import type { QuoteView, ReactionView } from './chat/chat-commands.ts';
import { utcText } from './rooms/utc-text.ts';

/** A line of a conversation as it is exported. */
export interface ExportedLine {
  readonly sentMillis: number;
  readonly from: string;
  readonly text: string;
  readonly replyTo: QuoteView | null;
  readonly reactions: readonly ReactionView[];
  readonly edited: boolean;
  readonly deleted: boolean;
  /** Its key has not come. */
  readonly sealed: boolean;
  readonly file?: { readonly name: string; readonly size: number };
}

/** `2026-11-21 13:29:07  alice (to bob): text (edited) [+1 bob]` */
export function exportLine(line: ExportedLine): string {
  const text = line.deleted ? '(deleted)' : line.sealed ? '(sealed)' : line.text;
  const file = line.file === undefined ? '' : ` [file ${line.file.name}, ${line.file.size} bytes]`;
  const reactions = line.reactions.map(({ reaction, by }) => ` [${reaction} ${by.join(', ')}]`).join('');
  const reply = line.replyTo === null ? '' : ` (to ${line.replyTo.from})`;
  return `${utcText(line.sentMillis)}  ${line.from}${reply}: ${text}${line.edited && !line.deleted ? ' (edited)' : ''}${file}${reactions}`;
}
