import { argsOf, type NodeOrder } from './node-order.ts';
import { type LifelineProcess, NODE_EXEC_ARGS, spawnReady } from './spawn.ts';

const READY_MILLIS = 30_000;

/** A node in a process of its own; rejects with a sentence when it does not start. */
export function startNodeProcess(root: string, order: NodeOrder, mainPath: string): Promise<LifelineProcess> {
  const started = { args: argsOf(root, order), mainPath, what: `The node of ${order.node}`, readyMillis: READY_MILLIS, execArgs: NODE_EXEC_ARGS };
  // What a program of one's own prints is for whoever wrote it; the chat node prints nothing but its last words, which are kept anyway.
  return spawnReady(order.program === null ? started : { ...started, onLine: (line) => void process.stderr.write(`${line}\n`) });
}
