import { COLUMNS_MIN, type Layout, layoutOf, ROWS_MIN } from '../model/layout.ts';
import { conversationOf, currentNotice, editorOfModel, type Model, type Screen, screenOf, totalUnread } from '../model/model.ts';
import { conversationTitle, isRoomKey } from '../model/room-chat.ts';
import { ALARM, BAR, BOLD, DIM, fitLine, type Line, lineWidth, plain, WARN, wrapLine } from '../text/styled.ts';
import { textWidth, truncate } from '../text/width.ts';
import { clockTime, count, presenceSign } from '../text/words.ts';
import { chatWindow } from './chat-rows.ts';
import { editorRows } from './editor-rows.ts';
import { reachability, sideLines } from './people.ts';
import { screenLines, screenTitle } from './views.ts';

/** A whole screen: exactly `rows` lines of exactly `columns`, and where the cursor stands. */
export interface Frame {
  readonly lines: readonly Line[];
  readonly cursor: { readonly row: number; readonly column: number } | null;
}

/** From this height on a page begins with an empty row. */
const MARGIN_FROM = 14;
/** A second column that begins further right has no room for words; its rows then begin near the left edge. */
const HANG_SHARE_MAX = 0.6;
const HANG_NARROW = 6;

/** Pure: the same model gives the same frame. */
export function renderFrame(model: Model): Frame {
  const { columns, rows } = model;
  const layout = layoutOf(model);
  if (layout.kind === 'tiny') return tinyFrame(columns, rows);
  const screen = screenOf(model);
  const body = bodyLines(model, screen, layout);
  const side = layout.sideColumns === 0 ? [] : sideLines(model, screen.type === 'chat' ? screen.with : null);
  const middle = Array.from({ length: layout.bodyRows }, (_, row): Line => {
    const line = fitLine(body[row] ?? [], layout.bodyColumns);
    if (layout.sideColumns === 0) return line;
    return [...fitLine(side[row] ?? [], layout.sideColumns - 2), { text: '│ ', style: DIM }, ...line];
  });
  const input = inputLines(model, layout);
  const top = rows - layout.inputRows;
  return {
    lines: [titleLine(model, screen), ...middle, ...hintLines(model, screen, layout), statusLine(model, layout), ...input.lines],
    cursor: { row: top + input.cursorRow, column: Math.min(columns - 1, input.cursorColumn) },
  };
}

function tinyFrame(columns: number, rows: number): Frame {
  const texts = wrapLine(plain(`Too small: ${COLUMNS_MIN}x${ROWS_MIN} or more, please.`), Math.max(2, columns));
  return { lines: Array.from({ length: rows }, (_, row) => fitLine(texts[row] ?? [], columns)), cursor: null };
}

function bodyLines(model: Model, screen: Screen, layout: Layout): readonly Line[] {
  const { bodyColumns: columns, bodyRows: height } = layout;
  if (screen.type === 'chat') {
    const { messages, loaded } = conversationOf(model, screen.with);
    if (messages.length === 0) {
      const text = loaded === 'yes' ? beginning(model, screen.with) : 'Opening the conversation…';
      return [...Array.from({ length: Math.max(0, height - 1) }, (): Line => []), [{ text, style: DIM }]];
    }
    const { lines } = chatWindow(model, screen.with, columns, height);
    return [...Array.from({ length: height - lines.length }, (): Line => []), ...lines];
  }
  const lines = pageLines(model, screen, columns, height);
  const top = Math.min(model.viewTop, Math.max(0, lines.length - height));
  const seen = lines.slice(top, top + height);
  if (lines.length <= top + height) return seen;
  return [...seen.slice(0, -1), [{ text: `↓ ${count(lines.length - top - height + 1, 'more line')}; PageDown`, style: DIM }]];
}

function beginning(model: Model, name: string): string {
  return isRoomKey(name) ? `This is the beginning of ${conversationTitle(model, name)}.` : `This is the beginning of your conversation with ${name}.`;
}

/** While somebody's key is in doubt, every screen says so in place of its title. */
function titleLine(model: Model, screen: Screen): Line {
  const [doubtful] = model.keyWarnings;
  if (doubtful !== undefined) {
    const more = model.keyWarnings.length > 1 ? ` (and ${model.keyWarnings.length - 1} more)` : '';
    const warning = ` ! KEY CHANGED: ${doubtful}${more} › /verify ${doubtful}, then /trust ${doubtful}`;
    return fitLine([{ text: truncate(warning, model.columns), style: ALARM }], model.columns, ALARM);
  }
  const title = ` Confab  ${model.info?.node ?? model.user} › ${screenTitle(model, screen)}`;
  return fitLine([{ text: truncate(title, model.columns), style: BAR }], model.columns, BAR);
}

/** A whole page, of which the body shows what fits. */
function pageLines(model: Model, screen: Screen, columns: number, height: number): readonly Line[] {
  const margin: readonly Line[] = height >= MARGIN_FROM ? [[]] : [];
  return [...margin, ...screenLines(model, screen, columns).flatMap((line) => wrapLine(line, columns, hangOf(line, columns)))];
}

/** The furthest that the present page can be scrolled, rows. */
export function viewTopMax(model: Model): number {
  const { bodyColumns, bodyRows } = layoutOf(model);
  return Math.max(0, pageLines(model, screenOf(model), bodyColumns, bodyRows).length - bodyRows);
}

/** Rows after the first stand under the text of a numbered line, and under the second column where the first was filled up with blanks. */
export function hangOf(line: Line, columns: number): number {
  const [first = { text: '' }] = line;
  if (/^ *\d+$/u.test(first.text)) return 5;
  if (line.length !== 2 || !/\S {2,}$/u.test(first.text)) return 0;
  return textWidth(first.text) > columns * HANG_SHARE_MAX ? HANG_NARROW : textWidth(first.text);
}

