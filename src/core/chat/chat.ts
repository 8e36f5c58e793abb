import { utf8Length, wellFormedText } from '../bytes.ts';
import type { MessageView } from '../commands.ts';
import type { FileDescriptor } from '../files/descriptor.ts';
import type { Link } from '../link/link.ts';
import type { Envelope, Message } from '../messages.ts';
import type { Parts } from '../parts.ts';
import type { VerifiedRecord } from '../records.ts';
import { WORK } from '../turn-work.ts';
import type { MessageId, MessageState, UserId } from '../types.ts';
import { Amending } from './amending.ts';
import type { Amendment } from './amendment.ts';
import { Amendments } from './amendments.ts';
import { ChatMutes } from './chat-mutes.ts';
import { ChatTyping } from './chat-typing.ts';
import { ChatViews } from './chat-views.ts';
import type { Content } from './content.ts';
import { Drafts } from './drafts.ts';
import { sealEnvelope } from './envelope.ts';
import { History, type StoredMessage } from './history.ts';
import { Incoming, type Intake } from './incoming.ts';
import { Inherited } from './inherited.ts';
import { messageId } from './message-id.ts';
import { MessageSearch } from './message-search.ts';
import { Outbox } from './outbox.ts';
import { messageKey, placeOf } from './places.ts';
import { Preferences } from './preferences.ts';
import { Receipts } from './receipts.ts';

type Of<Type extends Message['type']> = Extract<Message, { type: Type }>;

/**
 * Direct messages.
 *
 * Invariants
 * 1. A message is `delivered` only after the recipient's signature over a receipt that left after their commit.
 * 2. An id is stored, and so shown, once, however often it arrives; each arrival is confirmed again.
 * 3. A message leaves the outbox only by a receipt, a refusal or the end of the recipient's account.
 */
export class Chat {
  readonly #parts: Parts;
  readonly #history: History;
  readonly #outbox: Outbox;
  /** How often a message was sealed anew since the start of this session. */
  readonly #resealed = new Map<MessageId, number>();
  /** What was begun and not sent. */
  readonly drafts: Drafts;
  /** Takes in what an earlier session of the user left at another node. */
  readonly inherited: Inherited;
  readonly #receipts: Receipts;
  readonly #incoming: Incoming;
  readonly #amendments: Amendments;
  /** Reactions, edits and deletions. */
  readonly amending: Amending;
  readonly views: ChatViews;
  readonly mutes: ChatMutes;
  readonly search: MessageSearch;
  readonly typing: ChatTyping;
  readonly preferences: Preferences;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#history = new History(parts.env.store, () => parts.turnWork.add(WORK.chat));
    this.#outbox = new Outbox(parts, (to, id) => this.#sealStored(to, id));
    this.#receipts = new Receipts(parts);
    this.mutes = new ChatMutes(parts.env.store);
    const [history, outbox, receipts] = [this.#history, this.#outbox, this.#receipts];
    const amendments = new Amendments(parts.env.store, parts.options.amendmentsParkedMax);
    this.#amendments = amendments;
    this.views = new ChatViews({ parts, history, amendments, mutes: this.mutes });
    const { views } = this;
    this.search = new MessageSearch(parts.env, views, parts.options);
    this.typing = new ChatTyping(parts);
    this.amending = new Amending({ parts, history, amendments, outbox, views, search: this.search });
    this.#incoming = new Incoming({ parts, history, receipts, amendments, views, amending: this.amending, search: this.search });
    this.preferences = new Preferences(parts.env, parts.options);
    this.drafts = new Drafts(parts.env.store);
    this.inherited = new Inherited({
      store: parts.env.store,
      history: this.#history,
      outbox: this.#outbox,
      drafts: this.drafts,
      amendments,
      amending: this.amending,
      search: this.search,
      waiting: (recipients, readers) => this.#waiting(recipients, readers),
    });
  }

  open(): void {
    this.#outbox.open();
    this.#amendments.open();
  }

  close(): void {
    this.#history.endTurn();
    this.#history.forget();
    this.#outbox.close();
    this.#amendments.close();
    this.#resealed.clear();
    this.#receipts.close();
    this.typing.close();
    this.search.forget();
  }

  waitingFor(): UserId[] {
    return this.#outbox.recipients();
  }

  waitsFor(id: UserId): boolean {
    return this.#outbox.count(id) > 0;
  }

  // --- sending ---

