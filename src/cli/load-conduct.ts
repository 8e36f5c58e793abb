import { didYouMean } from '../control/nearest.ts';
import { ConfabError } from '../core/errors.ts';
import { CONDUCT_WORDS } from '../lab/conduct-words.ts';
import type { NodeConduct } from '../lab/conducts.ts';

/**
 * The lab's loader of nodes that do not play by the rules. Nothing else brings such code into a node's process, and what a node is
 * is settled when its process starts: no command makes a running one lie. Throws `bad-arguments`.
 */
export async function loadConduct(name: string): Promise<NodeConduct> {
  const { conductNamed } = await import('../lab/conducts.ts');
  const conduct = conductNamed(name);
  if (conduct === null) throw new ConfabError('bad-arguments', { command: 'node', reason: sayUnknownConduct(name) });
  return conduct;
}

export function sayUnknownConduct(name: string, known: readonly string[] = Object.keys(CONDUCT_WORDS)): string {
  return `no node behaves like ${JSON.stringify(name.slice(0, 60))}.${didYouMean(name, known) || ` Known: ${known.join(', ')}.`}`;
}
