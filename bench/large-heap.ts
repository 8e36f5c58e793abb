import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BenchOptions, Figure } from './benchmark.ts';
import { endsWithUs } from './children.ts';

/** Ten thousand chat nodes with their views and stores need some 4 GB; what Node.js allows by itself is half of the memory or 4 GB. */
const HEAP_MEBIBYTES = 12_288;
/** What a thousand users know is hardly ever garbage: up to this size nobody looks through all of it for some, which takes a second each time. */
const FIRST_MEBIBYTES = 1_024;
/** Room for what lives shortly: with the default of 16 most of it would be moved once before it is garbage. */
const YOUNG_MEBIBYTES = 64;

export type LargeHeapMessage =
  | { readonly type: 'said'; readonly text: string }
  | { readonly type: 'measured'; readonly figures: readonly Figure[] }
  | { readonly type: 'broke'; readonly reason: string };

/** What is simulated: chat nodes that join and idle, a room that all of them are in, or the life of users with friends and rooms. */
export type LargeSimulation = 'chat-nodes' | 'room' | 'life' | 'crowd-life';

/** Measures a simulation in a process of its own that may use more memory. Rejects when it broke. */
export async function measureInLargeHeap(what: LargeSimulation, count: number, options: BenchOptions): Promise<readonly Figure[]> {
  const child = fork(fileURLToPath(new URL('./large-heap-child.js', import.meta.url)), [what, String(count), String(options.quick)], {
    execArgv: [`--max-old-space-size=${HEAP_MEBIBYTES}`, `--initial-old-space-size=${FIRST_MEBIBYTES}`, `--max-semi-space-size=${YOUNG_MEBIBYTES}`],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  endsWithUs(child);
  let outcome: LargeHeapMessage = { type: 'broke', reason: 'the process ended before it had measured anything' };
  child.on('message', (message: LargeHeapMessage) => {
    if (message.type === 'said') options.say(message.text);
    else outcome = message;
  });
  await once(child, 'exit');
  const last = outcome as LargeHeapMessage;
  if (last.type === 'measured') return last.figures;
  throw new Error(last.type === 'broke' ? last.reason : 'nothing was measured');
}
