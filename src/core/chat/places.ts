import type { MessageId, UserId } from '../types.ts';

/** No stamp of somebody else is believed beyond this, so that there is always room to count on in whole numbers. */
export const STAMP_MAX = 2 ** 52;

/** Sorts as text in the order of stamps. */
export function messageKey(peer: UserId, stamp: number, id: MessageId): string {
  return `${peer}/${stampText(stamp)}-${id}`;
}

export function stampText(stamp: number): string {
  return String(stamp).padStart(16, '0');
}

/** The part of a key that people's programs hold: without the peer. */
export function placeOf(key: string): string {
  return key.slice(key.indexOf('/') + 1);
}
