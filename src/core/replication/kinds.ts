import type { WallMillis } from '../types.ts';

/**
 * What a value says of itself, drawn from its signed bytes alone. That the key follows from the content (a hash of its owner, or
 * of a name) is what keeps a stranger from storing at somebody's key.
 */
export interface Inspected {
  /** Where on the ring it belongs: 64 hex digits. */
  readonly key: string;
  /** Which of the values under the key: 0 to 64 of A-Z a-z 0-9 _ . -; empty where there is one only. */
  readonly id: string;
  /** The newer of two values with the same key, kind and id has the higher one. */
  readonly sequence: number;
  /** For kinds whose `compare` looks at more than the sequence. */
  readonly precedence?: string;
  /** A tombstone: it takes the place of what it deletes, and stays until that would have expired. */
  readonly deleted: boolean;
  /** When it may be forgotten; null for never. */
  readonly expiresMillis: WallMillis | null;
  /** Whom it counts against: hex id of the signer. */
  readonly author: string;
}

/** One kind of value on the ring: its checks and its quotas. */
export interface ValueKind {
  /** Lower-case letters and dashes. */
  readonly name: string;
  readonly bytesMax: number;
  /** Of one key. Tombstones count too, unless they have a limit of their own. */
  readonly valuesPerKeyMax: number;
  readonly bytesPerKeyMax: number;
  /**
   * Of one author under one key. At most a quarter of `valuesPerKeyMax` where strangers may write: several holders that
   * each accept different values of one author end up with twice as many.
   */
  readonly valuesPerAuthorMax: number;
  /** Bytes of one author under one key; none: only `bytesPerKeyMax` counts. */
  readonly bytesPerAuthorMax?: number;
  /** Where only the owner of a key can write tombstones, they may have a limit of their own and leave the room to values. */
  readonly tombstonesPerKeyMax?: number;
  /** A value that wants to be kept for longer is refused; the clock of the holder decides. */
  readonly timeToLiveMillisMax?: number;
  /** Checks signature, shape and owner. A string says why the value is refused. The same bytes give the same answer, always. */
  inspect(bytes: Uint8Array): Inspected | string;
  /**
   * What a writer may add beside the others that lie under the key; a string says why not. Holders among each other are not asked this:
   * what some of them let in while they could not meet has to meet somewhere.
   */
  admits?(candidate: Inspected, present: readonly Inspected[]): string | null;
  /**
   * Positive when `a` wins over `b`, negative when it loses, 0 when the default decides: higher sequence, then tombstone,
   * then larger hash. It must be the same at all holders, else they never agree.
   */
  compare?(a: Inspected, b: Inspected): number;
}

const ID = /^[A-Za-z0-9_.-]{0,64}$/;
const KEY = /^[0-9a-f]{64}$/;

/** What `inspect` says, if it says it well. */
export function inspectValue(kind: ValueKind, bytes: Uint8Array): Inspected | string {
  if (bytes.length > kind.bytesMax) return 'too large';
  const inspected = kind.inspect(bytes);
  if (typeof inspected === 'string') return inspected;
  return KEY.test(inspected.key) && ID.test(inspected.id) && Number.isSafeInteger(inspected.sequence) ? inspected : 'malformed key, id or sequence';
}
