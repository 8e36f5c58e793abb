import type { SeedOperation } from '../core/directory/seed-api.ts';
import type { SeedDirectory, SeedNow, SeedSummary } from '../core/directory/seed-directory.ts';
import type { ServiceResult } from '../core/env.ts';
import { ConfabError } from '../core/errors.ts';
import type { Clock } from '../ports/ports.ts';
import type { SeedStore } from './store.ts';

interface Waiting {
  readonly result: ServiceResult;
  readonly settle: (result: ServiceResult) => void;
}

export interface SeedServiceParts {
  readonly directory: SeedDirectory;
  readonly store: SeedStore;
  readonly clock: Clock;
  /** Answers in place of the directory, or changes what it says: for a seed server that does not play by the rules. */
  readonly conduct?: (operation: SeedOperation, body: unknown, honest: () => ServiceResult) => ServiceResult;
  /** Told when the store could not write; the callers get `store-failed`. */
  readonly onStoreFailure?: (reason: string) => void;
}

/**
 * Puts the directory on a store with group commit.
 *
 * Invariants
 * 1. No answer leaves while a write that it may have seen, or made, is not durable.
 * 2. When a commit fails, every answer that waited for it is `store-failed`, and the directory starts over from the store.
 */
export class SeedService {
  readonly #parts: SeedServiceParts;
  #waiting: Waiting[] = [];
  #commit: NodeJS.Immediate | null = null;

  constructor(parts: SeedServiceParts) {
    this.#parts = parts;
  }

  /** Resolves with the directory's answer; never rejects. */
  call(operation: SeedOperation, body: unknown): Promise<ServiceResult> {
    let result: ServiceResult;
    try {
      const { directory, conduct } = this.#parts;
      const honest = (): ServiceResult => directory.call(operation, body, this.now());
      result = conduct === undefined ? honest() : conduct(operation, body, honest);
    } catch (error) {
      return Promise.resolve(this.#fail(error));
    }
    const mayWrite = operation === 'publish' && result.ok;
    if (!mayWrite && this.#waiting.length === 0) return Promise.resolve(result);
    this.#commit ??= setImmediate(() => this.flush());
    return new Promise((settle) => this.#waiting.push({ result, settle }));
  }

  /** Commits what is open and lets the answers go. */
  flush(): void {
    if (this.#commit !== null) clearImmediate(this.#commit);
    this.#commit = null;
    if (this.#waiting.length === 0) return;
    try {
      this.#parts.store.commit();
    } catch (error) {
      this.#fail(error);
      return;
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { result, settle } of waiting) settle(result);
  }

  summary(): SeedSummary {
    return this.#parts.directory.summary(this.now());
  }

  counts(): ReturnType<SeedDirectory['counts']> {
    return this.#parts.directory.counts(this.now());
  }

  now(): SeedNow {
    return { monotonicMillis: this.#parts.clock.monotonicMillis(), wallMillis: this.#parts.clock.wallMillis() };
  }

  #fail(error: unknown): ServiceResult {
    const reason = reasonOf(error);
    this.#rollback();
    this.#parts.directory.reload();
    const failed: ServiceResult = { ok: false, code: 'store-failed', details: { reason } };
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { settle } of waiting) settle(failed);
    this.#parts.onStoreFailure?.(reason);
    return failed;
  }

  #rollback(): void {
    try {
      this.#parts.store.rollback();
    } catch {
      // A store that cannot even roll back has lost its transaction already; the next commit says so again.
    }
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ConfabError && error.code === 'store-failed') return String(error.details.reason);
  return error instanceof Error ? error.message : String(error);
}
