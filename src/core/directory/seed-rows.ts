import type { SignedRecord } from '../records.ts';
import type { WallMillis } from '../types.ts';

/**
 * The seed server's tables and what a row of each holds. `signed` is kept as it came, since receivers
 * must be able to verify it; the fields beside it spare decoding on the way out.
 */
export const SEED_TABLES = ['users', 'names', 'nodes', 'presence', 'facts', 'subjects', 'vaults', 'prekeys'] as const;

/** users: key is the user's id. */
export interface UserRow {
  readonly name: string;
  readonly sequence: number;
  readonly deleted: boolean;
  readonly authenticationKey: Uint8Array;
  readonly signed: SignedRecord;
}

/** names: key is the name. A deleted holder stays findable by name until somebody else takes the name. */
export interface NameRow {
  readonly userId: string;
  readonly deleted: boolean;
}

/** nodes: key is the node's id. */
export interface NodeRow {
  readonly userId: string;
  readonly sequence: number;
  readonly stampMillis: WallMillis;
  readonly gone: boolean;
  /** When it arrived here last, by this server's clock. */
  readonly arrivedMillis: WallMillis;
  readonly signed: SignedRecord;
}

/** presence: key is the user's id. */
export interface PresenceRow {
  readonly sequence: number;
  readonly presence: string;
  readonly arrivedMillis: WallMillis;
  readonly signed: SignedRecord;
}

/** facts: key is `author/subject`; `subjects` holds the same pairs as `subject/author`, so that both ways are short. */
export interface FactRow {
  readonly sequence: number;
  readonly signed: SignedRecord;
}

/** prekeys: key is the user's id. */
export interface PrekeysRow {
  readonly sequence: number;
  readonly signed: SignedRecord;
}

/** vaults: key is the user's id. */
export interface VaultRow {
  readonly sequence: number;
  readonly signed: SignedRecord;
}
