/**
 * Names of nodes in scenarios: `alice`, `alice@desk`, or a range. A range is `user[1..50]`, or `user1..50`
 * where YAML's own brackets would get in the way (inside `[...]` and `{...}`).
 */
export const NODE_PATTERN = '^[a-z0-9][a-z0-9._-]*(\\[[0-9]+\\.\\.[0-9]+\\])?(@[a-z0-9][a-z0-9._-]*)?$';

/** More nodes than this in one range is taken for a slip of the finger. */
export const RANGE_NODES_MAX = 10_000;

const RANGE = /^([a-z0-9][a-z0-9._-]*?)(?:\[([0-9]+)\.\.([0-9]+)\]|([0-9]+)\.\.([0-9]+))(@.*)?$/;
const SINGLE = /^[a-z0-9][a-z0-9._-]{0,31}(?:@[a-z0-9][a-z0-9._-]{0,31})?$/;

export type NameList = string | readonly string[];

/** All names of a list, ranges written out, in order. */
export function expandNames(list: NameList): string[] {
  return (typeof list === 'string' ? [list] : list).flatMap(expandName);
}

function expandName(name: string): string[] {
  const range = RANGE.exec(name);
  if (range === null) return [name];
  const [, prefix = '', from = range[4], to = range[5], , , label = ''] = range;
  const first = Number(from);
  // Beyond that one more is the same number.
  if (!Number.isSafeInteger(Number(to))) return [name];
  const names: string[] = [];
  for (let index = first; index <= Number(to) && index - first < RANGE_NODES_MAX; index += 1) names.push(`${prefix}${index}${label}`);
  return names;
}

/** Why a list of names cannot be used, or null. */
export function misfitOfNames(list: NameList): string | null {
  for (const written of typeof list === 'string' ? [list] : list) {
    const range = RANGE.exec(written);
    if (range !== null) {
      const count = Number(range[3] ?? range[5]) - Number(range[2] ?? range[4]) + 1;
      if (count < 1) return `${written} is a range that ends before it begins`;
      if (count > RANGE_NODES_MAX) return `${written} names ${count} nodes; ${RANGE_NODES_MAX} is the most`;
    }
    const wrong = expandName(written).find((name) => !SINGLE.test(name));
    if (wrong !== undefined) return `${wrong} is not a name: 1 to 32 of a-z, 0-9, dot, dash and underscore, the first a letter or a digit`;
  }
  const names = expandNames(list);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? null : `${twice} is named twice`;
}

/** The user whom a node belongs to: `alice` of `alice@desk`. */
export function userOf(node: string): string {
  const at = node.indexOf('@');
  return at < 0 ? node : node.slice(0, at);
}
