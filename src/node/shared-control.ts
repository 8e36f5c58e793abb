import { type ControlServer, startControlServer } from '../control/server.ts';
import type { CommandResult } from '../core/env.ts';
import { ConfabError } from '../core/errors.ts';
import type { NodeControl, NodeHandle } from './service.ts';

/** Terminals, scripts and whoever started the process: each holds a connection to one node or to the process. */
const CLIENTS_MAX = 4_096;

export interface SharedControlOptions {
  readonly socketPath: string;
  /** Answers orders to the process itself. */
  readonly order: (order: string, args: Readonly<Record<string, unknown>>) => Promise<CommandResult>;
  readonly onDropped: (reason: string) => void;
}

/** One control socket for all nodes of a process; `<path>#<node>` is the address of one of them. */
export class SharedControl {
  readonly #handles = new Map<string, NodeHandle>();
  readonly #socketPath: string;
  #server: ControlServer | null = null;

  private constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  static async open(options: SharedControlOptions): Promise<SharedControl> {
    const control = new SharedControl(options.socketPath);
    control.#server = await startControlServer({
      socketPath: options.socketPath,
      clientsMax: CLIENTS_MAX,
      onDropped: options.onDropped,
      handle: (command, args, node) => control.#handle(command, args, node ?? ''),
      shared: { has: (node) => control.#handles.has(node), order: options.order },
    });
    return control;
  }

  addressOf(node: string): string {
    return `${this.#socketPath}#${node}`;
  }

  /** Takes a node in; its `stop` ends the connections of those who talk to it. */
  join(node: string, handle: NodeHandle): NodeControl {
    const server = this.#server as ControlServer;
    this.#handles.set(node, handle);
    return {
      get clientCount() {
        return server.clientCount;
      },
      broadcast: (event) => server.broadcast(event, node),
      stop: async () => {
        this.#handles.delete(node);
        await server.dismiss(node);
      },
    };
  }

  /** To whoever started the process. */
  tell(event: unknown): void {
    this.#server?.broadcast(event, null);
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  async #handle(command: string, args: Readonly<Record<string, unknown>>, node: string): Promise<CommandResult> {
    const handle = this.#handles.get(node);
    if (handle === undefined) throw new ConfabError('unavailable', { what: `The node of ${node}` });
    return await handle(command, args);
  }
}
