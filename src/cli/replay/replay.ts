import type { TraceEvent } from '../../core/trace.ts';
import { counted } from '../../scenario/words.ts';
import type { CliContext } from '../context.ts';
import { readTrace, sayDamage } from '../trace-file.ts';
import { eventLine } from '../trace-print.ts';
import { type Divergence, firstDivergence, firstDivergenceByNode } from './divergence.ts';
import { ReplayState, stateAt } from './state.ts';
import { eventLines, screen, stateLines } from './view.ts';

export interface ReplayOptions {
  /** Number of the event to stand at, from 1; null: from the first, or in lines all. */
  readonly at: number | null;
}

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H\u001b[2J';
const AROUND = 5;
/** Of terminals that do not say how large they are. */
const COLUMNS = 80;
const ROWS = 24;
// biome-ignore lint/suspicious/noControlCharactersInRegex: keys are control characters.
const KEYS = /\u001b\[[0-9]*[A-Z~]|[\s\S]/g;

/** Steps through a trace: by keys on a terminal, else the moment that was asked for as lines. */
export async function replay(context: CliContext, file: string, options: ReplayOptions): Promise<void> {
  const read = await readTrace(file);
  const { events, damaged } = read;
  const damage = sayDamage(file, read);
  if (damage !== null) context.warn(damage);
  const position = Math.min(Math.max(options.at ?? events.length, 1), events.length);
  if (context.interactive && !context.plain && !context.json && options.at === null) return byKeys(events, damage);
  const state = stateAt(events, position);
  if (context.json) {
    const nodes = Object.fromEntries(state.nodes);
    return context.printJson({
      event: position,
      of: events.length,
      damaged,
      now: events[position - 1],
      nodes,
      underWay: [...state.underWay.values()],
      rules: [...state.rules],
    });
  }
  context.print(`event ${position} of ${events.length}`);
  for (const line of [...eventLines(events, position, AROUND), '', ...stateLines(state)]) context.print(line);
}

async function byKeys(events: readonly TraceEvent[], damage: string | null): Promise<void> {
  const { stdin, stdout } = process;
  let state = stateAt(events, 1);
  const moveTo = (wanted: number) => {
    const position = Math.min(Math.max(wanted, 1), events.length);
    if (position < state.position) state = new ReplayState();
    while (state.position < position) state.apply(events[state.position] as TraceEvent);
  };
  const draw = () => stdout.write(`${HOME}${screen(events, state, { damage, columns: stdout.columns || COLUMNS, rows: stdout.rows || ROWS })}`);
  stdout.write(ENTER);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  stdout.on('resize', draw);
  try {
    draw();
    for await (const typed of stdin as AsyncIterable<string>) {
      // Keys that are typed quickly arrive together.
      for (const key of typed.match(KEYS) ?? []) {
        const target = targetOf(key, state.position, events);
        if (target === null) return;
        moveTo(target);
      }
      draw();
    }
  } finally {
    stdout.removeListener('resize', draw);
    stdin.setRawMode(false);
    stdin.pause();
    stdout.write(LEAVE);
  }
}

/** Where a key leads; null: to the end of the replay. */
export function targetOf(key: string, position: number, events: readonly TraceEvent[]): number | null {
  switch (key) {
    case 'q':
    case '\u0003':
      return null;
    case 'n':
    case ' ':
    case '\r':
    case '\u001b[C':
    case '\u001b[B':
      return position + 1;
    case 'p':
    case '\u001b[D':
    case '\u001b[A':
      return position - 1;
    case 'N':
    case '\u001b[6~':
      return position + 10;
    case 'P':
    case '\u001b[5~':
      return position - 10;
    case ']':
      return position + 1_000;
    case '[':
      return position - 1_000;
    case 'g':
      return 1;
    case 'G':
      return events.length;
    case 'f': {
      const node = events[position - 1]?.node;
      const next = events.findIndex((event, index) => index >= position && event.node === node);
      return next < 0 ? position : next + 1;
    }
    default:
      return position;
  }
}

/** Compares two traces; gives the exit status: 0 for equal ones, 1 where they part. */
export async function compareTraces(context: CliContext, one: string, other: string, byNode: boolean): Promise<number> {
  const [first, second] = [await readTrace(one), await readTrace(other)];
  for (const damage of [sayDamage(one, first), sayDamage(other, second)]) if (damage !== null) context.warn(damage);
  const divergence = byNode ? firstDivergenceByNode(first.events, second.events) : firstDivergence(first.events, second.events);
  const isWhole = first.damaged === 0 && second.damaged === 0;
  const counts = { events: [first.events.length, second.events.length], damaged: [first.damaged, second.damaged] };
  if (context.json) context.printJson({ equal: divergence === null && isWhole, ...counts, divergence });
  else if (divergence === null) {
    const how = byNode ? ', node by node' : `: ${counted(first.events.length, 'event')}`;
    context.print(isWhole ? `The traces are equal${how}.` : `The traces are equal as far as they can be read${how}.`);
  } else tell(context, divergence, { one, other, firstMillis: [first.events[0]?.wallMillis ?? 0, second.events[0]?.wallMillis ?? 0] });
  return divergence === null && isWhole ? 0 : 1;
}

function tell(
  context: CliContext,
  divergence: Divergence,
  files: { readonly one: string; readonly other: string; readonly firstMillis: readonly [number, number] },
): void {
  const { within, index, first, second, what, before } = divergence;
  const [firstMillis, secondMillis] = files.firstMillis;
  context.print(`The traces part at event ${index + 1}${within === 'all' ? '' : ` of ${within}`}: ${what}.`);
  for (const event of before) context.print(`  both  ${eventLine(event, firstMillis)}`);
  context.print(`  ${files.one}: ${first === null ? 'nothing more' : eventLine(first, firstMillis)}`);
  context.print(`  ${files.other}: ${second === null ? 'nothing more' : eventLine(second, secondMillis)}`);
}
