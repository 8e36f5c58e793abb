import { existsSync } from 'node:fs';
import { parse } from 'yaml';
import { ConfabError } from '../core/errors.ts';
import type { Workload, WorkloadRun, Workloads } from '../scenario/workloads/workload.ts';
import { programPath } from './load-program.ts';
import { PlacedError, readOwnCode, within } from './own-code.ts';
import { placeOfMistake } from './syntax-place.ts';
import { WORK } from './turn-watch.ts';

/**
 * The workloads that a scenario brings along: each module that it names under `workloads` exports one as `workload` (the interface
 * is src/scenario/workloads/workload.ts). A file that cannot be read has none: the loader says what is wrong with it.
 * Throws `bad-scenario` for a module that is not there, cannot be loaded, or exports no workload.
 */
export async function loadOwnWorkloads(text: string, scenarioFile: string): Promise<Workloads> {
  const own = new Map<string, Workload>();
  for (const written of namedIn(text)) {
    const workload = await loadWorkload(scenarioFile, written);
    own.set(workload.name, workload);
  }
  return own;
}

function namedIn(text: string): string[] {
  // Most files have none, and parsing a file twice takes its time in explorations.
  if (!/^["']?workloads["']?[ ]*:/m.test(text)) return [];
  try {
    const { workloads } = parse(text, { merge: true, logLevel: 'silent' }) as { readonly workloads?: unknown };
    return Array.isArray(workloads) ? workloads.filter((each) => typeof each === 'string') : [];
  } catch {
    return [];
  }
}

async function loadWorkload(scenarioFile: string, written: string): Promise<Workload> {
  const refuse = (reason: string) => new ConfabError('bad-scenario', { file: scenarioFile, line: '1', reason: `"workloads": ${reason}` });
  const path = programPath(scenarioFile, written);
  if (!existsSync(path)) throw refuse(`there is no file ${path}`);
  let loaded: { readonly workload?: Partial<Workload> };
  try {
    loaded = (await readOwnCode(path)).run() as typeof loaded;
  } catch (error) {
    const place = error instanceof PlacedError ? '' : placeOfMistake(error, path);
    throw refuse(`${written} cannot be loaded: ${place}${error instanceof Error ? error.message : String(error)}`);
  }
  const { name, about, strictOnly, takesRoom, begin } = loaded.workload ?? {};
  if (typeof name !== 'string' || typeof about !== 'string' || typeof begin !== 'function')
    throw refuse(`${written} exports no workload: an object with name, about, strictOnly and a function begin`);
  return watchedWorkload({ name, about, strictOnly: strictOnly ?? null, takesRoom: takesRoom === true, begin }, path);
}

/** Has no other world than what it is dealt, as a program; and it cannot draw steps for ever. */
function watchedWorkload(workload: Workload, path: string): Workload {
  const act = <Result>(what: () => Result): Result => within({ kind: WORK.workload, name: workload.name, path }, what);
  const begin: Workload['begin'] = (...given) => {
    const run = act(() => workload.begin(...given));
    const watched: WorkloadRun = { operation: (deal) => act(() => run.operation(deal)), checks: (tolerant) => act(() => run.checks(tolerant)) };
    if (run.prepare !== undefined) watched.prepare = () => act(() => run.prepare?.() ?? []);
    return watched;
  };
  return { ...workload, begin };
}
