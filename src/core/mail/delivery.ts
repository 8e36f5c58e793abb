import type { Link } from '../link/link.ts';
import { envelopeShape } from '../messages.ts';
import type { Parts } from '../parts.ts';
import { MAIL_KIND, mailExpiresMillis } from '../replication/kinds/mail-kind.ts';
import type { WriteProgress } from '../replication/writes.ts';
import type { Contact } from '../ring/circle.ts';
import { misfit } from '../shape.ts';
import type { MessageId, MonotonicMillis, UserId } from '../types.ts';
import { letterId, mailboxKey, openMail, signLetter } from './mail-value.ts';

/** How one message stands with the holders of its recipient's mailbox. */
interface Posting {
  readonly key: string;
  readonly id: MessageId;
  /** Its name in the mailbox. */
  readonly letter: string;
  /** asking: an earlier run may have posted it. unposted: to be written. refused: see why. */
  state: 'asking' | 'unposted' | 'writing' | 'held' | 'complete' | 'refused' | 'discarded';
  dueMillis: MonotonicMillis;
  refusal: string;
}

interface Recipient {
  /** Since when there is no good link to them while something waits; null: there is one. */
  absentSinceMillis: MonotonicMillis | null;
  readonly postings: Map<MessageId, Posting>;
  /** Rows of the outbox may have come that have no posting yet. */
  unread: boolean;
  asking: boolean;
  askMillis: MonotonicMillis;
  askPauseMillis: number;
}

/** Ids in one question, as many as fit into a page of values. */
const ASKED_MAX = 64;

/**
 * The sender's side: what waits for somebody absent is put into their mailbox, where K nodes hold it, and the receipt that takes its
 * place there turns the tick. The outbox keeps its copy until then, so a letter that the ring loses is posted again or goes directly.
 *
 * Invariants
 * M1 a message is `held` only when a majority of the nodes that should hold it, one of them not this one, has it durably.
 * M2 the envelope is posted as it was sealed: the same bytes on every way and at every attempt.
 */
export class Delivery {
  readonly #parts: Parts;
  readonly #recipients = new Map<UserId, Recipient>();
  #openedMillis = 0;
  #writing = 0;
  #timerSet = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  open(): void {
    this.#openedMillis = this.#parts.env.monotonicMillis;
    if (this.#parts.chat.waitingFor().length > 0) this.#tickIn(0);
  }

  close(): void {
    this.#recipients.clear();
    this.#writing = 0;
    this.#timerSet = false;
    this.#parts.env.cancelTimer('mail', '');
  }

  /** Something waits for somebody, or the way to them has changed. */
  review(to: UserId): void {
    const { connections, options } = this.#parts;
    const recipient = this.#recipient(to);
    recipient.unread = true;
    // Whoever is linked gets it over the link; whether that was so is looked at later, or at once when the link ends.
    this.#tickIn(isWell(connections.sessionLink(to)) ? options.mailTickMillis : 0);
  }

  /** Receipt or refusal have come: nothing of it is left to be done. */
  settled(to: UserId, id: MessageId): void {
    const recipient = this.#recipients.get(to);
    if (recipient?.postings.delete(id) !== true) return;
    // There is room for others now.
    recipient.unread = true;
  }

  /** A receipt of somebody has come to lie at this very node: the holders are asked at once. */
  receiptTaken(by: UserId): void {
    const recipient = this.#recipients.get(by);
    if (recipient === undefined) return;
    recipient.askMillis = Math.min(recipient.askMillis, this.#parts.env.monotonicMillis);
    this.#tickIn(0);
  }

  /** Why a message is not in the mailbox; empty where nothing speaks against it. */
  refusalOf(to: UserId, id: MessageId): string {
    return this.#recipients.get(to)?.postings.get(id)?.refusal ?? '';
  }

  #recipient(to: UserId): Recipient {
    let recipient = this.#recipients.get(to);
    if (recipient === undefined) {
      recipient = { absentSinceMillis: null, postings: new Map(), unread: true, asking: false, askMillis: 0, askPauseMillis: 0 };
      this.#recipients.set(to, recipient);
    }
    return recipient;
  }

  #tickIn(millis: number): void {
    if (this.#timerSet && millis > 0) return;
    this.#timerSet = true;
    this.#parts.env.setTimer('mail', '', millis);
  }

