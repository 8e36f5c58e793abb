import type { TraceEvent } from '../../core/trace.ts';
import { printable } from '../table.ts';
import { eventLine } from '../trace-print.ts';
import type { ReplayState } from './state.ts';

const NODES_MAX = 40;
/** Fits into 80 columns. */
const KEYS = 'n p one · N P ten · ] [ thousand · g G ends · f next of this node · q quit';

/** What the network looks like at a moment, as lines. */
export function stateLines(state: ReplayState): string[] {
  const lines = [
    `messages: ${state.sayMessages()}    frames under way: ${state.underWay.size}    rules: ${state.rules.size === 0 ? 'none' : [...state.rules].join(', ')}`,
  ];
  for (const [name, node] of [...state.nodes].sort(([one], [other]) => (one < other ? -1 : 1)).slice(0, NODES_MAX)) {
    const session = node.session === '' ? '' : `  session ${node.session}`;
    const ring = node.ring === '' ? '' : `  ring ${node.ring}`;
    lines.push(printable(`${node.up ? 'up  ' : 'down'} ${name.padEnd(12)} shown ${String(node.shown).padStart(4)}${session}${ring}  (${node.last})`));
  }
  if (state.nodes.size > NODES_MAX) lines.push(`... and ${state.nodes.size - NODES_MAX} nodes more`);
  return lines;
}

/** The events around a moment; the one that has just happened is marked. */
export function eventLines(events: readonly TraceEvent[], position: number, around: number): string[] {
  const firstMillis = events[0]?.wallMillis ?? 0;
  const from = Math.max(0, position - 1 - around);
  return events
    .slice(from, position + around)
    .map((event, index) => `${from + index === position - 1 ? '>' : ' '} ${String(from + index + 1).padStart(6)} ${eventLine(event, firstMillis)}`);
}

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
  /** What is wrong with the file. */
  readonly damage?: string | null;
}

/** One screen: where we are, the events around, the network. */
export function screen(events: readonly TraceEvent[], state: ReplayState, size: ScreenSize): string {
  const around = Math.max(2, Math.min(8, Math.floor((size.rows - state.nodes.size - 5) / 2)));
  const lines = [
    `event ${state.position} of ${events.length}${(size.damage ?? null) === null ? '' : ` · ${size.damage}`}`,
    KEYS,
    ...eventLines(events, state.position, around),
    '',
    ...stateLines(state),
  ];
  return lines
    .slice(0, Math.max(4, size.rows - 1))
    .map((line) => cut(line, size.columns - 1))
    .join('\r\n');
}

/** What does not fit is missed: a row that was cut says so. */
function cut(line: string, columns: number): string {
  const characters = Array.from(line);
  return characters.length <= columns ? line : `${characters.slice(0, columns - 1).join('')}…`;
}
