import { createConnection, type Socket } from 'node:net';
import { ConfabError, isErrorCode } from '../core/errors.ts';
import { LineWriter } from './line-writer.ts';
import { LineSplitter } from './lines.ts';
import type { ControlClient, ControlMessage, ControlResult } from './protocol.ts';

/** Longest answer that is taken, UTF-16 code units: a page of history may hold 500 texts of 64 KiB. */
const ANSWER_LENGTH_MAX = 128 * 1_048_576;

export interface ControlClientOptions {
  /** How long one call may take, ms. Default 15,000. */
  readonly timeoutMillis?: number;
  /** How long the connection may take, ms. Default 3,000. */
  readonly connectMillis?: number;
}

export interface SocketControlClient extends ControlClient {
  /** As ControlClient's; `timeoutMillis` replaces the client's own for this call. Errors: `timeout`, `unavailable`, the command's. */
  call(command: string, args?: Readonly<Record<string, unknown>>, timeoutMillis?: number): Promise<unknown>;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: ConfabError) => void;
  readonly timer: NodeJS.Timeout;
}

/** Attaches to a node. Rejects with `unavailable` when nobody listens there. A node that shares its process has `#<node>` behind the path. */
export async function connectControl(socketPath: string, options: ControlClientOptions = {}): Promise<SocketControlClient> {
  const [, path = socketPath, node] = /^(.*)#([^#/]+)$/.exec(socketPath) ?? [];
  const client = await connectSocket(path, options);
  if (node === undefined) return client;
  try {
    await client.call('select', { node });
    return client;
  } catch (error) {
    client.close();
    throw error;
  }
}

function connectSocket(socketPath: string, options: ControlClientOptions): Promise<SocketControlClient> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socketPath);
    const refuse = () => {
      clearTimeout(timer);
      socket.destroy();
      reject(new ConfabError('unavailable', { what: 'The node' }));
    };
    const timer = setTimeout(refuse, options.connectMillis ?? 3_000);
    socket.once('error', refuse);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeListener('error', refuse);
      resolve(new Client(socket, options.timeoutMillis ?? 15_000));
    });
  });
}

/** The error that a node answered with; codes of a newer node become `internal`. */
function toError(result: Extract<ControlResult, { ok: false }>): ConfabError {
  if (isErrorCode(result.code)) return new ConfabError(result.code, result.details);
  return new ConfabError('internal', { reason: result.message });
}

class Client implements SocketControlClient {
  readonly #socket: Socket;
  readonly #writer: LineWriter;
  readonly #timeoutMillis: number;
  readonly #pending = new Map<number, Pending>();
  readonly #eventListeners: Array<(event: unknown) => void> = [];
  readonly #closeListeners: Array<() => void> = [];
  #lastId = 0;
  #closed = false;

  constructor(socket: Socket, timeoutMillis: number) {
    this.#socket = socket;
    this.#writer = new LineWriter(socket);
    this.#timeoutMillis = timeoutMillis;
    const splitter = new LineSplitter(ANSWER_LENGTH_MAX, (line) => this.#line(line));
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      if (!splitter.push(chunk)) socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.destroy());
    socket.on('close', () => this.#ended());
  }

  call(command: string, args: Readonly<Record<string, unknown>> = {}, timeoutMillis: number = this.#timeoutMillis): Promise<unknown> {
    if (this.#closed) return Promise.reject(new ConfabError('unavailable', { what: 'The node' }));
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new ConfabError('timeout', { what: 'The node', millis: timeoutMillis }));
      }, timeoutMillis);
      this.#pending.set(id, { resolve, reject, timer });
      this.#writer.write(`${JSON.stringify({ id, command, args })}\n`);
    });
  }

  /** The first listener subscribes; events of before are not repeated. */
  onEvent(listener: (event: unknown) => void): void {
    this.#eventListeners.push(listener);
    if (this.#eventListeners.length === 1) this.call('subscribe').catch(() => this.close());
  }

  onClose(listener: () => void): void {
    if (this.#closed) queueMicrotask(listener);
    else this.#closeListeners.push(listener);
  }

  close(): void {
    this.#socket.destroy();
  }

  #line(line: string): void {
    let message: ControlMessage;
    try {
      message = JSON.parse(line) as ControlMessage;
    } catch {
      this.close();
      return;
    }
    if ('event' in message) {
      for (const listener of this.#eventListeners) listener(message.event);
      return;
    }
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    this.#pending.delete(message.id);
    clearTimeout(pending.timer);
    if (message.result.ok) pending.resolve(message.result.value);
    else pending.reject(toError(message.result));
  }

  #ended(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const pending of this.#pending.values()) {
      clearTimeout(pending.timer);
      pending.reject(new ConfabError('unavailable', { what: 'The node' }));
    }
    this.#pending.clear();
    for (const listener of this.#closeListeners) listener();
  }
}
