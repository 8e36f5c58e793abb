import type { Settings } from '../commands.ts';
import type { Env } from '../env.ts';
import type { CoreOptions } from '../options.ts';
import { boolean, integer, misfit, optional, record } from '../shape.ts';

const MEGABYTE = 1_048_576;
export const UNASKED_MEGABYTES_MAX = 16;

const settingsShape = record({
  readReceipts: boolean,
  typing: optional(boolean),
  bell: boolean,
  unaskedMegabytes: optional(integer(0, UNASKED_MEGABYTES_MAX)),
  changedMillis: optional(integer()),
});

/** Settings of the logged-in user; of two versions the later change stays. */
export class Preferences {
  readonly #env: Pick<Env, 'store' | 'wallMillis'>;
  readonly #default: Settings;
  readonly #unaskedBytes: number;

  constructor(env: Pick<Env, 'store' | 'wallMillis'>, options: Pick<CoreOptions, 'fileAutoBytesMax'>) {
    this.#env = env;
    this.#unaskedBytes = options.fileAutoBytesMax;
    this.#default = { readReceipts: true, typing: true, bell: true, unaskedMegabytes: Math.floor(options.fileAutoBytesMax / MEGABYTE) };
  }

  get(): Settings {
    const { readReceipts, typing, bell, unaskedMegabytes } = { ...this.#default, ...this.#env.store.get<Settings>('settings', 'settings') };
    return { readReceipts, typing, bell, unaskedMegabytes };
  }

  /** Files of friends up to so many bytes are fetched without a question. */
  get unaskedBytesMax(): number {
    const chosen = this.#env.store.get<Partial<Settings>>('settings', 'settings')?.unaskedMegabytes;
    return chosen === undefined ? this.#unaskedBytes : chosen * MEGABYTE;
  }

  change(change: Partial<Settings>): Settings {
    const { unaskedMegabytes: _default, ...defaults } = this.#default;
    const stored = this.#env.store.get<Partial<Settings>>('settings', 'settings');
    this.#env.store.put('settings', 'settings', { ...defaults, ...stored, ...change, changedMillis: Math.trunc(this.#env.wallMillis) });
    return this.get();
  }

  /** Settings of an earlier session at another node. */
  inherit(row: unknown): void {
    const { store } = this.#env;
    if (misfit(settingsShape, row) !== null) return;
    const changedMillis = store.get<{ changedMillis?: number }>('settings', 'settings')?.changedMillis ?? -1;
    if (((row as { changedMillis?: number }).changedMillis ?? 0) > changedMillis) store.put('settings', 'settings', row);
  }
}
