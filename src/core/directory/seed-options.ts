import { CORE_OPTIONS } from '../options.ts';

const defaults = {
  /** Users, tombstones included; who comes after that is refused. */
  usersMax: 100_000,
  /** Announcements kept for one user; the one with the oldest stamp makes room. */
  nodesPerUserMax: 8,
  /** Friend facts by one author. */
  factsPerUserMax: CORE_OPTIONS.friendsMax * 2,
  /** Records in one `publish`. */
  publishRecordsMax: CORE_OPTIONS.syncRecordsMax,
  /** Nodes in one answer. */
  nodesPageMax: 256,
  /** Users in one page. */
  usersPageMax: 200,
  /** Bytes of records in one answer, base64 and JSON not counted. */
  answerBytesMax: 1_048_576,
  /** A node whose announcement is older is not listed; measured by this server's clock from its arrival, ms. */
  announceTtlMillis: CORE_OPTIONS.announceTtlMillis,
  /** A presence that is older is forgotten, ms. */
  presenceTtlMillis: CORE_OPTIONS.presenceTtlMillis,
  /** A record whose stamp is further ahead of this server's clock is refused, ms. */
  clockAheadMillisMax: CORE_OPTIONS.clockAheadMillisMax,
  /** A nonce is good for one use within this time, ms. */
  challengeTtlMillis: 30_000,
  /** Nonces that are out at once, in all and for one name; the oldest makes room. */
  challengesMax: 4_096,
  challengesPerNameMax: 32,
  /** Wrong signatures in a row before a pause, and the pause, ms (doubled by each further one up to the maximum). */
  wrongProofsMax: CORE_OPTIONS.loginAttemptsMax,
  proofPauseMillis: CORE_OPTIONS.loginPauseMillis,
  proofPauseMillisMax: 300_000,
  /** Names whose wrong signatures are remembered. */
  proofNamesMax: 10_000,
};

export type SeedOptions = { readonly [Name in keyof typeof defaults]: number };

/** Every bound, period and limit of the seed server's directory, with unit and default. */
export const SEED_OPTIONS: SeedOptions = Object.freeze(defaults);
