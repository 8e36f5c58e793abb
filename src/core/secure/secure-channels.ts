import type { Parts } from '../parts.ts';
import { Prekeys } from './prekeys.ts';
import { PrekeysOnRing } from './prekeys-on-ring.ts';
import { SecureSessions } from './sessions.ts';

/** The sealed channels of whoever is logged in: the own prekeys, and the ratchets with others. */
export class SecureChannels {
  readonly prekeys: Prekeys;
  readonly onRing: PrekeysOnRing;
  readonly sessions: SecureSessions;

  constructor(parts: Parts) {
    this.onRing = new PrekeysOnRing(parts);
    this.prekeys = new Prekeys(parts, () => this.onRing.publishSoon());
    this.sessions = new SecureSessions(parts, this.prekeys, (peer) => this.onRing.seek(peer));
  }

  open(): void {
    this.prekeys.open();
  }

  close(): void {
    this.sessions.close();
    this.prekeys.close();
    this.onRing.close();
  }

  endTurn(): void {
    this.sessions.endTurn();
  }

  /** Timer. */
  timer(key: string): void {
    if (key === 'ring') this.onRing.place();
    else this.#tick();
  }

  /** Keys age. */
  #tick(): void {
    this.prekeys.tick();
    this.sessions.tidy();
  }

  /** A row of an earlier session of the user. */
  inherit(table: 'prekeys' | 'ratchets' | 'skippedKeys', key: string, value: unknown): void {
    if (table === 'prekeys') this.prekeys.inherit(key, value);
    else this.sessions.inherit(table, key, value);
  }
}
