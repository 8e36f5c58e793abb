import type { CommandName, NodeEvent } from '../../core/commands.ts';
import type { Key } from '../input/keys.ts';

/** What happens to the terminal. */
export type Action =
  | { readonly type: 'key'; readonly key: Key }
  /** A whole line, in line mode. */
  | { readonly type: 'line'; readonly text: string }
  | { readonly type: 'interrupt' }
  | { readonly type: 'resize'; readonly columns: number; readonly rows: number }
  | { readonly type: 'tick'; readonly nowMillis: number }
  | { readonly type: 'connection'; readonly state: 'up' | 'down'; readonly reason?: string }
  | { readonly type: 'event'; readonly event: NodeEvent }
  | { readonly type: 'answer'; readonly call: Call; readonly value: unknown }
  | { readonly type: 'failure'; readonly call: Call; readonly failure: Failure };

export interface Failure {
  readonly code: string;
  readonly sentence: string;
  readonly advice: string;
}

/** What the terminal wants done. */
export type Effect =
  | { readonly type: 'call'; readonly call: Call }
  | { readonly type: 'bell' }
  | { readonly type: 'redraw' }
  | { readonly type: 'suspend' }
  /** Show these lines on the bare screen, where a mouse can mark and copy them, until Enter. */
  | { readonly type: 'bare'; readonly lines: readonly string[] }
  | { readonly type: 'quit' };

export interface Call {
  readonly command: CommandName;
  readonly args: Readonly<Record<string, unknown>>;
  readonly purpose: Purpose;
}

/**
 * do: somebody asked for it, say what came of it. show: open its view. refresh: take in the answer quietly.
 * text: a message that goes back into the draft if it is refused. older: a page of history further back. around: what lies around a message.
 */
export type Purpose = 'do' | 'show' | 'refresh' | 'text' | 'older' | 'around';
