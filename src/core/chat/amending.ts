import { toHex, utf8Length, wellFormedText } from '../bytes.ts';
import type { Parts } from '../parts.ts';
import type { VerifiedRecord } from '../records.ts';
import type { MessageId, UserId } from '../types.ts';
import { type Amendment, amended } from './amendment.ts';
import type { Amendments } from './amendments.ts';
import type { ChatViews } from './chat-views.ts';
import type { Change, ChangeContent } from './content.ts';
import { sealEnvelope } from './envelope.ts';
import type { History, StoredMessage } from './history.ts';
import { messageId } from './message-id.ts';
import type { MessageSearch } from './message-search.ts';
import type { Outbox } from './outbox.ts';
import { placeOf, STAMP_MAX } from './places.ts';

type Refused = { readonly code: string; readonly details: Record<string, unknown> };

/**
 * Reactions, edits and deletions in direct chats: sealed, sent, kept for the absent and confirmed as messages are, and applied to the
 * message that they name.
 *
 * Invariants
 * 1. A change is durable together with what it changed, and each is applied once, whatever comes first.
 * 2. Both sides end with the same message: of edits, and of what one side says with one reaction, the greatest place counts.
 * 3. The text of a deleted message is in no table any more: not in the message, the summary, the index, or an edit that waits.
 */
export class Amending {
  readonly #parts: Parts;
  readonly #history: History;
  readonly #amendments: Amendments;
  readonly #outbox: Outbox;
  readonly #views: ChatViews;
  readonly #search: MessageSearch;

  constructor(of: {
    readonly parts: Parts;
    readonly history: History;
    readonly amendments: Amendments;
    readonly outbox: Outbox;
    readonly views: ChatViews;
    readonly search: MessageSearch;
  }) {
    this.#parts = of.parts;
    this.#history = of.history;
    this.#amendments = of.amendments;
    this.#outbox = of.outbox;
    this.#views = of.views;
    this.#search = of.search;
  }

  /** Changes a message of the conversation with `to`; stored and sealed in this turn. */
  write(to: VerifiedRecord<'user'>, target: MessageId, change: Change): { id: MessageId } | Refused {
    const { env, options, session } = this.#parts;
    const peer = to.authorId as UserId;
    const message = this.#history.byId(target)?.[1];
    if (session.open === null) return { code: 'not-logged-in', details: {} };
    if (message === undefined || message.peer !== peer || message.deleted === true) return { code: 'unknown-message', details: { id: target } };
    const refused = this.#refusal(message, change, to.body.name);
    if (refused !== null) return refused;
    const waiting = this.#outbox.count(peer);
    if (waiting >= options.outboxMessagesMax) return { code: 'outbox-full', details: { count: waiting, name: to.body.name } };
    const sentMillis = Math.trunc(env.wallMillis);
    const amendment: Amendment = {
      id: messageId(env.random, env.wallMillis),
      peer,
      fromMe: true,
      target,
      stamp: this.#history.nextStamp(peer, this.#parts.sync.believedMillis(peer)),
      sentMillis,
      change: change.kind === 'edit' ? { ...change, text: wellFormedText(change.text) } : change,
    };
    this.#history.passStamp(peer, amendment.stamp);
    // Nobody has a message that was refused, so there is nobody to tell.
    if (message.state !== 'failed') this.#send(to, session.open.userId, amendment);
    this.#apply(amendment);
    return { id: amendment.id };
  }

