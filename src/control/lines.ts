/** Cuts a stream of text into lines, with a bound on what an unfinished line may hold. */
export class LineSplitter {
  readonly #lengthMax: number;
  readonly #onLine: (line: string) => void;
  #pieces: string[] = [];
  #held = 0;

  /** `lengthMax` counts UTF-16 code units of one line. */
  constructor(lengthMax: number, onLine: (line: string) => void) {
    this.#lengthMax = lengthMax;
    this.#onLine = onLine;
  }

  /** False when a line was longer than allowed: the sender is not to be trusted any more and nothing further is cut. */
  push(chunk: string): boolean {
    let start = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', start)) {
      if (this.#held + end - start > this.#lengthMax) return false;
      const line = this.#pieces.length === 0 ? chunk.slice(start, end) : this.#pieces.join('') + chunk.slice(start, end);
      this.#pieces = [];
      this.#held = 0;
      start = end + 1;
      if (line.length > 0) this.#onLine(line);
    }
    if (start < chunk.length) {
      this.#pieces.push(start === 0 ? chunk : chunk.slice(start));
      this.#held += chunk.length - start;
    }
    return this.#held <= this.#lengthMax;
  }
}
