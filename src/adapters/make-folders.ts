import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes the folder and what is missing of its parents. Where the system takes no folders and says ENOENT for it, as under /proc,
 * `mkdir` with `recursive` never comes to its end (Node.js 20 makes the parent, finds it there, and tries again); this one tries each
 * folder once. Throws the system's error: ENOENT where a link leads nowhere or no folder can be made, EEXIST where a file is in its place.
 */
export function makeFolders(folder: string, mode = 0o777): void {
  const missing: string[] = [];
  for (let path = resolve(folder); !existsSync(path) && dirname(path) !== path; path = dirname(path)) missing.unshift(path);
  for (const path of missing) makeOne(path, mode);
  if (missing.length === 0) requireFolder(folder);
}

function makeOne(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Somebody else has made it in the meantime; or a link that leads nowhere bears its name, which `stat` says.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    requireFolder(path);
  }
}

function requireFolder(path: string): void {
  if (!statSync(path).isDirectory()) throw Object.assign(new Error(`${path} is no folder`), { code: 'EEXIST', path });
}
