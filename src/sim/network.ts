import type { SeededRandom } from './random.ts';

/** One-way delay of a frame, drawn evenly; equal bounds give a constant without drawing. */
export interface Latency {
  readonly minMillis: number;
  readonly maxMillis: number;
}

export interface NetworkOptions {
  /** Default 1 to 5 ms. */
  readonly latency?: Latency;
  /** Share of frames that vanish, 0 to 1. Default 0. */
  readonly lossProbability?: number;
}

export const DEFAULT_LATENCY: Latency = { minMillis: 1, maxMillis: 5 };

/** The weather between nodes: how long a frame takes and whether it arrives at all. */
export class Network {
  readonly #random: SeededRandom;
  #minMillis: number;
  #spreadMillis: number;
  lossProbability: number;

  constructor(random: SeededRandom, options: NetworkOptions = {}) {
    const latency = options.latency ?? DEFAULT_LATENCY;
    this.#random = random;
    this.#minMillis = latency.minMillis;
    this.#spreadMillis = latency.maxMillis - latency.minMillis;
    this.lossProbability = options.lossProbability ?? 0;
  }

  setLatency(latency: Latency): void {
    this.#minMillis = latency.minMillis;
    this.#spreadMillis = latency.maxMillis - latency.minMillis;
  }

  loses(): boolean {
    return this.lossProbability > 0 && this.#random.fraction() < this.lossProbability;
  }

  delayMillis(): number {
    return this.#spreadMillis === 0 ? this.#minMillis : this.#minMillis + this.#spreadMillis * this.#random.fraction();
  }

  fraction(): number {
    return this.#random.fraction();
  }
}
