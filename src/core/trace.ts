import type { MonotonicMillis, WallMillis } from './types.ts';

/**
 * The one trace schema of both engines, written as NDJSON: one TraceEvent a line.
 * Ids, sizes and hashes of messages, never their text.
 */
export interface TraceEvent {
  /** `<node>/<run>/<n>`: unique in a network's life. */
  readonly id: string;
  /** Node name, or `seed-server`, or `runner`. */
  readonly node: string;
  /** Lamport clock (1978): larger than that of its cause. */
  readonly logical: number;
  readonly monotonicMillis: MonotonicMillis;
  readonly wallMillis: WallMillis;
  /** Id of the event that caused this one, where it is known. */
  readonly cause?: string;
  readonly detail: TraceDetail;
}

export type TraceDetail =
  /** A link frame left. `frame` names it on both sides: `<node>/<run>/f<n>`; `messages` are the types packed in it. */
  | {
      readonly type: 'send';
      readonly frame: string;
      readonly to: string;
      readonly kind: string;
      readonly messages: readonly MessageTrace[];
      readonly bytes: number;
    }
  | {
      readonly type: 'receive';
      readonly frame: string;
      readonly from: string;
      readonly kind: string;
      readonly messages: readonly MessageTrace[];
      readonly bytes: number;
    }
  /** A frame or message was not used: rule, loss, invalid, duplicate, unknown-type, too-large, not-friends, queue-full ... */
  | { readonly type: 'drop'; readonly frame?: string; readonly peer: string; readonly reason: string; readonly messages?: readonly MessageTrace[] }
  /** A decision that a timer drove. */
  | { readonly type: 'timer'; readonly kind: string; readonly key: string }
  /** Something changed: `subject` is what (friend, presence, session, link, peer, sync, message, record), `id` which. */
  | {
      readonly type: 'state';
      readonly subject: string;
      readonly id: string;
      readonly from?: string;
      readonly to: string;
      readonly data?: Readonly<Record<string, string | number | boolean>>;
    }
  /** Something was shown to whoever sits at this node. */
  | { readonly type: 'shown'; readonly what: string; readonly id: string; readonly data?: Readonly<Record<string, string | number | boolean>> }
  | { readonly type: 'command'; readonly name: string; readonly request: string }
  | { readonly type: 'answer'; readonly request: string; readonly outcome: string }
  /** A reload says what made the program afresh: `internal`, it threw; `store-failed`, a commit did not come to its end. */
  | {
      readonly type: 'life';
      readonly what: 'start' | 'stop' | 'kill' | 'crash' | 'reload';
      readonly reason?: string;
      readonly code?: 'internal' | 'store-failed';
    }
  | { readonly type: 'rule'; readonly what: 'set' | 'cleared'; readonly rules: readonly string[] }
  | { readonly type: 'note'; readonly text: string };

/** One protocol message inside a frame. */
export interface MessageTrace {
  readonly type: string;
  /** Stable id where the message has one (direct messages, receipts: the first). */
  readonly id?: string;
  readonly bytes?: number;
}
