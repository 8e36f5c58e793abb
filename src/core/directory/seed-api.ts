import type { SignedRecord } from '../records.ts';

/**
 * What a node may ask of the seed server: one operation a route. The live adapter speaks HTTP,
 * the simulator calls the same directory (seed-directory.ts) with a modelled delay.
 * Every write is a signed record with a sequence number, so a replay changes nothing.
 */
export interface SeedCalls {
  /** Users, node announcements, presence, facts, vaults; each judged by itself. */
  publish: {
    body: { readonly records: readonly SignedRecord[] };
    result: { readonly results: ReadonlyArray<{ readonly accepted: boolean; readonly code?: string; readonly reason?: string }> };
  };
  /** Node records of live nodes, at most `limit`, a random choice when there are more. */
  nodes: { body: { readonly limit: number }; result: { readonly records: readonly SignedRecord[]; readonly total: number } };
  /** The record of a user by name, its node announcements and presence. Empty when unknown. */
  user: { body: { readonly name: string }; result: { readonly records: readonly SignedRecord[] } };
  /** Fallback state: records of all users (paged by name), or, with ids, of these users only. */
  users: {
    body: { readonly after: string; readonly limit: number };
    result: { readonly records: readonly SignedRecord[]; readonly next: string | null; readonly total: number; readonly online: number };
  };
  /** Facts by and about a user (public key's hex id), presence and nodes of the friends in them. */
  state: { body: { readonly userId: string }; result: { readonly records: readonly SignedRecord[] } };
  /** A fresh nonce of 32 bytes for a name, good for one use within 30 s. */
  challenge: { body: { readonly name: string }; result: { readonly nonce: Uint8Array } };
  /** The vault, against the authentication key's signature over `confab/vault/1` NUL name NUL nonce. */
  vault: { body: { readonly name: string; readonly nonce: Uint8Array; readonly signature: Uint8Array }; result: { readonly vault: Uint8Array } };
}

export type SeedOperation = keyof SeedCalls;
