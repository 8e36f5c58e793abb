import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { didYouMean } from '../control/nearest.ts';
import { ConfabError } from '../core/errors.ts';
import { loadScenario, type Scenario } from '../scenario/load.ts';
import type { CliContext } from './context.ts';
import { loadOwnWorkloads } from './own-workloads.ts';

/** Where the scenarios lie that come with Confab. */
const SHIPPED = fileURLToPath(new URL('../../../scenarios', import.meta.url));
/** What comes with Confab is found by the path that its documents and its own commands name, wherever one stands. */
const HOME = fileURLToPath(new URL('../../../', import.meta.url));
const OF_CONFAB = /^(scenarios|examples)\//;

/** Where a scenario was found, and what it says. */
export interface FoundScenario {
  /** As it is best named to people. */
  readonly file: string;
  readonly text: string;
}

/**
 * Finds a scenario: a path, or the name of one under scenarios/ here or of one that comes with Confab.
 * Throws `bad-arguments` when there is no such file.
 */
export async function findScenario(written: string, command: 'run' | 'explore' = 'run'): Promise<FoundScenario> {
  const candidates = [written, `${written}.yaml`, join('scenarios', `${written}.yaml`), join(SHIPPED, written), join(SHIPPED, `${written}.yaml`)];
  if (OF_CONFAB.test(written)) candidates.push(join(HOME, written));
  for (const path of candidates) {
    const text = await textOf(path, command);
    if (text === null) continue;
    if (OF_CONFAB.test(written) && path === join(HOME, written)) return { text, file: written };
    return { text, file: path.startsWith(SHIPPED) ? join('scenarios', path.slice(SHIPPED.length + 1)) : path };
  }
  const hint = didYouMean(written, await shippedNames()) || ' confab run --list shows those that are here.';
  throw new ConfabError('bad-arguments', {
    command,
    reason: `there is no scenario ${JSON.stringify(written.slice(0, 200))}.${hint}`,
  });
}

/** Reads a scenario; throws `bad-scenario` for a mistake in the file. `seed` replaces that of the file. */
export async function readScenario(written: string, seed: number | null = null): Promise<Scenario> {
  const { text, file } = await findScenario(written);
  return loadScenario(text, file, seed, await loadOwnWorkloads(text, file));
}

async function textOf(path: string, command: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR' || code === 'ENAMETOOLONG' || code === 'ERR_INVALID_ARG_VALUE') return null;
    throw new ConfabError('bad-arguments', { command, reason: `${path} cannot be read (${code ?? 'unknown reason'})` });
  }
}

/** `tour`, `placebo/ok`, ... in order. */
export async function shippedNames(): Promise<string[]> {
  const entries = await readdir(SHIPPED, { recursive: true }).catch(() => []);
  return entries
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length))
    .sort();
}

/** The table of `confab run --list`. */
export async function printScenarios(context: CliContext): Promise<void> {
  const rows: Array<{ name: string; about: string }> = [];
  for (const name of await shippedNames()) {
    const { about } = await readScenario(join(SHIPPED, `${name}.yaml`));
    rows.push({ name, about: about.split('\n').join(' ') });
  }
  if (context.json) context.printJson(rows);
  else for (const { name, about } of rows) context.print(`${name.padEnd(28)} ${about}`);
}
