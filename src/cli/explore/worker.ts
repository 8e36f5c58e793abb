import { parentPort } from 'node:worker_threads';
import { playSeed, type SeedOutcome, type SeedTask } from './play-seed.ts';

/** What a worker answers: an outcome, or why the file could not be played at all. */
export type WorkerAnswer = { readonly outcome: SeedOutcome } | { readonly unplayable: string };

const port = parentPort;
if (port === null) throw new Error('this file is the body of a worker');
port.on('message', (task: SeedTask) => {
  playSeed(task).then(
    (outcome) => port.postMessage({ outcome } satisfies WorkerAnswer),
    (error: unknown) => port.postMessage({ unplayable: error instanceof Error ? error.message : String(error) } satisfies WorkerAnswer),
  );
});
