import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { endsWithUs } from './children.ts';
import { MAIN_PATH } from './live-network.ts';

/** What `confab explore --json` says of itself. */
export interface Explored {
  readonly seeds: number;
  readonly failures: number;
  /** The first of them: how each ended, and which properties it broke. */
  readonly firstFailures: ReadonlyArray<{ readonly verdict: string; readonly reason: string | null; readonly broken: readonly string[] }>;
  readonly wallMillis: number;
  /** The first failure after shrinking; null when there was none, or with `--no-shrink`. */
  readonly smallest: { readonly steps: number } | null;
  /** From the start of the process until it has ended, ms. */
  readonly processMillis: number;
}

/** Plays `confab explore` in a process of its own, as a person would. `words` follow the command. Rejects when it prints no result. */
export async function explored(words: readonly string[]): Promise<Explored> {
  const startedMillis = performance.now();
  const child = spawn(process.execPath, [MAIN_PATH, 'explore', ...words, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  endsWithUs(child);
  let printed = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    printed += chunk;
  });
  await once(child, 'close');
  const processMillis = performance.now() - startedMillis;
  if (printed === '') throw new Error(`confab explore ended with status ${child.exitCode ?? child.signalCode} and printed nothing`);
  return { ...(JSON.parse(printed) as Omit<Explored, 'processMillis'>), processMillis };
}
