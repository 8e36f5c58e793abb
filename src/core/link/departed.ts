import type { Address, Endpoint, MonotonicMillis } from '../types.ts';
import { type Link, newLink } from './link.ts';

/** Frames that were under way when the link was closed are no sign that the peer has missed it. */
const UNDER_WAY_MILLIS = 1_000;
const REMEMBERED_MAX = 256;

/** Who was at the other end; what still waited on the link goes other ways. */
interface Departed {
  readonly endpoint: Endpoint;
  readonly name: string;
  readonly localRun: number;
  readonly peerRun: number;
  readonly reason: 'dead' | 'closed';
  quietUntilMillis: MonotonicMillis;
}

/**
 * Links that this end has closed, for as long as the other end may not know it: our goodbye can have been lost. A peer with such a
 * half-open link would go on to send into the void until its own patience ends (RFC 9293, 3.5.1, answers with a reset).
 */
export class DepartedLinks {
  /** The longest closed first. */
  readonly #links = new Map<Address, Departed>();

  add({ address, endpoint, name, localRun, peerRun }: Link, reason: 'dead' | 'closed', nowMillis: MonotonicMillis): void {
    this.#links.delete(address);
    const quietUntilMillis = reason === 'dead' ? nowMillis : nowMillis + UNDER_WAY_MILLIS;
    this.#links.set(address, { endpoint, name, localRun, peerRun, reason, quietUntilMillis });
    if (this.#links.size > REMEMBERED_MAX) this.#links.delete(this.#links.keys().next().value as Address);
  }

  forget(address: Address): void {
    this.#links.delete(address);
  }

  has(address: Address): boolean {
    return this.#links.has(address);
  }

  /**
   * A frame of the other end's run `run` came, and no link is there. reopen: it lives, though we had given it up.
   * dismiss: it has not heard that we closed the link. Null: nothing to say, or not now.
   */
  heard(address: Address, run: number, nowMillis: MonotonicMillis): { readonly link: Link; readonly answer: 'reopen' | 'dismiss' } | null {
    const departed = this.#links.get(address);
    if (departed === undefined || departed.peerRun !== run || nowMillis < departed.quietUntilMillis) return null;
    departed.quietUntilMillis = nowMillis + UNDER_WAY_MILLIS;
    const link = newLink({ ...departed, address, nowMillis });
    link.peerRun = departed.peerRun;
    return { link, answer: departed.reason === 'dead' ? 'reopen' : 'dismiss' };
  }
}
