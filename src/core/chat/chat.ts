import { utf8Length, wellFormedText } from '../bytes.ts';
import type { ChatView, MessageView, Settings } from '../commands.ts';
import type { Link } from '../link/link.ts';
import type { Envelope, Message } from '../messages.ts';
import type { Parts } from '../parts.ts';
import type { VerifiedRecord } from '../records.ts';
import { boolean, integer, misfit, optional, record } from '../shape.ts';
import type { MessageId, MessageState, UserId } from '../types.ts';
import { Drafts } from './drafts.ts';
import { type Content, openEnvelope, receiptBytes, SUITE_RATCHET, sealEnvelope } from './envelope.ts';
import { History, placeOf, type StoredMessage } from './history.ts';
import { Inherited } from './inherited.ts';
import { messageId } from './message-id.ts';
import { Outbox } from './outbox.ts';

type Of<Type extends Message['type']> = Extract<Message, { type: Type }>;

const settingsShape = record({ readReceipts: boolean, bell: boolean, changedMillis: optional(integer()) });
const RECEIPT_IDS_MAX = 256;
const DEFAULT_SETTINGS: Settings = { readReceipts: true, bell: true };

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
  readonly #receiptsDue = new Map<UserId, MessageId[]>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#history = new History(parts.env.store);
    this.#outbox = new Outbox(parts, (to, id) => this.#sealStored(to, id));
    this.drafts = new Drafts(parts.env.store);
    this.inherited = new Inherited({
      store: parts.env.store,
      history: this.#history,
      outbox: this.#outbox,
      drafts: this.drafts,
      waiting: (recipients, readers) => this.#waiting(recipients, readers),
    });
  }

  open(): void {
    this.#outbox.open();
  }

  close(): void {
    this.#history.endTurn();
    this.#history.forget();
    this.#outbox.close();
    this.#resealed.clear();
    this.#receiptsDue.clear();
  }

  waitingFor(): UserId[] {
    return this.#outbox.recipients();
  }

  waitsFor(id: UserId): boolean {
    return this.#outbox.count(id) > 0;
  }

  // --- sending ---

  /** The friend's record and a text that passed all checks; the message is stored and sealed in this turn. */
  send(to: VerifiedRecord<'user'>, text: string): { id: MessageId; state: MessageState } | { code: string; details: Record<string, unknown> } {
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
    const stamp = Math.max(sentMillis, this.#history.conversation(peer).stamp + 1);
    const wellFormed = wellFormedText(text);
    const from = session.open.userId;
    const envelope = sealEnvelope(this.#parts, from, to, id, { text: wellFormed, sentMillis, stamp });
    const message: StoredMessage = { id, peer, fromMe: true, text: wellFormed, stamp, sentMillis, receivedMillis: null, state: 'queued', receipts: [] };
    const key = this.#history.add(message);
    this.#outbox.add(envelope ?? { suite: 0, id, from, to: peer }, stamp);
    if (env.tracing) env.trace({ type: 'state', subject: 'message', id, to: 'queued', data: { peer: name, place: placeOf(key) } });
    this.#parts.tell({ type: 'message-sent', message: this.#view(key, message) });
    return { id, state: 'queued' };
  }

  /** For the outbox: seals a message that could not be sealed when it was written, or was not opened where it went. */
  #sealStored(to: UserId, id: MessageId): Envelope | null {
    const { session, view } = this.#parts;
    const found = this.#history.byId(id);
    const peer = view.user(to);
    if (found === null || peer === null || session.userId === null || !this.#parts.trust.allows(to)) return null;
    const { text, sentMillis, stamp } = found[1];
    return sealEnvelope(this.#parts, session.userId, peer, id, { text, sentMillis, stamp });
  }

  /** New keys of somebody: what waits for them may go out now. */
  prekeysHeard(peer: UserId): void {
    if (this.#parts.session.open === null) return;
    this.#outbox.sealAll(peer);
    const link = this.#parts.connections.sessionLink(peer);
    if (link !== null && this.waitsFor(peer)) this.#outbox.pump(peer, link);
  }

  #waiting(recipients: Iterable<UserId>, readers: Iterable<UserId>): void {
    const { connections } = this.#parts;
    for (const id of recipients) {
      const link = connections.sessionLink(id);
      if (link !== null) this.#outbox.restart(id, link);
    }
    for (const id of readers) {
      const link = connections.sessionLink(id);
      if (link !== null) this.#sendReadReceipts(id, link);
    }
    connections.reviewSoon();
  }

  userLinkUp(id: UserId, link: Link): void {
    this.#outbox.restart(id, link);
    this.#sendReadReceipts(id, link);
  }

  userLinkDown(id: UserId): void {
    this.#outbox.pause(id);
  }

  outboxTick(): void {
    this.#outbox.tick();
  }

  // --- receiving ---

  envelope(link: Link, message: Of<'envelope'>): void {
    const { env, friends, session, view } = this.#parts;
    const { envelope } = message;
    const reject = (reason: string): void => this.#drop(link, envelope.id, reason);
    if (session.open === null || envelope.to !== session.userId) return reject('not-for-us');
    if (friends.isBlocked(envelope.from)) return reject('blocked');
    const sender = view.user(envelope.from);
    if (sender === null || friends.relation(envelope.from) !== 'friend') {
      this.#parts.links.send(link, { type: 'refusal', ids: [envelope.id], reason: 'not-friends' });
      return reject('not-friends');
    }
    if (this.#history.has(envelope.id)) {
      this.#parts.count('messagesTwice');
      const found = env.tracing ? this.#history.byId(envelope.id) : null;
      if (found !== null)
        env.trace({ type: 'state', subject: 'message', id: envelope.id, to: 'kept', data: { peer: sender.body.name, place: placeOf(found[0]) } });
      return this.#receiptDue(envelope.from, envelope.id);
    }
    if (envelope.suite !== SUITE_RATCHET) return reject(`downgrade: suite ${envelope.suite}`);
    const content = openEnvelope(this.#parts, sender, envelope);
    if (typeof content === 'string') {
      this.#parts.links.send(link, { type: 'refusal', ids: [envelope.id], reason: 'unreadable' });
      return reject(`unreadable: ${content}`);
    }
    this.#keep(sender, envelope, content);
  }

  #keep(sender: VerifiedRecord<'user'>, envelope: Envelope, content: Content): void {
    const { env, options } = this.#parts;
    const peer = envelope.from;
    const receivedMillis = Math.trunc(env.wallMillis);
    // A clock far ahead must not push the conversation into the future for good.
    const ahead = content.stamp > receivedMillis + options.clockAheadMillisMax;
    const stamp = ahead ? Math.max(receivedMillis, this.#history.conversation(peer).stamp + 1) : content.stamp;
    const message: StoredMessage = {
      id: envelope.id,
      peer,
      fromMe: false,
      text: content.text,
      stamp,
      sentMillis: content.sentMillis,
      receivedMillis,
      state: 'delivered',
      receipts: [],
    };
    const key = this.#history.add(message);
    this.#receiptDue(peer, envelope.id);
    const data = { from: sender.body.name, bytes: utf8Length(content.text), place: placeOf(key) };
    if (env.tracing) env.trace({ type: 'shown', what: 'message', id: envelope.id, data });
    this.#parts.tell({ type: 'message-received', message: this.#view(key, message) });
  }

  #receiptDue(peer: UserId, id: MessageId): void {
    const due = this.#receiptsDue.get(peer);
    if (due === undefined) this.#receiptsDue.set(peer, [id]);
    else due.push(id);
  }

  /** End of a turn: one signature confirms all that came in it from one sender. */
  endTurn(): void {
    for (const [peer, ids] of this.#receiptsDue) {
      const link = this.#parts.connections.sessionLink(peer);
      for (let at = 0; link !== null && at < ids.length; at += RECEIPT_IDS_MAX) this.#sendReceipt(link, peer, ids.slice(at, at + RECEIPT_IDS_MAX), 'delivered');
    }
    this.#receiptsDue.clear();
    this.#history.endTurn();
  }

  #sendReceipt(link: Link, to: UserId, ids: readonly MessageId[], state: 'delivered' | 'read', acknowledged?: () => void): void {
    const { env, session, links } = this.#parts;
    if (session.open === null) return;
    const signature = env.crypto.sign(session.open.identity.secretKey, receiptBytes({ from: session.open.userId, to, state, ids }));
    links.send(link, { type: 'receipt', ids, state, signature }, acknowledged);
  }

  receipt(link: Link, message: Of<'receipt'>): void {
    const { env, session, view } = this.#parts;
    const peer = link.userId;
    if (session.open === null || peer === null) return;
    const signer = view.user(peer);
    if (signer === null) return;
    const signed = receiptBytes({ from: peer, to: session.open.userId, state: message.state, ids: message.ids });
    if (!env.crypto.verify(signer.author, signed, message.signature)) return this.#drop(link, message.ids[0], 'wrong receipt signature');
    const receipt = { state: message.state, by: signer.body.name, wallMillis: Math.trunc(env.wallMillis) };
    for (const id of message.ids) this.#settle(peer, signer.body.name, id, message.state, { receipt });
    this.#outbox.pump(peer, link);
  }

  refusal(link: Link, message: Of<'refusal'>): void {
    const peer = link.userId;
    const name = peer === null ? undefined : this.#parts.view.user(peer)?.body.name;
    if (this.#parts.session.open === null || peer === null || name === undefined) return;
    const reason = message.reason === 'not-friends' ? `${name} does not have you as a friend` : `${name} could not open it`;
    for (const id of message.ids) {
      if (message.reason === 'unreadable' && this.#sealAnew(peer, id)) continue;
      this.#settle(peer, name, id, 'failed', { reason });
    }
    this.#outbox.pump(peer, link);
  }

  /** They lost the session, or are somewhere else now: another one is begun with the keys that we know by now. Not without end. */
  #sealAnew(peer: UserId, id: MessageId): boolean {
    const found = this.#history.byId(id);
    const row = found === null ? undefined : this.#outbox.row(peer, found[1].stamp, id);
    const times = (this.#resealed.get(id) ?? 0) + 1;
    if (found === null || row === undefined || times > this.#parts.options.resealsMax) return false;
    if ('part' in row) this.#parts.secure.sessions.drop(peer, row.part.session);
    this.#resealed.set(id, times);
    this.#outbox.unseal(peer, found[1].stamp, id);
    this.#parts.count('messagesResealed');
    return true;
  }

  #settle(peer: UserId, name: string, id: MessageId, state: MessageState, more: { receipt?: MessageView['receipts'][number]; reason?: string }): void {
    const found = this.#history.byId(id);
    if (found === null || found[1].peer !== peer || !found[1].fromMe) return;
    const { sessions } = this.#parts.secure;
    const row = state !== 'failed' && sessions.awaitsAnswer(peer) ? this.#outbox.row(peer, found[1].stamp, id) : undefined;
    if (row !== undefined && 'part' in row) sessions.confirm(peer, row.part.session);
    this.#resealed.delete(id);
    this.#outbox.settle(peer, found[1].stamp, id);
    if (this.#history.advance(id, state, more) === null) return;
    this.#traceState(id, state, name);
    this.#parts.tell({ type: 'message-changed', id, with: name, state, ...(more.reason === undefined ? {} : { reason: more.reason }) });
  }

  // --- reading ---

  /** The user has seen the conversation. Returns how many messages were new. */
  read(peer: UserId): number {
    const { env, options, connections } = this.#parts;
    const ids = this.#history.markRead(peer, options.outboxMessagesMax);
    if (ids.length > 0 && this.settings().readReceipts) {
      for (const id of ids) env.store.put('receipts', `${peer}/${id}`, 1);
      const link = connections.sessionLink(peer);
      if (link !== null) this.#sendReadReceipts(peer, link);
    }
    return ids.length;
  }

  #sendReadReceipts(peer: UserId, link: Link): void {
    const { env } = this.#parts;
    const prefix = `${peer}/`;
    const rows = env.store.scan('receipts', { prefix });
    for (let at = 0; at < rows.length; at += RECEIPT_IDS_MAX) {
      const keys = rows.slice(at, at + RECEIPT_IDS_MAX).map(([key]) => key);
      const ids = keys.map((key) => key.slice(prefix.length) as MessageId);
      this.#sendReceipt(link, peer, ids, 'read', () => {
        if (this.#parts.session.open !== null) for (const key of keys) env.store.delete('receipts', key);
      });
    }
  }

  // --- views ---

  settings(): Settings {
    const { readReceipts, bell } = this.#parts.env.store.get<Settings>('settings', 'settings') ?? DEFAULT_SETTINGS;
    return { readReceipts, bell };
  }

  changeSettings(change: Partial<Settings>): Settings {
    const settings = { ...this.settings(), ...change };
    const { env } = this.#parts;
    env.store.put('settings', 'settings', { ...settings, changedMillis: Math.trunc(env.wallMillis) });
    return settings;
  }

  /** Settings of an earlier session at another node: the later change stays. */
  inheritSettings(row: unknown): void {
    const { store } = this.#parts.env;
    if (misfit(settingsShape, row) !== null) return;
    const changedMillis = store.get<{ changedMillis?: number }>('settings', 'settings')?.changedMillis ?? -1;
    if (((row as { changedMillis?: number }).changedMillis ?? 0) > changedMillis) store.put('settings', 'settings', row);
  }

  unread(peer: UserId): number {
    return this.#history.conversation(peer).unread;
  }

  unreadTotal(): number {
    return this.#history.conversations().reduce((sum, [, conversation]) => sum + conversation.unread, 0);
  }

  chats(): ChatView[] {
    return this.#history
      .conversations()
      .filter(([, conversation]) => conversation.lastMillis > 0)
      .map(([peer, conversation]) => ({
        with: this.#nameOf(peer),
        userId: peer,
        unread: conversation.unread,
        lastText: conversation.lastText,
        lastMillis: conversation.lastMillis,
        lastFromMe: conversation.lastFromMe,
      }))
      .sort((a, b) => b.lastMillis - a.lastMillis);
  }

  page(peer: UserId, range: { limit: number; before?: string }): { messages: MessageView[]; more: boolean } {
    const { messages, more } = this.#history.page(peer, range);
    return { messages: messages.map(([key, message]) => this.#view(key, message)), more };
  }

  message(id: string): MessageView | null {
    const found = this.#history.byId(id as MessageId);
    return found === null ? null : this.#view(found[0], found[1]);
  }

  /** The peer's name when the account is gone is kept as its id's beginning. */
  #nameOf(peer: UserId): string {
    return this.#parts.view.user(peer)?.body.name ?? `deleted-${peer.slice(0, 8)}`;
  }

  #view(key: string, message: StoredMessage): MessageView {
    const { peer, stamp: _stamp, ...rest } = message;
    return { key: placeOf(key), with: this.#nameOf(peer), ...rest };
  }

  /** The account ended: what waited for it will never arrive, and says so. */
  userDeleted(peer: UserId): void {
    const name = this.#nameOf(peer);
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
