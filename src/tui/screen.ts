import blessed from 'blessed';
import type { Frame } from './render/frame.ts';
import { type Line, PLAIN, type Style, styledCells } from './text/styled.ts';
import { pointWidth, textWidth } from './text/width.ts';

/**
 * The one file that knows blessed, and all that it is used for is painting cells: alternate screen, differences between
 * two frames, colours, cursor. Its input widgets, text wrapping and tags are not used; see the comments for why.
 */
export interface TerminalOutput extends NodeJS.WritableStream {
  readonly columns?: number;
  readonly rows?: number;
}

type BlessedCell = [attributes: number, character: string];
type BlessedLine = BlessedCell[] & { dirty: boolean };

/** What blessed's own types leave out. */
interface BlessedProgram {
  cols: number;
  rows: number;
  cursorHidden: boolean;
  cup(row: number, column: number): void;
  showCursor(): void;
  hideCursor(): void;
  flush(): void;
  removeAllListeners(event: string): void;
  _write(text: string): void;
}

interface BlessedScreen {
  lines: BlessedLine[];
  program: BlessedProgram;
  alloc(dirty?: boolean): void;
  draw(start: number, end: number): void;
  enter(): void;
  leave(): void;
  destroy(): void;
}

interface BlessedUnicode {
  charWidth(text: string | number, at?: number): number;
  strWidth(text: string): number;
  isCombining(text: string | number, at?: number): boolean;
}

const BRACKETED_PASTE_ON = '\u001b[?2004h';
const BRACKETED_PASTE_OFF = '\u001b[?2004l';
const DEFAULT_COLOUR = 0x1ff;

let widthsReplaced = false;

/** blessed's width tables are from 2015 and wrong for most emoji: ours are asked instead. */
function replaceWidths(): void {
  if (widthsReplaced) return;
  widthsReplaced = true;
  const { unicode } = blessed as unknown as { unicode: BlessedUnicode };
  const point = (text: string | number, at = 0) => (typeof text === 'number' ? text : (text.codePointAt(at) ?? 0x20));
  unicode.charWidth = (text, at) => pointWidth(point(text, at));
  unicode.strWidth = (text) => textWidth(text);
  unicode.isCombining = (text, at) => pointWidth(point(text, at)) === 0;
}

export class Screen {
  private readonly output: TerminalOutput;
  private readonly colour: boolean;
  private readonly screen: BlessedScreen;
  private painted: readonly string[] = [];
  private inside = true;

  /** Takes the terminal over: alternate screen, bracketed paste. `dummyInput` keeps blessed's hands off the real input. */
  constructor(parts: { readonly output: TerminalOutput; readonly dummyInput: NodeJS.ReadableStream; readonly colour: boolean }) {
    this.output = parts.output;
    this.colour = parts.colour;
    replaceWidths();
    // Without it line drawing goes through the alternate character set, which tmux captures show as letters.
    process.env['NCURSES_NO_UTF8_ACS'] ??= '1';
    this.screen = blessed.screen({
      input: parts.dummyInput as NodeJS.ReadStream,
      output: parts.output as NodeJS.WriteStream,
      terminal: 'xterm-256color',
      forceUnicode: true,
      fullUnicode: true,
      warnings: false,
      useBCE: false,
    } as blessed.Widgets.IScreenOptions) as unknown as BlessedScreen;
    // It would blank the screen some time after a resize; ours is coalesced and paints at once.
    this.screen.program.removeAllListeners('resize');
    this.screen.program._write(BRACKETED_PASTE_ON);
    this.screen.program.flush();
  }

  /** The window has another size: everything is painted anew at the next `paint`. */
  resize(columns: number, rows: number): void {
    if (!this.inside) return;
    this.screen.program.cols = columns;
    this.screen.program.rows = rows;
    this.redraw();
  }

  redraw(): void {
    if (!this.inside) return;
    this.screen.alloc(true);
    this.painted = [];
  }

  paint(frame: Frame): void {
    if (!this.inside) return;
    const { program, lines } = this.screen;
    if (!program.cursorHidden) program.hideCursor();
    const fresh = frame.lines.map((line) => JSON.stringify(line));
    for (const [row, line] of frame.lines.entries()) {
      const cells = lines[row];
      if (cells === undefined || fresh[row] === this.painted[row]) continue;
      this.fill(cells, line);
      cells.dirty = true;
    }
    this.painted = fresh;
    this.screen.draw(0, lines.length - 1);
    if (frame.cursor !== null) {
      program.cup(frame.cursor.row, frame.cursor.column);
      program.showCursor();
    }
    program.flush();
  }

  private fill(cells: BlessedLine, line: Line): void {
    let column = 0;
    for (const cell of styledCells(line)) {
      const target = cells[column];
      if (target === undefined) break;
      target[0] = this.attributes(cell.style);
      target[1] = cell.text;
      column += 1;
      if (cell.width === 1) continue;
      // The second half of a wide character: blessed skips it when it paints the first.
      const half = cells[column];
      if (half === undefined) {
        target[1] = ' ';
        break;
      }
      half[0] = this.attributes(cell.style);
      half[1] = ' ';
      column += 1;
    }
    for (; column < cells.length; column += 1) {
      const rest = cells[column] as BlessedCell;
      rest[0] = this.attributes(PLAIN);
      rest[1] = ' ';
    }
  }

  /** blessed's word for a style: flags, foreground, background in 9 bits each. */
  private attributes(style: Style): number {
    const flags = (style.bold === true ? 1 : 0) | (style.underline === true ? 2 : 0) | (style.inverse === true ? 8 : 0);
    const foreground = this.colour ? (style.colour ?? DEFAULT_COLOUR) : DEFAULT_COLOUR;
    const background = this.colour ? (style.background ?? DEFAULT_COLOUR) : DEFAULT_COLOUR;
    return (flags << 18) | (foreground << 9) | background;
  }

  bell(): void {
    if (this.inside) this.output.write('\u0007');
  }

  /** Gives the terminal back for a while (Ctrl-Z, bare text). Idempotent. */
  leave(): void {
    if (!this.inside) return;
    this.inside = false;
    this.screen.program._write(BRACKETED_PASTE_OFF);
    this.screen.leave();
    this.screen.program.flush();
  }

  enter(): void {
    if (this.inside) return;
    this.inside = true;
    this.screen.enter();
    this.screen.program._write(BRACKETED_PASTE_ON);
    this.redraw();
  }

  /** For good. Idempotent, and safe in an exit handler: everything is written at once. */
  destroy(): void {
    this.leave();
    this.screen.destroy();
  }
}
