import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { ConfabError } from '../core/errors.ts';
import { folderReason } from '../core/system-reasons.ts';
import type { MessageTrace, TraceDetail, TraceEvent } from '../core/trace.ts';
import { counted } from '../scenario/words.ts';

type Loose<Detail> = Readonly<Record<keyof Detail | string, unknown>>;

const text = (value: unknown): boolean => typeof value === 'string';
const number = (value: unknown): boolean => typeof value === 'number';
const optional = (value: unknown, fits: (value: unknown) => boolean): boolean => value === undefined || fits(value);
const list = (value: unknown, fits: (each: unknown) => boolean): boolean => Array.isArray(value) && value.every(fits);
const facts = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
const packed = (value: unknown): boolean =>
  list(value, (each) => facts(each) && text((each as Partial<MessageTrace>).type) && optional((each as Partial<MessageTrace>).id, text));

/** What of a detail is read, by its type: traces are files, and files come from other versions, or damaged. */
const FITS: { readonly [Type in TraceDetail['type']]: (detail: Loose<Extract<TraceDetail, { type: Type }>>) => boolean } = {
  send: ({ frame, to, kind, messages, bytes }) => text(frame) && text(to) && text(kind) && packed(messages) && number(bytes),
  receive: ({ frame, from, kind, messages, bytes }) => text(frame) && text(from) && text(kind) && packed(messages) && number(bytes),
  drop: ({ frame, peer, reason, messages }) => optional(frame, text) && text(peer) && text(reason) && optional(messages, packed),
  timer: ({ kind, key }) => text(kind) && text(key),
  state: ({ subject, id, from, to, data }) => text(subject) && text(id) && optional(from, text) && text(to) && optional(data, facts),
  shown: ({ what, id, data }) => text(what) && text(id) && optional(data, facts),
  command: ({ name, request }) => text(name) && text(request),
  answer: ({ request, outcome }) => text(request) && text(outcome),
  life: ({ what, reason }) => text(what) && optional(reason, text),
  rule: ({ what, rules }) => text(what) && list(rules, text),
  note: (detail) => text(detail.text),
};

export const TRACE_TYPES: readonly string[] = Object.keys(FITS);

/** The event of a line, or null when it is none. */
export function parseEvent(line: string): TraceEvent | null {
  try {
    const event = JSON.parse(line) as Partial<TraceEvent> | null;
    const { node, wallMillis, monotonicMillis, logical, detail } = event ?? {};
    if (!text(node) || !number(wallMillis) || !number(monotonicMillis) || !number(logical) || !facts(detail)) return null;
    const { type } = detail as TraceDetail;
    return Object.hasOwn(FITS, type) && FITS[type](detail as never) ? (event as TraceEvent) : null;
  } catch {
    return null;
  }
}

export interface TraceRead {
  readonly events: readonly TraceEvent[];
  /** Lines that are no events, and where the first of them stands, from 1. */
  readonly damaged: number;
  readonly firstDamaged: number;
  readonly lines: number;
}

/** Reads a trace; throws `not-found`, or `bad-arguments` for a file that cannot be read or holds no events. */
export async function readTrace(file: string): Promise<TraceRead> {
  const events: TraceEvent[] = [];
  let [lines, damaged, firstDamaged] = [0, 0, 0];
  const input = createReadStream(file);
  const failed = new Promise<never>((_, reject) =>
    input.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EISDIR' ? 'is a folder' : `cannot be read: ${folderReason(error)}`;
      reject(
        error.code === 'ENOENT'
          ? new ConfabError('not-found', { what: file })
          : new ConfabError('bad-arguments', { command: 'replay', reason: `${file} ${reason}` }),
      );
    }),
  );
  const read = async () => {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      lines += 1;
      if (line === '') continue;
      const event = parseEvent(line);
      if (event !== null) events.push(event);
      else {
        damaged += 1;
        if (damaged === 1) firstDamaged = lines;
      }
    }
  };
  await Promise.race([read(), failed]);
  if (events.length === 0) throw new ConfabError('bad-arguments', { command: 'replay', reason: `${file} holds no events of a trace` });
  return { events, damaged, firstDamaged, lines };
}

/** What is wrong with a trace, as a sentence; null for a whole one. */
export function sayDamage(file: string, { damaged, firstDamaged, lines }: TraceRead): string | null {
  if (damaged === 0) return null;
  if (damaged === 1 && firstDamaged === lines) return `${file} was cut off: its last line is no whole event`;
  return `${file} is damaged, or of another version: ${counted(damaged, 'line')} of ${lines} ${damaged === 1 ? 'is no event' : 'are no events'}, the first is line ${firstDamaged}`;
}
