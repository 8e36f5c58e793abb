import type { StoreWriter } from '../capabilities.ts';
import type { MessageId, UserId } from '../types.ts';
import type { Amendment } from './amendment.ts';
import type { ChangeContent } from './content.ts';

/**
 * Changes to messages that wait. Ours wait for a receipt, as messages do, and lie here so that they can be sealed anew. Theirs wait
 * for the message that they change, where they came before it; of those each friend has a bounded number, the oldest goes first.
 */
export class Amendments {
  readonly #store: StoreWriter;
  readonly #parkedMax: number;
  /** Of our changes that wait: by the message that they change. */
  readonly #ours = new Map<MessageId, Set<MessageId>>();
  /** Theirs without their message, by friend. */
  readonly #parked = new Map<UserId, number>();

  constructor(store: StoreWriter, parkedMax: number) {
    this.#store = store;
    this.#parkedMax = parkedMax;
  }

  open(): void {
    for (const [, row] of this.#store.scan<Amendment>('amendments')) this.#note(row, 1);
  }

  close(): void {
    this.#ours.clear();
    this.#parked.clear();
  }

  #note({ id, peer, fromMe, target }: Amendment, by: 1 | -1): void {
    if (!fromMe) {
      this.#parked.set(peer, Math.max(0, (this.#parked.get(peer) ?? 0) + by));
      return;
    }
    const ours = this.#ours.get(target) ?? new Set();
    if (by > 0) this.#ours.set(target, ours.add(id));
    else if (ours.delete(id) && ours.size === 0) this.#ours.delete(target);
  }

  /** A change of ours to this message has no receipt yet. */
  changing(target: MessageId): boolean {
    return this.#ours.has(target);
  }

  /** Keeps a change until it is settled (ours) or its message comes (theirs); false when an older one had to give way. */
  keep(amendment: Amendment): boolean {
    const { peer, fromMe } = amendment;
    const full = !fromMe && (this.#parked.get(peer) ?? 0) >= this.#parkedMax;
    if (full) this.#dropOldest(peer);
    const key = keyOf(amendment);
    this.#store.put('amendments', key, amendment);
    this.#store.put('messageKeys', amendment.id, key);
    this.#note(amendment, 1);
    return !full;
  }

  /** It was applied, or is not understood: only its id is kept, so that it is known when it comes again. */
  remember(id: MessageId): void {
    this.#store.put('messageKeys', id, '');
  }

  byId(id: MessageId): Amendment | null {
    const key = this.#store.get<string>('messageKeys', id);
    return key === undefined ? null : (this.#store.get<Amendment>('amendments', key) ?? null);
  }

  /** Of one of ours: what is sealed. */
  contentOf(id: MessageId): ChangeContent | null {
    const found = this.byId(id);
    if (found === null || !found.fromMe) return null;
    const { target, change, stamp, sentMillis } = found;
    return { kind: 'change', target, change, stamp, sentMillis };
  }

  /** All that wait for this message, or wait to be sent and change it. */
  of(peer: UserId, target: MessageId): Amendment[] {
    // Asked for each message that comes, and there is hardly ever one.
    if (this.#store.count('amendments') === 0) return [];
    return this.#store.scan<Amendment>('amendments', { prefix: `${peer}/${target}/` }).map(([, row]) => row);
  }

  drop(amendment: Amendment): void {
    const key = keyOf(amendment);
    if (this.#store.get('amendments', key) === undefined) return;
    this.#store.delete('amendments', key);
    this.#note(amendment, -1);
  }

  #dropOldest(peer: UserId): void {
    let oldest: Amendment | null = null;
    for (const [, row] of this.#store.scan<Amendment>('amendments', { prefix: `${peer}/` })) {
      if (!row.fromMe && (oldest === null || row.stamp < oldest.stamp)) oldest = row;
    }
    if (oldest !== null) this.drop(oldest);
  }
}

function keyOf({ peer, target, id }: Amendment): string {
  return `${peer}/${target}/${id}`;
}
