import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The last lines of the log in a node's folder, as sentences; none when there is no log. */
export async function logTail(folder: string, lines: number): Promise<readonly string[]> {
  try {
    const text = await readFile(join(folder, 'node.log'), 'utf8');
    return text.trimEnd().split('\n').slice(-lines).map(sayLogLine);
  } catch {
    return [];
  }
}

/** A line of a node's JSON log as a person reads it. */
function sayLogLine(line: string): string {
  try {
    const { time = '', msg = '', reason = '' } = JSON.parse(line) as { time?: string; msg?: string; reason?: string };
    return `${time.slice(11, 23)} ${msg} ${reason}`.trim();
  } catch {
    return line;
  }
}