  tick(): void {
    this.#timerSet = false;
    const { env, chat, session, options, connections } = this.#parts;
    if (session.open === null) return;
    const waiting = new Set(chat.waitingFor());
    for (const to of this.#recipients.keys()) if (!waiting.has(to)) this.#recipients.delete(to);
    for (const to of waiting) {
      const recipient = this.#recipient(to);
      if (isWell(connections.sessionLink(to))) {
        recipient.absentSinceMillis = null;
        continue;
      }
      recipient.absentSinceMillis ??= env.monotonicMillis;
      if (recipient.unread) this.#readOutbox(to, recipient);
      this.#ask(to, recipient);
      if (this.#isAbsent(to, recipient.absentSinceMillis)) this.#post(to, recipient);
    }
    if (waiting.size > 0) this.#tickIn(options.mailTickMillis);
  }

  /** Known to be away, or not linked with for a while. */
  #isAbsent(to: UserId, sinceMillis: MonotonicMillis): boolean {
    const { env, options, presence } = this.#parts;
    // Just logged in: the links are only now being opened.
    if (env.monotonicMillis - this.#openedMillis < options.mailPatienceMillis) return false;
    const view = presence.viewOf(to);
    return view.presence === 'offline' || view.suspect || env.monotonicMillis - sinceMillis >= options.mailPatienceMillis;
  }

  /** The oldest rows of the outbox, as many as a mailbox takes from one sender. */
  #readOutbox(to: UserId, recipient: Recipient): void {
    const { env, chat, options } = this.#parts;
    recipient.unread = false;
    for (const [key, row] of chat.outboxRows(to, options.mailLettersMax)) {
      // What could not be sealed yet is posted once it is.
      if (misfit(envelopeShape, row) !== null) continue;
      const known = recipient.postings.get(row.id);
      const letter = letterId(env.crypto, { from: row.from, messageId: row.id, envelope: env.codec.encode(row) });
      if (known?.letter === letter) continue;
      const state = chat.views.message(row.id)?.state === 'held' ? 'asking' : 'unposted';
      recipient.postings.set(row.id, { key, id: row.id, letter, state, dueMillis: 0, refusal: '' });
    }
  }

  // --- posting ---

  #post(to: UserId, recipient: Recipient): void {
    const { env, options } = this.#parts;
    for (const posting of recipient.postings.values()) {
      if (this.#writing >= options.mailWritesMax) return;
      const due = posting.state === 'unposted' || posting.state === 'refused';
      if (due && posting.dueMillis <= env.monotonicMillis) this.#write(to, posting);
    }
  }

  #write(to: UserId, posting: Posting): void {
    const { env, session, chat, options, replication } = this.#parts;
    const row = chat.outboxRow(posting.key);
    if (session.open === null || row === null) return void this.#recipients.get(to)?.postings.delete(posting.id);
    const bytes = signLetter(env, session.open.identity, {
      to,
      messageId: posting.id,
      previous: chat.previousId(to, posting.id),
      expiresMillis: mailExpiresMillis(env.wallMillis, options.mailKeptMillis),
      envelope: env.codec.encode(row),
    });
    posting.state = 'writing';
    this.#writing += 1;
    let open = true;
    // Once it is held, pushing on until all have it must not keep others waiting.
    const written = (): void => {
      if (open) this.#writing = Math.max(0, this.#writing - 1);
      open = false;
    };
    const session0 = session.open;
    replication.put({ kind: MAIL_KIND, bytes }, (progress) => {
      if (session.open !== session0) return;
      this.#progressed(to, posting, progress, written);
    });
  }

