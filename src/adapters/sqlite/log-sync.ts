import { closeSync, fdatasync, fdatasyncSync, fsyncSync, openSync } from 'node:fs';
import { makeDurable } from '../files.ts';

/**
 * Makes the write-ahead log of an open database durable from outside of SQLite: `fdatasync` of the file to which every commit appends
 * (https://www.sqlite.org/wal.html). That is the sync which SQLite itself makes at a commit under `synchronous=FULL`; made here it can
 * be left out where nothing needs it, and can run beside the work. Closing the descriptor costs SQLite none of its locks, since those
 * lie on the database and its shared memory, not on the log.
 *
 * Each of the two ways has a descriptor of its own: the system tells each descriptor once of what it could not write, so that with one
 * for both a sync on this thread would call durable what only the other thread has heard to be lost.
 */
export class LogSync {
  readonly #path: string;
  /** What the log needs in order to be found, and is not on the disk yet. */
  #first: readonly string[];
  #ownDescriptor: number | null = null;
  #threadDescriptor: number | null = null;
  #running = 0;
  #closed = false;

  /**
   * Path of the database. Its log must exist by the first sync, which is so after the first commit, until `close`.
   * `first`: files and folders that are synced before the log is for the first time, such as the database itself.
   */
  constructor(databasePath: string, first: readonly string[] = []) {
    this.#path = `${databasePath}-wal`;
    this.#first = first;
  }

  /** All that was committed is on the disk when it returns. Throws the system's error. */
  now(): void {
    this.#ownDescriptor ??= this.#open();
    for (const path of this.#first) syncNow(path);
    this.#first = [];
    fdatasyncSync(this.#ownDescriptor);
  }

  /** All that was committed before this call is on the disk when `done` is called, by a thread of its own. Throws where there is no log. */
  later(done: (error: Error | null) => void): void {
    this.#threadDescriptor ??= this.#open();
    const descriptor = this.#threadDescriptor;
    const synced = (error: Error | null) => {
      this.#running -= 1;
      if (this.#closed) this.#closeThreadDescriptor();
      done(error);
    };
    this.#running += 1;
    if (this.#first.length === 0) return fdatasync(descriptor, synced);
    makeDurable(this.#first).then(
      () => {
        this.#first = [];
        fdatasync(descriptor, synced);
      },
      // Whoever closes a database has settled what counts, or throws it away with its files: they may be gone by now.
      (error) => synced(this.#closed ? null : error),
    );
  }

  close(): void {
    this.#closed = true;
    if (this.#ownDescriptor !== null) closeSync(this.#ownDescriptor);
    this.#ownDescriptor = null;
    this.#closeThreadDescriptor();
  }

  /** Not while a thread holds it: its number might be somebody else's by then. */
  #closeThreadDescriptor(): void {
    if (this.#running > 0 || this.#threadDescriptor === null) return;
    closeSync(this.#threadDescriptor);
    this.#threadDescriptor = null;
  }

  #open(): number {
    return openSync(this.#path, 'r+');
  }
}

function syncNow(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
