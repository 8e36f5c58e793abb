import { sameBytes } from '../bytes.ts';
import type { Parts } from '../parts.ts';
import type { VerifiedRecord } from '../records.ts';
import { asVault, type Vault } from './vault.ts';

export const PASSWORD_CHANGED_TEXT = 'The password was changed at another node. Log in here with the new one; nothing is lost.';

/** Where a vault lies that a newer record of its user has made useless. */
const ASIDE = '/aside';

/**
 * The vault on this node's disk.
 *
 * The user's record says with which salt the password is derived. When a newer one names another salt, somebody has set a new
 * password elsewhere: what lies here would go on opening with the old one. It is set aside, and a login asks the network for the
 * vault of the new password. It is not deleted, since a node that lost its records could be shown an old one: with the record that
 * fits it, it is back. With the first vault that was opened by the new password it is gone.
 */
export class LocalVault {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Null: there is none, or none that counts. */
  get(): Vault | null {
    const { env, settings } = this.#parts;
    return asVault(env.store.get('vault', settings.user));
  }

  /** The password was changed elsewhere, and nobody has logged in here with the new one. */
  get isOutdated(): boolean {
    return this.get() === null && this.#aside() !== null;
  }

  #aside(): Vault | null {
    const { env, settings } = this.#parts;
    return asVault(env.store.get('vault', `${settings.user}${ASIDE}`));
  }

  put(vault: Vault): void {
    const { env, settings } = this.#parts;
    env.store.put('vault', settings.user, vault);
    if (this.#aside() !== null) env.store.delete('vault', `${settings.user}${ASIDE}`);
  }

  delete(): void {
    const { env, settings } = this.#parts;
    env.store.delete('vault', settings.user);
  }

  /** A record of the one whose node this is came in. True: the vault that lies here has just become useless. */
  judge(record: VerifiedRecord<'user'>): boolean {
    const { env, settings } = this.#parts;
    if (record.body.deleted || record.body.name !== settings.user) return false;
    const fits = (vault: Vault | null): boolean => vault !== null && sameBytes(vault.salt, record.body.salt);
    const vault = this.get();
    const aside = this.#aside();
    if (vault === null && aside !== null && fits(aside)) this.put(aside);
    if (vault === null || fits(vault)) return false;
    env.store.put('vault', `${settings.user}${ASIDE}`, vault);
    this.delete();
    this.#parts.tell({ type: 'notice', level: 'warning', text: PASSWORD_CHANGED_TEXT });
    return true;
  }
}
