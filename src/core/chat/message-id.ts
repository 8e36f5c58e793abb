import type { Random } from '../capabilities.ts';
import type { MessageId, WallMillis } from '../types.ts';

/** In the order of their code units, so that texts of it sort like the numbers they write; no dash, since an id that begins with one looks like an option in a shell. */
const SORTED_ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const TIME_CHARACTERS = 8;
const RANDOM_CHARACTERS = 13;

/**
 * A fresh id: 47 bits of time, milliseconds until the year 6400, then 78 random ones. Ids that are made one after the other lie side by side in an index,
 * so a burst of messages changes few pages of the store instead of one each, which halves what a commit costs.
 */
export function messageId(random: Random, wallMillis: WallMillis): MessageId {
  let rest = Math.max(0, Math.trunc(wallMillis));
  let time = '';
  for (let count = 0; count < TIME_CHARACTERS; count += 1) {
    time = SORTED_ALPHABET.charAt(rest % SORTED_ALPHABET.length) + time;
    rest = Math.floor(rest / SORTED_ALPHABET.length);
  }
  return (time + random.id().slice(0, RANDOM_CHARACTERS)) as MessageId;
}
