import type { Link } from '../link/link.ts';
import type { Envelope } from '../messages.ts';
import type { Parts } from '../parts.ts';
import type { MessageId, UserId } from '../types.ts';
import { stampText } from './places.ts';

/** A message that waits for keys of its recipient, or for being sealed anew after they could not open it. */
export interface Unsealed {
  readonly suite: 0;
  readonly id: MessageId;
  readonly from: UserId;
  readonly to: UserId;
}

/** Seals a stored message; null while that cannot be done. */
export type Sealer = (to: UserId, id: MessageId) => Envelope | null;

interface Flight {
  /** Key of the row, and when it was last sent. */
  readonly key: string;
  sentMillis: number;
  attempts: number;
}

interface Queue {
  /** Rows of this recipient. */
  count: number;
  /** Key of the last row that was handed to the link; null: none since it came up. */
  cursor: string | null;
  readonly inFlight: Map<MessageId, Flight>;
}

/**
 * Messages that their recipient has not confirmed: sealed, on disk, sent in order whenever the recipient is linked and logged in,
 * and sent again until a signed receipt comes. A row leaves only by receipt or refusal.
 */
export class Outbox {
  readonly #parts: Parts;
  readonly #queues = new Map<UserId, Queue>();
  readonly #seal: Sealer;
  #timerSet = false;

  constructor(parts: Parts, seal: Sealer) {
    this.#parts = parts;
    this.#seal = seal;
  }

  open(): void {
    for (const [key] of this.#parts.env.store.scan('outbox')) this.#queue(key.slice(0, key.indexOf('/')) as UserId).count += 1;
  }

  close(): void {
    this.#queues.clear();
    this.#timerSet = false;
    this.#parts.env.cancelTimer('outbox', '');
  }

  #queue(to: UserId): Queue {
    let queue = this.#queues.get(to);
    if (queue === undefined) {
      queue = { count: 0, cursor: null, inFlight: new Map() };
      this.#queues.set(to, queue);
    }
    return queue;
  }

