import { judge, type Rule } from '../core/rules.ts';

/**
 * Fault rules on frames that leave this node. What comes in is judged by its sender, who holds the same rules.
 * Delayed frames are held by timers; frames with equal delay keep their order.
 */
export class FaultGate {
  readonly #name: string;
  readonly #fraction: () => number;
  readonly #held = new Set<NodeJS.Timeout>();
  #rules: readonly Rule[] = [];

  constructor(name: string, fraction: () => number) {
    this.#name = name;
    this.#fraction = fraction;
  }

  get rules(): readonly Rule[] {
    return this.#rules;
  }

  setRules(rules: readonly Rule[]): void {
    this.#rules = rules;
  }

  /** Runs `send` now, later or never; gives the reason when never. */
  pass(to: string, send: () => void): string | null {
    return this.#pass({ from: this.#name, to }, send);
  }

  /** The same for what came from a node that could not judge it itself. */
  passFrom(from: string, take: () => void): string | null {
    return this.#pass({ from, to: this.#name }, take);
  }

  #pass(way: { readonly from: string; readonly to: string }, send: () => void): string | null {
    if (this.#rules.length === 0) {
      send();
      return null;
    }
    const verdict = judge(this.#rules, way, this.#fraction);
    switch (verdict.action) {
      case 'pass':
        send();
        return null;
      case 'drop':
        return `rule ${verdict.rule}`;
      case 'deliver':
        return this.#hold(verdict.delayMillis, send);
    }
  }

  #hold(delayMillis: number, send: () => void): string | null {
    if (this.#held.size >= HELD_FRAMES_MAX) return 'queue-full';
    const timer = setTimeout(() => {
      this.#held.delete(timer);
      send();
    }, delayMillis);
    this.#held.add(timer);
    return null;
  }

  /** Waits until the frames that are held have left, at most `millis`; the others are lost, as in a network. */
  async drain(millis: number): Promise<void> {
    const end = performance.now() + millis;
    while (this.#held.size > 0 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
    for (const timer of this.#held) clearTimeout(timer);
    this.#held.clear();
  }
}

/** Frames that rules delay at one node at the same time. */
const HELD_FRAMES_MAX = 65_536;
