import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { didYouMean } from '../control/nearest.ts';
import { ConfabError } from '../core/errors.ts';
import type { MessageTrace, TraceDetail, TraceEvent } from '../core/trace.ts';
import type { CliContext } from './context.ts';
import { printable } from './table.ts';
import { parseEvent, TRACE_TYPES } from './trace-file.ts';

export interface TraceFilter {
  readonly node?: string;
  readonly type?: string;
  readonly message?: string;
  readonly peer?: string;
}

/**
 * Prints the events of a file that pass the filter; lines that are no events are counted and named at the
 * end. Throws `not-found`, and `bad-arguments` for a file that holds something else.
 */
export async function printTrace(context: CliContext, file: string, filter: TraceFilter): Promise<void> {
  if (filter.type !== undefined && !TRACE_TYPES.includes(filter.type)) {
    throw new ConfabError('bad-arguments', { command: 'trace', reason: `there is no event type "${filter.type}".${didYouMean(filter.type, TRACE_TYPES)}` });
  }
  const input = file === '-' ? process.stdin : createReadStream(file);
  const failed = new Promise<never>((_, reject) => input.once('error', () => reject(new ConfabError('not-found', { what: file }))));
  failed.catch(() => {});
  const counts = { shown: 0, all: 0, damaged: 0 };
  await Promise.race([readLines(context, input, filter, counts), failed]);
  if (counts.all === 0 && counts.damaged > 0) throw new ConfabError('bad-arguments', { command: 'trace', reason: `${file} holds no events of a trace` });
  if (context.json) return;
  const damaged = counts.damaged === 0 ? '' : `, ${counts.damaged} lines are no events`;
  context.print(`${counts.shown} of ${counts.all} events${damaged}`);
}

async function readLines(
  context: CliContext,
  input: NodeJS.ReadableStream,
  filter: TraceFilter,
  counts: { shown: number; all: number; damaged: number },
): Promise<void> {
  let firstMillis: number | null = null;
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line === '') continue;
    const event = parseEvent(line);
    if (event === null) {
      counts.damaged += 1;
      continue;
    }
    counts.all += 1;
    firstMillis ??= event.wallMillis;
    if (!passes(event, filter)) continue;
    counts.shown += 1;
    context.print(context.json ? line : eventLine(event, firstMillis));
  }
}

function passes(event: TraceEvent, filter: TraceFilter): boolean {
  const { detail } = event;
  if (filter.node !== undefined && event.node !== filter.node) return false;
  if (filter.type !== undefined && detail.type !== filter.type) return false;
  if (filter.message !== undefined && !JSON.stringify(detail).includes(JSON.stringify(filter.message))) return false;
  return filter.peer === undefined || names(detail).includes(filter.peer);
}

/** Nodes and users that an event is about. */
function names(detail: TraceDetail): readonly string[] {
  switch (detail.type) {
    case 'send':
      return [detail.to];
    case 'receive':
      return [detail.from];
    case 'drop':
      return [detail.peer];
    case 'state':
    case 'shown':
      return [detail.id, ...Object.values(detail.data ?? {}).map(String)];
    case 'timer':
      return [detail.key];
    case 'command':
    case 'answer':
    case 'life':
    case 'rule':
    case 'note':
      return [];
  }
}

/** One event in one line: seconds since the first event, node, type, what happened, ids. */
export function eventLine(event: TraceEvent, firstMillis: number): string {
  const seconds = ((event.wallMillis - firstMillis) / 1000).toFixed(3).padStart(9);
  const logical = String(event.logical).padStart(6);
  return printable(`${seconds} ${logical}  ${event.node.padEnd(12)} ${event.detail.type.padEnd(8)} ${describe(event.detail)}`.trimEnd());
}

function describe(detail: TraceDetail): string {
  switch (detail.type) {
    case 'send':
      return `-> ${detail.to}  ${detail.kind}${packed(detail.messages)}  ${detail.bytes} B  ${detail.frame}`;
    case 'receive':
      return `<- ${detail.from}  ${detail.kind}${packed(detail.messages)}  ${detail.bytes} B  ${detail.frame}`;
    case 'drop':
      return `${detail.peer}  ${detail.reason}${packed(detail.messages ?? [])}${detail.frame === undefined ? '' : `  ${detail.frame}`}`;
    case 'timer':
      return `${detail.kind} ${detail.key}`;
    case 'state':
      return `${detail.subject} ${detail.id}: ${detail.from === undefined ? '' : `${detail.from} -> `}${detail.to}${facts(detail.data)}`;
    case 'shown':
      return `${detail.what} ${detail.id}${facts(detail.data)}`;
    case 'command':
      return `${detail.name} (${detail.request})`;
    case 'answer':
      return `${detail.request}: ${detail.outcome}`;
    case 'life':
      return `${detail.what}${detail.reason === undefined ? '' : `: ${detail.reason}`}`;
    case 'rule':
      return `${detail.what}${detail.rules.length === 0 ? '' : ` ${detail.rules.join(', ')}`}`;
    case 'note':
      return detail.text;
  }
}

/** Types of the messages of a frame; equal ones without an id are counted. */
function packed(messages: readonly MessageTrace[]): string {
  const parts = new Map<string, number>();
  for (const message of messages) {
    const part = message.id === undefined ? message.type : `${message.type}(${message.id})`;
    parts.set(part, (parts.get(part) ?? 0) + 1);
  }
  if (parts.size === 0) return '';
  return ` [${[...parts].map(([part, count]) => (count === 1 ? part : `${part} x${count}`)).join(', ')}]`;
}

function facts(data: Readonly<Record<string, string | number | boolean>> | undefined): string {
  if (data === undefined) return '';
  return `  ${Object.entries(data)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ')}`;
}
