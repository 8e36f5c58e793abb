import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

/** Where log lines go. */
export interface LogStream {
  write(line: string): void;
}

/**
 * A log file with a bound: when it has grown beyond `bytesMax` it becomes `<file>.old`, and a new one begins.
 * A disk that is full costs log lines, never the service.
 */
export class LogFile implements LogStream {
  readonly #file: string;
  readonly #bytesMax: number;
  #handle: number | null = null;
  #bytes = 0;

  constructor(file: string, bytesMax: number) {
    this.#file = file;
    this.#bytesMax = bytesMax;
    this.#open();
  }

  write(line: string): void {
    try {
      if (this.#bytes > this.#bytesMax) this.#turn();
      if (this.#handle !== null) this.#bytes += writeSync(this.#handle, line);
    } catch {
      // See above: there is nowhere left to say it.
    }
  }

  close(): void {
    if (this.#handle !== null) closeSync(this.#handle);
    this.#handle = null;
  }

  #open(): void {
    this.#handle = openSync(this.#file, 'a', 0o600);
    this.#bytes = fstatSync(this.#handle).size;
  }

  #turn(): void {
    this.close();
    renameSync(this.#file, `${this.#file}.old`);
    this.#open();
  }
}
