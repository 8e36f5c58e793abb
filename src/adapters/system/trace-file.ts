import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import type { TraceEvent } from '../../core/trace.ts';
import type { TraceSink } from '../../ports/ports.ts';
import { FILE_MODE } from '../files.ts';

const FLUSH_MILLIS = 50;
const BUFFER_CHARACTERS_MAX = 65_536;

/**
 * Appends trace events to a file, one JSON object a line. Lines are gathered and written together at least every 50 ms, and by the
 * driver before a frame leaves: so a killed process loses that much at most, and never what others have heard of. `close` writes and
 * syncs the rest.
 * A trace is a help: when the disk is full it stops growing, counts what it lost, and the node goes on.
 */
export class TraceFile implements TraceSink {
  readonly #descriptor: number;
  #lines = '';
  #lineCount = 0;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;
  /** Events that could not be written. */
  lost = 0;

  /** Throws the system's error when the file cannot be opened for appending. */
  constructor(path: string) {
    this.#descriptor = openSync(path, 'a', FILE_MODE);
  }

  write(event: TraceEvent): void {
    if (this.#closed) {
      this.lost += 1;
      return;
    }
    this.#lines += `${JSON.stringify(event)}\n`;
    this.#lineCount += 1;
    if (this.#lines.length >= BUFFER_CHARACTERS_MAX) this.flush();
    else if (this.#timer === null) {
      this.#timer = setTimeout(() => this.flush(), FLUSH_MILLIS);
      this.#timer.unref();
    }
  }

  /** Hands what is gathered to the system. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#lineCount === 0) return;
    const bytes = Buffer.from(this.#lines, 'utf8');
    try {
      let written = 0;
      while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written);
    } catch {
      this.lost += this.#lineCount;
    }
    this.#lines = '';
    this.#lineCount = 0;
  }

  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    try {
      fsyncSync(this.#descriptor);
    } catch {
      // A pipe or a device cannot be synced, and needs it no more than a trace needs a failing disk to be reported twice.
    }
    closeSync(this.#descriptor);
  }
}
