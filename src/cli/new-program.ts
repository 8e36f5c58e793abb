import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeFolders } from '../adapters/make-folders.ts';
import { ConfabError } from '../core/errors.ts';
import { folderReason } from '../core/system-reasons.ts';
import type { CliContext } from './context.ts';
import { shellWord } from './repeat-command.ts';

const TEMPLATE = fileURLToPath(new URL('../../../templates/program', import.meta.url));

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));

/**
 * Its scripts and its test run this very Confab, which need not be on the path: outside of Confab's own folder, npx would look for a
 * package of that name on the registry.
 */
async function nameCommand(file: string): Promise<void> {
  const { scripts, ...described } = JSON.parse(await readFile(file, 'utf8')) as { readonly scripts: Readonly<Record<string, string>> };
  const confab = [process.execPath, MAIN];
  const command = confab.map(shellWord).join(' ');
  const own = {
    confab: command,
    sim: `${command} run scenario.yaml --engine sim`,
    local: `${command} run scenario.yaml --engine local`,
    explore: `${command} explore scenario.yaml --seeds 500`,
  };
  await writeFile(file, `${JSON.stringify({ ...described, scripts: { ...own, ...scripts }, confab }, null, 2)}\n`);
}

/** Makes a folder with a small program, a scenario and a test. Refuses one that holds anything. */
export async function newProgram(context: CliContext, written: string): Promise<void> {
  if (written.trim() === '') throw new ConfabError('bad-arguments', { command: 'new', reason: 'the name of the folder is empty' });
  const folder = resolve(written);
  try {
    makeFolders(folder);
    const there = await readdir(folder);
    if (there.length > 0)
      throw new ConfabError('bad-arguments', { command: 'new', reason: `${written} is not empty (${there.slice(0, 3).join(', ')}); name a new folder` });
    await cp(TEMPLATE, folder, { recursive: true });
    await nameCommand(join(folder, 'package.json'));
  } catch (error) {
    if (error instanceof ConfabError) throw error;
    throw new ConfabError('folder-unwritable', { folder: written, reason: folderReason(error) });
  }
  const files = (await readdir(folder)).sort();
  if (context.json) return context.printJson({ folder, files });
  const near = relative(process.cwd(), folder);
  const shown = near === '' ? '.' : near.startsWith('..') ? folder : near;
  context.print(`${shown} holds a flooding chat: ${files.join(', ')}`);
  context.print(`Try it:    cd ${shellWord(shown.startsWith('-') ? `./${shown}` : shown)} && npm run sim`);
  context.print('Then:      npm run local, npm run explore, npm test; README.md tells the rest, program.js is where to begin');
}
