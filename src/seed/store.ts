import type { StoreWriter } from '../core/capabilities.ts';

/**
 * What the seed server asks of a store: writes since the last commit become durable together, or none do.
 * It holds the tables named in SEED_TABLES.
 */
export interface SeedStore extends StoreWriter {
  /** Durable when it returns; throws when it could not write, and then what was written since the last commit is not stored, or seen by nobody before it is durable. */
  commit(): void;
  /** Forgets the writes since the last commit. */
  rollback(): void;
  close(): void;
}
