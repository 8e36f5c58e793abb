import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import { contactOf } from '../ring/contacts.ts';
import { Delivery } from './delivery.ts';
import { MailNotices } from './mail-notices.ts';
import { Mailbox } from './mailbox.ts';

const MAIL_TIMERS = ['mail', 'mail-drain', 'mail-order', 'mail-notice'] as const;
export type MailTimer = (typeof MAIL_TIMERS)[number];

export function isMailTimer(kind: string): kind is MailTimer {
  return (MAIL_TIMERS as readonly string[]).includes(kind);
}

/** Messages for those who are away: three parts that do not know each other, of a sender, a recipient and a holder. */
export class Mail {
  readonly #parts: Parts;
  readonly delivery: Delivery;
  readonly mailbox: Mailbox;
  readonly notices: MailNotices;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.delivery = new Delivery(parts);
    this.mailbox = new Mailbox(parts);
    this.notices = new MailNotices(parts);
  }

  open(): void {
    this.delivery.open();
    this.mailbox.open();
  }

  close(): void {
    this.delivery.close();
    this.mailbox.close();
  }

  timer(kind: MailTimer): void {
    switch (kind) {
      case 'mail':
        return this.delivery.tick();
      case 'mail-drain':
        return this.mailbox.drain();
      case 'mail-order':
        return this.mailbox.orderTimer();
      case 'mail-notice':
        return this.notices.timer();
    }
  }

  /** A node says that it holds mail for whoever is logged in here. */
  waiting(link: Link): void {
    const holder = contactOf(link);
    if (this.#parts.session.open !== null && holder !== null) this.mailbox.told(holder);
  }

  endTurn(): void {
    this.notices.endTurn();
  }
}
