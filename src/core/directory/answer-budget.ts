import type { SignedRecord } from '../records.ts';

const SIGNATURE_BYTES = 64;

/** Collects the records of one answer, each once, up to a number of bytes. */
export class AnswerBudget {
  readonly #records = new Set<SignedRecord>();
  #bytesLeft: number;
  #full = false;

  constructor(bytesMax: number) {
    this.#bytesLeft = bytesMax;
  }

  get records(): readonly SignedRecord[] {
    return [...this.#records];
  }

  /** Something did not fit; nothing is added from then on. */
  get isFull(): boolean {
    return this.#full;
  }

  add(signed: SignedRecord | undefined): void {
    if (signed === undefined || this.#full) return;
    this.#bytesLeft -= signed.bytes.length + SIGNATURE_BYTES;
    if (this.#bytesLeft < 0) this.#full = true;
    else this.#records.add(signed);
  }
}
