import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ConfabError } from '../core/errors.ts';
import type { LabCheck } from '../lab/check.ts';
import type { LabEnv, LabProgram } from '../lab/program.ts';
import { watchedProgram } from './own-program.ts';
import { guardWorld } from './own-world.ts';
import { placeOfMistake } from './syntax-place.ts';

/** What a module with a program of one's own exports. */
export interface LabModule {
  readonly program: (env: LabEnv) => LabProgram;
  readonly checks: readonly LabCheck[];
}

/** Where Confab lies; what is TypeScript there was compiled to dist/. */
const HOME = fileURLToPath(new URL('../../../', import.meta.url));

/** A file that a scenario names, absolute: relative to the scenario file, which may be one of Confab's, named from its home. */
export function besideScenario(scenarioFile: string, written: string): string {
  return resolve(dirname(existsSync(scenarioFile) ? scenarioFile : resolve(HOME, scenarioFile)), written);
}

/** The module of a scenario's `program`, absolute. */
export function programPath(scenarioFile: string, written: string): string {
  const path = besideScenario(scenarioFile, written);
  const inside = relative(HOME, path);
  const compiled = join(HOME, 'dist', inside.replace(/\.ts$/, '.js'));
  return path.endsWith('.ts') && !inside.startsWith(`..${sep}`) && existsSync(compiled) ? compiled : path;
}

/** Loads it; throws `bad-scenario` when there is none, when it cannot be loaded, or when it exports no program. */
export async function loadProgram(scenarioFile: string, written: string): Promise<LabModule> {
  const path = programPath(scenarioFile, written);
  const refuse = (reason: string) => new ConfabError('bad-scenario', { file: scenarioFile, line: '1', reason: `"program": ${reason}` });
  if (!existsSync(path)) throw refuse(`there is no file ${path}`);
  let loaded: Partial<LabModule>;
  guardWorld();
  try {
    loaded = (await import(pathToFileURL(path).href)) as Partial<LabModule>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_UNKNOWN_FILE_EXTENSION')
      throw refuse(`${written} cannot be loaded by this Node.js: write the program in JavaScript (.js), or compile it and name what comes out`);
    throw refuse(`${written} cannot be loaded: ${placeOfMistake(error, path)}${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof loaded.program !== 'function') throw refuse(`${written} exports no function named program`);
  const checks = loaded.checks ?? [];
  if (!Array.isArray(checks) || checks.some((check: Partial<LabCheck>) => typeof check.name !== 'string' || typeof check.judge !== 'function'))
    throw refuse(`the checks of ${written} need a name and a function judge each`);
  return { program: watchedProgram(loaded.program, path), checks: checks as readonly LabCheck[] };
}
