import { type AnyNode, type ExportDefaultDeclaration, type ExportNamedDeclaration, type ImportDeclaration, parse } from 'acorn';
import { assignedNames, boundNames, type SyntaxNode, visit } from './syntax-tree.ts';

/** A name that a module takes from another one; `imported` null: all of it (`import * as`). */
export interface ImportedName {
  readonly local: string;
  readonly imported: string | null;
  readonly specifier: string;
  readonly line: number;
}

/** A name that a module gives: one of its own, or one that it passes on; `imported` null there: all of the other module. */
export type ExportedName =
  | { readonly kind: 'local'; readonly exported: string; readonly local: string }
  | { readonly kind: 'from'; readonly exported: string; readonly specifier: string; readonly imported: string | null; readonly line: number };

/** What is replaced in a text; `start` and `end` count its UTF-16 units. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** An ES module, understood so far that its body can be the body of a function. */
export interface ModuleSource {
  /** All that it imports from or passes on, each once, in order. */
  readonly specifiers: readonly string[];
  readonly imports: readonly ImportedName[];
  readonly exports: readonly ExportedName[];
  /** Modules all of whose names it passes on (`export * from`). */
  readonly stars: readonly string[];
  /** Names that are assigned to somewhere, in this scope or in an inner one. */
  readonly assigned: ReadonlySet<string>;
  /** It says import, export or import.meta, as only ES modules do. */
  readonly saysModule: boolean;
  /** It awaits outside of functions, so it cannot be a function that runs at once. */
  readonly awaits: boolean;
  /** Lines that put something on `globalThis`. */
  readonly globalLines: readonly number[];
  /** The text without imports and exports, line by line as it was; names of this kind begin with `reserved`. */
  readonly body: string;
  /** Begins no name of the text. */
  readonly reserved: string;
}

/** What stands in place of `import.meta`, and what a default without a name is called: behind `reserved`. */
export const META = 'Meta';
const DEFAULT = 'Default';

/** Throws the parser's SyntaxError. */
export function readModule(text: string): ModuleSource {
  const tree = parse(text, { ecmaVersion: 'latest', sourceType: 'module', locations: true });
  const reader = new Reader(text);
  for (const statement of tree.body) reader.statement(statement);
  reader.rest(tree as unknown as SyntaxNode);
  return reader.source();
}

class Reader {
  readonly #text: string;
  readonly #reserved: string;
  readonly #specifiers = new Set<string>();
  readonly #imports: ImportedName[] = [];
  readonly #exports: ExportedName[] = [];
  readonly #stars: string[] = [];
  readonly #edits: Edit[] = [];
  readonly #globalLines: number[] = [];
  #assigned: ReadonlySet<string> = new Set();
  #saysModule = false;
  #awaits = false;

  constructor(text: string) {
    let reserved = '__confab';
    while (text.includes(reserved)) reserved += '_';
    this.#text = text;
    this.#reserved = reserved;
    if (text.startsWith('#!')) this.#edits.push({ start: 0, end: 2, text: '//' });
  }

  statement(node: AnyNode): void {
    switch (node.type) {
      case 'ImportDeclaration':
        return this.#import(node);
      case 'ExportAllDeclaration': {
        const specifier = this.#from(node.source.value);
        if (node.exported === null || node.exported === undefined) this.#stars.push(specifier);
        else this.#exports.push({ kind: 'from', exported: nameOf(node.exported), specifier, imported: null, line: lineOf(node) });
        return this.#cut(node);
      }
      case 'ExportNamedDeclaration':
        return this.#export(node);
      case 'ExportDefaultDeclaration':
        return this.#exportDefault(node);
      default:
    }
  }

