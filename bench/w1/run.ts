import { fork } from 'node:child_process';
import { once } from 'node:events';
import { totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { endsWithUs } from '../children.ts';
import type { Assignment, ChildMessage, Measured } from './measured.ts';

const MEBIBYTE = 2 ** 20;
/** Young objects of W1 are messages that die within 50 virtual ms: a small nursery stays in the cache of the processor, MiB. */
const NURSERY_MEBIBYTES = 8;
/** Those of the ring are look-ups that take most of a second: a nursery that is filled sooner would keep half of them each time and call them old. */
const RING_NURSERY_MIN_MEBIBYTES = 16;
const RING_NURSERY_MAX_MEBIBYTES = 64;
const RING_NURSERY_NODE_MEBIBYTES = 1 / 1_024;
/** The limit of the heap, beside the nursery, MiB: without one the collector lets garbage lie until it is several times what is alive. */
const RING_HEAP_MEBIBYTES = 256;
const RING_NODE_MEBIBYTES = 8 / 1_024;

/** What the engine may use, MiB: nearly all that there is for W1, and a tight limit for the ring, which makes much garbage. */
function memoryOf({ workload, engine, nodes }: Assignment): { readonly heap: number; readonly nursery: number } {
  const most = Math.floor((totalmem() * 0.75) / MEBIBYTE);
  if (workload !== 'ring' || engine === 'w1') return { heap: most, nursery: NURSERY_MEBIBYTES };
  const nursery = Math.ceil(Math.min(RING_NURSERY_MAX_MEBIBYTES, Math.max(RING_NURSERY_MIN_MEBIBYTES, nodes * RING_NURSERY_NODE_MEBIBYTES)));
  return { heap: Math.min(most, Math.ceil(RING_HEAP_MEBIBYTES + nodes * RING_NODE_MEBIBYTES)), nursery };
}

/** Lets a process of its own measure, so that the peak of memory and the compiled code are those of one engine alone. Rejects when it broke. */
export async function measureAlone(assignment: Assignment): Promise<Measured> {
  const { heap, nursery } = memoryOf(assignment);
  const child = fork(fileURLToPath(new URL('./child.js', import.meta.url)), [JSON.stringify(assignment)], {
    execArgv: [`--max-old-space-size=${heap}`, `--max-semi-space-size=${nursery}`],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  endsWithUs(child);
  let outcome: ChildMessage = {
    type: 'broke',
    reason: `The process that played ${assignment.nodes} nodes ended before it was done: too little memory, or it was killed.`,
  };
  child.on('message', (message: ChildMessage) => {
    outcome = message;
  });
  await once(child, 'exit');
  const last = outcome as ChildMessage;
  if (last.type === 'measured') return last.measured;
  throw new Error(last.reason);
}
