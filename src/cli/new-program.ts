import { cp, mkdir, readdir } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfabError } from '../core/errors.ts';
import { folderReason } from '../core/system-reasons.ts';
import type { CliContext } from './context.ts';

const TEMPLATE = fileURLToPath(new URL('../../../templates/program', import.meta.url));

/** Makes a folder with a small program, a scenario and a test. Refuses one that holds anything. */
export async function newProgram(context: CliContext, written: string): Promise<void> {
  const folder = resolve(written);
  try {
    await mkdir(folder, { recursive: true });
    const there = await readdir(folder);
    if (there.length > 0)
      throw new ConfabError('bad-arguments', { command: 'new', reason: `${written} is not empty (${there.slice(0, 3).join(', ')}); name a new folder` });
    await cp(TEMPLATE, folder, { recursive: true });
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