  #refusal(message: StoredMessage, change: Change, name: string): Refused | null {
    const { options } = this.#parts;
    if (change.kind !== 'reaction' && !message.fromMe) return { code: 'not-your-message', details: { name } };
    if (change.kind === 'edit') {
      const bytes = utf8Length(change.text);
      if (change.text === '') return { code: 'empty-text', details: {} };
      if (bytes > options.textBytesMax) return { code: 'text-too-long', details: { bytes, max: options.textBytesMax } };
    }
    if (change.kind === 'reaction') {
      const mine = (message.reactions ?? []).filter((each) => each.fromMe);
      const fresh = !mine.some((each) => each.reaction === change.reaction);
      if (fresh && mine.length >= options.reactionsMax) return { code: 'too-many-reactions', details: { max: options.reactionsMax } };
    }
    return change.kind !== 'delete' && message.state === 'failed' ? { code: 'message-failed', details: { name } } : null;
  }

  #send(to: VerifiedRecord<'user'>, from: UserId, amendment: Amendment): void {
    const { env } = this.#parts;
    const { id, peer, target, stamp, sentMillis, change } = amendment;
    if (change.kind === 'delete') this.#forgetEdits(peer, target);
    const envelope = sealEnvelope(this.#parts, from, to, id, { kind: 'change', target, change, stamp, sentMillis });
    this.#amendments.keep(amendment);
    this.#outbox.add(envelope ?? { suite: 0, id, from, to: peer }, stamp);
    this.#parts.mail.delivery.review(peer);
    if (env.tracing) env.trace({ type: 'state', subject: 'amendment', id, to: 'queued', data: { peer: to.body.name, kind: change.kind, message: target } });
  }

  /** Their change has come: applied, or kept until its message comes. Each id is taken once (Incoming). */
  take(sender: VerifiedRecord<'user'>, id: MessageId, content: ChangeContent): void {
    const { env } = this.#parts;
    const peer = sender.authorId as UserId;
    const { target, stamp, sentMillis, change } = content;
    const amendment: Amendment = { id, peer, fromMe: false, target, stamp, sentMillis, change };
    if (env.tracing) env.trace({ type: 'state', subject: 'amendment', id, to: 'kept', data: { peer: sender.body.name, kind: change.kind, message: target } });
    if (stamp <= STAMP_MAX) this.#history.passStamp(peer, stamp);
    if (this.#history.byId(target) !== null) {
      this.#amendments.remember(id);
      this.#apply(amendment);
      return;
    }
    if (change.kind === 'delete') this.#forgetEdits(peer, target);
    if (!this.#amendments.keep(amendment)) this.#parts.count('amendmentsForgotten');
  }

  /** The message as the changes leave it that came before it; they have been waiting for it. */
  awaited(message: StoredMessage): StoredMessage {
    let changed = message;
    for (const waiting of this.#amendments.of(message.peer, message.id)) {
      changed = amended(changed, waiting, this.#parts.options.reactionsMax) ?? changed;
      if (!waiting.fromMe) this.#amendments.drop(waiting);
    }
    return changed;
  }

  /** Ours is confirmed, or will never be taken. */
  settled(amendment: Amendment): void {
    this.#amendments.drop(amendment);
    this.#tell(amendment);
  }

  /** One of the user's other stores had it waiting. */
  inherit(amendment: Amendment): void {
    const { id, peer, target, fromMe } = amendment;
    if (this.#history.has(id)) return;
    const here = this.#history.byId(target) !== null;
    if (fromMe || !here) this.#amendments.keep(amendment);
    else this.#amendments.remember(id);
    if (here) this.#apply(amendment);
    if (fromMe || amendment.stamp <= STAMP_MAX) this.#history.passStamp(peer, amendment.stamp);
  }

  #apply(amendment: Amendment): void {
    const found = this.#history.byId(amendment.target);
    if (found === null) return;
    const changed = amended(found[1], amendment, this.#parts.options.reactionsMax);
    if (changed !== null) {
      this.#history.replace(found[0], changed);
      const { file, fromMe } = found[1];
      if (changed.deleted === true && file !== undefined) {
        const author = fromMe ? (this.#parts.session.userId as UserId) : amendment.peer;
        this.#parts.files.withdrawn(toHex(file.root), { kind: 'direct', peer: amendment.peer }, author);
      }
      if (changed.deleted === true) this.#forgetEdits(amendment.peer, amendment.target);
      if (amendment.change.kind !== 'reaction') this.#search.touched(changed.peer, placeOf(found[0]));
    } else if (!amendment.fromMe) this.#parts.count('amendmentsWithoutEffect');
    if (changed !== null || amendment.fromMe) this.#tell(amendment);
  }

  /** Edits of a message that is deleted need not be sent, nor kept. */
  #forgetEdits(peer: UserId, target: MessageId): void {
    for (const waiting of this.#amendments.of(peer, target)) {
      if (waiting.change.kind !== 'edit') continue;
      this.#amendments.drop(waiting);
      this.#outbox.settle(peer, waiting.stamp, waiting.id);
      this.#parts.mail.delivery.settled(peer, waiting.id);
    }
  }

  #tell({ peer, target }: Amendment): void {
    const message = this.#history.byId(target)?.[1];
    if (message !== undefined && message.peer === peer) this.#parts.tell({ type: 'message-amended', message: this.#views.viewOf(message) });
  }
}
