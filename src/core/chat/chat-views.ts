import type { ChatView, MessageView } from '../commands.ts';
import { exportLine } from '../export-line.ts';
import type { Parts } from '../parts.ts';
import type { MessageId, UserId } from '../types.ts';
import type { Amendments } from './amendments.ts';
import type { ChatMutes } from './chat-mutes.ts';
import type { History, StoredMessage } from './history.ts';
import { mentionedNames } from './mentions.ts';
import { messageKey, placeOf, stampText } from './places.ts';

const QUOTE_CHARACTERS = 120;
/** Conversations of which the trace tells at a login how far they go. */
const TRACED_CONVERSATIONS_MAX = 64;

/** Answers about conversations. Reads only. */
export class ChatViews {
  readonly #parts: Parts;
  readonly #history: History;
  readonly #amendments: Amendments;
  readonly #mutes: ChatMutes;

  constructor(of: { readonly parts: Parts; readonly history: History; readonly amendments: Amendments; readonly mutes: ChatMutes }) {
    this.#parts = of.parts;
    this.#history = of.history;
    this.#amendments = of.amendments;
    this.#mutes = of.mutes;
  }

  chats(): ChatView[] {
    return this.#history
      .conversations()
      .filter(([, conversation]) => conversation.lastMillis > 0)
      .map(([peer, conversation]) => ({
        with: this.nameOf(peer),
        userId: peer,
        unread: conversation.unread,
        mentions: conversation.mentions ?? 0,
        muted: this.#mutes.isMuted(peer),
        lastText: conversation.lastText,
        lastMillis: conversation.lastMillis,
        lastFromMe: conversation.lastFromMe,
      }))
      .sort((a, b) => b.lastMillis - a.lastMillis);
  }

  /**
   * Tells the trace how far each conversation goes that the disk holds, so that whoever judges the run sees what a crash has taken.
   * Nothing where it would be too long, or somebody's name is not known at present.
   */
  traceFound(): void {
    const { env, settings, view } = this.#parts;
    if (!env.tracing) return;
    const found = this.#history.conversations().filter(([, { lastMillis }]) => lastMillis > 0);
    if (found.length > TRACED_CONVERSATIONS_MAX || found.some(([peer]) => view.user(peer) === null)) return;
    const ends: Record<string, string> = {};
    for (const [peer, { lastStamp, stamp }] of found) {
      const name = this.nameOf(peer);
      const end = stampText(lastStamp ?? stamp);
      if (end > (ends[name] ?? '')) ends[name] = end;
    }
    env.trace({ type: 'state', subject: 'history', id: settings.user, to: 'found', data: ends });
  }

  page(peer: UserId, range: { limit: number; before?: string }): { messages: MessageView[]; more: boolean } {
    const { messages, more } = this.#history.page(peer, range);
    return { messages: messages.map(([key, message]) => this.view(key, message)), more };
  }

  /** The page that has this message in its middle. */
  around(peer: UserId, id: MessageId, limit: number): { messages: MessageView[]; more: boolean } {
    const found = this.#history.byId(id);
    if (found === null) return { messages: [], more: false };
    const place = placeOf(found[0]);
    const half = Math.floor(limit / 2);
    const { messages, more } = this.page(peer, { limit: half, before: place });
    const after = this.#history.from(peer, place, limit - half);
    return { messages: [...messages, ...after.map(([key, message]) => this.view(key, message))], more };
  }

  message(id: string): MessageView | null {
    const found = this.#history.byId(id as MessageId);
    return found === null ? null : this.view(found[0], found[1]);
  }

  /** A message by its id, or by a beginning of it that no other has. */
  find(idBeginning: string): { readonly peer: UserId; readonly view: MessageView } | null {
    const id = this.#history.idOf(idBeginning);
    const found = id === null ? null : this.#history.byId(id);
    return found === null ? null : { peer: found[1].peer, view: this.view(found[0], found[1]) };
  }

  /** Lines as text, oldest first. */
  exported(peer: UserId, range: { readonly limit: number; readonly after?: string }): { readonly lines: string[]; readonly next: string | null } {
    const found = this.#history.from(peer, range.after === undefined ? '' : `${range.after}\0`, range.limit + 1);
    const page = found.slice(0, range.limit);
    const lines = page.map(([key, message]) => exportLine({ ...this.view(key, message), from: this.#author(peer, message.fromMe), sealed: false }));
    const last = page.at(-1);
    return { lines, next: found.length > range.limit && last !== undefined ? placeOf(last[0]) : null };
  }

  /** The peer's name; when the account is gone, its id's beginning. */
  nameOf(peer: UserId): string {
    return this.#parts.view.user(peer)?.body.name ?? `deleted-${peer.slice(0, 8)}`;
  }

  /** A message names the user. */
  namesMe(text: string): boolean {
    return mentionedNames(text).has(this.#parts.settings.user);
  }

  viewOf(message: StoredMessage): MessageView {
    return this.view(messageKey(message.peer, message.stamp, message.id), message);
  }

  view(key: string, message: StoredMessage): MessageView {
    const { peer, stamp: _stamp, replyTo, edited, deleted, reactions: _reactions, file, ...rest } = message;
    return {
      key: placeOf(key),
      with: this.nameOf(peer),
      ...rest,
      ...(file === undefined ? {} : { file: this.#parts.files.views.ofMessage(file, { ...message, from: this.#author(peer, message.fromMe) }) }),
      replyTo: replyTo === undefined ? null : this.#quote(peer, replyTo),
      mentionsMe: !message.fromMe && this.namesMe(message.text),
      reactions: this.#reactions(message),
      edited: edited !== undefined,
      deleted: deleted === true,
      changing: this.#amendments.changing(message.id),
    };
  }

  /** What is answered may be gone, with a disk that was lost: then its words are empty, as those of a deleted message are. */
  #quote(peer: UserId, id: MessageId): NonNullable<MessageView['replyTo']> {
    const found = this.#history.byId(id)?.[1];
    const quoted = found?.peer === peer ? found : undefined;
    return { id, from: this.#author(peer, quoted?.fromMe ?? false), text: (quoted?.text ?? '').slice(0, QUOTE_CHARACTERS) };
  }

  #author(peer: UserId, fromMe: boolean): string {
    return fromMe ? this.#parts.settings.user : this.nameOf(peer);
  }

  #reactions({ peer, reactions = [] }: StoredMessage): MessageView['reactions'] {
    const names = new Map<string, string[]>();
    for (const { reaction, fromMe, on } of reactions) if (on) names.set(reaction, [...(names.get(reaction) ?? []), this.#author(peer, fromMe)]);
    return [...names].map(([reaction, by]) => ({ reaction, by: by.sort() }));
  }
}
