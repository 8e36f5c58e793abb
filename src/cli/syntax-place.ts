import { spawnSync } from 'node:child_process';
import { basename, dirname, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const CHECK_MILLIS_MAX = 10_000;

/**
 * Where in a module, or in what it imports from beside it, loading went wrong: `program.js:25: `; empty when that is not known. What
 * was thrown while loading names its place; a mistake of syntax does not, so Node.js is asked to look at the file once more.
 */
export function placeOfMistake(error: unknown, path: string): string {
  if (!(error instanceof Error)) return '';
  const folder = `${pathToFileURL(dirname(path)).href}/`;
  const thrown = error.stack?.split('\n').find((line) => line.includes(folder));
  const place = thrown === undefined ? null : /(file:[^?]+?)(?:\?[^:]*)?:(\d+)(?::\d+)?\)?$/.exec(thrown.trim());
  if (place !== null) return `${relative(dirname(path), fileURLToPath(place[1] ?? ''))}:${place[2]}: `;
  if (!(error instanceof SyntaxError)) return '';
  const checked = spawnSync(process.execPath, ['--check', path], { encoding: 'utf8', timeout: CHECK_MILLIS_MAX });
  const first = checked.stderr?.split('\n').find((line) => /:\d+$/.test(line));
  const line = first === undefined ? undefined : /:(\d+)$/.exec(first)?.[1];
  return line === undefined ? '' : `${basename(path)}:${line}: `;
}
