/** A node of a syntax tree (https://github.com/estree/estree), as far as it is walked without knowing its type. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

const FUNCTIONS: ReadonlySet<string> = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

/** Calls `see` for the node and all below it. */
export function visit(node: SyntaxNode, see: (node: SyntaxNode, isWithinFunction: boolean) => void, isWithinFunction = false): void {
  see(node, isWithinFunction);
  const within = isWithinFunction || FUNCTIONS.has(node.type);
  for (const value of Object.values(node)) {
    if (isNode(value)) visit(value, see, within);
    else if (Array.isArray(value)) for (const each of value as readonly unknown[]) if (isNode(each)) visit(each, see, within);
  }
}

/** The names that a pattern binds, or assigns to: `a` and `b` of `{ a, list: [b = 1] }`. */
export function boundNames(pattern: SyntaxNode): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [String(pattern['name'])];
    case 'ObjectPattern':
      return (pattern['properties'] as readonly SyntaxNode[]).flatMap((each) => boundNames((each.type === 'Property' ? each['value'] : each) as SyntaxNode));
    case 'ArrayPattern':
      return (pattern['elements'] as ReadonlyArray<SyntaxNode | null>).flatMap((each) => (each === null ? [] : boundNames(each)));
    case 'RestElement':
      return boundNames(pattern['argument'] as SyntaxNode);
    case 'AssignmentPattern':
      return boundNames(pattern['left'] as SyntaxNode);
    default:
      return [];
  }
}

/** Names that are assigned to anywhere, whichever variable of that name it is. */
export function assignedNames(tree: SyntaxNode): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (pattern: unknown) => {
    for (const name of boundNames(pattern as SyntaxNode)) names.add(name);
  };
  visit(tree, (node) => {
    if (node.type === 'AssignmentExpression') add(node['left']);
    if (node.type === 'UpdateExpression') add(node['argument']);
    if ((node.type === 'ForOfStatement' || node.type === 'ForInStatement') && (node['left'] as SyntaxNode).type !== 'VariableDeclaration') add(node['left']);
  });
  return names;
}
