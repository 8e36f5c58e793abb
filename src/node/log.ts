import { closeSync, fchmodSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

/** The node's own log: JSON lines in its folder. Names, codes and counts; never texts of messages, never passwords. */
export interface NodeLog {
  info(fields: Readonly<Record<string, unknown>>, text: string): void;
  warn(fields: Readonly<Record<string, unknown>>, text: string): void;
  error(fields: Readonly<Record<string, unknown>>, text: string): void;
  close(): void;
}

/** When the file has grown to this it becomes `<file>.old`, which replaces the one before. */
const LOG_BYTES_MAX = 1_048_576;
const SHARED_LOG_BYTES_MAX = 16_777_216;

/**
 * A file of bounded size. Lines are few and written at once, so that the last ones before a crash are there.
 * A log that cannot be written (full disk) is no reason to stop a node: the line is lost, the next one is tried.
 */
class BoundedFile {
  readonly #path: string;
  readonly #bytesMax: number;
  #descriptor: number;
  #bytes: number;

  constructor(path: string, bytesMax: number) {
    this.#path = path;
    this.#bytesMax = bytesMax;
    this.#descriptor = openSync(path, 'a', 0o600);
    fchmodSync(this.#descriptor, 0o600);
    this.#bytes = fstatSync(this.#descriptor).size;
  }

  write(line: string): void {
    if (this.#descriptor < 0) return;
    try {
      if (this.#bytes > this.#bytesMax) this.#rotate();
      this.#bytes += writeSync(this.#descriptor, line);
    } catch {
      // See the class comment: nothing better can be done with a line that has no place.
    }
  }

  #rotate(): void {
    closeSync(this.#descriptor);
    this.#descriptor = -1;
    renameSync(this.#path, `${this.#path}.old`);
    this.#descriptor = openSync(this.#path, 'a', 0o600);
    this.#bytes = 0;
  }

  close(): void {
    if (this.#descriptor >= 0) closeSync(this.#descriptor);
    this.#descriptor = -1;
  }
}

/** As in pino's files, so that the tools which read those read these. Loading pino itself would cost each node 6 MB. */
const LEVELS = { info: 30, warn: 40, error: 50 } as const;
/** What could be a password or a text of somebody's, at any depth. */
const SECRET_FIELDS: ReadonlySet<string> = new Set(['password', 'text']);

/** Opens (or goes on with) a log. `bytesMax` bounds the file; twice that lies on disk at most. */
export function openLog(path: string, node: string, bytesMax: number = LOG_BYTES_MAX): NodeLog {
  const file = new BoundedFile(path, bytesMax);
  return logOver(file, { node, pid: process.pid }, () => file.close());
}

/** One log of all nodes of a process: each line tells whose it is. */
export interface SharedLog {
  of(node: string): NodeLog;
  close(): void;
}

export function openSharedLog(path: string, bytesMax: number = SHARED_LOG_BYTES_MAX): SharedLog {
  const file = new BoundedFile(path, bytesMax);
  return { of: (node) => logOver(file, { node, pid: process.pid }, () => {}), close: () => file.close() };
}

function logOver(file: BoundedFile, base: Readonly<Record<string, unknown>>, close: () => void): NodeLog {
  const at = (level: number) => (fields: Readonly<Record<string, unknown>>, text: string) => {
    const head = { level, time: new Date().toISOString(), ...base };
    file.write(`${JSON.stringify({ ...head, ...fields, msg: text }, withoutSecrets)}\n`);
  };
  return { info: at(LEVELS.info), warn: at(LEVELS.warn), error: at(LEVELS.error), close };
}

function withoutSecrets(field: string, value: unknown): unknown {
  if (SECRET_FIELDS.has(field)) return '[redacted]';
  return typeof value === 'bigint' ? String(value) : value;
}
