import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, linkSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Codec, ScanRange } from '../../core/capabilities.ts';
import { setAside, syncFolder, temporaryPath, writeFileAtomically } from '../files.ts';
import { boundsOf } from './sqlite-file.ts';

const FORMAT = 1;

/**
 * The few rows of the vault scope in one small file that is written whole: `[format, SHA-256 of content, content]`, the
 * content being the CBOR of all entries. The hash finds flipped bits, which would otherwise look like a wrong password.
 */
export class VaultFile {
  readonly #path: string;
  readonly #codec: Codec;
  #committed: ReadonlyMap<string, Uint8Array>;
  #current: Map<string, Uint8Array>;
  #before: ReadonlyMap<string, Uint8Array> | null = null;
  dirty = false;

  /** Throws the system's error when the file can neither be read nor set aside. */
  constructor(path: string, codec: Codec, onSetAside: (file: string, reason: string) => void) {
    this.#path = path;
    this.#codec = codec;
    this.#committed = new Map();
    // Left by a crash between the vault's commit and that of the databases; the newer vault stands.
    rmSync(this.#oldPath, { force: true });
    if (existsSync(path)) {
      const rows = readVaultFile(path, codec);
      if (typeof rows === 'string') onSetAside(setAside(path), rows);
      else this.#committed = rows;
    }
    this.#current = new Map(this.#committed);
  }

  get<Value>(key: string): Value | undefined {
    const bytes = this.#current.get(key);
    return bytes === undefined ? undefined : (this.#codec.decode(bytes) as Value);
  }

  scan<Value>(range: ScanRange): Array<readonly [string, Value]> {
    const { from, to } = boundsOf(range);
    const keys = [...this.#current.keys()].filter((key) => key >= from && (to === undefined || key < to)).sort();
    if (range.reverse === true) keys.reverse();
    return keys.slice(0, range.limit ?? keys.length).map((key) => [key, this.get<Value>(key) as Value] as const);
  }

  get count(): number {
    return this.#current.size;
  }

  put(key: string, value: unknown): void {
    this.#current.set(key, this.#codec.encode(value));
    this.dirty = true;
  }

  delete(key: string): void {
    if (this.#current.delete(key)) this.dirty = true;
  }

  /** Durable when it returns, and may still be taken back until `confirmCommit`. */
  commit(): void {
    this.#before = null;
    if (!this.dirty) return;
    this.#keepOldFile();
    this.#write(this.#current);
    this.#before = this.#committed;
    this.#committed = new Map(this.#current);
    this.dirty = false;
  }

  confirmCommit(): void {
    if (this.#before === null) return;
    this.#before = null;
    rmSync(this.#oldPath, { force: true });
  }

  /** Takes the last commit back, because another file of the same turn could not be written. */
  undoCommit(): void {
    if (this.#before === null) return;
    // The old file was kept under a second name: a full disk has no room to write it once more.
    if (existsSync(this.#oldPath)) renameSync(this.#oldPath, this.#path);
    else rmSync(this.#path, { force: true });
    syncFolder(dirname(this.#path));
    this.#committed = this.#before;
    this.#before = null;
    this.rollback();
  }

  rollback(): void {
    this.#current = new Map(this.#committed);
    this.dirty = false;
  }

  wipe(): void {
    for (const path of [this.#path, this.#oldPath, temporaryPath(this.#path)]) rmSync(path, { force: true });
    this.#committed = new Map();
    this.#before = null;
    this.rollback();
  }

  get #oldPath(): string {
    return `${this.#path}.old`;
  }

  #keepOldFile(): void {
    rmSync(this.#oldPath, { force: true });
    if (!existsSync(this.#path)) return;
    try {
      linkSync(this.#path, this.#oldPath);
    } catch {
      // Some file systems know no second names.
      copyFileSync(this.#path, this.#oldPath);
    }
  }

  #write(rows: ReadonlyMap<string, Uint8Array>): void {
    if (rows.size === 0) {
      rmSync(this.#path, { force: true });
      syncFolder(dirname(this.#path));
      return;
    }
    const content = this.#codec.encode(Object.fromEntries(rows));
    writeFileAtomically(this.#path, this.#codec.encode([FORMAT, hashOf(content), content]));
  }
}

/** The encoded values of a vault file by key, or what is wrong with it. Throws the system's error. */
export function readVaultFile(path: string, codec: Codec): ReadonlyMap<string, Uint8Array> | string {
  const bytes = readFileSync(path);
  try {
    const [format, hash, content] = codec.decode(bytes) as unknown[];
    if (format !== FORMAT || !(hash instanceof Uint8Array) || !(content instanceof Uint8Array)) return 'the vault file is not of a known form';
    if (!Buffer.from(hash).equals(hashOf(content))) return 'the vault file is damaged: its checksum is wrong';
    const rows = new Map(Object.entries(codec.decode(content) as Record<string, Uint8Array>));
    for (const value of rows.values()) if (!(value instanceof Uint8Array)) return 'the vault file is not of a known form';
    return rows;
  } catch {
    return 'the vault file is damaged: it is not CBOR';
  }
}

function hashOf(content: Uint8Array): Buffer {
  return createHash('sha256').update(content).digest();
}