  /** The friend's record and a text that passed all checks; the message is stored and sealed in this turn. */
  send(
    to: VerifiedRecord<'user'>,
    text: string,
    more: { readonly replyTo?: MessageId | undefined; readonly file?: FileDescriptor } = {},
  ): { id: MessageId; state: MessageState } | { code: string; details: Record<string, unknown> } {
    const { env, options, session } = this.#parts;
    const peer = to.authorId as UserId;
    const { name } = to.body;
    const bytes = utf8Length(text);
    if (text === '') return { code: 'empty-text', details: {} };
    if (bytes > options.textBytesMax) return { code: 'text-too-long', details: { bytes, max: options.textBytesMax } };
    const waiting = this.#outbox.count(peer);
    if (waiting >= options.outboxMessagesMax) return { code: 'outbox-full', details: { count: waiting, name } };
    if (session.open === null) return { code: 'not-logged-in', details: {} };
    const id = messageId(env.random, env.wallMillis);
    const sentMillis = Math.trunc(env.wallMillis);
    const stamp = this.#history.nextStamp(peer, this.#parts.sync.believedMillis(peer));
    const wellFormed = wellFormedText(text);
    const from = session.open.userId;
    const { file, replyTo } = more;
    const attached = { ...(replyTo === undefined ? {} : { replyTo }), ...(file === undefined ? {} : { file }) };
    const envelope = sealEnvelope(this.#parts, from, to, id, { kind: 'message', text: wellFormed, sentMillis, stamp, ...attached });
    const message: StoredMessage = {
      id,
      peer,
      fromMe: true,
      text: wellFormed,
      stamp,
      sentMillis,
      receivedMillis: null,
      state: 'queued',
      receipts: [],
      ...attached,
    };
    const key = this.#history.add(message);
    if (file !== undefined) this.#parts.files.offered(file, { place: { kind: 'direct', peer }, author: from, from: this.#parts.settings.user, sentMillis });
    this.typing.sent(peer);
    this.#outbox.add(envelope ?? { suite: 0, id, from, to: peer }, stamp);
    this.#parts.mail.delivery.review(peer);
    if (env.tracing) env.trace({ type: 'state', subject: 'message', id, to: 'queued', data: { peer: name, place: placeOf(key) } });
    this.#parts.tell({ type: 'message-sent', message: this.views.view(key, message) });
    return { id, state: 'queued' };
  }

  /** For the outbox: seals what could not be sealed when it was written, or was not opened where it went. */
  #sealStored(to: UserId, id: MessageId): Envelope | null {
    const { session, view } = this.#parts;
    const content = this.#contentOf(id);
    const peer = view.user(to);
    if (content === null || peer === null || session.userId === null || !this.#parts.trust.allows(to)) return null;
    return sealEnvelope(this.#parts, session.userId, peer, id, content);
  }

  #contentOf(id: MessageId): Content | null {
    const message = this.#history.byId(id)?.[1];
    if (message === undefined) return this.#amendments.contentOf(id);
    const { text, sentMillis, stamp, replyTo, file } = message;
    return { kind: 'message', text, sentMillis, stamp, ...(replyTo === undefined ? {} : { replyTo }), ...(file === undefined ? {} : { file }) };
  }

  /** What waits in the outbox under this id: a message of ours, or a change of ours to one. */
  #outgoing(id: MessageId): StoredMessage | Amendment | null {
    return this.#history.byId(id)?.[1] ?? this.#amendments.byId(id);
  }

  /** New keys of somebody: what waits for them may go out now. */
  prekeysHeard(peer: UserId): void {
    if (this.#parts.session.open === null) return;
    this.#outbox.sealAll(peer);
    const link = this.#parts.connections.sessionLink(peer);
    if (link !== null && this.waitsFor(peer)) this.#outbox.pump(peer, link, 'all');
    if (link === null && this.waitsFor(peer)) this.#parts.mail.delivery.review(peer);
  }

  #waiting(recipients: Iterable<UserId>, readers: Iterable<UserId>): void {
    const { connections } = this.#parts;
    for (const id of recipients) {
      const link = connections.sessionLink(id);
      if (link !== null) this.#outbox.restart(id, link);
      else this.#parts.mail.delivery.review(id);
    }
    for (const id of readers) {
      const link = connections.sessionLink(id);
      if (link !== null) this.#receipts.sendRead(id, link);
    }
    connections.reviewSoon();
  }

  userLinkUp(id: UserId, link: Link): void {
    this.#outbox.restart(id, link);
    this.#receipts.sendRead(id, link);
  }

  userLinkDown(id: UserId): void {
    this.#outbox.pause(id);
    this.typing.gone(id);
    if (this.waitsFor(id)) this.#parts.mail.delivery.review(id);
  }

  timer(kind: 'outbox' | 'typing'): void {
    if (kind === 'outbox') this.#outbox.tick();
    else this.typing.tick();
  }

