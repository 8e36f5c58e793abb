import { liveImports } from './bindings.ts';
import type { Part } from './module-graph.ts';
import { META, type ModuleSource } from './module-source.ts';
import { commonJsText, compileAs } from './own-file.ts';

/** What a module gives to others: a getter for each name. */
export type Namespace = Record<string, unknown>;

/** Where a module finds its surroundings. */
export interface Surroundings {
  /** Called with a getter for each name that it declares and exports, before its body begins. */
  readonly exported: (getters: Readonly<Record<string, () => unknown>>) => void;
  readonly meta: Readonly<Record<string, unknown>>;
  /** A getter for each import that may change. */
  readonly live: object;
  /** By specifier, in the order of the source. */
  readonly namespaces: readonly Namespace[];
}

/**
 * An ES module as a function: each call gives a run of it with variables of its own. The first `next` of a run makes its functions and
 * tells its getters, the second one runs its body.
 */
export type ModuleFactory = (surroundings: Surroundings) => Iterator<unknown>;

export type CommonJsFactory = (exports: object, require: (specifier: string) => unknown, module: { exports: unknown }, file: string, folder: string) => void;

/**
 * Compiles it once. All runs share the compiled code and what the engine learns about it, so that a thousand nodes cost little more than
 * one; and unlike ES modules under another URL, which Node.js keeps for ever, a run goes when nobody holds it any more.
 */
export function moduleFactory(part: Part, source: ModuleSource, url: string): ModuleFactory {
  const { reserved, specifiers, imports, exports, body } = source;
  const live = new Set(liveImports(part, source));
  const name = (what: string | number) => `${reserved}${what}`;
  const namespaceOf = (specifier: string) => name(specifiers.indexOf(specifier));
  const getters = exports.flatMap((each) => (each.kind === 'local' ? [`${JSON.stringify(each.exported)}: () => ${each.local}`] : []));
  // A namespace is there before what it gives: in a circle, others call functions of this module before its body begins.
  const wholes = imports.flatMap(({ local, imported, specifier }) => (imported === null ? [`const ${local} = ${namespaceOf(specifier)};`] : []));
  const constants = imports.flatMap((each) => {
    const { local, imported, specifier } = each;
    return imported === null || live.has(each) ? [] : [`const ${local} = ${namespaceOf(specifier)}[${JSON.stringify(imported)}];`];
  });
  const head = `(function ({ exported: ${name('Exported')}, meta: ${name(META)}, live: ${name('Live')}, namespaces: [${specifiers.map((_, index) => name(index)).join(', ')}] }) {`;
  // A strict function may stand within `with`, as long as it has none itself: names that it does not declare are asked of the live imports.
  const scope = live.size === 0 ? '' : `with (${name('Live')}) `;
  const begin = `return (function* () { 'use strict'; ${name('Exported')}({ ${getters.join(', ')} }); ${wholes.join(' ')} yield; ${constants.join(' ')} `;
  const prefix = head + scope + begin;
  // Places in errors are those of the file, in its first line, too.
  return compileAs(`${prefix}${body}\n})(); })`, url, -prefix.length).runInThisContext() as ModuleFactory;
}

export function commonJsFactory(text: string, url: string): CommonJsFactory {
  const whole = commonJsText(text);
  return compileAs(whole, url, -(whole.indexOf('{') + 1)).runInThisContext() as CommonJsFactory;
}
