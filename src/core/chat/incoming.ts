import { utf8Length } from '../bytes.ts';
import type { Envelope } from '../messages.ts';
import type { Parts } from '../parts.ts';
import type { VerifiedRecord } from '../records.ts';
import type { MessageId } from '../types.ts';
import type { Amending } from './amending.ts';
import type { Amendments } from './amendments.ts';
import type { ChatViews } from './chat-views.ts';
import type { MessageContent } from './content.ts';
import { openEnvelope, SUITE_RATCHET } from './envelope.ts';
import type { History } from './history.ts';
import type { MessageSearch } from './message-search.ts';
import { placeOf, STAMP_MAX } from './places.ts';
import type { Receipts } from './receipts.ts';

/** What became of an envelope here: kept and known are both confirmed, each as often as it comes. */
export type Intake = 'kept' | 'known' | 'not-for-us' | 'blocked' | 'not-friends' | 'unknown-sender' | 'unreadable';

/** Envelopes that come to us: judged, opened and kept once, however often and whichever way they come. */
export class Incoming {
  readonly #parts: Parts;
  readonly #history: History;
  readonly #receipts: Receipts;
  readonly #amending: Amending;
  readonly #amendments: Amendments;
  readonly #views: ChatViews;
  readonly #search: MessageSearch;

  constructor(of: {
    readonly parts: Parts;
    readonly history: History;
    readonly receipts: Receipts;
    readonly amending: Amending;
    readonly amendments: Amendments;
    readonly views: ChatViews;
    readonly search: MessageSearch;
  }) {
    this.#parts = of.parts;
    this.#history = of.history;
    this.#receipts = of.receipts;
    this.#amending = of.amending;
    this.#amendments = of.amendments;
    this.#views = of.views;
    this.#search = of.search;
  }

  /** An envelope that has come, over a link or out of the mailbox; then `via` names the node that had it. */
  take(envelope: Envelope, rejected: (reason: string) => void, via?: string): Intake {
    const { env, friends, session, view } = this.#parts;
    const reject = (intake: Intake, reason: string = intake): Intake => {
      rejected(reason);
      return intake;
    };
    if (session.open === null || envelope.to !== session.userId) return reject('not-for-us');
    if (friends.isBlocked(envelope.from)) return reject('blocked');
    if (friends.relation(envelope.from) !== 'friend') return reject('not-friends');
    const sender = view.user(envelope.from);
    if (sender === null) return reject('unknown-sender');
    if (this.#history.has(envelope.id)) {
      this.#parts.count('messagesTwice');
      const found = env.tracing ? this.#history.byId(envelope.id) : null;
      if (found !== null)
        env.trace({ type: 'state', subject: 'message', id: envelope.id, to: 'kept', data: { peer: sender.body.name, place: placeOf(found[0]) } });
      this.#receipts.due(envelope.from, envelope.id);
      return 'known';
    }
    if (envelope.suite !== SUITE_RATCHET) return reject('not-for-us', `downgrade: suite ${envelope.suite}`);
    const content = openEnvelope(this.#parts, sender, envelope);
    if (typeof content === 'string') return reject('unreadable', `unreadable: ${content}`);
    switch (content.kind) {
      case 'message':
        this.#keep(sender, envelope, content, via);
        break;
      case 'change':
        this.#amending.take(sender, envelope.id, content);
        break;
      case 'unknown':
        this.#ignore(sender, envelope.id, content.named);
    }
    this.#receipts.due(envelope.from, envelope.id);
    return 'kept';
  }

  /** Something that a newer version says: it is confirmed, so that it does not come again, and nothing is shown. */
  #ignore(sender: VerifiedRecord<'user'>, id: MessageId, kind: string): void {
    const { env } = this.#parts;
    this.#amendments.remember(id);
    this.#parts.count('contentUnknown');
    if (env.tracing) env.trace({ type: 'drop', peer: sender.body.name, reason: `unknown content: ${kind}`, messages: [{ type: 'envelope', id }] });
  }

  #keep(sender: VerifiedRecord<'user'>, envelope: Envelope, content: MessageContent, via: string | undefined): void {
    const { env } = this.#parts;
    const peer = envelope.from;
    const receivedMillis = Math.trunc(env.wallMillis);
    // However wrong a clock is: a stamp of our own making would stand in another place there, and before what we had seen.
    const stamp = content.stamp > STAMP_MAX ? Math.max(receivedMillis, this.#history.conversation(peer).stamp + 1) : content.stamp;
    const message = this.#amending.awaited({
      id: envelope.id,
      peer,
      fromMe: false,
      text: content.text,
      stamp,
      sentMillis: content.sentMillis,
      receivedMillis,
      state: 'delivered',
      receipts: [],
      ...(via === undefined ? {} : { via }),
      ...(content.file === undefined ? {} : { file: content.file }),
      ...(content.replyTo === undefined ? {} : { replyTo: content.replyTo }),
      ...(content.text === '' ? { deleted: true as const } : {}),
    });
    const key = this.#history.add(message, this.#views.namesMe(message.text));
    this.#search.touched(peer, placeOf(key));
    this.#parts.chat.typing.over(peer);
    if (message.file !== undefined) {
      const { name } = sender.body;
      this.#parts.files.offered(message.file, { place: { kind: 'direct', peer }, author: peer, from: name, sentMillis: content.sentMillis });
    }
    const data = { from: sender.body.name, bytes: utf8Length(content.text), place: placeOf(key) };
    if (env.tracing) env.trace({ type: 'shown', what: 'message', id: envelope.id, data });
    this.#parts.tell({ type: 'message-received', message: this.#views.view(key, message) });
  }
}
