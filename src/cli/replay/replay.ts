import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { ConfabError } from '../../core/errors.ts';
import type { TraceEvent } from '../../core/trace.ts';
import type { CliContext } from '../context.ts';
import { eventLine, parseEvent } from '../trace-print.ts';
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

/** Reads a trace; throws `not-found`, or `bad-arguments` for a file without events. */
export async function readTrace(file: string): Promise<TraceEvent[]> {
  const events: TraceEvent[] = [];
  const input = createReadStream(file);
  const failed = new Promise<never>((_, reject) => input.once('error', () => reject(new ConfabError('not-found', { what: file }))));
  const read = async () => {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const event = line === '' ? null : parseEvent(line);
      if (event !== null) events.push(event);
    }
  };
  await Promise.race([read(), failed]);
  if (events.length === 0) throw new ConfabError('bad-arguments', { command: 'replay', reason: `${file} holds no events of a trace` });
  return events;
}

/** Steps through a trace: by keys on a terminal, else the moment that was asked for as lines. */
export async function replay(context: CliContext, file: string, options: ReplayOptions): Promise<void> {
  const events = await readTrace(file);
  const position = Math.min(Math.max(options.at ?? events.length, 1), events.length);
  if (context.interactive && !context.plain && !context.json && options.at === null) return byKeys(events);
  const state = stateAt(events, position);
  if (context.json) {
    const nodes = Object.fromEntries(state.nodes);
    return context.printJson({
      event: position,
      of: events.length,
      now: events[position - 1],
      nodes,
      underWay: [...state.underWay.values()],
      rules: [...state.rules],
    });
  }
  context.print(`event ${position} of ${events.length}`);
  for (const line of [...eventLines(events, position, AROUND), '', ...stateLines(state)]) context.print(line);
}

async function byKeys(events: readonly TraceEvent[]): Promise<void> {
  const { stdin, stdout } = process;
  let state = stateAt(events, 1);
  const moveTo = (wanted: number) => {
    const position = Math.min(Math.max(wanted, 1), events.length);
    if (position < state.position) state = new ReplayState();
    while (state.position < position) state.apply(events[state.position] as TraceEvent);
  };
  const draw = () => stdout.write(`${HOME}${screen(events, state, { columns: stdout.columns || COLUMNS, rows: stdout.rows || ROWS })}`);
  stdout.write(ENTER);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
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
  const divergence = byNode ? firstDivergenceByNode(first, second) : firstDivergence(first, second);
  if (context.json) context.printJson({ equal: divergence === null, events: [first.length, second.length], divergence });
  else if (divergence === null) context.print(`The traces are equal${byNode ? ', node by node' : `: ${first.length} events`}.`);
  else tell(context, divergence, { one, other, firstMillis: [first[0]?.wallMillis ?? 0, second[0]?.wallMillis ?? 0] });
  return divergence === null ? 0 : 1;
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
