import type { StoreWriter } from '../capabilities.ts';
import { boolean, integer, misfit, record } from '../shape.ts';
import type { UserId, WallMillis } from '../types.ts';

interface MuteRow {
  readonly muted: boolean;
  readonly changedMillis: WallMillis;
}

const rowShape = record({ muted: boolean, changedMillis: integer() });
const PREFIX = 'mute/';

/** Conversations that make no noise; it is no block. Rows of the settings, of two versions the later change stays. */
export class ChatMutes {
  readonly #store: StoreWriter;

  constructor(store: StoreWriter) {
    this.#store = store;
  }

  isMuted(peer: UserId): boolean {
    return this.#store.get<MuteRow>('settings', PREFIX + peer)?.muted ?? false;
  }

  set(peer: UserId, muted: boolean, wallMillis: WallMillis): void {
    const before = this.#store.get<MuteRow>('settings', PREFIX + peer);
    if ((before?.muted ?? false) === muted) return;
    const changedMillis = Math.max(Math.trunc(wallMillis), (before?.changedMillis ?? 0) + 1);
    this.#store.put('settings', PREFIX + peer, { muted, changedMillis } satisfies MuteRow);
  }

  /** A row of another store of the same user; false when it is none of these. */
  inherit(key: string, value: unknown): boolean {
    if (!key.startsWith(PREFIX)) return false;
    const before = this.#store.get<MuteRow>('settings', key);
    const fits = misfit(rowShape, value) === null;
    if (fits && (value as MuteRow).changedMillis > (before?.changedMillis ?? -1)) this.#store.put('settings', key, value);
    return true;
  }
}
