import { basename } from 'node:path';
import { ModuleMistake, type Part, type Target } from './module-graph.ts';
import type { ExportedName, ImportedName, ModuleSource } from './module-source.ts';

/** Names that a target gives, without those that only running it shows (CommonJS); null: nobody knows before it has run. */
export function namesOf(target: Target, seen: ReadonlySet<Part> = new Set()): readonly string[] | null {
  if (target.kind === 'common') return Object.keys(target.namespace);
  const { file, targets } = target.part;
  if (file.kind === 'json') return ['default'];
  if (file.kind !== 'module') return null;
  const names = new Set(file.source.exports.map(({ exported }) => exported));
  if (!seen.has(target.part)) {
    const within = new Set(seen).add(target.part);
    for (const star of file.source.stars) for (const name of namesOf(targetOf(targets, star), within) ?? []) if (name !== 'default') names.add(name);
  }
  return [...names];
}

export function targetOf(targets: ReadonlyMap<string, Target>, specifier: string): Target {
  const target = targets.get(specifier);
  if (target === undefined) throw new Error(`nobody has read ${specifier}`);
  return target;
}

/** Throws `ModuleMistake` for a name that is imported, or passed on, and not there. */
export function requireNames({ file, targets }: Part): void {
  if (file.kind !== 'module') return;
  const asked = [...file.source.imports, ...file.source.exports.filter((each) => each.kind === 'from')] as readonly (
    | ImportedName
    | Extract<ExportedName, { readonly kind: 'from' }>
  )[];
  for (const { imported, specifier, line } of asked) {
    const names = imported === null ? null : namesOf(targetOf(targets, specifier));
    if (names === null || imported === null || names.includes(imported)) continue;
    throw new ModuleMistake(`${basename(file.path)}:${line}: ${specifier} exports nothing called ${imported}`);
  }
}

/** Imports whose values may change after the module has begun: the others can be constants, which are as quick as variables of its own. */
export function liveImports(part: Part, source: ModuleSource): readonly ImportedName[] {
  const named = source.imports.filter(({ imported }) => imported !== null);
  // In a circle of imports, a module may have the word before what it imports has run.
  if (leadsTo(part, part, new Set())) return named;
  return named.filter(({ imported, specifier }) => mayChange(targetOf(part.targets, specifier), String(imported), new Set()));
}

function leadsTo(from: Part, to: Part, seen: Set<Part>): boolean {
  for (const target of from.targets.values()) {
    if (target.kind === 'common' || seen.has(target.part)) continue;
    if (target.part === to) return true;
    seen.add(target.part);
    if (leadsTo(target.part, to, seen)) return true;
  }
  return false;
}

function mayChange(target: Target, name: string, seen: Set<Part>): boolean {
  if (target.kind === 'common') return target.isOwn;
  const { file, targets } = target.part;
  if (file.kind !== 'module' || seen.has(target.part)) return false;
  seen.add(target.part);
  const { exports, imports, stars, assigned } = file.source;
  const found = exports.find(({ exported }) => exported === name);
  if (found === undefined) return stars.some((star) => mayChange(targetOf(targets, star), name, seen));
  if (found.kind === 'from') return found.imported !== null && mayChange(targetOf(targets, found.specifier), found.imported, seen);
  const passedOn = imports.find(({ local }) => local === found.local);
  if (passedOn === undefined) return assigned.has(found.local);
  return passedOn.imported !== null && mayChange(targetOf(targets, passedOn.specifier), passedOn.imported, seen);
}
