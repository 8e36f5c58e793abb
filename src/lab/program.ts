/**
 * The interface of small programs: a protocol of one's own, in the simulator and on real processes.
 * Nodes are called by their names; whoever starts them tells them of each other, so that a program can begin with its protocol.
 */

/** What `send` carries at most, encoded: a frame of the wire has no more. */
export const MESSAGE_BYTES_MAX = 1_000_000;
/** What one `save` keeps at most, encoded: a row of the disk has no more. */
export const SAVED_BYTES_MAX = 4_000_000;

/** Plain data: what can be written as JSON, and byte arrays. */
export type Facts = Readonly<Record<string, string | number | boolean>>;

/** What a program can do. Everything it does takes effect after the turn, when all that it saved is durable. */
export interface LabEnv<Message = unknown> {
  readonly name: string;
  /** Milliseconds since the node started, virtual or real. */
  readonly nowMillis: number;
  /** The node's own wall clock, which may be wrong: ms since 1970. */
  readonly wallMillis: number;
  /** A double in [0, 1) from the seed. */
  fraction(): number;
  /** A fresh identifier of 21 characters. */
  freshId(): string;
  /** Names of all other nodes that were ever started, in order. */
  readonly peers: readonly string[];
  /** At most once, in order, and maybe never: the network may lose it. Messages are data and never changed once sent; MESSAGE_BYTES_MAX. */
  send(to: string, message: Message): void;
  /** One timer for each kind and key: setting it again moves it. A restart forgets it. */
  setTimer(kind: string, delayMillis: number, key?: string): void;
  cancelTimer(kind: string, key?: string): void;
  /** What outlives a crash; null when there is nothing. */
  load<Value>(key: string): Value | null;
  /** At most SAVED_BYTES_MAX under one key. */
  save(key: string, value: unknown): void;
  /** Something that whoever sits at this node sees; `what` is a kind, `id` which. */
  show(what: string, id: string, data?: Facts): void;
  /** Something changed: a line of the trace for checkers and reports. */
  state(subject: string, id: string, to: string, data?: Facts): void;
}

/** How a command is answered: once, now or later. */
export interface LabAnswer {
  done(value?: unknown): void;
  /** Why it cannot be done, as a sentence. */
  refuse(reason: string): void;
}

/**
 * A program is a machine without I/O: inputs come in by these methods, effects go out through the env. What it knows lies within the
 * function that makes it: a variable of its module would be one for all nodes in the simulator.
 */
export interface LabProgram<Message = unknown> {
  /** Once, when the node knows its peers. */
  start?(): void;
  /** A message of another node. */
  receive(from: string, message: Message): void;
  timer?(kind: string, key: string): void;
  /** Something that a scenario or a person wants (`tell` in scenarios). */
  command?(name: string, args: Readonly<Record<string, unknown>>, answer: LabAnswer): void;
  /** The node ends in order. */
  stop?(): void;
}
