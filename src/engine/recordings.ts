import { join } from 'node:path';

/** The recording of a node's next start: a file of its own for each, in the order of starts. `starts` counts them. */
export function nextRecording(folder: string, node: string, starts: Map<string, number>): string {
  const count = (starts.get(node) ?? 0) + 1;
  starts.set(node, count);
  return join(folder, `${node}.${String(count).padStart(4, '0')}.inputs`);
}
