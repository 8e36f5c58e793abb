import type { Contact } from '../ring/circle.ts';
import type { LookupResult } from '../ring/ring-port.ts';
import type { NodeId } from '../types.ts';
import type { Inspected } from './kinds.ts';
import type { Ask, ReplicationOptions, ReplicationPort, Stored } from './replication-port.ts';

/** How a write stands; told again whenever it changes. */
export type WriteProgress =
  /** A majority of the members that should hold it have it, durably. `holders` are all that have. */
  | { readonly state: 'held'; readonly holders: readonly Contact[] }
  /** All K have it. The last word. */
  | { readonly state: 'complete'; readonly holders: readonly Contact[] }
  /** The holders refuse it. The last word. */
  | { readonly state: 'refused'; readonly reason: string }
  /** Tried for long; `holders` may have it, and go on by themselves. The last word. */
  | { readonly state: 'gave-up'; readonly holders: readonly Contact[] };

interface OpenWrite {
  readonly value: Stored;
  readonly key: string;
  readonly progress: (progress: WriteProgress) => void;
  readonly holders: Map<NodeId, Contact>;
  attempts: number;
  dueMillis: number;
  underWay: boolean;
  told: number;
}

/** Brings values to all their holders, and pushes on until the last has confirmed. Lives in memory: whoever restarts writes again. */
export class Writes {
  readonly #port: ReplicationPort;
  readonly #options: ReplicationOptions;
  readonly #ask: Ask;
  readonly #open = new Set<OpenWrite>();
  /** Who waits until all that was begun is held. */
  #settled: (() => void) | null = null;

  constructor(port: ReplicationPort, options: ReplicationOptions, ask: Ask) {
    this.#port = port;
    this.#options = options;
    this.#ask = ask;
  }

  put(value: Stored, about: Inspected, progress: (progress: WriteProgress) => void): void {
    const write = { value, key: about.key, progress, holders: new Map(), attempts: 0, dueMillis: 0, underWay: false, told: 0 };
    this.#open.add(write);
    this.#attempt(write);
  }

  /** Calls back once a majority has each write that was begun, or it has come to its end. */
  whenHeld(done: () => void): void {
    this.#settled = done;
    this.#review();
  }

  get writing(): boolean {
    for (const write of this.#open) if (write.told === 0) return true;
    return false;
  }

  #review(): void {
    if (this.#settled === null || this.writing) return;
    const settled = this.#settled;
    this.#settled = null;
    settled();
  }

  timer(): void {
    const due = Array.from(this.#open).filter((write) => !write.underWay && write.dueMillis <= this.#port.monotonicMillis);
    for (const write of due) this.#attempt(write);
    this.#schedule();
  }

  #schedule(): void {
    let next = Number.POSITIVE_INFINITY;
    for (const write of this.#open) if (!write.underWay) next = Math.min(next, write.dueMillis);
    if (next < Number.POSITIVE_INFINITY) this.#port.setTimer('replica-write', Math.max(1, next - this.#port.monotonicMillis));
  }

  #attempt(write: OpenWrite): void {
    write.underWay = true;
    write.attempts += 1;
    const found = (result: LookupResult): void => {
      const targets = result.owners.slice(0, this.#options.copies);
      if (targets.length === 0) return this.#later(write);
      const round = { open: targets.length, targets, refusals: new Map<NodeId, string>(), ownerConfirmed: false };
      for (const target of targets) {
        this.#ask(target, { ask: 'put', value: write.value }, (answer) => {
          round.open -= 1;
          if (answer?.answer === 'put') {
            if (answer.taken.result === 'refused') round.refusals.set(target.id, answer.taken.reason);
            else write.holders.set(target.id, target);
            if (target === targets[0]) round.ownerConfirmed = answer.owner;
          }
          this.#judge(write, round);
        });
      }
    };
    this.#port.lookup(write.key, found, write.attempts > 1);
  }

  #end(write: OpenWrite): void {
    this.#open.delete(write);
    this.#review();
  }

  #judge(
    write: OpenWrite,
    round: { readonly open: number; readonly targets: readonly Contact[]; readonly refusals: ReadonlyMap<NodeId, string>; readonly ownerConfirmed: boolean },
  ): void {
    if (!this.#open.has(write)) return;
    const { targets } = round;
    const majority = Math.floor(targets.length / 2) + 1;
    const holders = targets.filter((target) => write.holders.has(target.id));
    if (round.refusals.size >= majority) {
      this.#end(write);
      return write.progress({ state: 'refused', reason: [...round.refusals.values()][0] as string });
    }
    // Fewer than K targets may only mean that the ring shows less of itself just now; the owner's word settles it.
    if (holders.length === targets.length && round.ownerConfirmed) {
      this.#end(write);
      return write.progress({ state: 'complete', holders });
    }
    if (holders.length >= majority && holders.length > write.told) {
      write.told = holders.length;
      write.progress({ state: 'held', holders });
      this.#review();
    }
    if (round.open === 0) this.#later(write);
  }

  #later(write: OpenWrite): void {
    write.underWay = false;
    const { writeAttemptsMax, writeRetryMillis, writeRetryMillisMax } = this.#options;
    if (write.attempts >= writeAttemptsMax) {
      this.#end(write);
      return write.progress({ state: 'gave-up', holders: [...write.holders.values()] });
    }
    const pause = Math.min(writeRetryMillisMax, writeRetryMillis * 2 ** (write.attempts - 1));
    write.dueMillis = this.#port.monotonicMillis + pause * (0.75 + 0.5 * this.#port.fraction());
    this.#schedule();
  }
}
