import type { Codec, Crypto, NodeStore, Random } from './capabilities.ts';
import type { DatagramContent } from './datagram.ts';
import type { TraceDetail } from './trace.ts';
import type { Address, Endpoint, MonotonicMillis, NodeName, WallMillis } from './types.ts';

/**
 * A program is what an engine runs at a node: a synchronous machine without I/O.
 * It answers inputs by calls on its `env`; the driver collects them and lets them go after the commit.
 * No method may throw for bad input from a peer; a thrown error is a broken invariant and ends the core
 * (the driver reloads it from its store).
 */
export interface Program<Message = unknown> {
  /** Once, before anything else. */
  start(): void;
  /** A message of another node has arrived. `message` is untrusted in live networks. */
  input(from: Address, message: Message): void;
  /** A timer set with `env.setTimer` is due. */
  timer(kind: string, key: string): void;
  /** A datagram has arrived, sent to this node or to whoever listens. Untrusted: anybody may have sent it, from where it likes. */
  datagram?(from: string, content: DatagramContent): void;
  /** The answer to `env.request`. */
  answer?(request: string, result: ServiceResult): void;
  /** Something that a person, a script or a bot wants; answered by `env.reply`. */
  command?(command: CommandInput): void;
  /** After the last input of a turn, before the commit: the place to pack what was sent. */
  endTurn?(): void;
  /** The process is to end in order: what others need is handed over now; `env.left` says when that is done. */
  leave?(): void;
  /** The process is about to end in order: say goodbye. */
  stop?(): void;
}

export interface CommandInput {
  /** Correlates the reply; unique within a run. */
  readonly request: string;
  readonly name: string;
  /** Validated by the command registry before it gets here. */
  readonly args: Readonly<Record<string, unknown>>;
}

export type CommandResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: string; readonly details: Readonly<Record<string, unknown>> };

/** Services are asynchronous helpers of the driver; a request is answered at most once, after the commit. */
export type ServiceRequest =
  | {
      readonly service: 'derive-key';
      readonly password: string;
      readonly salt: Uint8Array;
      readonly derivation: KeyDerivation;
    }
  /** Ed25519, off the main thread where there is one; answered by a Uint8Array with 1 for each signature that is right, else 0, in order. */
  | { readonly service: 'check-signatures'; readonly items: readonly SignatureItem[] }
  | { readonly service: 'seed'; readonly call: { readonly operation: string; readonly body: unknown } }
  /** A piece of a file of the user; answered by `{ bytes, size, modifiedMillis }` of the whole file, or `file-unreadable`. */
  | { readonly service: 'file-read'; readonly path: string; readonly offset: number; readonly length: number }
  /**
   * A piece of a file that the user saves; answered by `{ path }`, where it goes (for the next piece), `file-exists` or `file-unwritable`.
   * Nothing bears that name before the last piece is durable, and nothing is replaced without `overwrite`.
   */
  | {
      readonly service: 'file-write';
      readonly path: string;
      /** Used where the path is a folder. */
      readonly name: string;
      readonly offset: number;
      readonly bytes: Uint8Array;
      readonly last: boolean;
      readonly overwrite: boolean;
    }
  /** Paths that begin so; answered by `{ paths }`. */
  | { readonly service: 'file-paths'; readonly path: string };

export interface SignatureItem {
  readonly publicKey: Uint8Array;
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
}

export type ServiceResult =
  | { readonly ok: true; readonly value: unknown }
  /** `unavailable`: it cannot be reached now. Others are codes of the error table, with the details that fill its sentence. */
  | { readonly ok: false; readonly code: string; readonly details?: Readonly<Record<string, unknown>> };

/** Names the password hash and its cost (RFC 9106): kept beside what it locks. */
export interface KeyDerivation {
  readonly name: 'argon2id';
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

/** Largest datagram, bytes: it fits into one packet of any network with room for headers. */
export const DATAGRAM_BYTES_MAX = 1_200;

/** One node by its datagram address (`udp://127.0.0.1:40123`, `udp://sim:17`), or whoever listens on the local network. */
export type DatagramTarget = 'broadcast' | { readonly address: string };

/** What every program has: the same in the simulator and on a laptop. */
export interface BaseEnv<Message = unknown> {
  /** The name of this node, for people and fault rules. */
  readonly name: NodeName;
  /** Time of the input that is being handled. */
  readonly monotonicMillis: MonotonicMillis;
  readonly wallMillis: WallMillis;
  readonly random: Random;
  /** Sends after the commit. Never fails: the network may lose it. Needs an address that `open` or an input gave. */
  send(to: Address, message: Message): void;
  /** One timer per (kind, key): setting it again moves it. Volatile: a restart forgets it. */
  setTimer(kind: string, key: string, delayMillis: number): void;
  cancelTimer(kind: string, key: string): void;
  /** Tells whoever watches this node (terminals, pages, bots). */
  emit(event: unknown): void;
  /** False: nobody reads a trace, so do not build details for it. */
  readonly tracing: boolean;
  /** False: frames and timers are not wanted in the trace, only what they lead to. Most of a trace is frames. */
  readonly tracingFrames: boolean;
  /** Puts a line into the trace, when one is written. Never text of messages. */
  trace(detail: TraceDetail): void;
}

/** What the chat node has beyond that. */
export interface Env<Message = unknown> extends BaseEnv<Message> {
  readonly crypto: Crypto;
  readonly codec: Codec;
  readonly store: NodeStore;
  /** Where this node listens, its own transport key included. */
  readonly endpoint: Endpoint;
  /** Where datagrams reach this node; null when it has none. */
  readonly datagramAddress: string | null;
  /** One packet of at most DATAGRAM_BYTES_MAX bytes, after the commit. May be lost, doubled or overtaken; a larger one is lost for sure. */
  sendDatagram(to: DatagramTarget, content: DatagramContent): void;
  /** This node's long-lived keys, which lie in a 0600 file so that it can restart by itself. */
  readonly nodeKeys: NodeKeys;
  /** Random 48-bit number of this run of the process, never reused. */
  readonly run: number;
  /** Lamport clock of this node (Lamport 1978); `observeLogical` takes in that of a received frame. */
  readonly logical: number;
  observeLogical(logical: number): void;
  /** Gives the handle of an endpoint and makes ready to send there. Opening it again updates the transport address. */
  open(endpoint: Endpoint, name: string): Address;
  /** Forgets the connection; the handle stays comparable and may be opened again. */
  close(address: Address): void;
  /** X25519 key that the transport proved for this address. */
  keyOf(address: Address): Uint8Array;
  request(request: string, what: ServiceRequest): void;
  /**
   * Memory that outlives a reload of the program, though not the process: for what must never be written down and is asked of
   * a person only once. `undefined` forgets. Like the store, it takes back what a turn did whose commit failed.
   */
  keep(name: string, value: unknown): void;
  kept<Value = unknown>(name: string): Value | undefined;
  reply(request: string, result: CommandResult): void;
  /** Answers `leave`: nothing more holds the node up. */
  left(): void;
  /** The account was deleted: after the commit and the last frames the driver ends the node and removes its folder. */
  retire(): void;
}

export interface NodeKeys {
  /** 32-byte seed of the node's Ed25519 key. */
  readonly signingSeed: Uint8Array;
  /** 32-byte seed of the node's X25519 key. */
  readonly agreementSeed: Uint8Array;
}
