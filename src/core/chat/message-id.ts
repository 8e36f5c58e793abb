import type { Random } from '../capabilities.ts';
import type { MessageId, WallMillis } from '../types.ts';

/** In the order of their code units, so that ids sort by time. */
const ALPHABET = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
const TIME_CHARACTERS = 8;

/**
 * A fresh id of 21 URL-safe characters: eight say when (64^8 milliseconds), thirteen are random (78 bits).
 * Ids that grow with time lie side by side in the store's index, so that a commit of many messages writes few pages:
 * it halves the time of a message in an encrypted database.
 */
export function newMessageId(random: Random, wallMillis: WallMillis): MessageId {
  let time = '';
  let rest = Math.max(0, Math.trunc(wallMillis));
  for (let count = 0; count < TIME_CHARACTERS; count += 1) {
    time = ALPHABET.charAt(rest % 64) + time;
    rest = Math.floor(rest / 64);
  }
  return (time + random.id().slice(TIME_CHARACTERS)) as MessageId;
}
