import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { leaveProgram } from '../own-world.ts';
import { liveImports, namesOf, requireNames, targetOf } from './bindings.ts';
import { type CommonJsFactory, commonJsFactory, type ModuleFactory, moduleFactory, type Namespace } from './factory.ts';
import { type ModuleGraph, ModuleMistake, type Part, readGraph, sayCommon, type Target } from './module-graph.ts';
import type { ImportedName } from './module-source.ts';
import { isOwn, type OwnFile, readOwnFile } from './own-file.ts';

/**
 * A program of one's own, compiled once and run as often as there are nodes: every run has variables of its own in all of its files.
 *
 * Invariants
 * 1. Files are run in the order of their imports, as Node.js does (ECMA-262, 16.2.1.5), each once in a run.
 * 2. What a run made is let go with it.
 */
export interface OwnModule {
  /** Runs it; gives what it exports. Throws whatever its files throw, and `ModuleMistake`. */
  run(): Readonly<Record<string, unknown>>;
  /** What its runs have in common all the same, as sentences; what CommonJS requires stands here once it has run. */
  readonly common: readonly string[];
}

/** More programs than a process ever plays; a suite of tests might. */
const KEPT_MAX = 64;

const kept = new Map<string, Promise<OwnModule>>();

/** Reads and compiles a program; each of a process's programs once. Throws what reading and compiling throw, and `ModuleMistake`. */
export function readOwnModule(path: string): Promise<OwnModule> {
  const known = kept.get(path);
  if (known !== undefined) return known;
  if (kept.size >= KEPT_MAX) kept.clear();
  const reading = readGraph(path).then((graph) => new CompiledModule(graph));
  kept.set(path, reading);
  reading.catch(() => kept.delete(path));
  return reading;
}

interface CompiledPart {
  readonly make: ModuleFactory;
  readonly live: readonly ImportedName[];
  /** What it gives, in order, as namespaces list it. */
  readonly names: readonly string[];
}

class CompiledModule implements OwnModule {
  readonly graph: ModuleGraph;
  readonly common: string[];
  readonly compiled = new Map<Part, CompiledPart>();
  readonly #commonJs = new Map<string, CommonJsFactory>();
  readonly #files: Map<string, OwnFile>;

  constructor(graph: ModuleGraph) {
    this.graph = graph;
    this.common = [...graph.common];
    this.#files = new Map(graph.order.map(({ file }) => [file.path, file]));
    for (const part of graph.order) {
      requireNames(part);
      const { file } = part;
      if (file.kind !== 'module') continue;
      this.compiled.set(part, {
        make: moduleFactory(part, file.source, file.url),
        live: liveImports(part, file.source),
        names: (namesOf({ kind: 'own', part }) ?? []).toSorted(),
      });
    }
  }

  run(): Readonly<Record<string, unknown>> {
    const { entry } = this.graph;
    return entry.kind === 'common' ? entry.namespace : new Run(this).whole(entry.part);
  }

  /** What CommonJS requires shows while it runs; each file is read once, as all others are. */
  fileAt(path: string): OwnFile {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const read = readOwnFile(path);
    this.#files.set(path, read);
    if (read.kind === 'common') this.common.push(sayCommon(read.path, read.why));
    return read;
  }

  commonJs({ path, url }: OwnFile, text: string): CommonJsFactory {
    const known = this.#commonJs.get(path);
    if (known !== undefined) return known;
    const made = commonJsFactory(text, url);
    this.#commonJs.set(path, made);
    return made;
  }
}

/** One run: the namespaces and exports that belong together. */
class Run {
  readonly #module: CompiledModule;
  readonly #namespaces = new Map<Part, Namespace>();
  /** By path. */
  readonly #required = new Map<string, { exports: unknown }>();

  constructor(module: CompiledModule) {
    this.#module = module;
  }

