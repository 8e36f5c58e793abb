import type { Settings } from '../commands.ts';
import type { Env } from '../env.ts';
import { boolean, integer, misfit, optional, record } from '../shape.ts';

const settingsShape = record({ readReceipts: boolean, typing: optional(boolean), bell: boolean, changedMillis: optional(integer()) });
const DEFAULT_SETTINGS: Settings = { readReceipts: true, typing: true, bell: true };

/** Settings of the logged-in user; of two versions the later change stays. */
export class Preferences {
  readonly #env: Pick<Env, 'store' | 'wallMillis'>;

  constructor(env: Pick<Env, 'store' | 'wallMillis'>) {
    this.#env = env;
  }

  get(): Settings {
    const { readReceipts, typing, bell } = { ...DEFAULT_SETTINGS, ...this.#env.store.get<Settings>('settings', 'settings') };
    return { readReceipts, typing, bell };
  }

  change(change: Partial<Settings>): Settings {
    const settings = { ...this.get(), ...change };
    this.#env.store.put('settings', 'settings', { ...settings, changedMillis: Math.trunc(this.#env.wallMillis) });
    return settings;
  }

  /** Settings of an earlier session at another node. */
  inherit(row: unknown): void {
    const { store } = this.#env;
    if (misfit(settingsShape, row) !== null) return;
    const changedMillis = store.get<{ changedMillis?: number }>('settings', 'settings')?.changedMillis ?? -1;
    if (((row as { changedMillis?: number }).changedMillis ?? 0) > changedMillis) store.put('settings', 'settings', row);
  }
}
