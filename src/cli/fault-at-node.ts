import { ConfabError } from '../core/errors.ts';
import { applyFault, readFaults, sayFaults } from './fault.ts';
import { readFaultOrder } from './fault-words.ts';

/** Orders that somebody types at a terminal: they go to the whole network of the data root in which the terminal's node lies. */
export async function faultFromNode(root: string, node: string, words: string): Promise<readonly string[]> {
  const order = readFaultOrder(words.split(/\s+/).filter((word) => word !== ''));
  if (order.type === 'list') return sayFaults(await readFaults(root));
  const stopsItself = (order.type === 'pause' && order.nodes.includes(node)) || order.type === 'slow';
  if (stopsItself) {
    const reason =
      order.type === 'slow'
        ? 'slowness lasts as long as the one who orders it; use confab fault slow at a shell'
        : `${node} could not be told to go on from here; use confab fault at a shell`;
    throw new ConfabError('bad-arguments', { command: 'fault', reason });
  }
  return [await applyFault(root, order)];
}
