import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { withCurrentTables } from '../src/cli/manual.ts';
import { ERRORS } from '../src/core/errors.ts';
import { CORE_OPTIONS } from '../src/core/options.ts';

/** The house rules that a machine can see (docs/STYLE.md). */

const root = fileURLToPath(new URL('../..', import.meta.url));
const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;

const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));
const sources = tracked.filter((file) => file.startsWith('src/') && file.endsWith('.ts'));
const code = tracked.filter((file) => /^(src|test|bench)\/.*\.ts$/.test(file));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

test('source files hold one idea: none is longer than 400 lines', (t) => {
  const long = sources.filter((file) => read(file).split('\n').length > FILE_LINES_MAX);
  t.deepEqual(long, []);
});

test('functions and methods stay under 70 lines', (t) => {
  const long: string[] = [];
  for (const file of sources) {
    const lines = read(file).split('\n');
    for (const [index, line] of lines.entries()) {
      const opens = /^( *)(export )?(async )?(static )?(function\b|#?[a-zA-Z]+\(.*\).*\{$|get |set )/.exec(line);
      if (opens === null || !line.trimEnd().endsWith('{') || /^ *(if|for|while|switch|return|test)\b/.test(line)) continue;
      const closing = `${opens[1] ?? ''}}`;
      const length = lines.slice(index).findIndex((each) => each === closing || each === `${closing},` || each === `${closing});`);
      if (length > FUNCTION_LINES_MAX) long.push(`${file}:${index + 1} (${length} lines)`);
    }
  }
  t.deepEqual(long, []);
});

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: ['core'],
  ports: ['core', 'ports'],
  lab: ['core', 'ports', 'lab'],
  sim: ['core', 'ports', 'sim'],
  adapters: ['core', 'ports', 'adapters'],
  control: ['core', 'ports', 'control'],
  node: ['core', 'ports', 'control', 'node'],
  seed: ['core', 'ports', 'seed'],
  engine: ['core', 'ports', 'lab', 'sim', 'control', 'engine'],
  scenario: ['core', 'ports', 'lab', 'sim', 'control', 'engine', 'scenario'],
  tui: ['core', 'ports', 'control', 'tui'],
};
const PURE = ['core', 'ports', 'sim', 'lab'];

function importsOf(file: string): string[] {
  return [...read(file).matchAll(/^(?:import|export)[^;]*?from '([^']+)'|import\('([^']+)'\)/gm)].map((match) => (match[1] ?? match[2]) as string);
}

test('every import respects the layers', (t) => {
  const wrong: string[] = [];
  for (const file of sources) {
    const layer = file.split('/')[1] as string;
    for (const name of importsOf(file)) {
      if (name.startsWith('.')) {
        const target = normalize(join(dirname(file), name)).split('/')[1] as string;
        if (layer !== 'cli' && !(ALLOWED[layer] ?? []).includes(target)) wrong.push(`${file}: ${name}`);
      } else if (PURE.includes(layer)) wrong.push(`${file}: ${name}`);
      if (name === 'blessed' && file !== 'src/tui/screen.ts') wrong.push(`${file}: ${name}`);
    }
  }
  t.deepEqual(wrong, []);
});

test('the pure layers read neither clock nor random source', (t) => {
  const wrong = sources.filter(
    (file) => PURE.includes(file.split('/')[1] as string) && /\bDate\.now|\bnew Date\(|Math\.random|\bsetTimeout|\bsetInterval|\bconsole\./.test(read(file)),
  );
  t.deepEqual(wrong, []);
});

test('nothing unfinished and nothing switched off is committed', (t) => {
  const marks = new RegExp(['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|'));
  const switched = /\btest\.(only|failing|todo)\b|debugger;/;
  t.deepEqual(
    code.filter((file) => file !== 'test/tidy.test.ts' && (marks.test(read(file)) || switched.test(read(file)))),
    [],
  );
});

test('the tables in docs/PROTOCOL.md are current', (t) => {
  const document = read('docs/PROTOCOL.md');
  t.true(withCurrentTables(document) === document, 'bring them up to date: node dist/src/cli/main.js manual --update docs/PROTOCOL.md');
});

test('every error code is used somewhere', (t) => {
  const all = sources
    .filter((file) => file !== 'src/core/errors.ts')
    .map(read)
    .join('\n');
  t.deepEqual(
    Object.keys(ERRORS).filter((name) => !all.includes(`'${name}'`)),
    [],
  );
});

test('every option is used somewhere', (t) => {
  const all = sources
    .filter((file) => file !== 'src/core/options.ts')
    .map(read)
    .join('\n');
  t.deepEqual(
    Object.keys(CORE_OPTIONS).filter((name) => !new RegExp(`\\b${name}\\b`).test(all)),
    [],
  );
});

test('links between documents lead somewhere', (t) => {
  const broken: string[] = [];
  for (const file of tracked.filter((each) => each.endsWith('.md'))) {
    for (const match of read(file).matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)) {
      if (!existsSync(join(root, dirname(file), match[1] as string))) broken.push(`${file}: ${match[1]}`);
    }
  }
  t.deepEqual(broken, []);
});
