import { faultHelp } from '../control/fault-grammar.ts';
import { ConfabError } from '../core/errors.ts';
import { applyFault, type FaultDeed, readFaults } from './fault.ts';
import { sayFaults } from './fault-says.ts';
import { readFaultOrder } from './fault-words.ts';

/** Orders that somebody types at a terminal: they go to the whole network of the data root in which the terminal's node lies. */
export async function faultFromNode(root: string, node: string, words: string): Promise<readonly string[]> {
  const order = readFaultOrder(words.split(/\s+/).filter((word) => word !== ''));
  if (order.type === 'help') return faultHelp();
  if (order.type === 'list') return sayFaults(await readFaults(root));
  await refuseToEndOneself(root, node, order);
  return (await applyFault(root, order, { waits: false })).split('\n');
}

/** Whoever stands still or is killed can neither go on with an order nor answer it. */
async function refuseToEndOneself(root: string, node: string, order: FaultDeed): Promise<void> {
  const heals = order.type === 'heal' && (order.names === null || order.names.includes(node));
  const stands = heals && (await readFaults(root)).some((each) => each.node === node && each.conduct !== null);
  const isMeant = (order.type === 'pause' || order.type === 'restart' || order.type === 'lie') && order.nodes.includes(node);
  if (!isMeant && !stands) return;
  const reason = `${node} could not be told to go on from here; use confab fault at a shell`;
  throw new ConfabError('bad-arguments', { command: 'fault', reason });
}
