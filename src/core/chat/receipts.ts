import type { Link } from '../link/link.ts';
import type { Message } from '../messages.ts';
import type { Parts } from '../parts.ts';
import type { VerifiedRecord } from '../records.ts';
import { WORK } from '../turn-work.ts';
import type { MessageId, UserId } from '../types.ts';
import { receiptBytes } from './envelope.ts';

const RECEIPT_IDS_MAX = 256;

type Receipt = Extract<Message, { type: 'receipt' }>;

/** Signed words on messages, ours and theirs: what has arrived is confirmed at once, what was read is kept until they have heard of it. */
export class Receipts {
  readonly #parts: Parts;
  readonly #due = new Map<UserId, MessageId[]>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  close(): void {
    this.#due.clear();
  }

  /** A message lies here; its sender is told at the end of the turn. */
  due(peer: UserId, id: MessageId): void {
    this.#parts.turnWork.add(WORK.chat);
    const due = this.#due.get(peer);
    if (due === undefined) this.#due.set(peer, [id]);
    else due.push(id);
  }

  /** One signature confirms all that came in the turn from one sender. */
  endTurn(): void {
    if (this.#due.size === 0) return;
    for (const [peer, ids] of this.#due) {
      const link = this.#parts.connections.sessionLink(peer);
      for (let at = 0; link !== null && at < ids.length; at += RECEIPT_IDS_MAX) this.#send(link, peer, ids.slice(at, at + RECEIPT_IDS_MAX), 'delivered');
    }
    this.#due.clear();
  }

  #send(link: Link, to: UserId, ids: readonly MessageId[], state: 'delivered' | 'read', acknowledged?: () => void): void {
    const { env, session, links } = this.#parts;
    if (session.open === null) return;
    const signature = env.crypto.sign(session.open.identity.secretKey, receiptBytes({ from: session.open.userId, to, state, ids }));
    links.send(link, { type: 'receipt', ids, state, signature }, acknowledged);
  }

  /** Whether the signer says so to us. */
  isGenuine(signer: VerifiedRecord<'user'>, { ids, state, signature }: Receipt): boolean {
    const { env, session } = this.#parts;
    if (session.open === null) return false;
    const signed = receiptBytes({ from: signer.authorId as UserId, to: session.open.userId, state, ids });
    return env.crypto.verify(signer.author, signed, signature);
  }

  /** What was read here, and is told to its sender as soon as that is possible. */
  read(peer: UserId, ids: readonly MessageId[]): void {
    const { env, connections } = this.#parts;
    for (const id of ids) env.store.put('receipts', `${peer}/${id}`, 1);
    const link = connections.sessionLink(peer);
    if (link !== null) this.sendRead(peer, link);
  }

  sendRead(peer: UserId, link: Link): void {
    const { env } = this.#parts;
    const prefix = `${peer}/`;
    const rows = env.store.scan('receipts', { prefix });
    for (let at = 0; at < rows.length; at += RECEIPT_IDS_MAX) {
      const keys = rows.slice(at, at + RECEIPT_IDS_MAX).map(([key]) => key);
      const ids = keys.map((key) => key.slice(prefix.length) as MessageId);
      this.#send(link, peer, ids, 'read', () => {
        if (this.#parts.session.open !== null) for (const key of keys) env.store.delete('receipts', key);
      });
    }
  }
}
