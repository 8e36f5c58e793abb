import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import type { SignedRecord } from '../records.ts';
import type { Stored } from '../replication/replication-port.ts';
import type { Reply } from './one-at-a-time.ts';

/** What says for its owner that an account is gone, signed while there were keys. */
export interface Will {
  readonly tombstone: SignedRecord;
  /** What takes the place of the account's values on the ring. */
  readonly values: readonly Stored[];
}

const KEPT = 'will';

/**
 * An account that was deleted where nobody could be reached. Everything of it is gone from this disk but its will, which holds no
 * secret; the node stays, and starts again, until somebody has heard of it. Then it ends and its folder goes.
 */
export class Burial {
  readonly #parts: Parts;
  #will: Will | null = null;
  #ending = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Answers a registration here: first things first. */
  refuses(reply: Reply): boolean {
    if (this.#will === null) return false;
    reply({ ok: false, code: 'busy', details: { what: 'telling others that an account was deleted' } });
    return true;
  }

  start(): void {
    this.#will = this.#parts.env.store.get<Will>('self', KEPT) ?? null;
    if (this.#will !== null) this.#tellAll();
  }

  /** Keeps the will until somebody has been told. */
  keep(will: Will): void {
    const { env } = this.#parts;
    this.#will = will;
    env.store.put('self', KEPT, will);
    this.#tellAll();
  }

  #tellAll(): void {
    const { links, seed } = this.#parts;
    const will = this.#will;
    if (will === null) return;
    for (const link of links.upLinks()) this.linkUp(link);
    seed.call('publish', { records: [will.tombstone] }, (result) => {
      if (result.ok) this.#told('seed-server');
      // It is asked again at the next start, and peers are told meanwhile.
    });
  }

  /** Somebody is here: the values first, since only a member of the ring may write there. */
  linkUp(link: Link): void {
    const { links, replication } = this.#parts;
    const will = this.#will;
    if (will === null || this.#ending || !link.established) return;
    links.send(link, { type: 'records', records: [will.tombstone], final: 0 }, () => this.#told(link.name));
    for (const value of will.values) replication.put(value, () => undefined);
  }

  /** The link has confirmed it: it lies there. The ring gets a moment for the rest. */
  #told(by: string): void {
    const { env, options } = this.#parts;
    if (this.#will === null || this.#ending) return;
    this.#ending = true;
    if (env.tracing) env.trace({ type: 'state', subject: 'account', id: this.#parts.settings.user, to: 'buried', data: { told: by } });
    env.setTimer('burial', '', options.replicaLeaveMillis);
  }

  /** Timer: time is up for the ring. */
  timer(): void {
    const { env, session } = this.#parts;
    if (this.#will === null) return;
    session.disown();
    env.store.delete('self', KEPT);
    this.#will = null;
    env.retire();
  }
}
