import { existsSync } from 'node:fs';
import { connectControl } from '../control/client.ts';
import { attachNode, locateNode } from '../control/locate.ts';
import type { NodeNameParts } from '../control/node-name.ts';
import type { ControlClient } from '../control/protocol.ts';
import { ConfabError } from '../core/errors.ts';
import { type LifelineProcess, spawnReady } from '../engine/spawn.ts';

/** How a terminal comes by a node when none runs. */
export interface TerminalNodeOptions {
  readonly root: string;
  readonly name: NodeNameParts;
  /** Null: no seed server. */
  readonly seedUrl: string | null;
  readonly network: string;
  readonly peers: readonly string[];
  readonly beacon: boolean;
  readonly mainPath: string;
}

const READY_MILLIS = 15_000;
const GRACE_MILLIS = 2_000;

/**
 * The node behind a terminal: attaches to one that runs, else starts one of its own, which ends with the terminal.
 * 1. A node that was there before is never ended from here.
 * 2. A node of its own that crashed is started again. One that somebody stopped is not, and neither is a foreign one:
 *    whoever stops a network does not want it back from an open terminal.
 */
export class TerminalNode {
  private readonly options: TerminalNodeOptions;
  private child: LifelineProcess | null = null;
  private begun = false;

  constructor(options: TerminalNodeOptions) {
    this.options = options;
  }

  /** Errors: whatever keeps a node from starting (`folder-locked`, `folder-unwritable`, ...), as a ConfabError. */
  async connect(): Promise<ControlClient> {
    const { root, name } = this.options;
    const located = await locateNode(root, name.node);
    if (located.state === 'running') {
      this.begun = true;
      return await attachNode(root, name.node);
    }
    if (this.child?.running === true) await this.child.end(GRACE_MILLIS);
    if (this.begun && !(await this.mayStartAgain(located.folder))) throw new ConfabError('no-node', { name: name.node, folder: root });
    this.begun = true;
    this.child = await this.startNode();
    const socket = this.child.ready['socket'];
    if (typeof socket !== 'string') throw new ConfabError('internal', { reason: 'the node did not say where it listens' });
    return await connectControl(socket);
  }

  /** It crashed, or its account was deleted and its folder with it. */
  private async mayStartAgain(folder: string): Promise<boolean> {
    if (this.child === null) return false;
    const { status } = await this.child.exited;
    return status !== 0 || !existsSync(folder);
  }

  private async startNode(): Promise<LifelineProcess> {
    const { root, name, seedUrl, network, peers, beacon, mainPath } = this.options;
    const seed = seedUrl === null ? ['--no-seed'] : ['--seed', seedUrl];
    const known = [...peers.flatMap((peer) => ['--peer', peer]), beacon ? '--beacon' : '--no-beacon'];
    const args = ['--root', root, '--json', 'node', name.node, ...seed, '--network', network, ...known, '--lifeline'];
    try {
      return await spawnReady({ args, mainPath, what: `The node of ${name.node}`, readyMillis: READY_MILLIS, ownGroup: true });
    } catch (error) {
      const what = `The node of ${name.node}`;
      const message = error instanceof Error ? error.message : String(error);
      throw new ConfabError('not-started', { what, reason: message.replace(`${what} did not start: `, '') });
    }
  }

  /** Ends the node if this terminal started it. */
  async stop(): Promise<void> {
    await this.child?.end(GRACE_MILLIS);
    this.child = null;
  }
}