function hintLines(model: Model, screen: Screen, layout: Layout): readonly Line[] {
  if (layout.hintRows === 1) return [hintLine(model, screen, layout)];
  const rows = wrapLine(hintText(model, screen, layout), model.columns, 2);
  const [first = [], ...rest] = rows;
  return [fitLine(first, model.columns), fitLine(rest.flat(), model.columns)];
}

function hintLine(model: Model, screen: Screen, layout: Layout): Line {
  return fitLine(hintText(model, screen, layout), model.columns);
}

/** One row that explains: what waits for an answer, then news, then what Tab found, then the state of things. */
function hintText(model: Model, screen: Screen, layout: Layout): Line {
  if (model.heldPaste !== null) {
    const size = `${count(model.heldPaste.split('\n').length, 'line')}, ${count(model.heldPaste.length, 'character')}`;
    return [{ text: `Paste ${size}? y pastes, any other key does not.`, style: WARN }];
  }
  if (model.leaving) return [{ text: 'Ctrl-C once more leaves.', style: WARN }];
  const notice = currentNotice(model);
  if (notice !== null) {
    const sign = notice.level === 'info' ? '* ' : '! ';
    return [{ text: sign + notice.text, style: notice.level === 'info' ? BOLD : WARN }];
  }
  const { completion } = model;
  if (completion !== null) {
    const words = completion.candidates.flatMap((word, at): Line => [{ text: word, style: at === completion.at ? { inverse: true } : {} }, { text: '  ' }]);
    return words;
  }
  return chatHint(model, screen, layout) ?? [{ text: keyHint(screen, model.columns), style: DIM }];
}

function chatHint(model: Model, screen: Screen, layout: Layout): Line | null {
  if (screen.type !== 'chat') return null;
  const { newBelow, selected, detached } = conversationOf(model, screen.with);
  if (selected !== null) return [{ text: 'Selected: Enter answers it; /react +1, /edit, /delete; Esc lets go', style: BOLD }];
  if (detached || !chatWindow(model, screen.with, layout.bodyColumns, layout.bodyRows).atBottom) {
    return [newBelow > 0 ? { text: `↓ ${newBelow} new below; End returns`, style: BOLD } : { text: '↓ older messages; End returns to the newest', style: DIM }];
  }
  const sentence = reachability(model, screen.with);
  return sentence === '' ? null : [{ text: sentence, style: DIM }];
}

function keyHint(screen: Screen, columns: number): string {
  const back = screen.type === 'start' || screen.type === 'menu' ? 'F1 help · Ctrl-D leaves' : 'F1 help · Esc back · Ctrl-N next unread';
  return columns < 50 ? 'F1 help · Esc back' : back;
}

function statusLine(model: Model, layout: Layout): Line {
  const { info, columns } = model;
  const clock = `${clockTime(model.nowMillis)} `;
  const left = ` ${statusParts(model, layout).join(layout.kind === 'narrow' ? ' ' : '  ')}`;
  const room = columns - textWidth(clock) - 1;
  const text = truncate(left, room);
  const style = model.connection === 'up' && info !== null ? BAR : { ...BAR, bold: true };
  return fitLine(
    [
      { text, style },
      { text: ' '.repeat(Math.max(1, columns - textWidth(text) - textWidth(clock))), style },
      { text: clock, style },
    ],
    columns,
    style,
  );
}

function statusParts(model: Model, layout: Layout): readonly string[] {
  const { info, user } = model;
  const unread = totalUnread(model);
  if (model.connection === 'down') return [`${user} node away, reconnecting`];
  if (model.connection === 'connecting' || info === null) return [`${user} connecting…`];
  const requests = model.requests.incoming.length;
  if (layout.kind === 'narrow') {
    const parts = [info.loggedIn ? `${presenceSign({ presence: info.presence, suspect: false })}${user}` : user, `p${info.peers}`];
    return unread > 0 ? [...parts, `${unread} new`] : parts;
  }
  const me = info.loggedIn ? `${user} ${presenceSign({ presence: info.presence, suspect: false })} ${info.presence}` : `${user} logged out`;
  const parts = [me, count(info.peers, 'peer'), `${unread} unread`];
  if (requests > 0) parts.push(count(requests, 'request'));
  const source = { none: 'not synced', peers: 'synced from peers', 'seed-server': 'synced from seed server' }[info.sync.source];
  parts.push(source);
  if (info.sync.seedServer === 'down') parts.push('seed server down');
  return parts;
}

function inputLines(model: Model, layout: Layout): { readonly lines: readonly Line[]; readonly cursorRow: number; readonly cursorColumn: number } {
  const { prompt, rows, cursorRow, cursorColumn } = editorRows(model, editorOfModel(model), model.columns);
  const first = Math.max(0, Math.min(cursorRow - layout.inputRows + 1, rows.length - layout.inputRows));
  const top = Math.min(Math.max(first, 0), cursorRow);
  const indent = ' '.repeat(Math.min(textWidth(prompt), Math.max(0, model.columns - 8)));
  const lines = Array.from({ length: layout.inputRows }, (_, index): Line => {
    const head = top + index === 0 ? truncate(prompt, indent.length) : indent;
    return fitLine([{ text: head, style: BOLD }, { text: rows[top + index] ?? '' }], model.columns);
  });
  return { lines, cursorRow: cursorRow - top, cursorColumn };
}

/** Line widths of a frame, for those who check it. */
export function frameIsExact(frame: Frame, columns: number, rows: number): boolean {
  return frame.lines.length === rows && frame.lines.every((line) => lineWidth(line) === columns);
}
