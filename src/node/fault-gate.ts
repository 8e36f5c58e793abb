import { Judge, type Rule } from '../core/rules.ts';
import { DELAY_MILLIS_MAX } from './timers.ts';

/** Frames that rules hold back at one node at the same time. */
const HELD_FRAMES_MAX = 65_536;

/** Something on its way between two nodes. */
export interface Passage {
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
  /** True: it keeps its place among others from the same sender to the same receiver, as frames of a connection do. */
  readonly ordered: boolean;
}

interface Held {
  readonly dueMillis: number;
  readonly send: () => void;
}

/**
 * Fault rules on frames that leave this node. What comes in is judged by its sender, who holds the same rules.
 * Delayed frames are held by timers. Ordered ones do not overtake each other, unless a rule says so; that holds also
 * when the rule that delayed the first of them is gone.
 */
export class FaultGate {
  readonly #name: string;
  readonly #judge: Judge;
  readonly #nowMillis: () => number;
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Ordered frames in the order in which they leave, by receiver. */
  readonly #queues = new Map<string, Held[]>();
  #heldCount = 0;
  #rules: readonly Rule[] = [];

  constructor(name: string, fraction: () => number, nowMillis: () => number = () => performance.now()) {
    this.#name = name;
    this.#judge = new Judge(fraction);
    this.#nowMillis = nowMillis;
  }

  get rules(): readonly Rule[] {
    return this.#rules;
  }

  setRules(rules: readonly Rule[]): void {
    this.#rules = rules;
  }

  /** Runs `send` now, later, twice or never; gives the reason when never. */
  pass(to: string, bytes: number, send: () => void): string | null {
    return this.#pass({ from: this.#name, to, bytes, ordered: true }, send);
  }

  /** The same for packets, which keep no order. */
  passPacket(to: string, bytes: number, send: () => void): string | null {
    return this.#pass({ from: this.#name, to, bytes, ordered: false }, send);
  }

  /** The same for what came from a node that could not judge it itself. */
  passFrom(from: string, bytes: number, take: () => void): string | null {
    return this.#pass({ from, to: this.#name, bytes, ordered: false }, take);
  }

  #pass(passage: Passage, send: () => void): string | null {
    if (this.#rules.length === 0) return this.#later(passage, 0, send);
    const nowMillis = this.#nowMillis();
    const verdict = this.#judge.judge(this.#rules, { ...passage, nowMillis });
    switch (verdict.action) {
      case 'pass':
        return this.#later(passage, 0, send);
      case 'drop':
        return `rule ${verdict.rule}`;
      case 'deliver': {
        const way = verdict.overtaken ? { ...passage, ordered: false } : passage;
        for (let copy = 1; copy < verdict.copies; copy += 1) this.#later(way, verdict.delayMillis, send);
        return this.#later(way, verdict.delayMillis, send);
      }
    }
  }

  #later(passage: Passage, delayMillis: number, send: () => void): string | null {
    const queue = passage.ordered && this.#queues.size > 0 ? this.#queues.get(passage.to) : undefined;
    if (delayMillis <= 0 && queue === undefined) {
      send();
      return null;
    }
    if (this.#heldCount >= HELD_FRAMES_MAX) return 'queue-full';
    this.#heldCount += 1;
    if (!passage.ordered) {
      this.#after(delayMillis, () => {
        this.#heldCount -= 1;
        send();
      });
      return null;
    }
    const dueMillis = Math.max(this.#nowMillis() + delayMillis, queue?.at(-1)?.dueMillis ?? 0);
    if (queue !== undefined) queue.push({ dueMillis, send });
    else {
      this.#queues.set(passage.to, [{ dueMillis, send }]);
      this.#after(delayMillis, () => this.#release(passage.to));
    }
    return null;
  }

  /** Lets go what is due of a queue, and comes back for the rest. */
  #release(to: string): void {
    const queue = this.#queues.get(to) ?? [];
    const nowMillis = this.#nowMillis();
    const waiting = queue.findIndex((held) => held.dueMillis > nowMillis);
    const due = queue.splice(0, waiting < 0 ? queue.length : waiting);
    const [next] = queue;
    if (next === undefined) this.#queues.delete(to);
    else this.#after(next.dueMillis - nowMillis, () => this.#release(to));
    this.#heldCount -= due.length;
    for (const { send } of due) send();
  }

  #after(millis: number, act: () => void): void {
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        act();
      },
      Math.min(Math.max(millis, 0), DELAY_MILLIS_MAX),
    );
    this.#timers.add(timer);
  }

  /** Waits until the frames that are held have left, at most `millis`; the others are lost, as in a network. */
  async drain(millis: number): Promise<void> {
    const end = performance.now() + millis;
    while (this.#timers.size > 0 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#queues.clear();
  }
}