  #progressed(to: UserId, posting: Posting, progress: WriteProgress, written: () => void): void {
    const { env, chat, options, session } = this.#parts;
    const ended = this.#recipients.get(to)?.postings.get(posting.id) !== posting;
    switch (progress.state) {
      case 'held':
      case 'complete': {
        const others = progress.holders.filter((holder) => holder.id !== session.nodeId).map((holder) => holder.name);
        if (others.length > 0 || progress.state === 'complete') written();
        if (ended) return;
        // M1: a copy at this very node is none.
        if (others.length > 0) chat.held(to, posting.id, others);
        if (progress.state === 'held') posting.state = others.length > 0 ? 'held' : 'writing';
        else this.#completed(posting, others.length > 0);
        return;
      }
      case 'refused':
      case 'gave-up':
        written();
        posting.state = posting.state === 'held' && progress.state === 'gave-up' ? 'complete' : 'refused';
        posting.refusal = progress.state === 'refused' ? progress.reason : '';
        posting.dueMillis = env.monotonicMillis + options.mailRetryMillis;
    }
  }

  #completed(posting: Posting, elsewhere: boolean): void {
    const { env, options } = this.#parts;
    posting.refusal = '';
    posting.state = elsewhere ? 'complete' : 'unposted';
    posting.dueMillis = env.monotonicMillis + options.mailTickMillis * 4;
  }

  // --- what became of it ---

  /** Asks the holders of those that were posted: a receipt settles, and what nobody has is posted again. */
  #ask(to: UserId, recipient: Recipient): void {
    const { env, options, session, replication } = this.#parts;
    const posted = [...recipient.postings.values()].filter(({ state }) => state === 'asking' || state === 'held' || state === 'complete');
    const urgent = posted.some(({ state }) => state === 'asking');
    if (posted.length === 0 || recipient.asking || env.monotonicMillis < recipient.askMillis) return;
    // Just posted: there is nothing to be heard of it yet.
    if (!urgent && recipient.askMillis === 0) return this.#askLater(recipient);
    recipient.asking = true;
    const asked = posted.sort((a, b) => Number(b.state === 'asking') - Number(a.state === 'asking') || a.dueMillis - b.dueMillis).slice(0, ASKED_MAX);
    const session0 = session.open;
    const where = { key: mailboxKey(env.crypto, to), kind: MAIL_KIND, ids: asked.map(({ letter }) => letter) };
    replication.find(where, ({ values, holders, having }) => {
      if (session.open !== session0) return;
      recipient.asking = false;
      if (holders.length === 0) return this.#askLater(recipient);
      const byLetter = new Map(values.map((value) => [value.about.id, value]));
      for (const posting of asked) {
        if (recipient.postings.get(posting.id) !== posting) continue;
        posting.dueMillis = env.monotonicMillis;
        const found = byLetter.get(posting.letter);
        if (found === undefined) posting.state = 'unposted';
        else if (found.about.deleted) this.#answered(to, posting, found.value.bytes);
        else this.#found(to, posting, having);
      }
      const more = [...recipient.postings.values()].some(({ state }) => state === 'asking');
      if (more) recipient.askMillis = env.monotonicMillis;
      else this.#askLater(recipient);
      this.#tickIn(more ? 0 : options.mailTickMillis);
    });
  }

  /** It lies there still; who has it may have changed with the ring. */
  #found(to: UserId, posting: Posting, having: readonly Contact[]): void {
    const { chat, session } = this.#parts;
    const others = having.filter((holder) => holder.id !== session.nodeId).map((holder) => holder.name);
    if (others.length > 0) chat.held(to, posting.id, others);
    if (posting.state === 'asking') posting.state = 'held';
  }

  /** Soon again while nobody can be reached or the ring settles around us, then less often. */
  #askLater(recipient: Recipient): void {
    const { env, options } = this.#parts;
    recipient.askPauseMillis = Math.min(Math.max(options.mailTickMillis, recipient.askPauseMillis * 2), options.mailAskMillis);
    recipient.askMillis = env.monotonicMillis + recipient.askPauseMillis * (0.75 + 0.5 * env.random.fraction());
  }

  #answered(to: UserId, posting: Posting, bytes: Uint8Array): void {
    const { env, chat } = this.#parts;
    const receipt = openMail(env, bytes);
    if (typeof receipt === 'string' || receipt.what !== 'receipt' || receipt.by !== to || receipt.letterId !== posting.letter) return;
    const { verdict, atMillis } = receipt;
    // They do not say what became of it, and may still say so by themselves.
    if (verdict === 'discarded') posting.state = 'discarded';
    else chat.mailReceipt(to, posting.id, { verdict, atMillis });
    // One that was sealed anew is another letter.
    const recipient = this.#recipients.get(to);
    if (verdict === 'unreadable' && recipient !== undefined) recipient.unread = true;
  }
}

function isWell(link: Link | null): boolean {
  return link !== null && link.state !== 'suspect';
}
