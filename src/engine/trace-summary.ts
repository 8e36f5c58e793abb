import { createHash } from 'node:crypto';
import type { TraceEvent } from '../core/trace.ts';

/** SHA-256 (hex) over the events as NDJSON: that of the file which `--trace` writes. */
export function summarizeTrace(events: readonly TraceEvent[]): { readonly events: number; readonly sha256: string } {
  const hash = createHash('sha256');
  for (const event of events) hash.update(traceLine(event));
  return { events: events.length, sha256: hash.digest('hex') };
}

/** One event as a line of the trace file. */
export function traceLine(event: TraceEvent): string {
  return `${JSON.stringify(event)}\n`;
}
