import { fork } from 'node:child_process';
import { once } from 'node:events';
import { totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Assignment, ChildMessage, Measured } from './measured.ts';

const MEBIBYTE = 2 ** 20;
/** Young objects are messages that die within 50 virtual ms: a small nursery stays in the cache of the processor, MiB. */
const NURSERY_MEBIBYTES = 8;

/** Lets a process of its own measure, so that the peak of memory and the compiled code are those of one engine alone. Rejects when it broke. */
export async function measureAlone(assignment: Assignment): Promise<Measured> {
  const heapMebibytes = Math.floor((totalmem() * 0.75) / MEBIBYTE);
  const child = fork(fileURLToPath(new URL('./child.js', import.meta.url)), [JSON.stringify(assignment)], {
    execArgv: [`--max-old-space-size=${heapMebibytes}`, `--max-semi-space-size=${NURSERY_MEBIBYTES}`],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
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
