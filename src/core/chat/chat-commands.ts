import type { MessageView } from '../commands.ts';
import type { MessageId } from '../types.ts';

/**
 * What can be done in a direct chat besides writing and reading: the sisters of the commands of rooms with the same names after
 * `room-` (rooms/room-commands.ts). `id` is a message's id, or a beginning of it that no other has.
 */
export interface ChatCommands {
  /** With `remove`: takes the own reaction back. */
  react: { args: { with: string; id: string; reaction: string; remove?: boolean }; result: { id: MessageId } };
  /** Own messages only. */
  edit: { args: { with: string; id: string; text: string }; result: { id: MessageId } };
  /** Own messages only: the text goes on both sides, a line that says so stays. */
  'delete-message': { args: { with: string; id: string }; result: { id: MessageId } };
  /** Tells a friend who is here that the user is typing, or has stopped; forgotten by itself after some seconds. */
  typing: { args: { with: string; typing: boolean }; result: { with: string } };
  /** No bell and no count, here only; it is no block. */
  mute: { args: { with: string; muted?: boolean }; result: { with: string; muted: boolean } };
  /** All words of `query`, newest first. */
  search: { args: { with: string; query: string; limit?: number }; result: { messages: readonly MessageView[] } };
  /** Oldest first, in pages: `next` is the `after` of the following page, null at the end. Lines of text as a person would read them. */
  export: { args: { with: string; after?: string; limit?: number }; result: { lines: readonly string[]; next: string | null } };
}

export interface ReactionView {
  readonly reaction: string;
  readonly by: readonly string[];
}

/** What a message answers; no text where that is deleted or not here any more. */
export interface QuoteView {
  readonly id: string;
  readonly from: string;
  readonly text: string;
}
