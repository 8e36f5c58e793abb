import type { Parts } from '../parts.ts';
import { Prekeys } from './prekeys.ts';
import { SecureSessions } from './sessions.ts';

/** The sealed channels of whoever is logged in: the own prekeys, and the ratchets with others. */
export class SecureChannels {
  readonly prekeys: Prekeys;
  readonly sessions: SecureSessions;

  constructor(parts: Parts) {
    this.prekeys = new Prekeys(parts);
    this.sessions = new SecureSessions(parts, this.prekeys);
  }

  open(): void {
    this.prekeys.open();
  }

  close(): void {
    this.sessions.close();
    this.prekeys.close();
  }

  endTurn(): void {
    this.sessions.endTurn();
  }

  /** Timer: keys age. */
  tick(): void {
    this.prekeys.tick();
    this.sessions.tidy();
  }

  /** A row of an earlier session of the user. */
  inherit(table: 'prekeys' | 'ratchets' | 'skippedKeys', key: string, value: unknown): void {
    if (table === 'prekeys') this.prekeys.inherit(key, value);
    else this.sessions.inherit(table, key, value);
  }
}