  whole(entry: Part): Namespace {
    const { order } = this.#module.graph;
    for (const part of order) {
      const namespace = Object.create(null) as Namespace;
      for (const name of this.#module.compiled.get(part)?.names ?? []) define(namespace, name, nothingYet);
      this.#namespaces.set(part, namespace);
    }
    const begun = order.map((part) => this.#begin(part));
    for (const [index, part] of order.entries()) this.#finish(part, begun[index] ?? null);
    return this.#namespaceOf({ kind: 'own', part: entry });
  }

  /** Makes the functions of an ES module and tells others where its values are. */
  #begin(part: Part): Iterator<unknown> | null {
    const { file, targets } = part;
    const compiled = this.#module.compiled.get(part);
    if (file.kind !== 'module' || compiled === undefined) return null;
    const namespace = this.#namespaceOf({ kind: 'own', part });
    const live = Object.create(null) as Namespace;
    for (const { local, imported, specifier } of compiled.live) {
      const from = this.#namespaceOf(targetOf(targets, specifier));
      define(live, local, () => from[String(imported)]);
    }
    const run = compiled.make({
      exported: (getters) => {
        for (const [name, get] of Object.entries(getters)) define(namespace, name, get);
      },
      meta: { url: file.url, filename: file.path, dirname: dirname(file.path), resolve: (specifier: string) => new URL(specifier, file.url).href },
      live,
      namespaces: file.source.specifiers.map((specifier) => this.#namespaceOf(targetOf(targets, specifier))),
    });
    run.next();
    for (const each of file.source.exports) {
      if (each.kind !== 'from') continue;
      const from = this.#namespaceOf(targetOf(targets, each.specifier));
      define(namespace, each.exported, each.imported === null ? () => from : () => from[String(each.imported)]);
    }
    for (const star of file.source.stars) this.#passOn(namespace, targetOf(targets, star), namesOf(targetOf(targets, star)) ?? []);
    return run;
  }

  #finish(part: Part, begun: Iterator<unknown> | null): void {
    const { file, targets } = part;
    const namespace = this.#namespaceOf({ kind: 'own', part });
    switch (file.kind) {
      case 'module':
        for (const star of file.source.stars) {
          const target = targetOf(targets, star);
          if (namesOf(target) === null) this.#passOn(namespace, target, Object.keys(this.#namespaceOf(target)));
        }
        this.#requireLateNames(part);
        begun?.next();
        return;
      case 'commonjs':
      case 'json': {
        const given = this.#require(file);
        define(namespace, 'default', () => given);
        if (file.kind === 'commonjs' && (typeof given === 'object' || typeof given === 'function') && given !== null)
          for (const name of Object.keys(given)) if (name !== 'default') define(namespace, name, () => (given as Namespace)[name]);
        return;
      }
      case 'common':
        throw new Error(`${file.path} is common and was taken for one's own`);
    }
  }

  /** Of CommonJS, only running it shows what it gives. */
  #requireLateNames({ file, targets }: Part): void {
    if (file.kind !== 'module') return;
    for (const { imported, specifier, line } of file.source.imports) {
      const target = targetOf(targets, specifier);
      if (imported === null || target.kind === 'common' || target.part.file.kind !== 'commonjs') continue;
      if (!(imported in this.#namespaceOf(target))) throw new ModuleMistake(`${file.path}:${line}: ${specifier} exports nothing called ${imported}`);
    }
  }

  #passOn(namespace: Namespace, target: Target, names: readonly string[]): void {
    const from = this.#namespaceOf(target);
    for (const name of names) if (name !== 'default' && isOpen(namespace, name)) define(namespace, name, () => from[name]);
  }

  #namespaceOf(target: Target): Namespace {
    if (target.kind === 'common') return target.namespace;
    const namespace = this.#namespaces.get(target.part);
    if (namespace === undefined) throw new Error(`${target.part.file.path} is no part of this run`);
    return namespace;
  }

  #require(file: OwnFile): unknown {
    const before = this.#required.get(file.path);
    if (before !== undefined) return before.exports;
    const module: { exports: unknown } = { exports: {} };
    this.#required.set(file.path, module);
    if (file.kind === 'json') module.exports = JSON.parse(file.text);
    else if (file.kind === 'commonjs') this.#runCommonJs(file, file.text, module);
    return module.exports;
  }

  #runCommonJs(file: OwnFile, text: string, module: { exports: unknown }): void {
    const usual = createRequire(file.path);
    const require = (specifier: string): unknown => {
      const found = usual.resolve(specifier);
      if (!/^(?:\.{0,2}\/|file:)/.test(specifier) || !isOwn(found)) return requireCommon(usual, specifier);
      const other = this.#module.fileAt(found);
      if (other.kind === 'commonjs' || other.kind === 'json') return this.#require(other);
      if (other.kind === 'common') return requireCommon(usual, specifier);
      throw new ModuleMistake(`${fileURLToPath(file.url)}: ${specifier} is an ES module; import it`);
    };
    const run = this.#module.commonJs(file, text);
    Reflect.apply(run, module.exports, [module.exports, Object.assign(require, usual), module, file.path, dirname(file.path)]);
  }
}

/** What is loaded once for all nodes may read clocks meanwhile, as it may where an ES module imports it. */
function requireCommon(require: NodeRequire, specifier: string): unknown {
  const before = leaveProgram(null);
  try {
    return require(specifier);
  } finally {
    leaveProgram(before);
  }
}

/** Until the module has begun. */
const nothingYet = (): undefined => undefined;

function isOpen(namespace: Namespace, name: string): boolean {
  const given = Object.getOwnPropertyDescriptor(namespace, name);
  return given === undefined || given.get === nothingYet;
}

function define(namespace: Namespace, name: string, get: () => unknown): void {
  Object.defineProperty(namespace, name, { get, enumerable: true, configurable: true });
}
