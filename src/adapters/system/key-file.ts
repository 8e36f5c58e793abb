import { chmodSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Random } from '../../core/capabilities.ts';
import { ConfabError } from '../../core/errors.ts';
import { FILE_MODE, reasonOf, setAside } from '../files.ts';

const SECRET_BYTES = 32;

/** What stands in a file of keys: a line that says what it is, then a line for each secret, its name and 64 hex digits. */
export interface KeyFileForm {
  readonly head: string;
  readonly names: readonly string[];
  /** What it means that the file is damaged, for people. */
  readonly damaged: string;
}

export interface KeyFile {
  /** 32 bytes each, in the order of the names. */
  readonly secrets: readonly Uint8Array[];
  /** True when there was no usable file. */
  readonly created: boolean;
}

/**
 * Reads the secrets in a file that its owner only may read, or draws them and has `write` make the file. A damaged one is set aside and
 * reported. Throws ConfabError `folder-unwritable`.
 */
export function loadKeyFile(
  path: string,
  form: KeyFileForm,
  parts: {
    readonly random: Random;
    readonly write: (path: string, bytes: Uint8Array) => void;
    readonly onSetAside: (file: string, reason: string) => void;
  },
): KeyFile {
  try {
    const text = readIfThere(path);
    const match = text === null ? null : patternOf(form).exec(text);
    if (match !== null) {
      // A copied folder may have lost its mode; the secret must not stay open to others.
      if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, FILE_MODE);
      return { secrets: match.slice(1).map((hex) => new Uint8Array(Buffer.from(hex, 'hex'))), created: false };
    }
    if (text !== null) parts.onSetAside(setAside(path), form.damaged);
    const secrets = form.names.map(() => parts.random.bytes(SECRET_BYTES));
    const lines = form.names.map((name, at) => `${name} ${Buffer.from(secrets[at] as Uint8Array).toString('hex')}\n`);
    parts.write(path, Buffer.from(`${form.head}\n${lines.join('')}`, 'utf8'));
    return { secrets, created: true };
  } catch (error) {
    throw new ConfabError('folder-unwritable', { folder: dirname(path), reason: reasonOf(error) });
  }
}

function patternOf({ head, names }: KeyFileForm): RegExp {
  return new RegExp(`^${head}\n${names.map((name) => `${name} ([0-9a-f]{64})\n`).join('')}$`);
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return null;
    throw error;
  }
}
