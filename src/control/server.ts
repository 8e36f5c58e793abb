import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import type { CommandResult } from '../core/env.ts';
import { ConfabError, errorAdvice, errorSentence, isErrorCode } from '../core/errors.ts';
import { LineWriter } from './line-writer.ts';
import { LineSplitter } from './lines.ts';
import type { ControlMessage, ControlResult } from './protocol.ts';
import { validateCommand } from './validate.ts';

/** Bounds of the control socket. */
export const CONTROL_OPTIONS = Object.freeze({
  /** Longest request, UTF-16 code units. */
  lineLengthMax: 1_048_576,
  /** A client that has left more than this unread is dropped, bytes. */
  backlogBytesMax: 8_388_608,
  /** Terminals, bots and scripts attached to one node at the same time. */
  clientsMax: 64,
  /** Unanswered requests of one client. */
  requestsOpenMax: 1_024,
  /** How long the last answers may take to leave at the end, ms. */
  lingerMillis: 500,
});

export interface ControlServerOptions {
  readonly socketPath: string;
  /** Answers a command whose arguments were validated. A rejection is answered as its ConfabError. `node` is who was selected. */
  readonly handle: (command: string, args: Readonly<Record<string, unknown>>, node: string | null) => Promise<CommandResult>;
  /** Given where several nodes share the socket: a client says first by `select {node}` to whom it talks; until then it talks to the process. */
  readonly shared?: SharedSocket;
  /** A client was dropped: it sent nonsense, or did not read. */
  readonly onDropped?: (reason: string) => void;
  readonly backlogBytesMax?: number;
  readonly clientsMax?: number;
}

export interface SharedSocket {
  readonly has: (node: string) => boolean;
  /** Answers what a client says that has selected nobody. */
  readonly order: (order: string, args: Readonly<Record<string, unknown>>) => Promise<CommandResult>;
}

export interface ControlServer {
  readonly clientCount: number;
  /** Gives an event to every client that has subscribed, and selected that node (null: none). */
  broadcast(event: unknown, node?: string | null): void;
  /** Ends the connections of those who selected a node. */
  dismiss(node: string): Promise<void>;
  /** Lets the last answers leave, then ends all connections. Idempotent. */
  stop(): Promise<void>;
}

/** A control result as it travels, with the sentences of the error table. */
export function toControlResult(result: CommandResult): ControlResult {
  if (result.ok) return result;
  const code = isErrorCode(result.code) ? result.code : 'internal';
  const details = code === result.code ? result.details : { reason: result.code };
  return { ok: false, code, message: errorSentence(code, details), advice: errorAdvice(code, details), details };
}

/** Any thrown thing as a command's result; what is not of the error table becomes `internal`. */
export function failureOf(error: unknown): CommandResult {
  if (error instanceof ConfabError) return { ok: false, code: error.code, details: error.details };
  return { ok: false, code: 'internal', details: { reason: error instanceof Error ? error.message : String(error) } };
}

interface Request {
  readonly id: number;
  readonly command: string;
  readonly args: Readonly<Record<string, unknown>>;
}

function parseRequest(line: string): Request | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { id, command, args } = value as { id?: unknown; command?: unknown; args?: unknown };
  if (!Number.isSafeInteger(id) || typeof command !== 'string') return null;
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return null;
  return { id: id as number, command, args: args as Record<string, unknown> };
}

/** One attached client. */
class Connection {
  readonly #socket: Socket;
  readonly #options: ControlServerOptions;
  readonly #splitter: LineSplitter;
  readonly #writer: LineWriter;
  subscribed = false;
  /** Whom this client talks to, where several nodes share the socket. */
  node: string | null = null;
  #open = 0;

  constructor(socket: Socket, options: ControlServerOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#writer = new LineWriter(socket);
    this.#splitter = new LineSplitter(CONTROL_OPTIONS.lineLengthMax, (line) => void this.#request(line));
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      if (!this.#splitter.push(chunk)) this.drop('a request was too long');
    });
    socket.on('error', () => socket.destroy());
  }

  async #request(line: string): Promise<void> {
    if (this.#socket.destroyed) return;
    const request = parseRequest(line);
    if (request === null) return this.drop('a line was no request');
    this.#open += 1;
    const result = await this.#answer(request).catch(failureOf);
    this.#open -= 1;
    this.write(`${JSON.stringify({ id: request.id, result: toControlResult(result) } satisfies ControlMessage)}\n`);
  }

  async #answer(request: Request): Promise<CommandResult> {
    if (this.#open > CONTROL_OPTIONS.requestsOpenMax) throw new ConfabError('busy', { what: 'earlier requests' });
    const { shared } = this.#options;
    if (shared !== undefined && request.command === 'select') return this.#select(shared, String(request.args['node']));
    const toProcess = shared !== undefined && this.node === null;
    if (!toProcess) validateCommand(request.command, request.args);
    if (request.command === 'subscribe') {
      this.subscribed = true;
      return { ok: true, value: {} };
    }
    return toProcess ? await shared.order(request.command, request.args) : await this.#options.handle(request.command, request.args, this.node);
  }

  #select(shared: SharedSocket, node: string): CommandResult {
    if (!shared.has(node)) throw new ConfabError('unavailable', { what: `The node of ${node}` });
    this.node = node;
    return { ok: true, value: {} };
  }

  write(line: string): void {
    if (this.#socket.destroyed) return;
    if (this.#writer.backlogLength > (this.#options.backlogBytesMax ?? CONTROL_OPTIONS.backlogBytesMax)) this.drop('a client did not read');
    else this.#writer.write(line);
  }

  drop(reason: string): void {
    if (this.#socket.destroyed) return;
    this.#socket.destroy();
    this.#options.onDropped?.(reason);
  }

  /** Resolves when everything has left or the time is over. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#socket.destroy(), CONTROL_OPTIONS.lingerMillis);
      this.#socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      if (this.#socket.destroyed) {
        clearTimeout(timer);
        resolve();
      } else {
        this.#writer.flush();
        this.#socket.end(() => this.#socket.destroy());
      }
    });
  }
}

/** Listens on a Unix socket (mode 0600; the folder is the caller's and must be private). */
export async function startControlServer(options: ControlServerOptions): Promise<ControlServer> {
  const connections = new Set<Connection>();
  const server = createServer((socket) => {
    if (connections.size >= (options.clientsMax ?? CONTROL_OPTIONS.clientsMax)) {
      socket.on('error', () => socket.destroy());
      socket.destroy();
      options.onDropped?.('too many clients');
      return;
    }
    const connection = new Connection(socket, options);
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
  });
  await rm(options.socketPath, { force: true });
  await listen(server, options.socketPath);
  await chmod(options.socketPath, 0o600);
  let stopped: Promise<void> | null = null;
  return {
    get clientCount() {
      return connections.size;
    },
    broadcast: (event, node = null) => {
      let line: string | null = null;
      for (const connection of connections) {
        if (!connection.subscribed || connection.node !== node) continue;
        line ??= `${JSON.stringify({ event } satisfies ControlMessage)}\n`;
        connection.write(line);
      }
    },
    dismiss: async (node) => {
      await Promise.all([...connections].filter((connection) => connection.node === node).map((connection) => connection.end()));
    },
    stop: () => {
      stopped ??= stopServer(server, connections, options.socketPath);
      return stopped;
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new ConfabError('folder-unwritable', { folder: 'The runtime folder', reason: error.message })));
    server.listen(path, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

async function stopServer(server: Server, connections: Set<Connection>, path: string): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  await Promise.all([...connections].map((connection) => connection.end()));
  await closed;
  await rm(path, { force: true });
}
