export interface TurnSizeBounds {
  /** Inputs that may always share a commit, and most that ever do. */
  readonly least: number;
  readonly most: number;
  /** A full turn works this many times as long as it then waits for the disk. */
  readonly workToCommit: number;
}

/** Of the last measurement in a running mean. */
const WEIGHT = 0.2;

/**
 * How many inputs share one commit. On a quiet disk few, since with more the peer would sit idle while this node works, and this node
 * while the peer does; on a slow or busy one more, since otherwise most of the time is spent on waiting for it (group commit: Gawlick
 * and Kinkade, "Varieties of Concurrency Control in IMS/VS Fast Path", 1985).
 */
export class TurnSize {
  readonly #bounds: TurnSizeBounds;
  #inputMillis = 0;
  #commitMillis = 0;
  #inputsMax: number;

  constructor(bounds: TurnSizeBounds) {
    this.#bounds = bounds;
    this.#inputsMax = bounds.least;
  }

  get inputsMax(): number {
    return this.#inputsMax;
  }

  /** A turn has ended: so many inputs were worked on for so long, and its commit took so long. */
  measured(inputs: number, workMillis: number, commitMillis: number): void {
    if (inputs === 0) return;
    this.#inputMillis += WEIGHT * (workMillis / inputs - this.#inputMillis);
    this.#commitMillis += WEIGHT * (commitMillis - this.#commitMillis);
    const { least, most, workToCommit } = this.#bounds;
    const wanted = this.#inputMillis > 0 ? Math.round((workToCommit * this.#commitMillis) / this.#inputMillis) : least;
    this.#inputsMax = Math.min(most, Math.max(least, wanted));
  }
}
