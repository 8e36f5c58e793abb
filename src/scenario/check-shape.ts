import type { TSchema } from '@sinclair/typebox';
import { didYouMean } from '../control/nearest.ts';

/** What is wrong with a value, and where. */
export interface Problem {
  readonly path: ReadonlyArray<string | number>;
  /** The key itself is wrong, not its value. */
  readonly atKey: boolean;
  readonly reason: string;
}

type Path = Problem['path'];
type Definitions = Readonly<Record<string, TSchema>>;

/**
 * Judges a value by a schema and says what is wrong in sentences that a pupil understands.
 * Knows the parts of JSON Schema that SCENARIO_SCHEMA uses; of a union it follows the branch that was probably meant.
 */
export function problemsOf(schema: TSchema, value: unknown, definitions: Definitions, path: Path = []): Problem[] {
  if (typeof schema.$ref === 'string') {
    const target = definitions[schema.$ref];
    if (target === undefined) throw new Error(`no definition ${schema.$ref}`);
    return problemsOf(target, value, definitions, path);
  }
  if (Array.isArray(schema.anyOf)) return ofUnion(schema, value, definitions, path);
  if (schema.const !== undefined) return value === schema.const ? [] : [misfit(path, `must be ${String(schema.const)}, ${saw(value)}`)];
  if (schema.type === undefined) return [];
  switch (schema.type) {
    case 'object':
      if (schema.properties === undefined) return typeOf(value) === 'object' ? [] : [misfit(path, `must be keys and values, ${saw(value)}`)];
      return ofObject(schema, value, definitions, path);
    case 'array':
      return ofArray(schema, value, definitions, path);
    case 'string':
      return ofString(schema, value, path);
    case 'integer':
    case 'number':
      return ofNumber(schema, value, path);
    case 'boolean':
      return typeof value === 'boolean' ? [] : [misfit(path, `must be true or false, ${saw(value)}`)];
    default:
      throw new Error(`schema type ${String(schema.type)} is not known here`);
  }
}

function misfit(path: Path, reason: string): Problem {
  return { path, atKey: false, reason };
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  return Array.isArray(value) ? 'array' : typeof value;
}

function saw(value: unknown): string {
  const type = typeOf(value);
  if (type === 'nothing') return 'saw nothing';
  if (type === 'array') return 'saw a list';
  if (type === 'object') return 'saw keys and values';
  return `saw ${type === 'string' ? 'the text' : `the ${type === 'boolean' ? 'truth value' : 'number'}`} ${JSON.stringify(value).slice(0, 60)}`;
}

function ofObject(schema: TSchema, value: unknown, definitions: Definitions, path: Path): Problem[] {
  const properties = schema.properties as Record<string, TSchema>;
  const known = Object.keys(properties);
  if (typeOf(value) !== 'object') return [misfit(path, `must be keys and values (${known.slice(0, 6).join(', ')} …), ${saw(value)}`)];
  const given = value as Record<string, unknown>;
  const problems: Problem[] = [];
  for (const [key, each] of Object.entries(given)) {
    const inner = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (inner !== undefined) problems.push(...problemsOf(inner, each, definitions, [...path, key]));
    else
      problems.push({
        path: [...path, key],
        atKey: true,
        reason: `the key "${key}" is not known here.${didYouMean(key, known) || ` Known: ${listKeys(known)}.`}`,
      });
  }
  for (const key of (schema.required as string[] | undefined) ?? []) {
    if (!Object.hasOwn(given, key)) problems.push(misfit(path, `the key "${key}" is missing`));
  }
  if (typeof schema.minProperties === 'number' && Object.keys(given).length < schema.minProperties) {
    problems.push(misfit(path, `must hold one of ${listKeys(known)}`));
  }
  return problems;
}

function listKeys(known: readonly string[]): string {
  return known.length > 12 ? `${known.slice(0, 12).join(', ')} …` : known.join(', ');
}

function ofArray(schema: TSchema, value: unknown, definitions: Definitions, path: Path): Problem[] {
  if (!Array.isArray(value)) return [misfit(path, `must be a list, ${saw(value)}`)];
  if (typeof schema.minItems === 'number' && value.length < schema.minItems) {
    return [misfit(path, schema.minItems === 1 ? 'the list is empty' : `the list needs at least ${schema.minItems} items, it has ${value.length}`)];
  }
  return value.flatMap((each, index) => problemsOf(schema.items as TSchema, each, definitions, [...path, index]));
}

function ofString(schema: TSchema, value: unknown, path: Path): Problem[] {
  const words = schema.enum as string[] | undefined;
  const wanted = String(schema.description ?? 'a text');
  if (typeof value !== 'string') return [misfit(path, unfit(words === undefined ? wanted : choice(words), value))];
  if (words !== undefined && !words.includes(value)) {
    return [misfit(path, `must be ${choice(words)}, ${saw(value)}.${didYouMean(value, words)}`)];
  }
  if (typeof schema.pattern === 'string' && !new RegExp(schema.pattern).test(value)) return [misfit(path, unfit(wanted, value))];
  if (typeof schema.minLength === 'number' && value.length < schema.minLength) return [misfit(path, 'is empty')];
  if (typeof schema.maxLength === 'number' && value.length > schema.maxLength) return [misfit(path, `is longer than ${schema.maxLength} characters`)];
  return [];
}

function choice(words: readonly string[]): string {
  if (words.length > 10) return 'one of the known words';
  return words.length === 1 ? String(words[0]) : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** A description is the name of a thing, or a sentence of its own. */
function unfit(wanted: string, value: unknown): string {
  return /^[A-Z]/u.test(wanted) ? `${saw(value)}; what belongs here: ${wanted}` : `must be ${wanted}, ${saw(value)}`;
}

function ofNumber(schema: TSchema, value: unknown, path: Path): Problem[] {
  const whole = schema.type === 'integer';
  const kind = whole ? 'a whole number' : 'a number';
  if (typeof value !== 'number' || !Number.isFinite(value) || (whole && !Number.isInteger(value))) return [misfit(path, `must be ${kind}, ${saw(value)}`)];
  if (typeof schema.minimum === 'number' && value < schema.minimum) return [misfit(path, `must be ${schema.minimum} or more, ${saw(value)}`)];
  if (typeof schema.maximum === 'number' && value > schema.maximum) return [misfit(path, `must be ${schema.maximum} or less, ${saw(value)}`)];
  return [];
}

function schemaTypes(schema: TSchema, definitions: Definitions): string {
  if (typeof schema.$ref === 'string') return schemaTypes(definitions[schema.$ref] ?? schema, definitions);
  const type = schema.type ?? typeof schema.const;
  return type === 'integer' ? 'number' : String(type);
}

function ofUnion(schema: TSchema, value: unknown, definitions: Definitions, path: Path): Problem[] {
  const branches = schema.anyOf as TSchema[];
  const fitting = branches.filter((branch) => schemaTypes(branch, definitions) === typeOf(value));
  if (fitting.length === 0) return [misfit(path, unfit(String(schema.description ?? 'something else'), value))];
  let best: Problem[] | null = null;
  for (const branch of fitting) {
    const problems = problemsOf(branch, value, definitions, path);
    if (problems.length === 0) return [];
    // The last branch of equal merit is the general one: literals such as `everyone` come first.
    if (best === null || problems.length <= best.length) best = problems;
  }
  return best ?? [];
}
