import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfabError } from '../core/errors.ts';
import type { TraceEvent } from '../core/trace.ts';
import type { LabCheck, LabFinding } from '../lab/check.ts';
import type { LabEnv, LabProgram } from '../lab/program.ts';
import { PlacedError, readOwnCode, within } from './own-code.ts';
import { watchedProgram } from './own-program.ts';
import { placeOfMistake } from './syntax-place.ts';
import { TURN_SECONDS_MAX, WORK } from './turn-watch.ts';

/** What a module with a program of one's own exports. */
export interface LabModule {
  readonly program: (env: LabEnv) => LabProgram;
  readonly checks: readonly LabCheck[];
  /** What nodes of one process have in common although each has its own variables, as a sentence; null: nothing. */
  readonly common: string | null;
}

/** Where Confab lies; what is TypeScript there was compiled to dist/. */
const HOME = fileURLToPath(new URL('../../../', import.meta.url));

/** A file that a scenario names, absolute: relative to the scenario file, which may be one of Confab's, named from its home. */
export function besideScenario(scenarioFile: string, written: string): string {
  return resolve(dirname(existsSync(scenarioFile) ? scenarioFile : resolve(HOME, scenarioFile)), written);
}

/** The module of a scenario's `program`, absolute and without links, as Node.js takes it: what it imports lies beside the file itself. */
export function programPath(scenarioFile: string, written: string): string {
  const named = besideScenario(scenarioFile, written);
  const path = existsSync(named) ? realpathSync(named) : named;
  const inside = relative(HOME, path);
  const compiled = join(HOME, 'dist', inside.replace(/\.ts$/, '.js'));
  return path.endsWith('.ts') && !inside.startsWith(`..${sep}`) && existsSync(compiled) ? compiled : path;
}

/** Of the trace, events for which a check may take a second more: one that compares each with each is still given its time. */
const EVENTS_A_SECOND = 10_000;

/**
 * Loads it: every node that its `program` makes has variables of its own, and so have its checks. Throws `bad-scenario` when there is
 * none, when it cannot be loaded, or when it exports no program.
 */
export async function loadProgram(scenarioFile: string, written: string): Promise<LabModule> {
  const path = programPath(scenarioFile, written);
  const refuse = (reason: string) => new ConfabError('bad-scenario', { file: scenarioFile, line: '1', reason: `"program": ${reason}` });
  if (!existsSync(path)) throw refuse(`there is no file ${path}`);
  try {
    const code = await readOwnCode(path);
    const { program, checks = [] } = code.run() as Partial<LabModule>;
    if (typeof program !== 'function') throw refuse(`${written} exports no function named program`);
    if (!Array.isArray(checks) || checks.some((check: Partial<LabCheck> | null) => typeof check?.name !== 'string' || typeof check.judge !== 'function'))
      throw refuse(`the checks of ${written} need a name and a function judge each`);
    const make = (env: LabEnv) => (code.run() as Pick<LabModule, 'program'>).program(env);
    const common = code.common.length === 0 ? null : `${written}: nodes that share a process have in common ${code.common.join('; ')}`;
    return { program: watchedProgram(make, path), checks: checks.map((check: LabCheck) => watchedCheck(check, path)), common };
  } catch (error) {
    if (error instanceof ConfabError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ERR_UNKNOWN_FILE_EXTENSION')
      throw refuse(`${written} cannot be loaded by this Node.js: write the program in JavaScript (.js), or compile it and name what comes out`);
    const place = error instanceof PlacedError ? '' : placeOfMistake(error, path);
    throw refuse(`${written} cannot be loaded: ${place}${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A check that cannot run for ever, and whose mistakes are told with their place. */
function watchedCheck(check: LabCheck, path: string): LabCheck {
  const { name, about } = check;
  const judge = (trace: readonly TraceEvent[]): LabFinding => {
    const seconds = TURN_SECONDS_MAX + Math.floor(trace.length / EVENTS_A_SECOND);
    try {
      return within({ kind: WORK.check, name, path, seconds }, () => requireFinding(check.judge(trace)));
    } catch (error) {
      throw new PlacedError(`the check ${name}: ${(error as Error).message}`, { cause: error });
    }
  };
  return { name, about, judge };
}

function requireFinding(finding: Partial<LabFinding> | null | undefined): LabFinding {
  const { outcome, evidence } = finding ?? {};
  const isWhole = typeof evidence === 'string' && (outcome !== 'broken' || Array.isArray((finding as { readonly events?: unknown }).events));
  if (isWhole && (outcome === 'holds' || outcome === 'broken' || outcome === 'not-judged')) return finding as LabFinding;
  throw new TypeError("a check returns { outcome: 'holds' or 'not-judged', evidence: a text }, or { outcome: 'broken', evidence, events: a list of ids }");
}