  /** Recipients with something waiting. */
  recipients(): UserId[] {
    const found: UserId[] = [];
    for (const [to, queue] of this.#queues) if (queue.count > 0) found.push(to);
    return found;
  }

  count(to: UserId): number {
    return this.#queues.get(to)?.count ?? 0;
  }

  add(row: Envelope | Unsealed, stamp: number): void {
    const { env, connections } = this.#parts;
    const queue = this.#queue(row.to);
    const key = keyOf(row.to, stamp, row.id);
    env.store.put('outbox', key, row);
    queue.count += 1;
    const link = connections.sessionLink(row.to);
    if (link === null) return connections.reviewSoon();
    // Usually nothing waits before it, and the row need not be read back.
    const alone = queue.count === queue.inFlight.size + 1 && queue.inFlight.size < this.#parts.options.outboxInFlight;
    if (!alone) return this.pump(row.to, link);
    const envelope = this.#sealed(key, row);
    // Usually their keys come and bring it on its way; whatever else it waits for is looked at now and then.
    if (envelope === null) return this.#setTimer();
    if (this.#parts.links.send(link, { type: 'envelope', envelope })) this.#sent(queue, key, envelope.id);
    else this.#setTimer();
  }

  /** The row as it can be sent; sealed now, and stored so, if it is not yet. */
  #sealed(key: string, row: Envelope | Unsealed): Envelope | null {
    if ('part' in row) return row;
    const envelope = this.#seal(row.to, row.id);
    if (envelope !== null) this.#parts.env.store.put('outbox', key, envelope);
    return envelope;
  }

  /** Keys of the recipient have become known: what waited for them is sealed, also where there is no link yet. */
  sealAll(to: UserId): void {
    if (this.count(to) === 0) return;
    for (const [key, row] of this.#parts.env.store.scan<Envelope | Unsealed>('outbox', { prefix: `${to}/` })) this.#sealed(key, row);
  }

  /** The stored row; undefined when the message does not wait. */
  row(to: UserId, stamp: number, id: MessageId): Envelope | Unsealed | undefined {
    return this.#parts.env.store.get<Envelope | Unsealed>('outbox', keyOf(to, stamp, id));
  }

  /** The oldest rows of a recipient that are sealed, or can be now. */
  sealedRows(to: UserId, limit: number): Array<readonly [key: string, envelope: Envelope]> {
    const found: Array<readonly [string, Envelope]> = [];
    for (const [key, row] of this.#parts.env.store.scan<Envelope | Unsealed>('outbox', { prefix: `${to}/`, limit })) {
      const envelope = this.#sealed(key, row);
      if (envelope !== null) found.push([key, envelope]);
    }
    return found;
  }

  /** What is on its way over a link; null for what waits. */
  flight(to: UserId, id: MessageId): { readonly attempts: number; readonly sentMillis: number } | null {
    return this.#queues.get(to)?.inFlight.get(id) ?? null;
  }

  sealedRow(key: string): Envelope | null {
    const row = this.#parts.env.store.get<Envelope | Unsealed>('outbox', key);
    return row === undefined ? null : this.#sealed(key, row);
  }

  /** The recipient could not open it: it is sealed anew when it next goes out, with the next look at all that is not on its way. */
  unseal(to: UserId, stamp: number, id: MessageId): void {
    const row = this.row(to, stamp, id);
    if (row === undefined) return;
    this.#parts.env.store.put('outbox', keyOf(to, stamp, id), { suite: 0, id, from: row.from, to } satisfies Unsealed);
    this.#queue(to).inFlight.delete(id);
  }

  /** Takes over a row of another store of the same user; false when it is here already. It goes out when the queue is next restarted. */
  inherit(to: UserId, key: string, row: unknown): boolean {
    const { env } = this.#parts;
    if (env.store.get('outbox', key) !== undefined) return false;
    env.store.put('outbox', key, row);
    this.#queue(to).count += 1;
    return true;
  }

  /** Hands rows to the link, in order, as far as the window allows: those behind the last one that went, or all that are not on their way. */
  pump(to: UserId, link: Link, which: 'further' | 'all' = 'further'): void {
    const { env, options, links } = this.#parts;
    const queue = this.#queues.get(to);
    if (queue === undefined) return;
    const room = options.outboxInFlight - queue.inFlight.size;
    if (room <= 0 || queue.count <= queue.inFlight.size) return;
    // Among the first rows are those that are on their way, at most as many as the window has.
    const isFurther = which === 'further' && queue.cursor !== null;
    const range = isFurther ? { limit: room, from: `${queue.cursor}\0` } : { limit: options.outboxInFlight };
    for (const [key, row] of env.store.scan<Envelope | Unsealed>('outbox', { prefix: `${to}/`, ...range })) {
      if (queue.inFlight.size >= options.outboxInFlight) break;
      if (queue.inFlight.has(row.id)) continue;
      const envelope = this.#sealed(key, row);
      if (envelope === null) {
        this.#setTimer();
        continue;
      }
      if (!links.send(link, { type: 'envelope', envelope })) {
        this.#setTimer();
        break;
      }
      this.#sent(queue, key, envelope.id);
    }
  }

  #sent(queue: Queue, key: string, id: MessageId): void {
    if (queue.cursor === null || key > queue.cursor) queue.cursor = key;
    queue.inFlight.set(id, { key, sentMillis: this.#parts.env.monotonicMillis, attempts: 1 });
    this.#setTimer();
  }

  /** The link is new: what was under way before is sent again. */
  restart(to: UserId, link: Link): void {
    const queue = this.#queues.get(to);
    if (queue === undefined) return;
    queue.cursor = null;
    queue.inFlight.clear();
    this.pump(to, link);
  }

  pause(to: UserId): void {
    const queue = this.#queues.get(to);
    if (queue === undefined) return;
    queue.cursor = null;
    queue.inFlight.clear();
  }

  /** Confirmed or refused: the row leaves. */
  settle(to: UserId, stamp: number, id: MessageId): void {
    const { env } = this.#parts;
    const key = keyOf(to, stamp, id);
    const queue = this.#queue(to);
    // What is under way has its row, so it need not be read.
    if (!queue.inFlight.delete(id) && env.store.get('outbox', key) === undefined) return;
    env.store.delete('outbox', key);
    queue.count -= 1;
  }

  dropAll(to: UserId): MessageId[] {
    const { env } = this.#parts;
    const ids: MessageId[] = [];
    for (const [key, envelope] of env.store.scan<Envelope>('outbox', { prefix: `${to}/` })) {
      env.store.delete('outbox', key);
      ids.push(envelope.id);
    }
    this.#queues.delete(to);
    return ids;
  }

  #setTimer(): void {
    if (this.#timerSet) return;
    this.#timerSet = true;
    this.#parts.env.setTimer('outbox', '', this.#parts.options.outboxRetryMillis);
  }

  /** Timer: what has no receipt although the link is up goes again. */
  tick(): void {
    const { env, options, links, connections } = this.#parts;
    this.#timerSet = false;
    for (const [to, queue] of this.#queues) {
      const link = queue.count === 0 ? null : connections.sessionLink(to);
      if (link === null) continue;
      // The link's window may have been full when it was last tried, and what could not be sealed then was passed over.
      this.pump(to, link, 'all');
      for (const flight of queue.inFlight.values()) {
        const patience = Math.min(options.outboxRetryMillis * 2 ** (flight.attempts - 1), options.outboxRetryMillisMax);
        if (env.monotonicMillis - flight.sentMillis < patience) continue;
        const row = env.store.get<Envelope | Unsealed>('outbox', flight.key);
        const envelope = row === undefined ? null : this.#sealed(flight.key, row);
        if (envelope === null || !links.send(link, { type: 'envelope', envelope })) continue;
        flight.sentMillis = env.monotonicMillis;
        flight.attempts += 1;
        this.#parts.count('messagesResent');
      }
      this.#setTimer();
    }
  }
}

function keyOf(to: UserId, stamp: number, id: MessageId): string {
  return `${to}/${stampText(stamp)}-${id}`;
}
