import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Latencies between places as they were measured: `millis[row][column]` from the row's place to the column's. */
export interface LatencyMatrix {
  readonly places: readonly string[];
  readonly millis: ReadonlyArray<readonly number[]>;
}

const PLACES_MAX = 256;
const FILE_CHARACTERS_MAX = 4_194_304;
const MILLIS_MAX = 3_600_000;
const SHIPPED = new URL('../../../scenarios/matrices/', import.meta.url);

/**
 * Reads a matrix: a path from where Confab was started, or the name of one that comes with it. Text, values separated by commas:
 * the first line names the places (its first cell is not read), each further line a place and a time in milliseconds to each;
 * lines that begin with # are remarks. A string says what is wrong.
 */
export function readMatrix(written: string): LatencyMatrix | string {
  // What has folders in it is a path and no name.
  const shipped = basename(written) === written ? [join(fileURLToPath(SHIPPED), `${written}.csv`)] : [];
  const path = [written, ...shipped].find((each) => existsSync(each));
  if (path === undefined) return `there is no file ${JSON.stringify(written)}, and no matrix of that name comes with Confab`;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return `the file ${JSON.stringify(written)} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`;
  }
  return parseMatrix(text);
}

/** See readMatrix. */
export function parseMatrix(text: string): LatencyMatrix | string {
  if (text.length > FILE_CHARACTERS_MAX) return 'the matrix is too large';
  const lines = text
    .split(/\r?\n/)
    .map((line, index) => ({ number: index + 1, cells: line.split(',').map((cell) => cell.trim()), line }))
    .filter(({ line }) => line.trim() !== '' && !line.trim().startsWith('#'));
  const [head, ...rows] = lines;
  if (head === undefined) return 'the matrix is empty';
  const places = head.cells.slice(1);
  if (places.length === 0 || places.some((name) => name === '')) return `line ${head.number} of the matrix must name the places`;
  if (places.length > PLACES_MAX) return `the matrix has ${places.length} places; ${PLACES_MAX} is the most`;
  if (new Set(places).size !== places.length) return `line ${head.number} of the matrix names a place twice`;
  const millis = new Map<string, number[]>();
  for (const { number, cells } of rows) {
    const [name = '', ...values] = cells;
    if (!places.includes(name)) return `line ${number} of the matrix begins with ${JSON.stringify(name)}, which its first line does not name`;
    if (millis.has(name)) return `line ${number} of the matrix is a second one for ${name}`;
    if (values.length !== places.length) return `line ${number} of the matrix has ${values.length} times for ${places.length} places`;
    const numbers = values.map(Number);
    const wrong = numbers.findIndex((value, column) => values[column] === '' || !(value >= 0 && value <= MILLIS_MAX));
    if (wrong >= 0) return `line ${number} of the matrix: ${JSON.stringify(values[wrong])} is no time in milliseconds`;
    millis.set(name, numbers);
  }
  const missing = places.find((name) => !millis.has(name));
  if (missing !== undefined) return `the matrix has no line for ${missing}`;
  return { places, millis: places.map((name) => millis.get(name) as number[]) };
}
