import { argumentNames, REGISTRY } from '../control/registry.ts';
import { ERRORS } from '../core/errors.ts';
import { MESSAGES } from '../core/messages.ts';
import { CORE_OPTIONS } from '../core/options.ts';
import { RECORD_SHAPES } from '../core/records.ts';
import type { Shape } from '../core/shape.ts';
import { TABLES } from '../core/tables.ts';

/** Sections of the printed manual: each is drawn from the very table that the programs obey. */
export const MANUAL_SECTIONS = ['messages', 'records', 'tables', 'options', 'commands', 'errors'] as const;
export type ManualSection = (typeof MANUAL_SECTIONS)[number];

/** A section as a Markdown table. docs/PROTOCOL.md holds all of them between markers; a test keeps it current. */
export function manualSection(section: ManualSection): string {
  const { head, rows } = contentOf(section);
  return table(head, rows);
}

/** A section as data: a record for each row, its fields named as the columns are. */
export function manualRows(section: ManualSection): ReadonlyArray<Readonly<Record<string, string>>> {
  const { head, rows } = contentOf(section);
  return rows.map((row) => Object.fromEntries(head.map((column, index) => [column, (row[index] ?? '').replaceAll('`', '')])));
}

interface Content {
  readonly head: readonly string[];
  readonly rows: ReadonlyArray<readonly string[]>;
}

function contentOf(section: ManualSection): Content {
  switch (section) {
    case 'messages':
      return {
        head: ['message', 'what it is for', 'fields'],
        rows: Object.entries(MESSAGES).map(([type, { about, shape }]) => [code(type), about, fields(shape)]),
      };
    case 'records':
      return {
        head: ['record', 'fields of its body'],
        rows: Object.entries(RECORD_SHAPES).map(([type, shape]) => [code(type), shape.kind === 'record' ? fields(shape.fields) : describe(shape)]),
      };
    case 'tables':
      return {
        head: ['table', 'store', 'key', 'what is in it'],
        rows: Object.entries(TABLES).map(([name, { scope, key, about }]) => [code(name), scope, key, about]),
      };
    case 'options':
      return {
        head: ['option', 'default'],
        rows: Object.entries(CORE_OPTIONS).map(([name, value]) => [
          code(name),
          typeof value === 'object' ? code(JSON.stringify(value)) : value.toLocaleString('en-US'),
        ]),
      };
    case 'commands':
      return {
        head: ['command', 'typed as', 'what it does', 'arguments'],
        rows: REGISTRY.map((entry) => [
          code(entry.name),
          entry.slash.map(code).join(' ') || '-',
          entry.summary,
          argumentNames(entry).map(code).join(', ') || '-',
        ]),
      };
    case 'errors':
      return {
        head: ['code', 'definite', 'HTTP', 'exit', 'sentence', 'advice'],
        rows: Object.entries(ERRORS).map(([name, e]) => [
          code(name),
          e.definite ? 'yes' : 'no',
          String(e.httpStatus),
          String(e.exitStatus),
          e.message,
          e.advice,
        ]),
      };
  }
}

const marker = (section: ManualSection, end: 'begin' | 'end') => `<!-- ${section}: ${end} -->`;

/** The document with the part between each section's markers replaced by the present table. */
export function withCurrentTables(document: string): string {
  let result = document;
  for (const section of MANUAL_SECTIONS) {
    const begin = result.indexOf(marker(section, 'begin'));
    const end = result.indexOf(marker(section, 'end'));
    if (begin < 0 || end < begin) continue;
    result = `${result.slice(0, begin)}${marker(section, 'begin')}\n${manualSection(section)}\n${result.slice(end)}`;
  }
  return result;
}

function table(heads: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

function fields(shape: Readonly<Record<string, Shape>>): string {
  return (
    Object.entries(shape)
      .map(([name, field]) => `${code(name)} ${describe(field)}`)
      .join('; ') || '-'
  );
}

function describe(shape: Shape): string {
  switch (shape.kind) {
    case 'bytes':
      return shape.min === shape.max ? `${shape.min} bytes` : `${shape.min} to ${shape.max} bytes`;
    case 'text':
      return shape.min === shape.max ? `${shape.min} characters` : `${shape.min} to ${shape.max} characters`;
    case 'integer':
      return shape.max === Number.MAX_SAFE_INTEGER ? 'integer' : `integer ${shape.min} to ${shape.max}`;
    case 'choice':
      return shape.of.join(' or ');
    case 'list':
      return `list of at most ${shape.max}: ${describe(shape.of)}`;
    case 'record':
      return `{${fields(shape.fields)}}`;
    case 'number':
      return `number ${shape.min} to ${shape.max}`;
    case 'optional':
      return `${describe(shape.of)}, may be missing`;
    case 'tuple':
      return `[${shape.of.map(describe).join('; ')}]`;
    case 'either':
      return shape.of.map(describe).join(', or ');
    case 'nullable':
      return `${describe(shape.of)}, or null`;
    case 'boolean':
    case 'anything':
      return shape.kind;
  }
}
