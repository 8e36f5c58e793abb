import type { SeededRandom } from '../../sim/random.ts';
import type { RawStep } from '../random-steps.ts';

/** What one client of a workload is dealt for an operation. */
export interface Deal {
  readonly random: SeededRandom;
  /** Whose operation it is. */
  readonly client: string;
  /** All clients of the workload. */
  readonly clients: readonly string[];
  /** Number of the operation among all of this workload, from 1. */
  readonly count: number;
  /** Faults go on meanwhile: refusals are no failure, and nothing is awaited. */
  readonly tolerant: boolean;
}

/**
 * What people do with a network, as data: a client (one operation as steps), made anew for each run, and a checker (what must be so
 * in the end). The generator (when clients act) is the same for all: think times by a law. A new workload is one file: a module that
 * a scenario names (own-workloads.ts), or here, with a line in all.ts.
 */
export interface Workload {
  readonly name: string;
  readonly about: string;
  /** Why it cannot be played tolerantly, or null. */
  readonly strictOnly: string | null;
  /** It can be played in a room that stands already, and then also while faults go on. Default false. */
  readonly takesRoom?: boolean;
  /** `place` is the number of the step, other than that of any other workload of the file; `room`, where it takes one, has all clients as members. */
  readonly begin: (place: string, clients: readonly string[], room?: string) => WorkloadRun;
}

/** Workloads by name. */
export type Workloads = ReadonlyMap<string, Workload>;

export interface WorkloadRun {
  /** What must be there before the first operation. */
  prepare?(): RawStep[];
  /** The next operation; empty when there is nothing left to do for this client. */
  operation(deal: Deal): RawStep[];
  /** What must be so after the last operation. */
  checks(tolerant: boolean): RawStep[];
}

export function anotherThan(client: string, { clients, random }: Pick<Deal, 'clients' | 'random'>): string | null {
  const others = clients.filter((each) => each !== client);
  return others[random.below(Math.max(1, others.length))] ?? null;
}
