import type { Envelope } from '../messages.ts';
import { envelopeShape } from '../messages.ts';
import type { Parts } from '../parts.ts';
import { MAIL_KIND, mailExpiresMillis } from '../replication/kinds/mail-kind.ts';
import type { ReadPlace, ReadValue } from '../replication/reads.ts';
import type { Contact } from '../ring/circle.ts';
import { misfit } from '../shape.ts';
import type { MonotonicMillis, UserId } from '../types.ts';
import { type Letter, type MailVerdict, mailboxKey, openMail, signMailReceipt } from './mail-value.ts';

interface Arrived {
  readonly id: string;
  readonly letter: Letter;
  /** Name of the node that had it. */
  readonly from: string;
  readonly seenMillis: MonotonicMillis;
}

/**
 * The recipient's side: fetches what lies in the own mailbox, takes each message once and in the order of its sender, and lets a
 * signed receipt take the place of each letter, after the commit that made the message durable.
 */
export class Mailbox {
  readonly #parts: Parts;
  /** Fetched, but the message before it is not here yet. */
  readonly #waiting = new Map<string, Arrived>();
  /** Letters whose receipts are being written now. */
  readonly #answering = new Set<string>();
  #place: ReadPlace | null = null;
  /** Looks that are under way. */
  #looking = 0;
  /** Looks since the login. */
  #round = 0;
  #orderTimerSet = false;
  /** Letters of strangers that were seen since the last complete look and stay where they are. */
  #leftLying = 0;
  /** Whose letters were left where they are, because their authors are not known here or are no friends. The longest left gives way. */
  readonly #leftFrom = new Set<UserId>();
  /** Holders that are being asked because they told us of mail. */
  readonly #asked = new Set<string>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  open(): void {
    const { env, session } = this.#parts;
    if (session.open === null) return;
    this.#place = { key: mailboxKey(env.crypto, session.open.userId), kind: MAIL_KIND };
    const isNew = env.wallMillis - session.open.secrets.createdMillis < NEW_ACCOUNT_MILLIS;
    this.#round = isNew ? this.#roundsSoon : 0;
    // Nobody can have written to an account that has only just been made.
    if (isNew) this.#next();
    else this.drain();
  }

  /** Looks that follow a login closely. */
  get #roundsSoon(): number {
    const { mailReachMillis, mailDrainMillis } = this.#parts.options;
    return Math.max(0, Math.log2(mailDrainMillis / mailReachMillis));
  }

  close(): void {
    this.#place = null;
    this.#waiting.clear();
    this.#answering.clear();
    this.#asked.clear();
    this.#leftFrom.clear();
    this.#looking = 0;
    this.#orderTimerSet = false;
    this.#parts.env.cancelTimer('mail-drain', '');
    this.#parts.env.cancelTimer('mail-order', '');
  }

  /** The key under which the own mailbox lies; null while nobody is logged in. */
  get key(): string | null {
    return this.#place?.key ?? null;
  }

  // --- fetching ---

  /** From all holders. Just after a login one look follows the other without waiting, since the first may have asked the dead. */
  drain(): void {
    const place = this.#place;
    if (place === null) return;
    this.#next();
    if (this.#looking >= LOOKS_MAX) return;
    this.#looking += 1;
    this.#leftLying = 0;
    this.#parts.replication.collect(
      place,
      (from, values) => this.#arrived(place, values, from.name),
      () => {
        if (this.#place === place) this.#looking -= 1;
      },
    );
  }

  /** Somebody has become a friend: what they wrote may have been left in the mailbox until now. What comes from now on is taken when it is seen. */
  befriended(user: UserId): void {
    if (this.#leftFrom.delete(user)) this.drain();
  }

  /** Soon after a login, while the ring settles around us, then now and then. Holders tell of the rest. */
  #next(): void {
    const { env, options } = this.#parts;
    const { mailReachMillis, mailDrainMillis, mailDrainMillisMax } = options;
    const soon = mailReachMillis * 2 ** this.#round;
    const pause = soon < mailDrainMillis ? soon : Math.min(soon * 2 ** (this.#round - this.#roundsSoon), mailDrainMillisMax);
    this.#round += 1;
    env.setTimer('mail-drain', '', pause * (0.75 + 0.5 * env.random.fraction()));
  }

  /** A holder has told us that something lies there. */
  told(holder: Contact): void {
    const place = this.#place;
    if (place === null || this.#asked.has(holder.id)) return;
    this.#asked.add(holder.id);
    this.#parts.replication.collectFrom(holder, place, (values) => {
      if (this.#place !== place) return;
      this.#asked.delete(holder.id);
      if (values !== null) this.#arrived(place, values, holder.name);
    });
  }

  #arrived(place: ReadPlace, values: readonly ReadValue[], from: string): void {
    if (this.#place !== place) return;
    const { env } = this.#parts;
    for (const { value, about } of values) {
      if (this.#answering.has(about.id) || this.#waiting.has(about.id)) continue;
      const letter = openMail(env, value.bytes);
      if (typeof letter !== 'string' && letter.what === 'letter') this.#waiting.set(about.id, { id: about.id, letter, from, seenMillis: env.monotonicMillis });
    }
    this.#takeAll();
  }

  // --- taking ---

  /** M3: in the order of their sender; the message before a letter is waited for, but not for ever. */
  #takeAll(): void {
    const { env, options } = this.#parts;
    for (;;) {
      const ready = this.#ready();
      if (ready === null) break;
      this.#waiting.delete(ready.id);
      this.#take(ready);
    }
    if (this.#waiting.size === 0 || this.#orderTimerSet) return;
    this.#orderTimerSet = true;
    env.setTimer('mail-order', '', options.mailOrderMillis / 4);
  }

  orderTimer(): void {
    this.#orderTimerSet = false;
    this.#takeAll();
  }

  /** A letter with nothing missing before it, or that has waited long enough; of several the one with the lowest id, which is about the oldest. */
  #ready(): Arrived | null {
    const { env, chat, options } = this.#parts;
    let ready: Arrived | null = null;
    for (const each of this.#waiting.values()) {
      const { previous } = each.letter;
      const complete = previous === '' || chat.knows(previous) || env.monotonicMillis - each.seenMillis >= options.mailOrderMillis;
      if (complete && (ready === null || each.id < ready.id)) ready = each;
    }
    return ready;
  }

  #take({ id, letter, from }: Arrived): void {
    const verdict = this.#judge(letter, from);
    if (verdict === null) return this.#leave(letter.from);
    this.#parts.count(`mail:${verdict}`);
    this.#answer(id, verdict);
  }

  #leave(user: UserId): void {
    this.#leftFrom.delete(user);
    this.#leftFrom.add(user);
    if (this.#leftFrom.size > LEFT_FROM_MAX) this.#leftFrom.delete(this.#leftFrom.keys().next().value as UserId);
  }

  /** Null: nothing can be said yet, and the letter stays where it is. */
  #judge(letter: Letter, from: string): MailVerdict | null {
    const { env, chat } = this.#parts;
    let envelope: Envelope;
    try {
      envelope = env.codec.decode(letter.envelope) as Envelope;
    } catch {
      return 'unreadable';
    }
    if (misfit(envelopeShape, envelope) !== null || envelope.from !== letter.from || envelope.id !== letter.messageId) return 'unreadable';
    const outcome = chat.take(envelope, (reason) => this.#rejected(letter, from, reason), from);
    switch (outcome) {
      case 'kept':
      case 'known':
        return 'delivered';
      case 'blocked':
        // Whoever is blocked is not told so.
        return 'discarded';
      case 'not-friends':
        return this.#judgeStranger(letter);
      case 'unknown-sender':
      case 'not-for-us':
        return null;
      case 'unreadable':
        return 'unreadable';
    }
  }

  /**
   * Whom we have refused is told so. Of others we may not know yet that they are friends, after a loss of the disk or because their
   * acceptance has not reached us: their letters stay, unless they become too many.
   */
  #judgeStranger(letter: Letter): MailVerdict | null {
    if (this.#parts.friends.hasRefused(letter.from)) return 'not-friends';
    this.#leftLying += 1;
    return this.#leftLying > this.#parts.options.mailStrangersMax ? 'discarded' : null;
  }

  #rejected(letter: Letter, from: string, reason: string): void {
    const { env } = this.#parts;
    this.#parts.count(`dropped:${reason.split(':')[0]}`);
    if (env.tracing) env.trace({ type: 'drop', peer: from, reason, messages: [{ type: 'letter', id: letter.messageId }] });
  }

  #answer(id: string, verdict: MailVerdict): void {
    const { env, options, session, replication } = this.#parts;
    if (session.open === null) return;
    const place = this.#place;
    this.#answering.add(id);
    const bytes = signMailReceipt(env, session.open.identity, {
      letterId: id,
      verdict,
      atMillis: Math.trunc(env.wallMillis),
      // It must outlive a copy of the letter that is posted once more on the next day.
      expiresMillis: mailExpiresMillis(env.wallMillis, options.mailKeptMillis + DAY_MILLIS),
    });
    replication.put({ kind: MAIL_KIND, bytes }, (progress) => {
      // What was not written is written again when the letter is next seen.
      if (progress.state !== 'held' && this.#place === place) this.#answering.delete(id);
    });
  }
}

const DAY_MILLIS = 86_400_000;
/** As long as an account is younger than this, its user's node made it. */
const NEW_ACCOUNT_MILLIS = 5_000;
/** Authors of letters that were left who are remembered; letters of others are seen again with the next look. */
const LEFT_FROM_MAX = 1_024;
/** Looks at once: one that asks the dead must not keep the next one waiting. */
const LOOKS_MAX = 3;
