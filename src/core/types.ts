/** The words of the protocol as types. Nothing here runs. */

declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** Hex SHA-256 of a user's Ed25519 identity key (64 characters). */
export type UserId = Branded<string, 'UserId'>;
/** Hex SHA-256 of a node's Ed25519 key (64 characters). */
export type NodeId = Branded<string, 'NodeId'>;
/** A user's unique name: 1 to 32 of a-z 0-9 . _ -, first a letter or digit. */
export type UserName = Branded<string, 'UserName'>;
/** `alice` (default node of alice) or `alice@desk`: folder, process title and rule groups use it. */
export type NodeName = Branded<string, 'NodeName'>;
/** Identifier of a message: 21 URL-safe characters, unique network-wide. */
export type MessageId = Branded<string, 'MessageId'>;

/** Milliseconds that never go back; only differences mean anything. A double. */
export type MonotonicMillis = number;
/** Milliseconds since 1970 as this node's (possibly skewed) clock says. */
export type WallMillis = number;

/**
 * A handle for a remote node, given out by the driver and valid in this run of this process only.
 * Two handles are equal exactly when the remote transport keys are. In the simulator it is the node's index.
 */
export type Address = number;

/** Where a node listens and the key that proves it is that node. */
export interface Endpoint {
  /** Transport address: `tcp://127.0.0.1:40123`, `ipc:///...`, `inproc://...`, `sim:17`. */
  readonly address: string;
  /** X25519 public key of the node, 32 bytes. */
  readonly key: Uint8Array;
}

export type PresenceState = 'online' | 'away' | 'busy' | 'offline';

/** What a surface shows of a friend: `suspect` is online or away or busy, but silent for a while. */
export interface PresenceView {
  readonly presence: PresenceState;
  readonly statusText: string;
  readonly suspect: boolean;
  readonly lastSeenMillis: WallMillis | null;
}

/** none, a request that we sent, one that we received, friends, or blocked by us. */
export type Relation = 'none' | 'outgoing' | 'incoming' | 'friend' | 'blocked';

/** queued: in our outbox; held: in the recipient's mailbox as well, at a majority of its holders; delivered: durable at the recipient; read: shown; failed: refused, see reason. */
export type MessageState = 'queued' | 'held' | 'delivered' | 'read' | 'failed';

/** Where the last sync on join came from. */
export type SyncSource = 'none' | 'peers' | 'seed-server';
