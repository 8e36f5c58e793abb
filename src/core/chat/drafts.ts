import type { StoreWriter } from '../capabilities.ts';
import { integer, misfit, record, text } from '../shape.ts';
import type { UserId, WallMillis } from '../types.ts';

/** A text that was begun and not sent; an empty one remembers that there is none any more. */
export interface Draft {
  readonly text: string;
  readonly changedMillis: WallMillis;
}

/** UTF-16 code units of one draft. */
export const DRAFT_CHARACTERS_MAX = 65_536;

const draftShape = record({ text: text(0, DRAFT_CHARACTERS_MAX), changedMillis: integer() });

export function asDraft(value: unknown): Draft | null {
  return misfit(draftShape, value) === null ? (value as Draft) : null;
}

/** Drafts of the logged-in user, one a conversation; of two versions the later change stays. */
export class Drafts {
  readonly #store: StoreWriter;

  constructor(store: StoreWriter) {
    this.#store = store;
  }

  text(peer: UserId): string {
    return this.#store.get<Draft>('drafts', peer)?.text ?? '';
  }

  set(peer: UserId, draft: Draft): void {
    const before = this.#store.get<Draft>('drafts', peer);
    if ((before?.text ?? '') === draft.text) return;
    this.#store.put('drafts', peer, { ...draft, changedMillis: Math.max(draft.changedMillis, (before?.changedMillis ?? 0) + 1) });
  }

  merge(peer: UserId, draft: Draft): void {
    const before = this.#store.get<Draft>('drafts', peer);
    if (before === undefined || draft.changedMillis > before.changedMillis) this.#store.put('drafts', peer, draft);
  }
}
