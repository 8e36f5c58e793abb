import { bytes, integer, nullable, record, type Shape } from '../shape.ts';
import type { RatchetMessage } from './double-ratchet.ts';
import type { Opening } from './x3dh.ts';

/** What a pairwise ratchet puts on the wire. */
export interface RatchetPart extends RatchetMessage {
  /** 16 bytes; names the session at both sides. */
  readonly session: Uint8Array;
  /** With which a recipient that does not know the session agrees on it; null once they are known to have it. */
  readonly opening: (Opening & { readonly home: Uint8Array }) | null;
}

const COUNTER_MAX = 0xffff_ffff;
/** Nonce and tag at least; a text of 64 KiB with its padding at most. */
const SEALED_BYTES_MAX = 98_304;

export const ratchetPartShape: Shape = record({
  session: bytes(16),
  ratchetKey: bytes(32),
  counter: integer(0, COUNTER_MAX),
  previous: integer(0, COUNTER_MAX),
  sealed: bytes(28, SEALED_BYTES_MAX),
  opening: nullable(record({ ephemeral: bytes(32), home: bytes(16), batch: integer(), oneTime: integer(-1, 63) })),
});
