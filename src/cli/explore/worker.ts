import { parentPort } from 'node:worker_threads';
import { ConfabError } from '../../core/errors.ts';
import { playSeed, type SeedOutcome, type SeedTask } from './play-seed.ts';

/** Why a file cannot be played; `line` null: not for anything that stands in it. */
export interface Unplayable {
  readonly line: string | null;
  readonly reason: string;
}

/** What a worker answers: an outcome, or why the file could not be played at all. */
export type WorkerAnswer = { readonly outcome: SeedOutcome } | { readonly unplayable: Unplayable };

const port = parentPort;
if (port === null) throw new Error('this file is the body of a worker');
port.on('message', (task: SeedTask) => {
  playSeed(task).then(
    (outcome) => port.postMessage({ outcome } satisfies WorkerAnswer),
    (error: unknown) => port.postMessage({ unplayable: unplayable(error) } satisfies WorkerAnswer),
  );
});

function unplayable(error: unknown): Unplayable {
  if (error instanceof ConfabError && error.code === 'bad-scenario') return { line: String(error.details['line']), reason: String(error.details['reason']) };
  return { line: null, reason: error instanceof Error ? error.message : String(error) };
}
