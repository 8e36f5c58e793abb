import { boolean, choice, either, integer, misfit, record, text } from '../shape.ts';
import type { MessageId, UserId, WallMillis } from '../types.ts';
import { type Change, REACTION_CHARACTERS_MAX } from './content.ts';
import type { StoredMessage } from './history.ts';
import { stampText } from './places.ts';

/** A change to a message, as it is kept while it waits: for its receipt when it is ours, for its message when it is theirs. */
export interface Amendment {
  readonly id: MessageId;
  readonly peer: UserId;
  readonly fromMe: boolean;
  readonly target: MessageId;
  readonly stamp: number;
  readonly sentMillis: WallMillis;
  readonly change: Change;
}

/** A reaction as the message keeps it; one that was taken back stays, so that an older one that comes late does not bring it back. */
export interface StoredReaction {
  readonly reaction: string;
  readonly fromMe: boolean;
  readonly place: string;
  readonly on: boolean;
}

const id = text(21, 21);
const shape = record({
  id,
  peer: text(64, 64),
  fromMe: boolean,
  target: id,
  stamp: integer(),
  sentMillis: integer(),
  change: either(
    record({ kind: choice('reaction'), reaction: text(1, REACTION_CHARACTERS_MAX), on: boolean }),
    record({ kind: choice('edit'), text: text(1, 65_536) }),
    record({ kind: choice('delete') }),
  ),
});

/** Null when a row of another store is no amendment. */
export function asAmendment(value: unknown): Amendment | null {
  return misfit(shape, value) === null ? (value as Amendment) : null;
}

/** Of two changes to the same thing the one with the greater place counts, on both screens and whichever comes first. */
export function placeOfAmendment({ stamp, id: own }: Pick<Amendment, 'stamp' | 'id'>): string {
  return `${stampText(stamp)}-${own}`;
}

/**
 * The message after a change, or null where nothing changes: it came too late, or whoever made it may not. Only the writer edits and
 * deletes; a deleted message has no text and no reactions, and stays deleted. The outcome does not depend on the order in which
 * changes come.
 */
export function amended(message: StoredMessage, amendment: Amendment, reactionsMax: number): StoredMessage | null {
  if (message.peer !== amendment.peer || message.deleted === true) return null;
  const { change, fromMe } = amendment;
  const place = placeOfAmendment(amendment);
  switch (change.kind) {
    case 'edit':
      return fromMe !== message.fromMe || (message.edited ?? '') >= place ? null : { ...message, text: change.text, edited: place };
    case 'delete':
      return fromMe === message.fromMe ? tombstone(message) : null;
    case 'reaction': {
      const reactions = message.reactions ?? [];
      const before = reactions.find((each) => each.fromMe === fromMe && each.reaction === change.reaction);
      if (before !== undefined && before.place >= place) return null;
      if (before === undefined && reactions.filter((each) => each.fromMe === fromMe).length >= reactionsMax) return null;
      const others = reactions.filter((each) => each !== before);
      return { ...message, reactions: sorted([...others, { reaction: change.reaction, fromMe, place, on: change.on }]) };
    }
  }
}

/** What is left of a deleted message: that it was there, when, and how far it came. */
function tombstone(message: StoredMessage): StoredMessage {
  const { reactions: _reactions, edited: _edited, file: _file, ...rest } = message;
  return { ...rest, text: '', deleted: true };
}

/** One message as two stores of the same user have it: all changes that either has. The first one itself, where the other adds nothing. */
export function joined(one: StoredMessage, other: StoredMessage): StoredMessage {
  if (one.deleted === true) return one;
  if (other.deleted === true) return tombstone(one);
  const edited = (other.edited ?? '') > (one.edited ?? '') ? { text: other.text, edited: other.edited as string } : null;
  const reactions = new Map((one.reactions ?? []).map((each) => [keyOfReaction(each), each]));
  let more = false;
  for (const each of other.reactions ?? []) {
    if (each.place <= (reactions.get(keyOfReaction(each))?.place ?? '')) continue;
    reactions.set(keyOfReaction(each), each);
    more = true;
  }
  if (edited === null && !more) return one;
  return { ...one, ...edited, ...(reactions.size === 0 ? {} : { reactions: sorted([...reactions.values()]) }) };
}

function keyOfReaction({ reaction, fromMe }: StoredReaction): string {
  return `${reaction} ${fromMe}`;
}

function sorted(reactions: readonly StoredReaction[]): readonly StoredReaction[] {
  return [...reactions].sort((a, b) => (keyOfReaction(a) < keyOfReaction(b) ? -1 : 1));
}
