import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfabError } from '../core/errors.ts';
import { folderReason } from '../core/system-reasons.ts';
import type { CliContext } from './context.ts';

const TEMPLATE = fileURLToPath(new URL('../../../templates/program', import.meta.url));

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));

/** Its test runs this very Confab, which need not be on the path. */
async function nameCommand(file: string): Promise<void> {
  const described = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  await writeFile(file, `${JSON.stringify({ ...described, confab: [process.execPath, MAIN] }, null, 2)}\n`);
}

/** Makes a folder with a small program, a scenario and a test. Refuses one that holds anything. */
export async function newProgram(context: CliContext, written: string): Promise<void> {
  const folder = resolve(written);
  try {
    await mkdir(folder, { recursive: true });
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
  const shown = relative(process.cwd(), folder) || '.';
  context.print(`${shown} holds a flooding chat: ${files.join(', ')}`);
  context.print(`Try it:  confab run ${shown}/scenario.yaml --engine sim`);
}
