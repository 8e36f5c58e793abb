import { sameBytes } from '../bytes.ts';
import type { Parts } from '../parts.ts';
import type { VerifiedRecord } from '../records.ts';
import { type SafetyNumber, safetyNumber } from '../secure/safety-number.ts';
import type { UserId } from '../types.ts';

/** How far the keys behind a name can be relied on: not seen yet, as at first sight, compared by people, or other than before. */
export type TrustState = 'new' | 'pinned' | 'verified' | 'changed';

/** The keys that a name stood for when we became friends. */
interface Pin {
  readonly identityKey: Uint8Array;
  readonly sealingKey: Uint8Array;
  readonly pinnedMillis: number;
  /** People have compared the safety numbers and found them equal. */
  readonly verified: boolean;
  /** Set: another key came under this name, or people found different numbers; nothing is sent until somebody says that it is right. */
  readonly changed: { readonly why: 'another-key' | 'numbers-differ'; readonly wallMillis: number } | null;
}

/**
 * Trust at first use: the keys of a friend are pinned under the friend's name, and another key under that name stops everything until
 * the user has acknowledged it.
 *
 * Invariants
 * 1. A pin changes only by a command of the user.
 * 2. A change is told at once (event, log, trace), shown wherever the name is shown, and survives restarts and takeovers.
 * 3. While a change stands, nothing is sent to whoever bears the name.
 */
export class Trust {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The session has opened: records may have come in while nobody was logged in. */
  open(): void {
    const { env, view } = this.#parts;
    for (const [name] of env.store.scan<Pin>('trust')) {
      const record = view.userNamed(name);
      if (record !== null) this.look(record);
    }
  }

  #pin(name: string): Pin | undefined {
    return this.#parts.env.store.get<Pin>('trust', name);
  }

  /** We are friends, or ask to be: from now on these are the keys of that name. */
  met(record: VerifiedRecord<'user'>): void {
    const { name } = record.body;
    if (this.#pin(name) === undefined) this.#store(record, { verified: false });
    else this.look(record);
  }

  /** A user's record came in: under a pinned name, with the pinned keys? */
  look(record: VerifiedRecord<'user'>): void {
    const { name, deleted } = record.body;
    if (deleted) return;
    const pin = this.#pin(name);
    if (pin === undefined || pin.changed !== null || isPinned(pin, record)) return;
    const { env } = this.#parts;
    env.store.put('trust', name, { ...pin, changed: { why: 'another-key', wallMillis: Math.trunc(env.wallMillis) } } satisfies Pin);
    this.#told(name, pin.verified);
  }

  state(record: VerifiedRecord<'user'>): TrustState {
    const pin = this.#pin(record.body.name);
    if (pin === undefined) return 'new';
    if (pin.changed !== null || !isPinned(pin, record)) return 'changed';
    return pin.verified ? 'verified' : 'pinned';
  }

  /** What two people compare. Null without an open session. */
  numberWith(record: VerifiedRecord<'user'>): SafetyNumber | null {
    const { env, session, settings } = this.#parts;
    if (session.open === null) return null;
    const me = { name: settings.user, identityKey: session.open.identity.publicKey, sealingKey: session.open.sealing.publicKey };
    return safetyNumber(env.crypto, me, { name: record.body.name, identityKey: record.author, sealingKey: record.body.sealingKey });
  }

  /** People have compared the numbers. */
  compared(record: VerifiedRecord<'user'>, equal: boolean): void {
    const { env } = this.#parts;
    const { name } = record.body;
    if (equal) {
      const before = this.state(record);
      this.#store(record, { verified: true });
      this.#trace(name, 'verified');
      if (before === 'changed') this.#parts.tell({ type: 'key-accepted', user: name });
      return;
    }
    const changed = { why: 'numbers-differ' as const, wallMillis: Math.trunc(env.wallMillis) };
    const pin = this.#pin(name);
    if (pin === undefined) this.#store(record, { verified: false, changed });
    else env.store.put('trust', name, { ...pin, verified: false, changed } satisfies Pin);
    this.#told(name, pin?.verified ?? false);
  }

  /** The user acknowledges the keys as they are now. */
  accept(record: VerifiedRecord<'user'>): void {
    this.#store(record, { verified: false });
    this.#trace(record.body.name, 'pinned');
    this.#parts.tell({ type: 'key-accepted', user: record.body.name });
    this.#parts.connections.reviewSoon();
  }

  /** A pin of an earlier session of the user: an unknown one is taken over, and a change is never forgotten. */
  inherit(name: string, value: unknown): void {
    if (!isPin(value)) return;
    const pin = this.#pin(name);
    if (pin === undefined || pin.pinnedMillis < value.pinnedMillis) this.#parts.env.store.put('trust', name, value);
    else if (pin.pinnedMillis === value.pinnedMillis && pin.changed === null && value.changed !== null) this.#parts.env.store.put('trust', name, value);
    const record = this.#parts.view.userNamed(name);
    if (record !== null) this.look(record);
  }

  /** Whether anything may be sent to this user now. */
  allows(id: UserId): boolean {
    const record = this.#parts.view.user(id);
    return record === null || this.state(record) !== 'changed';
  }

  #store(record: VerifiedRecord<'user'>, more: Pick<Pin, 'verified'> & Partial<Pick<Pin, 'changed'>>): void {
    const { env } = this.#parts;
    const { name, sealingKey } = record.body;
    const pinnedMillis = Math.max(Math.trunc(env.wallMillis), (this.#pin(name)?.pinnedMillis ?? -1) + 1);
    env.store.put('trust', name, { identityKey: record.author, sealingKey, pinnedMillis, changed: null, ...more } satisfies Pin);
  }

  #told(name: string, wasVerified: boolean): void {
    this.#trace(name, 'changed');
    this.#parts.count('keysChanged');
    this.#parts.tell({ type: 'key-changed', user: name, wasVerified });
  }

  #trace(name: string, to: string): void {
    const { env } = this.#parts;
    if (env.tracing) env.trace({ type: 'state', subject: 'trust', id: name, to });
  }
}

function isPinned(pin: Pin, record: VerifiedRecord<'user'>): boolean {
  return sameBytes(pin.identityKey, record.author) && sameBytes(pin.sealingKey, record.body.sealingKey);
}

/** Rows come sealed from another node of the same user; this keeps a damaged one from doing harm here. */
function isPin(value: unknown): value is Pin {
  if (typeof value !== 'object' || value === null) return false;
  const { identityKey, sealingKey, pinnedMillis, verified, changed } = value as Partial<Pin>;
  const keys = identityKey instanceof Uint8Array && sealingKey instanceof Uint8Array;
  return keys && Number.isSafeInteger(pinnedMillis) && typeof verified === 'boolean' && (changed === null || typeof changed === 'object');
}
