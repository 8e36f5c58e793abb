import { concat, toHex, utf8 } from '../../bytes.ts';
import type { Crypto, KeyPair } from '../../capabilities.ts';
import type { RecordTools } from '../../records.ts';
import { bytes, choice, integer, misfit, type Shape, text, tuple } from '../../shape.ts';
import type { WallMillis } from '../../types.ts';
import type { ValueKind } from '../kinds.ts';
import type { Stored } from '../replication-port.ts';
import { remembering } from './signed-value.ts';

export const ROOM_COPY_KIND = 'room-copy';

/** A year, and a day for rounding. */
const TIME_TO_LIVE_MILLIS_MAX = 366 * 86_400_000;
/** One event of a room may be as large as a message may; the rest is its keys and padding. */
const SEALED_BYTES_MAX = 122_000;
const SIGNED_BYTES_MAX = 512;
const SIGNATURE_BYTES = 64;
const WRITER_CHARACTERS = 32;
const LABEL = utf8('confab/room-copy/1\0');

/** A piece of a room's history as holders see it: neither the room nor anybody's name is in it. */
export interface RoomCopy {
  /** Public key of the place: members of the room at one time have the other half. */
  readonly place: Uint8Array;
  /** Places are read shelf by shelf, from 0; a full one is followed by the next. */
  readonly shelf: number;
  /** Public key that one member uses at this place only. */
  readonly writer: Uint8Array;
  /** 16 hex digits, drawn by the writer. */
  readonly segment: string;
  /** Grows each time the writer adds to the segment. */
  readonly sequence: number;
  readonly expiresMillis: WallMillis;
  /** 12-byte nonce and ciphertext (rooms/history-key.ts). */
  readonly sealed: Uint8Array;
}

const shape: Shape = tuple(
  choice(ROOM_COPY_KIND),
  bytes(32),
  integer(0, 65_535),
  bytes(32),
  text(16, 16, /^[0-9a-f]{16}$/),
  integer(),
  integer(),
  bytes(29, SEALED_BYTES_MAX),
);

/** Where a shelf lies: hex SHA-256 of `confab/ring/room-copy/1` NUL place shelf, the shelf as two bytes. */
export function keyOfShelf(crypto: Pick<Crypto, 'sha256'>, place: Uint8Array, shelf: number): string {
  return toHex(crypto.sha256(concat(utf8('confab/ring/room-copy/1\0'), place, new Uint8Array([shelf >> 8, shelf & 255]))));
}

/** Signed twice: by the place, which only members can, and by the writer, so that no other member changes it. */
export function roomCopyValue(
  tools: RecordTools,
  keys: { readonly place: KeyPair; readonly writer: KeyPair },
  copy: Omit<RoomCopy, 'place' | 'writer'>,
): Stored {
  const { shelf, segment, sequence, expiresMillis, sealed } = copy;
  const body = tools.codec.encode([ROOM_COPY_KIND, keys.place.publicKey, shelf, keys.writer.publicKey, segment, sequence, expiresMillis, sealed]);
  const signed = concat(LABEL, body);
  return { kind: ROOM_COPY_KIND, bytes: concat(body, tools.crypto.sign(keys.place.secretKey, signed), tools.crypto.sign(keys.writer.secretKey, signed)) };
}

/** The copy in a value, if shape and both signatures are right; else why not. Never throws. */
export function readRoomCopy(tools: RecordTools, value: Uint8Array): RoomCopy | string {
  const end = value.length - 2 * SIGNATURE_BYTES;
  if (end <= 0) return 'room copy: too short';
  const body = value.subarray(0, end);
  let content: unknown;
  try {
    content = tools.codec.decode(body);
  } catch {
    return 'room copy: not CBOR';
  }
  const wrong = misfit(shape, content, 'room copy');
  if (wrong !== null) return wrong;
  const [, place, shelf, writer, segment, sequence, expiresMillis, sealed] = content as [
    string,
    Uint8Array,
    number,
    Uint8Array,
    string,
    number,
    number,
    Uint8Array,
  ];
  const signed = concat(LABEL, body);
  const byPlace = value.slice(end, end + SIGNATURE_BYTES);
  const byWriter = value.slice(end + SIGNATURE_BYTES);
  if (!tools.crypto.verify(place, signed, byPlace) || !tools.crypto.verify(writer, signed, byWriter)) return 'room copy: wrong signature';
  return { place, shelf, writer, segment, sequence, expiresMillis, sealed };
}

/**
 * Sealed pieces of rooms. The key follows from the public key of a place, so only members, who can sign for it, write there; the name
 * follows from the writer's key, so nobody writes in the place of another. There are no tombstones: nobody can empty a place, those
 * who were members neither. Who fills a shelf makes others go on at the next one.
 */
export function roomCopyKind(tools: RecordTools): ValueKind {
  return {
    name: ROOM_COPY_KIND,
    bytesMax: SEALED_BYTES_MAX + SIGNED_BYTES_MAX,
    valuesPerKeyMax: 256,
    bytesPerKeyMax: 2 * 1_048_576,
    valuesPerAuthorMax: 64,
    timeToLiveMillisMax: TIME_TO_LIVE_MILLIS_MAX,
    inspect: remembering(tools, ROOM_COPY_KIND, (value) => {
      const copy = readRoomCopy(tools, value);
      if (typeof copy === 'string') return copy;
      const author = toHex(tools.crypto.sha256(copy.writer));
      const id = `${author.slice(0, WRITER_CHARACTERS)}.${copy.segment}`;
      const key = keyOfShelf(tools.crypto, copy.place, copy.shelf);
      return { key, id, sequence: copy.sequence, deleted: false, expiresMillis: copy.expiresMillis, author };
    }),
  };
}