  /** What lies deeper than statements. */
  rest(tree: SyntaxNode): void {
    this.#assigned = assignedNames(tree);
    visit(tree, (node, isWithinFunction) => {
      if (node.type === 'MetaProperty' && (node['meta'] as { name?: string }).name === 'import') {
        this.#saysModule = true;
        this.#edits.push({ start: node.start, end: node.end, text: `${this.#reserved}${META}` });
      }
      if (!isWithinFunction && (node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node['await'] === true))) this.#awaits = true;
      const target = (node.type === 'AssignmentExpression' ? node['left'] : node.type === 'UpdateExpression' ? node['argument'] : null) as SyntaxNode | null;
      if (target?.type === 'MemberExpression' && ['globalThis', 'global'].includes(String((target['object'] as { name?: unknown }).name)))
        this.#globalLines.push(lineOf(node as unknown as AnyNode));
    });
  }

  source(): ModuleSource {
    return {
      specifiers: [...this.#specifiers],
      imports: this.#imports,
      exports: this.#exports,
      stars: this.#stars,
      assigned: this.#assigned,
      saysModule: this.#saysModule || this.#specifiers.size + this.#exports.length > 0,
      awaits: this.#awaits,
      globalLines: this.#globalLines,
      body: edited(this.#text, this.#edits),
      reserved: this.#reserved,
    };
  }

  #import(node: ImportDeclaration): void {
    const specifier = this.#from(node.source.value);
    for (const each of node.specifiers) {
      const imported = each.type === 'ImportNamespaceSpecifier' ? null : each.type === 'ImportDefaultSpecifier' ? 'default' : nameOf(each.imported);
      this.#imports.push({ local: each.local.name, imported, specifier, line: lineOf(node) });
    }
    this.#cut(node);
  }

  #export(node: ExportNamedDeclaration): void {
    const { declaration, source } = node;
    if (declaration !== null && declaration !== undefined) {
      const declared =
        declaration.type === 'VariableDeclaration'
          ? declaration.declarations.map(({ id }) => id as unknown as SyntaxNode)
          : [declaration.id as unknown as SyntaxNode];
      for (const name of declared.flatMap(boundNames)) this.#exports.push({ kind: 'local', exported: name, local: name });
      this.#edits.push({ start: node.start, end: declaration.start, text: '' });
      return;
    }
    const specifier = source === null || source === undefined ? null : this.#from(source.value);
    for (const { local, exported } of node.specifiers)
      this.#exports.push(
        specifier === null
          ? { kind: 'local', exported: nameOf(exported), local: nameOf(local) }
          : { kind: 'from', exported: nameOf(exported), specifier, imported: nameOf(local), line: lineOf(node) },
      );
    this.#saysModule = true;
    this.#cut(node);
  }

  #exportDefault(node: ExportDefaultDeclaration): void {
    const { declaration } = node;
    const unnamed = `${this.#reserved}${DEFAULT}`;
    const keywords = /^export(?:\s|\/\*[\s\S]*?\*\/|\/\/.*)*default/.exec(this.#text.slice(node.start))?.[0].length ?? 0;
    const isDeclared = declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration';
    this.#edits.push({ start: node.start, end: node.start + keywords, text: isDeclared ? '' : `const ${unnamed} = ` });
    if (!isDeclared) this.#edits.push({ start: node.end, end: node.end, text: ';' });
    else if (declaration.id === null) {
      const head = /^(?:class|(?:async\s+)?function\s*\*?)/.exec(this.#text.slice(declaration.start))?.[0].length ?? 0;
      this.#edits.push({ start: declaration.start + head, end: declaration.start + head, text: ` ${unnamed} ` });
    }
    const local = isDeclared && declaration.id !== null ? declaration.id.name : unnamed;
    this.#exports.push({ kind: 'local', exported: 'default', local });
  }

  #from(specifier: unknown): string {
    this.#specifiers.add(String(specifier));
    return String(specifier);
  }

  #cut({ start, end }: { readonly start: number; readonly end: number }): void {
    this.#edits.push({ start, end, text: ';' });
  }
}

function nameOf(node: { readonly type: string; readonly name?: string; readonly value?: unknown }): string {
  return node.type === 'Identifier' ? String(node.name) : String(node.value);
}

function lineOf(node: AnyNode): number {
  return node.loc?.start.line ?? 1;
}

/** Every line stays where it was, and what is left out leaves its place empty. */
function edited(text: string, edits: readonly Edit[]): string {
  let result = '';
  let at = 0;
  for (const { start, end, text: other } of edits.toSorted((one, another) => one.start - another.start || one.end - another.end)) {
    result += text.slice(at, start) + other + text.slice(start, end).replaceAll(/[^\n]/g, ' ').slice(other.length);
    at = end;
  }
  return result + text.slice(at);
}
