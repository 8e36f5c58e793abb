import { createRequire } from 'node:module';
import { basename, isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { importAs, isOwn, type OwnFile, ownPath, readOwnFile } from './own-file.ts';

/** What a specifier of a module leads to: a file that each node has for itself, or a namespace that all have in common. */
export type Target = { readonly kind: 'own'; readonly part: Part } | CommonTarget;

interface CommonTarget {
  readonly kind: 'common';
  readonly namespace: Readonly<Record<string, unknown>>;
  /** A file of one's own that could not be made each node's own; else a package, part of Node.js or of Confab. */
  readonly isOwn: boolean;
}

/** A file among those that a program is made of. */
export interface Part {
  readonly file: OwnFile;
  /** Of an ES module, by specifier. CommonJS modules find theirs while they run. */
  readonly targets: ReadonlyMap<string, Target>;
}

/** All that a program is made of. */
export interface ModuleGraph {
  readonly entry: Target;
  /** ES modules, CommonJS modules and data, each after what it imports, as they are run (cycles are entered at their first file). */
  readonly order: readonly Part[];
  /** What nodes have in common all the same, as sentences. */
  readonly common: readonly string[];
}

/** A mistake in how modules fit together, with its place in front as in `program.js:3: `. */
export class ModuleMistake extends Error {}

/** Reads a module and all that it imports. Throws what reading throws, `ModuleMistake`, and whatever common modules throw while they are loaded. */
export async function readGraph(path: string): Promise<ModuleGraph> {
  const reader = new GraphReader();
  const entry = isOwn(path) ? await reader.target(path) : await commonTarget(path, pathToFileURL(path).href, false);
  return { entry, order: reader.order, common: reader.common };
}

async function commonTarget(importer: string, specifier: string, ofOnesOwn: boolean): Promise<CommonTarget> {
  return { kind: 'common', namespace: (await importAs(importer, specifier)) as Readonly<Record<string, unknown>>, isOwn: ofOnesOwn };
}

class GraphReader {
  readonly order: Part[] = [];
  readonly common: string[] = [];
  readonly #targets = new Map<string, Target>();

  async target(path: string): Promise<Target> {
    const known = this.#targets.get(path);
    if (known !== undefined) return known;
    const file = readOwnFile(path);
    if (file.kind === 'common') {
      const target = await commonTarget(path, file.url, true);
      this.common.push(sayCommon(path, file.why));
      this.#targets.set(path, target);
      return target;
    }
    const targets = new Map<string, Target>();
    const part: Part = { file, targets };
    // Before what it imports is read, which may import it in turn.
    const target = { kind: 'own', part } as const;
    this.#targets.set(path, target);
    if (file.kind === 'module') await this.#follow(part, targets);
    this.order.push(part);
    return target;
  }

  async #follow({ file }: Part, targets: Map<string, Target>): Promise<void> {
    if (file.kind !== 'module') return;
    const { specifiers, globalLines } = file.source;
    for (const line of globalLines) this.common.push(`what ${basename(file.path)}:${line} puts on globalThis`);
    for (const specifier of specifiers) {
      let path: string | null;
      try {
        path = ownPath(specifier, file.path);
      } catch (error) {
        throw new ModuleMistake(`${basename(file.path)}: ${specifier} cannot be imported: ${(error as Error).message}`);
      }
      if (path === null && leadsToOwn(specifier, file.path)) this.common.push(`variables of what ${specifier} leads to, since package.json says where it lies`);
      targets.set(specifier, path === null ? await commonTarget(file.path, specifier, false) : await this.target(path));
    }
  }
}

/** A name that package.json gives to files of one's own (`#box`, a package by its own name, one that is linked). */
function leadsToOwn(specifier: string, importer: string): boolean {
  try {
    const found = createRequire(importer).resolve(specifier);
    return isAbsolute(found) && isOwn(found);
  } catch {
    // What only `import` can find is a package, or Node.js says what is wrong with it.
    return false;
  }
}

/** A file that could not be made each node's own, as a sentence. */
export function sayCommon(path: string, why: string): string {
  return `variables of ${basename(path)}, and of what it imports, since ${why}`;
}
