import { createRequire } from 'node:module';
import type DatabaseClass from 'better-sqlite3-multiple-ciphers';
import { ConfabError } from '../../core/errors.ts';
import { reasonOf } from '../files.ts';

/** From this Node-API version on, the binding's 13th series loads; on earlier ones it crashes. */
const NODE_API_VERSION = 10;

/**
 * The SQLite binding that fits this Node.js. Two releases of the same package are named, since neither serves both ends of what is
 * supported: the 12th series aborts on Node 24 as soon as a statement is collected, the 13th needs Node 22.14. Both are optional
 * dependencies, so that installing leaves out the one that does not fit.
 */
export const SQLITE_PACKAGE = Number(process.versions.napi) >= NODE_API_VERSION ? 'better-sqlite3-node-api' : 'better-sqlite3-multiple-ciphers';

export const Database = loadBinding(createRequire(import.meta.url)) as typeof DatabaseClass;

/** Throws ConfabError `no-sqlite` where the package is missing or was built for something else. */
export function loadBinding(require: NodeJS.Require): unknown {
  try {
    return require(SQLITE_PACKAGE);
  } catch (error) {
    // The rest of what the loader says is the way through the files.
    throw new ConfabError('no-sqlite', { reason: reasonOf(error).split('\n')[0] ?? '' });
  }
}
