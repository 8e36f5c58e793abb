import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TraceEvent } from '../core/trace.ts';

/**
 * The traces of all nodes of a run as one, ordered by (wall clock, logical clock, id).
 * Each node appends to a file of its own, so a killed one leaves at most its last line torn; such lines are left out.
 */
export async function mergeTraces(folder: string, more: readonly TraceEvent[]): Promise<TraceEvent[]> {
  const events = [...more];
  let files: string[];
  try {
    files = await readdir(folder);
  } catch {
    files = [];
  }
  for (const file of files.filter((name) => name.endsWith('.ndjson')).sort()) {
    const text = await readFile(join(folder, file), 'utf8');
    for (const line of text.split('\n')) {
      const event = parseLine(line);
      if (event !== null) events.push(event);
    }
  }
  return events.sort(inOrder);
}

function parseLine(line: string): TraceEvent | null {
  if (line === '') return null;
  try {
    const event = JSON.parse(line) as TraceEvent;
    return typeof event.id === 'string' && typeof event.wallMillis === 'number' ? event : null;
  } catch {
    return null;
  }
}

function inOrder(one: TraceEvent, other: TraceEvent): number {
  return one.wallMillis - other.wallMillis || one.logical - other.logical || (one.id < other.id ? -1 : 1);
}
