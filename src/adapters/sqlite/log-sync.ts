import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';

/**
 * Makes the write-ahead log of an open database durable from outside of SQLite: `fdatasync` of the file to which every commit appends
 * (https://www.sqlite.org/wal.html). That is the sync which SQLite itself makes at a commit under `synchronous=FULL`; made here it can
 * be left out where nothing needs it, and can run beside the work. Closing the descriptor costs SQLite none of its locks, since those
 * lie on the database and its shared memory, not on the log.
 */
export class LogSync {
  readonly #path: string;
  #descriptor: number | null = null;
  #running = 0;
  #closed = false;

  /** Path of the database. Its log must exist by the first sync, which is so after the first commit, until `close`. */
  constructor(databasePath: string) {
    this.#path = `${databasePath}-wal`;
  }

  /** All that was committed is on the disk when it returns. Throws the system's error. */
  now(): void {
    fdatasyncSync(this.#open());
  }

  /** All that was committed before this call is on the disk when `done` is called, by a thread of its own. Throws where there is no log. */
  later(done: (error: Error | null) => void): void {
    this.#running += 1;
    fdatasync(this.#open(), (error) => {
      this.#running -= 1;
      if (this.#closed) this.#closeDescriptor();
      done(error);
    });
  }

  close(): void {
    this.#closed = true;
    this.#closeDescriptor();
  }

  /** Not while a thread holds it: its number might be somebody else's by then. */
  #closeDescriptor(): void {
    if (this.#running > 0 || this.#descriptor === null) return;
    closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  #open(): number {
    this.#descriptor ??= openSync(this.#path, 'r+');
    return this.#descriptor;
  }
}
