/** What is said between a process that runs many nodes and whoever started it, on its control socket. */
export const HOST_ORDERS = Object.freeze({
  /** Order; its arguments are a NodeOrder, its answer `{ socket, endpoint }`. */
  startNode: 'start-node',
  /** Order without arguments; its answer `{ share }` says for how much of the last moment the process has worked, 0 to 1. */
  busy: 'busy',
  /** Event `{ type, node, end }`: a node is gone, `end` says how. */
  nodeEnded: 'node-ended',
});

/** How to run one node; the same as the options of `confab node`. */
export interface NodeOrder {
  readonly node: string;
  readonly network: string;
  /** Null: no seed server. */
  readonly seedUrl: string | null;
  readonly peers: readonly string[];
  readonly beacon: boolean;
  readonly interfaceAddress: string;
  readonly traceFile: string | null;
  /** False: frames are left out of the trace. */
  readonly traceFrames: boolean;
  /** JSON object: options of the core that differ from the defaults. */
  readonly coreOptions: string;
  /** Module of a program that runs in place of the chat node; null: the chat node. */
  readonly program: string | null;
  /** Where all that reaches the node is written down for a replay; null: nowhere. */
  readonly recordFile: string | null;
  /** Name of a way to behave that is against the rules; null: an honest node. */
  readonly conduct: string | null;
  /** Faults that hold from the start on; null: none. */
  readonly faultsFile: string | null;
}

/** The same as arguments of the command line, for a node in a process of its own. */
export function argsOf(root: string, order: NodeOrder): string[] {
  const [user = order.node, label] = order.node.split('@');
  const args = ['--root', root, '--json', 'node', user, '--network', order.network, '--lifeline', '--interface', order.interfaceAddress];
  if (label !== undefined) args.push('--node', label);
  if (order.seedUrl === null) args.push('--no-seed');
  else args.push('--seed', order.seedUrl);
  for (const peer of order.peers) args.push('--peer', peer);
  args.push(order.beacon ? '--beacon' : '--no-beacon');
  if (order.coreOptions !== '{}') args.push('--core-options', order.coreOptions);
  if (!order.traceFrames) args.push('--no-trace-frames');
  const files = {
    '--trace': order.traceFile,
    '--record': order.recordFile,
    '--program': order.program,
    '--conduct': order.conduct,
    '--faults': order.faultsFile,
  };
  for (const [option, value] of Object.entries(files)) if (value !== null) args.push(option, value);
  return args;
}
