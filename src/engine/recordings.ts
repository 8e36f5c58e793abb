import { join } from 'node:path';

/** A recording can be compared only where its node ended in order, however busy the machine is, ms. */
export const RECORDED_STOP_MILLIS = 60_000;

/** The recording of a node's next start: a file of its own for each, in the order of starts. `starts` counts them. */
export function nextRecording(folder: string, node: string, starts: Map<string, number>): string {
  const count = (starts.get(node) ?? 0) + 1;
  starts.set(node, count);
  return join(folder, `${node}.${String(count).padStart(4, '0')}.inputs`);
}
