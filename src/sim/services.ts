import { concat, utf8 } from '../core/bytes.ts';
import type { Codec, Crypto } from '../core/capabilities.ts';
import type { SeedOperation } from '../core/directory/seed-api.ts';
import { SeedDirectory, type SeedSummary } from '../core/directory/seed-directory.ts';
import type { SeedOptions } from '../core/directory/seed-options.ts';
import type { ServiceRequest, ServiceResult } from '../core/env.ts';
import { MemoryFiles } from './memory-files.ts';
import { MemoryTables } from './memory-tables.ts';
import type { SeededRandom } from './random.ts';
import type { Inhabitant, World } from './world.ts';

/** Stands before the directory: see src/lab/lying-seed-server.ts. */
type SeedConduct = (operation: SeedOperation, body: unknown, honest: () => ServiceResult) => ServiceResult;

/** Where an answer goes. */
export interface ServiceClient {
  /** The result reaches the program after the delay, unless that run of it has ended. */
  answerLater(ticket: ServiceTicket, result: ServiceResult, delayMillis: number): void;
}

export interface ServiceTicket {
  readonly client: ServiceClient;
  readonly request: string;
  /** The run of the node that asked. */
  readonly run: number;
}

interface SeedCall {
  readonly ticket: ServiceTicket;
  readonly operation: string;
  readonly body: unknown;
}

/** How long a password hash takes, as measured for argon2id at 19 MiB, ms. */
const DERIVE_MILLIS = 15;
/** How long a signature takes to be checked, as measured with two threads, ms. */
const CHECK_MILLIS = 0.04;
/** How long a piece of a file takes to be read or written, ms. */
const FILE_MILLIS = 0.5;
/** One way between a node and the seed server, its own work included, ms. */
const SEED_MILLIS_MIN = 0.5;
const SEED_MILLIS_MAX = 1.5;

/**
 * The helpers of all hosted nodes: the key derivation, and the seed server, whose rules are the real ones.
 * The seed server keeps its tables while it is stopped; what it holds in memory only (who is live) it forgets.
 */
export class Services implements Inhabitant {
  readonly index: number;
  readonly name = 'seed-server';
  readonly #world: World;
  readonly #crypto: Crypto;
  readonly #codec: Codec;
  readonly #options: Partial<SeedOptions>;
  readonly #random: SeededRandom;
  /** Files of people, read and written by the nodes. */
  readonly files = new MemoryFiles();
  readonly #tables = new MemoryTables();
  #directory: SeedDirectory | null = null;
  #conduct: SeedConduct | null = null;

  constructor(index: number, parts: { readonly world: World; readonly crypto: Crypto; readonly codec: Codec; readonly seedOptions?: Partial<SeedOptions> }) {
    this.index = index;
    this.#world = parts.world;
    this.#crypto = parts.crypto;
    this.#codec = parts.codec;
    this.#options = parts.seedOptions ?? {};
    this.#random = parts.world.stream('seed-server');
  }

  /** `conduct` answers in its place, or changes what it says; null: it plays by the rules. */
  startSeedServer(conduct: SeedConduct | null = null): void {
    this.#conduct = conduct;
    this.#directory ??= new SeedDirectory({ crypto: this.#crypto, codec: this.#codec, random: this.#random, store: this.#tables, options: this.#options });
  }

  stopSeedServer(): void {
    this.#directory = null;
  }

  /** Null while the seed server is stopped. */
  seedSummary(): SeedSummary | null {
    return this.#directory === null ? null : this.#directory.summary(this.#clock());
  }

  request(ticket: ServiceTicket, what: ServiceRequest): void {
    switch (what.service) {
      case 'derive-key': {
        const key = this.derive(what.password, what.salt);
        ticket.client.answerLater(ticket, { ok: true, value: key }, DERIVE_MILLIS);
        break;
      }
      case 'check-signatures': {
        const right = Uint8Array.from(what.items, ({ publicKey, bytes, signature }) => (this.#crypto.verify(publicKey, bytes, signature) ? 1 : 0));
        ticket.client.answerLater(ticket, { ok: true, value: right }, CHECK_MILLIS * what.items.length);
        break;
      }
      case 'seed': {
        const call: SeedCall = { ticket, operation: what.call.operation, body: what.call.body };
        this.#world.scheduleAt(this.index, this.#world.now + this.#delayMillis(), 0, call);
        break;
      }
      case 'file-read':
      case 'file-write':
      case 'file-paths':
        ticket.client.answerLater(ticket, this.files.serve(what), FILE_MILLIS);
        break;
    }
  }

  /** Cheap and deterministic; what the simulator models of a password hash is the time that it takes. */
  derive(password: string, salt: Uint8Array): Uint8Array {
    return this.#crypto.sha256(concat(utf8(password), salt));
  }

  /** Everything that the seed server has stored. */
  rows(): Iterable<readonly [table: string, key: string, value: unknown]> {
    return this.#tables.rows();
  }

  receive(): void {
    // Nodes reach the seed server by calls, never by frames.
  }

  warm(): boolean {
    return false;
  }

  fire(): void {
    // It sets no timers.
  }

  /** A call has arrived. */
  happen(_what: number, payload: unknown): void {
    const { ticket, operation, body } = payload as SeedCall;
    const result = this.#answer(operation as SeedOperation, body);
    ticket.client.answerLater(ticket, result, this.#delayMillis());
  }

  #answer(operation: SeedOperation, body: unknown): ServiceResult {
    const directory = this.#directory;
    if (directory === null) return { ok: false, code: 'unavailable' };
    const honest = (): ServiceResult => directory.call(operation, body, this.#clock());
    return this.#conduct === null ? honest() : this.#conduct(operation, body, honest);
  }

  #delayMillis(): number {
    return SEED_MILLIS_MIN + (SEED_MILLIS_MAX - SEED_MILLIS_MIN) * this.#random.fraction();
  }

  #clock(): { monotonicMillis: number; wallMillis: number } {
    return { monotonicMillis: this.#world.now, wallMillis: Math.floor(this.#world.epochMillis + this.#world.now) };
  }
}
