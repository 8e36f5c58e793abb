import type { SeedCalls, SeedOperation } from '../core/directory/seed-api.ts';
import type { DatagramTarget, KeyDerivation, ServiceResult } from '../core/env.ts';
import type { Frame } from '../core/messages.ts';
import type { TraceEvent } from '../core/trace.ts';
import type { Address, Endpoint } from '../core/types.ts';

/** What the live driver awaits. Interfaces only; adapters implement them. */

/** Moves encoded frames between nodes; may lose them, never changes or forges them. */
export interface Transport {
  /** Binds the inbox. Rejects with ConfabError `port-taken`. */
  start(handlers: TransportHandlers): Promise<void>;
  /** Known after start: where others reach this node. */
  readonly endpoint: Endpoint;
  /** The handle of the node with that key; makes ready to send to it. Opening again may change its address. */
  open(endpoint: Endpoint): Address;
  close(address: Address): void;
  /** The transport key behind a handle. */
  keyOf(address: Address): Uint8Array;
  /** Queues one frame; false when the queue to that peer is full or it was not opened (then nothing was queued). */
  send(address: Address, frame: Uint8Array): boolean;
  /** Waits until what was queued has left, at most `millis`. */
  flush(millis: number): Promise<void>;
  /** Idempotent; closes every socket. */
  stop(): Promise<void>;
}

export interface TransportHandlers {
  /** A frame of at most `frameBytesMax` bytes from a peer that proved its key. */
  frame(from: Address, bytes: Uint8Array): void;
  /** Something was refused at the edge: unproven peer, oversized frame. */
  refused(reason: string, peer: string): void;
}

/** Small packets to one node or to whoever listens nearby; may lose, double or reorder them. */
export interface Datagrams {
  /** Never rejects: a node lives without datagrams, too. */
  start(handlers: DatagramHandlers): Promise<void>;
  /** Known after start: where they reach this node, `udp://127.0.0.1:40123`; null when nothing could be bound. */
  readonly address: string | null;
  send(to: DatagramTarget, bytes: Uint8Array): void;
  /** Idempotent; closes every socket. */
  stop(): Promise<void>;
}

export interface DatagramHandlers {
  /** Anything may be in it. */
  datagram(from: string, bytes: Uint8Array): void;
  /** What an operator may want to know: how others nearby are reached, or why they are not. */
  noted(level: 'info' | 'warn', text: string): void;
}

/** The part of a store with which a driver works on while the disk writes. */
export interface Settling {
  /** True lets the commits that follow return before they are durable. */
  settleLater: boolean;
  /** Something was committed that is not durable yet. */
  readonly unsettled: boolean;
  /**
   * Calls back when all that was committed until now is durable; or with the reason why it is not, and then the next commit fails or
   * makes up for it. May call back at once, and never throws.
   */
  settle(done: (failure: string | null) => void): void;
}

export interface Clock {
  monotonicMillis(): number;
  wallMillis(): number;
}

export interface KeyDeriver {
  /** 32 bytes; runs off the main thread. */
  derive(password: string, salt: Uint8Array, derivation: KeyDerivation): Promise<Uint8Array>;
}

export interface SignatureChecker {
  /** What `Crypto.verify` says, found out off the main thread. Never rejects. */
  verifyApart(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

/** Files of whoever sits at the machine. Paths begin at the root or with `~/`. */
export interface UserFiles {
  /** At most `length` bytes from `offset`, and what the whole file is now. Rejects with ConfabError `file-unreadable` or `file-path`. */
  read(path: string, offset: number, length: number): Promise<{ readonly bytes: Uint8Array; readonly size: number; readonly modifiedMillis: number }>;
  /**
   * Pieces in order; the name appears with the last, durable. Resolves with the path that the next piece names.
   * Rejects with ConfabError `file-exists`, `file-unwritable` or `file-path`, leaving nothing behind.
   */
  write(piece: UserFilePiece): Promise<{ readonly path: string }>;
  /** Paths that begin so, in order; folders end in a slash. */
  paths(beginning: string): Promise<readonly string[]>;
}

export interface UserFilePiece {
  readonly path: string;
  /** The file's name, where the path is a folder. */
  readonly name: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly last: boolean;
  readonly overwrite: boolean;
}

export interface SeedClient {
  call<Operation extends SeedOperation>(operation: Operation, body: SeedCalls[Operation]['body']): Promise<ServiceResult>;
}

export interface TraceSink {
  /** False: frames are left out. Default true. */
  readonly frames?: boolean;
  write(event: TraceEvent): void;
  /** Called before a frame leaves: what was written until then must not be lost when the process is killed. */
  flush?(): void;
}

/** Encodes frames for the wire; `decode` returns the frame or the reason why it is none. */
export interface FrameCodec {
  encode(frame: Frame): Uint8Array;
  decode(bytes: Uint8Array): Frame | string;
}
