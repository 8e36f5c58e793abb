import { createRequire } from 'node:module';
import type DatabaseClass from 'better-sqlite3-multiple-ciphers';

/** From this Node-API version on, the binding's 13th series loads; on earlier ones it crashes. */
const NODE_API_VERSION = 10;

/**
 * The SQLite binding that fits this Node.js. Two releases of the same package are named, since neither serves both ends of what is
 * supported: the 12th series aborts on Node 24 as soon as a statement is collected, the 13th needs Node 22.14. Both are optional, so
 * that npm leaves out what does not fit; `confab doctor` says where none is there.
 */
export const SQLITE_PACKAGE = Number(process.versions.napi) >= NODE_API_VERSION ? 'better-sqlite3-node-api' : 'better-sqlite3-multiple-ciphers';

export const Database = createRequire(import.meta.url)(SQLITE_PACKAGE) as typeof DatabaseClass;
