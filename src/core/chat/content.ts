import { type FileDescriptor, fileShape } from '../files/descriptor.ts';
import { boolean, choice, integer, misfit, optional, record, type Shape, text } from '../shape.ts';
import type { MessageId } from '../types.ts';

/** When it was written, by the writer's clock, and its place in the conversation: greater than that of all that the writer had seen in it. */
interface Written {
  readonly sentMillis: number;
  readonly stamp: number;
}

/** What somebody does to a message that is there already. */
export type Change =
  | { readonly kind: 'reaction'; readonly reaction: string; readonly on: boolean }
  | { readonly kind: 'edit'; readonly text: string }
  | { readonly kind: 'delete' };

export interface MessageContent extends Written {
  readonly kind: 'message';
  /** Empty: its writer deleted it before it could be opened. */
  readonly text: string;
  /** The message of the conversation that it answers. */
  readonly replyTo?: MessageId;
  readonly file?: FileDescriptor;
}

export interface ChangeContent extends Written {
  readonly kind: 'change';
  readonly target: MessageId;
  readonly change: Change;
}

/** What a sealed envelope holds. */
export type Content = MessageContent | ChangeContent;

const messageId = text(21, 21, /^[A-Za-z0-9_-]{21}$/);
const written = { sentMillis: integer(), stamp: integer() };
export const REACTION_CHARACTERS_MAX = 16;
const CHANGE_SHAPES: Readonly<Record<Change['kind'], Shape>> = {
  reaction: record({ kind: choice('reaction'), target: messageId, reaction: text(1, REACTION_CHARACTERS_MAX), on: boolean, ...written }),
  edit: record({ kind: choice('edit'), target: messageId, text: text(1, 65_536), ...written }),
  delete: record({ kind: choice('delete'), target: messageId, ...written }),
};
const messageShape = record({ text: text(0, 65_536), replyTo: optional(messageId), file: optional(fileShape), ...written });

/** As it is encoded and sealed: a message without a `kind`, everything else with one, its fields side by side. */
export function sealedForm(content: Content): Readonly<Record<string, unknown>> {
  if (content.kind === 'change') return { ...content.change, target: content.target, sentMillis: content.sentMillis, stamp: content.stamp };
  const { kind: _kind, ...message } = content;
  return message;
}

/**
 * What was opened: content, the name of a kind that this version does not know (which is confirmed and ignored, so that newer ones
 * can be added), or a sentence on what is wrong with it.
 */
export function readContent(value: unknown): Content | { readonly kind: 'unknown'; readonly named: string } | string {
  const kind = typeof value === 'object' && value !== null ? (value as { kind?: unknown }).kind : undefined;
  if (kind === undefined) {
    const wrong = misfit(messageShape, value);
    return wrong === null ? { kind: 'message', ...(value as Omit<MessageContent, 'kind'>) } : 'malformed content';
  }
  if (typeof kind !== 'string') return 'malformed content';
  if (!Object.hasOwn(CHANGE_SHAPES, kind)) return { kind: 'unknown', named: kind.slice(0, 32) };
  if (misfit(CHANGE_SHAPES[kind as Change['kind']], value) !== null) return 'malformed content';
  const { target, sentMillis, stamp, ...change } = value as { target: MessageId; sentMillis: number; stamp: number } & Change;
  return { kind: 'change', target, sentMillis, stamp, change: change as Change };
}
