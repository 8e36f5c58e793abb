import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import { MAIL_KIND } from '../replication/kinds/mail-kind.ts';
import type { Replica } from '../replication/replica-index.ts';
import { WORK } from '../turn-work.ts';
import type { UserId } from '../types.ts';
import { mailboxKey } from './mail-value.ts';

const KEYS_MAX = 1_024;

/**
 * The holder's side: whoever logs in is told by each holder that is linked with them that mail lies there, so that nobody waits for
 * the ring. It is a hint only; what it says is checked by fetching.
 */
export class MailNotices {
  readonly #parts: Parts;
  /** Hashing a user's id again at each turn would cost more than remembering. */
  readonly #keys = new Map<UserId, string>();
  /** Mailboxes in which something new lies. */
  readonly #due = new Set<string>();
  #dueMillis = 0;
  #timerSet = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  #keyOf(user: UserId): string {
    let key = this.#keys.get(user);
    if (key === undefined) {
      key = mailboxKey(this.#parts.env.crypto, user);
      if (this.#keys.size >= KEYS_MAX) this.#keys.clear();
      this.#keys.set(user, key);
    }
    return key;
  }

  copyTaken(replica: Replica): void {
    if (replica.kind !== MAIL_KIND) return;
    if (replica.about.deleted) this.#parts.mail.delivery.receiptTaken(replica.about.author as UserId);
    else if (this.#due.size < KEYS_MAX) this.#due.add(replica.about.key);
    this.#parts.turnWork.add(WORK.mail);
  }

  /** A user's session has opened at the other end. */
  sessionOpened(link: Link): void {
    const { links, replication } = this.#parts;
    if (link.userId === null || !replication.holds(MAIL_KIND) || !replication.hasLive(this.#keyOf(link.userId), MAIL_KIND)) return;
    links.send(link, { type: 'mail-waiting' });
  }

  /** Letters that came for somebody who is here: they are told, though not for each. */
  endTurn(): void {
    if (this.#due.size === 0 || this.#timerSet) return;
    const { env, options } = this.#parts;
    const wait = this.#dueMillis - env.monotonicMillis;
    if (wait > 0) {
      this.#timerSet = true;
      env.setTimer('mail-notice', '', wait);
      return;
    }
    this.#dueMillis = env.monotonicMillis + options.mailNoticeMillis;
    this.#tell();
  }

  timer(): void {
    this.#timerSet = false;
    this.#dueMillis = 0;
    this.#parts.turnWork.add(WORK.mail);
  }

  #tell(): void {
    const { links, mail } = this.#parts;
    for (const link of links.upLinks()) {
      if (link.userId === null || !link.sessionOpen || !this.#due.has(this.#keyOf(link.userId))) continue;
      links.send(link, { type: 'mail-waiting' });
    }
    const own = mail.mailbox.key;
    if (own !== null && this.#due.has(own)) mail.mailbox.drain();
    this.#due.clear();
  }
}
