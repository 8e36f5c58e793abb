import { existsSync, readFileSync, realpathSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { dirname, extname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { constants, Script } from 'node:vm';
import { type ModuleSource, readModule } from './module-source.ts';

/** A file of one's own, read but not run: an ES module, a CommonJS module, or data. */
export type OwnFile = { readonly path: string; readonly url: string } & (
  | { readonly kind: 'module'; readonly source: ModuleSource }
  | { readonly kind: 'commonjs'; readonly text: string }
  | { readonly kind: 'json'; readonly text: string }
  /** Node.js loads it, once for all: `why` it cannot be a function that runs for each node. */
  | { readonly kind: 'common'; readonly why: string }
);

/** Where Confab lies, compiled: its modules keep nothing between calls, so nobody needs their own. */
const CONFAB = fileURLToPath(new URL('../../..', import.meta.url));

/** Node.js 22.13 and later take the types out of TypeScript; @types/node of version 20 does not know. */
const { stripTypeScriptTypes } = nodeModule as { readonly stripTypeScriptTypes?: (text: string) => string };
const KNOWS_TYPESCRIPT = Boolean((process.features as { readonly typescript?: unknown }).typescript) && stripTypeScriptTypes !== undefined;

/** The path of what a module imports, when it is a file of one's own; null: a package, part of Node.js or of Confab. Throws when there is none. */
export function ownPath(specifier: string, importer: string): string | null {
  if (!/^(?:\.{0,2}\/|file:)/.test(specifier)) return null;
  const url = new URL(specifier, pathToFileURL(importer));
  const path = fileURLToPath(new URL(url.pathname, url));
  if (!existsSync(path)) throw new Error(`there is no file ${path}`);
  return isOwn(realpathSync(path)) ? realpathSync(path) : null;
}

/** Modules that were installed are as they are; Confab's own code is for all. */
export function isOwn(path: string): boolean {
  return !path.includes(`${sep}node_modules${sep}`) && relative(join(CONFAB, 'src'), path).startsWith('..');
}

/** Reads it; throws what reading throws. What its parser refuses is left to Node.js, which knows newer words or says what is wrong. */
export function readOwnFile(path: string): OwnFile {
  const url = pathToFileURL(path).href;
  const extension = extname(path);
  const isTypeScript = extension === '.ts' || extension === '.mts';
  const common = (why: string): OwnFile => ({ path, url, kind: 'common', why });
  if (extension === '.json') return { path, url, kind: 'json', text: readFileSync(path, 'utf8') };
  if (extension === '.cjs') return { path, url, kind: 'commonjs', text: readFileSync(path, 'utf8') };
  if (!['.js', '.mjs'].includes(extension) && !(isTypeScript && KNOWS_TYPESCRIPT)) return common('it is no JavaScript');
  const written = readFileSync(path, 'utf8');
  const declared = extension === '.js' || extension === '.ts' ? declaredType(path) : 'module';
  if (declared === 'commonjs') return isTypeScript ? common('it is CommonJS in TypeScript') : { path, url, kind: 'commonjs', text: written };
  let source: ModuleSource;
  try {
    source = readModule(isTypeScript && stripTypeScriptTypes !== undefined ? quietly(() => stripTypeScriptTypes(written)) : written);
  } catch {
    return declared === null && isScript(written, url) ? { path, url, kind: 'commonjs', text: written } : common('it is in words that are not known here');
  }
  if (declared === null && !source.saysModule && !source.awaits && !isTypeScript) return { path, url, kind: 'commonjs', text: written };
  return source.awaits ? common('it awaits something outside of functions') : { path, url, kind: 'module', source };
}

/** What the nearest package.json says of its files; null: nothing. */
function declaredType(path: string): 'module' | 'commonjs' | null {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    try {
      const { type } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly type?: unknown };
      return type === 'module' || type === 'commonjs' ? type : null;
    } catch {
      // There is none here, or none that can be read.
    }
    if (dirname(folder) === folder) return null;
  }
}

function isScript(text: string, filename: string): boolean {
  try {
    new Script(commonJsText(text), { filename });
    return true;
  } catch {
    return false;
  }
}

/** A CommonJS module as the function that Node.js makes of it, each line where it was. */
export function commonJsText(text: string): string {
  return `(function (exports, require, module, __filename, __dirname) {${text.replace(/^#!/, '//')}\n})`;
}

/** Imports as a module of that path would: once for all who ask. */
export async function importAs(importer: string, specifier: string): Promise<object> {
  const script = compileAs('(specifier) => import(specifier)', importer, 0);
  return quietly(() => (script.runInThisContext() as (specifier: string) => Promise<object>)(specifier));
}

/**
 * Compiles a script whose `import()` finds what a module of that path would find
 * (https://nodejs.org/api/vm.html#when-importmoduledynamically-is-vmconstantsuse_main_context_default_loader). Throws its SyntaxError.
 */
export function compileAs(text: string, filename: string, columnOffset: number): Script {
  const options = { filename, columnOffset, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER };
  return quietly(() => new Script(text, options as unknown as ConstructorParameters<typeof Script>[1]));
}

/** That Node.js calls what is done here experimental is nothing that whoever wrote the module could mend. */
function quietly<Result>(act: () => Result): Result {
  const before = Object.getOwnPropertyDescriptor(process, 'emitWarning');
  process.emitWarning = () => {};
  try {
    return act();
  } finally {
    if (before !== undefined) Object.defineProperty(process, 'emitWarning', before);
  }
}
