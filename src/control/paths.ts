import type { CommandEntry } from './registry.ts';

/**
 * Arguments in which paths are whole, as the node wants them: what is typed is meant from where its user is (`folder`), and the
 * node may run elsewhere. `~` is left to the node, which runs as the same person.
 */
export function withWholePaths(entry: CommandEntry | undefined, args: Readonly<Record<string, unknown>>, folder: string): Readonly<Record<string, unknown>> {
  const names = Object.entries(entry?.complete ?? {}).flatMap(([name, kind]) => (kind === 'path' ? [name] : []));
  const changes = names.flatMap((name) => {
    const path = args[name];
    return typeof path === 'string' ? [[name, wholePath(path, folder)] as const] : [];
  });
  return changes.length === 0 ? args : { ...args, ...Object.fromEntries(changes) };
}

function wholePath(path: string, folder: string): string {
  if (path === '' || path.startsWith('/') || path === '~' || path.startsWith('~/')) return path;
  return `${folder.replace(/\/+$/, '')}/${path.replace(/^(\.\/)+/, '')}`;
}
