import type { KeyDerivation } from '../../core/env.ts';
import { ConfabError } from '../../core/errors.ts';
import type { KeyDeriver } from '../../ports/ports.ts';

const KEY_BYTES = 32;
/** Derivations that run side by side: each takes tens of MiB and a whole core. */
const PARALLEL_MAX = 2;
/** Derivations that wait; beyond it a caller is told to come back. */
const WAITING_MAX = 64;

/** argon2id (RFC 9106) on libuv's thread pool, so that the node answers its peers meanwhile. */
export class Argon2Deriver implements KeyDeriver {
  #running = 0;
  readonly #waiting: Array<() => void> = [];
  readonly #waitingMax: number;

  constructor(waitingMax: number = WAITING_MAX) {
    this.#waitingMax = waitingMax;
  }

  /** Rejects with ConfabError: `busy` when too many wait, `internal` when the parameters are not possible. */
  async derive(password: string, salt: Uint8Array, derivation: KeyDerivation): Promise<Uint8Array> {
    await this.#enter();
    try {
      // Loaded when first needed: a node that nobody logs in to saves 12 MB.
      const { hashRaw } = await import('@node-rs/argon2');
      // argon2id is the package's default algorithm; NFC makes the same password the same bytes on every keyboard.
      const raw = await hashRaw(password.normalize('NFC'), {
        memoryCost: derivation.memoryKib,
        timeCost: derivation.passes,
        parallelism: derivation.lanes,
        outputLen: KEY_BYTES,
        salt,
      });
      return new Uint8Array(raw);
    } catch (error) {
      throw new ConfabError('internal', { reason: `argon2id: ${error instanceof Error ? error.message : String(error)}` });
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < PARALLEL_MAX) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= this.#waitingMax) throw new ConfabError('busy', { what: 'other passwords' });
    // Whoever leaves hands its place over, so #running does not change here.
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }
}