  // --- receiving ---

  envelope(link: Link, message: Of<'envelope'>): void {
    const { id } = message.envelope;
    const intake = this.take(message.envelope, (reason) => this.#drop(link, id, reason));
    if (intake === 'unreadable') this.#parts.links.send(link, { type: 'refusal', ids: [id], reason: intake });
    if (intake === 'not-friends' || intake === 'unknown-sender') this.#parts.links.send(link, { type: 'refusal', ids: [id], reason: 'not-friends' });
  }

  /** An envelope that has come, over a link or out of the mailbox; then `via` names the node that had it. */
  take(envelope: Envelope, rejected: (reason: string) => void, via?: string): Intake {
    return this.#incoming.take(envelope, rejected, via);
  }

  endTurn(): void {
    this.#receipts.endTurn();
    this.#history.endTurn();
  }

  receipt(link: Link, message: Of<'receipt'>): void {
    const { env, session, view } = this.#parts;
    const peer = link.userId;
    const signer = peer === null ? null : view.user(peer);
    if (session.open === null || peer === null || signer === null) return;
    if (!this.#receipts.isGenuine(signer, message)) return this.#drop(link, message.ids[0], 'wrong receipt signature');
    const receipt = { state: message.state, by: signer.body.name, wallMillis: Math.trunc(env.wallMillis) };
    const settle = () => {
      for (const id of message.ids) this.#settle(peer, signer.body.name, id, message.state, { receipt });
    };
    // Whoever has a message confirms it again when it comes again; that it was read is said once.
    if (message.state === 'delivered') env.store.relearn(settle);
    else settle();
    this.#outbox.pump(peer, link);
  }

  refusal(link: Link, message: Of<'refusal'>): void {
    const peer = link.userId;
    const name = peer === null ? undefined : this.#parts.view.user(peer)?.body.name;
    if (this.#parts.session.open === null || peer === null || name === undefined) return;
    for (const id of message.ids) this.#refused(peer, name, id, message.reason);
    this.#outbox.pump(peer, link, 'all');
  }

  #refused(peer: UserId, name: string, id: MessageId, why: 'not-friends' | 'unreadable'): void {
    if (why === 'unreadable' && this.#sealAnew(peer, id)) return;
    const reason = why === 'not-friends' ? `${name} does not have you as a friend` : `${name} could not open it`;
    this.#settle(peer, name, id, 'failed', { reason });
  }

  /** They lost the session, or are somewhere else now: another one is begun with the keys that we know by now. Not without end. */
  #sealAnew(peer: UserId, id: MessageId): boolean {
    const found = this.#outgoing(id);
    const row = found === null ? undefined : this.#outbox.row(peer, found.stamp, id);
    const times = (this.#resealed.get(id) ?? 0) + 1;
    if (found === null || row === undefined || times > this.#parts.options.resealsMax) return false;
    if ('part' in row) this.#parts.secure.sessions.drop(peer, row.part.session);
    this.#resealed.set(id, times);
    this.#outbox.unseal(peer, found.stamp, id);
    this.#parts.count('messagesResealed');
    return true;
  }

  #settle(peer: UserId, name: string, id: MessageId, state: MessageState, more: { receipt?: MessageView['receipts'][number]; reason?: string }): void {
    const found = this.#outgoing(id);
    if (found === null || found.peer !== peer || !found.fromMe) return;
    const { sessions } = this.#parts.secure;
    const row = state !== 'failed' && sessions.awaitsAnswer(peer) ? this.#outbox.row(peer, found.stamp, id) : undefined;
    if (row !== undefined && 'part' in row) sessions.confirm(peer, row.part.session);
    this.#resealed.delete(id);
    this.#outbox.settle(peer, found.stamp, id);
    this.#parts.mail.delivery.settled(peer, id);
    if ('change' in found) return this.#changeSettled(found, state, name, more.reason);
    if (this.#history.advance([messageKey(peer, found.stamp, id), found], state, more) === null) return;
    this.#traceState(id, state, name);
    this.#parts.tell({ type: 'message-changed', id, with: name, state, ...(more.reason === undefined ? {} : { reason: more.reason }) });
  }

  #changeSettled(amendment: Amendment, state: MessageState, name: string, reason: string | undefined): void {
    const { env } = this.#parts;
    if (env.tracing) env.trace({ type: 'state', subject: 'amendment', id: amendment.id, to: state, data: { peer: name } });
    this.amending.settled(amendment);
    if (state === 'failed') this.#parts.tell({ type: 'notice', level: 'warning', text: `What you changed in the chat with ${name} stays here: ${reason}.` });
  }

  // --- what mail asks and tells ---

  /** Of somebody's rows the oldest, sealed as far as that can be done. */
  outboxRows(to: UserId, limit: number): Array<readonly [key: string, envelope: Envelope]> {
    return this.#outbox.sealedRows(to, limit);
  }

  outboxRow(key: string): Envelope | null {
    return this.#outbox.sealedRow(key);
  }

  knows(id: string): boolean {
    return this.#history.has(id as MessageId);
  }

  /** Our message before this one in the conversation, unless that will never arrive; of a change, the message of ours that it changes. Empty for none. */
  previousId(peer: UserId, id: MessageId): string {
    const found = this.#history.byId(id);
    const target = found === null ? this.#amendments.byId(id)?.target : undefined;
    if (target !== undefined) return this.#history.byId(target)?.[1].fromMe === true ? target : '';
    return found === null ? '' : this.#history.previousOwn(peer, found[0]);
  }

  /** The nodes of these names have the letter; told again when there are more or others. */
  held(peer: UserId, id: MessageId, heldBy: readonly string[]): void {
    const changed = this.#history.hold(id, heldBy, Math.trunc(this.#parts.env.wallMillis));
    if (changed === null) return;
    const name = this.views.nameOf(peer);
    const { env } = this.#parts;
    if (env.tracing) env.trace({ type: 'state', subject: 'message', id, to: 'held', data: { peer: name, heldBy: heldBy.join(' ') } });
    this.#parts.tell({ type: 'message-changed', id, with: name, state: changed.state, heldBy });
  }

  /** The recipient's signed word, found where the letter lay. */
  mailReceipt(peer: UserId, id: MessageId, receipt: { readonly verdict: 'delivered' | 'not-friends' | 'unreadable'; readonly atMillis: number }): void {
    const name = this.views.nameOf(peer);
    if (receipt.verdict !== 'delivered') return this.#refused(peer, name, id, receipt.verdict);
    this.#settle(peer, name, id, 'delivered', { receipt: { state: 'delivered', by: name, wallMillis: receipt.atMillis } });
  }

  // --- reading ---

  /** The user has seen the conversation, or what comes up to a message. Returns how many messages were new. */
  read(peer: UserId, last?: MessageId): number {
    const upTo = last === undefined ? undefined : (this.#history.byId(last)?.[0] ?? `${peer}/`);
    const read = this.#history.markRead(peer, this.#parts.options.outboxMessagesMax, upTo);
    const mentions = last === undefined ? 0 : read.filter(({ text }) => this.views.namesMe(text)).length;
    if (mentions > 0) this.#history.mentionsRead(peer, mentions);
    const ids = read.map(({ id }) => id);
    if (ids.length > 0 && this.preferences.get().readReceipts) this.#receipts.read(peer, ids);
    return ids.length;
  }

  // --- views ---

  unread(peer: UserId): number {
    return this.#history.conversation(peer).unread;
  }

  unreadTotal(): number {
    return this.#history.conversations().reduce((sum, [, conversation]) => sum + conversation.unread, 0);
  }

  isSealed(peer: UserId, id: MessageId): boolean {
    const found = this.#history.byId(id);
    const row = found === null ? undefined : this.#outbox.row(peer, found[1].stamp, id);
    return row !== undefined && 'part' in row;
  }

  /** How often a message was handed to a link that is still up, and when last. */
  flightOf(peer: UserId, id: MessageId): { readonly attempts: number; readonly wallMillis: number } | null {
    const flight = this.#outbox.flight(peer, id);
    const { env } = this.#parts;
    return flight === null ? null : { attempts: flight.attempts, wallMillis: Math.trunc(env.wallMillis - (env.monotonicMillis - flight.sentMillis)) };
  }

  /** The account ended: what waited for it will never arrive, and says so. */
  userDeleted(peer: UserId): void {
    const name = this.views.nameOf(peer);
    this.#parts.secure.sessions.dropAll(peer);
    for (const id of this.#outbox.dropAll(peer)) this.#settle(peer, name, id, 'failed', { reason: 'the account was deleted' });
  }

  #traceState(id: MessageId, to: MessageState, peer: string): void {
    const { env } = this.#parts;
    if (env.tracing) env.trace({ type: 'state', subject: 'message', id, to, data: { peer } });
  }

  #drop(link: Link, id: string | undefined, reason: string): void {
    const { env } = this.#parts;
    this.#parts.count(`dropped:${reason.split(':')[0]}`);
    if (env.tracing) env.trace({ type: 'drop', peer: link.name, reason, ...(id === undefined ? {} : { messages: [{ type: 'envelope', id }] }) });
  }
}
