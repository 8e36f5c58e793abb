import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { readOwnModule } from '../../src/cli/own-module/own-module.ts';
import { temporaryRoot } from './run-cli.ts';

type Files = Readonly<Record<string, string>>;

async function folderWith(t: ExecutionContext, files: Files): Promise<string> {
  const root = await temporaryRoot(t);
  for (const [name, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...files })) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

/** Each `main.js` exports `result`; Node.js itself says what it has to be. */
const MODULES: Readonly<Record<string, Files>> = {
  'a variable that its module changes is seen changed by others': {
    'main.js': `import { count, bump } from './counter.js'; import * as all from './counter.js';
bump(); const first = count; bump(); export const result = [first, count, all.count, Object.keys(all)];`,
    'counter.js': 'export let count = 0; export function bump() { count += 1; }',
  },
  'what is exported by a list, passed on, and changed by destructuring': {
    'main.js': `import { n as m, set } from './pass.js'; import { default as d, "a b" as spaced } from './pass.js';
set(7); export const result = [m, d, spaced];`,
    'pass.js': `export { value as n, set } from './deep.js'; import x from './deep.js'; export default x; export { x as "a b" };`,
    'deep.js': `let value = 1; function set(v) { [value] = [v]; } export { value, set }; export default 'deep'`,
  },
  'a circle: functions can be called before their module has run, constants not yet': {
    'main.js': `import { even, early } from './even.js'; export const result = [even(10), even(7), early];`,
    'even.js': `import { odd, LATE } from './odd.js'; export let early; try { early = LATE; } catch (error) { early = error.name; }
export function even(n) { return n === 0 || odd(n - 1); }`,
    'odd.js': `import { even } from './even.js'; export const WHEN = even(0); export function odd(n) { return n !== 0 && even(n - 1); } export const LATE = 1;`,
  },
  'a circle: a function of it is called before its module has run': {
    'main.js': `import { seen } from './late.js'; export function early() { return typeof late.seen; } import * as late from './late.js'; export const result = seen;`,
    'late.js': `import { early } from './main.js'; let tried; try { tried = early(); } catch (error) { tried = error.name; } export const seen = tried;`,
  },
  'a circle that is entered at the side that needs the other one': {
    'main.js': `import { a } from './a.js'; export const result = a;`,
    'a.js': `import { b } from './b.js'; export const a = b + 1;`,
    'b.js': `import { a } from './a.js'; let seen; try { seen = a; } catch (error) { seen = error.name; } export const b = seen;`,
  },
  'defaults without a name, and no semicolons': {
    'main.js': `import f from './f.js'\nimport C from './c.js'\nimport v from './v.js'\nimport g from './g.js'
export const result = [f(), new C().x, v, [...g()]]`,
    'f.js': 'export default function () { return 1 }\n[2].map(String)',
    'c.js': 'export /* here */ default class { x = 2 }',
    'v.js': 'const list = [1]\nexport default list.map((x) => x + 1)\n;[3].forEach(String)',
    'g.js': 'export default function* () { yield 4 }',
  },
  'stars: own names before those of others, no default': {
    'main.js': `import * as all from './stars.js'; export * from './one.js'; export const result = [Object.keys(all).sort(), all.a, all.inner.b];`,
    'stars.js': `export * from './one.js'; export const a = 'own'; export * as inner from './one.js';`,
    'one.js': `export const a = 'a'; export const b = 'b'; export default 'no';`,
  },
  'names that functions, blocks and patterns take for themselves': {
    'main.js': `import { a, b } from './ab.js';
const shadow = (a) => a + b; function inner() { const b = 5; { let a = 1; return a + b; } } const { a: c = a, ...rest } = { z: 1 };
export const { x, y: [z] } = { x: a, y: [b] }; const short = { a, b };
class K { a = a; static b = b; b() { return b; } }
export const result = [shadow(1), inner(), c, rest, x, z, short, new K().a, K.b, new K().b(), typeof a, \`\${a} import \${b}\`, /export/.source];`,
    'ab.js': 'export const a = 10, b = 20;',
  },
  'a name that is written to although it is imported': {
    'main.js': `import { a } from './a.js'; import { l } from './l.js'; const tried = [];
for (const act of [() => { a = 2; }, () => { l = 2; }]) try { act(); } catch (error) { tried.push(error.name); } export const result = [a, l, tried];`,
    'a.js': 'export const a = 1;',
    'l.js': 'export let l = 1; export const grow = () => { l += 1; };',
  },
  'strict everywhere, and no this': {
    'main.js': `import { who } from './who.js'; let refused; try { undeclared = 1; } catch (error) { refused = error.name; }
export const result = [refused, this === undefined, who()];`,
    'who.js': 'export function who() { return this === undefined; }',
  },
  'where a module is': {
    'main.js': `#!/usr/bin/env node
import { here } from './lib/here.js'; export const result = [import.meta.url.endsWith('/main.js'), here, import.meta.filename.endsWith('main.js')];`,
    'lib/here.js': `export const here = new URL('../main.js', import.meta.url).href === new URL('./main.js', new URL('..', import.meta.url)).href;`,
  },
  'CommonJS and data beside it': {
    'main.js': `import old, { named, list } from './old.cjs'; import data from './data.json' with { type: 'json' }; import { join } from 'node:path';
export const result = [old.named, named, list, data, join('a', 'b')];`,
    'old.cjs': `const inner = require('./inner.cjs'); exports.named = inner.name; exports.list = [require('./data.json').n, require('node:path').sep, __filename.endsWith('old.cjs'), this === exports];`,
    'inner.cjs': `module.exports = { name: 'inner', other: require('./old.cjs').named };`,
    'data.json': '{ "n": [1, 2] }',
  },
};

for (const [what, files] of Object.entries(MODULES)) {
  test(`modules run as Node.js runs them: ${what}`, async (t) => {
    const path = join(await folderWith(t, files), 'main.js');
    const theirs = (await import(pathToFileURL(path).href)) as { readonly result: unknown };
    const module = await readOwnModule(path);
    const ours = module.run();
    t.deepEqual(JSON.parse(JSON.stringify(ours['result'])), JSON.parse(JSON.stringify(theirs.result)));
    t.deepEqual(Object.keys(ours).sort(), Object.keys(theirs).sort());
    t.deepEqual(JSON.parse(JSON.stringify(module.run()['result'])), JSON.parse(JSON.stringify(theirs.result)), 'a second run knows nothing of the first');
    t.deepEqual(module.common, []);
  });
}

test('every run has its own variables in every file, and what it made goes with it', async (t) => {
  const path = join(
    await folderWith(t, {
      'main.js': `import { add, all } from './box.js'; import cjs from './count.cjs'; let n = 0; export const turn = (x) => { n += 1; add(x); cjs.count += 1; return [n, cjs.count, ...all]; };`,
      'box.js': 'export const all = []; export const add = (x) => all.push(x);',
      'count.cjs': 'module.exports.count = 0;',
    }),
    'main.js',
  );
  const module = await readOwnModule(path);
  type Turn = { readonly turn: (x: string) => unknown };
  const [one, other] = [module.run() as Turn, module.run() as Turn];
  t.deepEqual(one.turn('a'), [1, 1, 'a']);
  t.deepEqual(one.turn('b'), [2, 2, 'a', 'b']);
  t.deepEqual(other.turn('c'), [1, 1, 'c']);
});

test('what runs have in common all the same is told', async (t) => {
  const path = join(
    await folderWith(t, {
      'main.js': `import { late } from './late.js';\nexport const program = late;\nglobalThis.count = 1;`,
      'late.js': 'export const late = await Promise.resolve(1);',
    }),
    'main.js',
  );
  const { common } = await readOwnModule(path);
  t.is(common.length, 2);
  t.regex(common.join('; '), /what main\.js:3 puts on globalThis; variables of late\.js, .* since it awaits something outside of functions/);
});

test('what CommonJS requires is read once, and what is no module of a known kind is left to Node.js', async (t) => {
  const folder = await folderWith(t, {
    'main.cjs': "exports.result = [require('./inner.cjs').name, require('./bare')];",
    'inner.cjs': "exports.name = 'inner';",
    bare: "module.exports = 'bare';",
  });
  const module = await readOwnModule(join(folder, 'main.cjs'));
  t.deepEqual(module.run()['result'], ['inner', 'bare']);
  writeFileSync(join(folder, 'inner.cjs'), "exports.name = 'changed meanwhile';");
  t.deepEqual(module.run()['result'], ['inner', 'bare']);
  t.deepEqual(module.common, ['variables of bare, and of what it imports, since it is no JavaScript']);
});

test('files that package.json names are in common, which is told', async (t) => {
  const path = join(
    await folderWith(t, {
      'package.json': '{ "type": "module", "name": "mine", "imports": { "#box": "./box.js" }, "exports": { "./box": "./box.js" } }',
      'main.js': "import { one } from '#box'; import { one as two } from 'mine/box'; import { join } from 'node:path'; export const result = [one, two, join];",
      'box.js': 'export const one = 1;',
    }),
    'main.js',
  );
  const { common } = await readOwnModule(path);
  t.deepEqual(
    common.map((each) => each.split(',')[0]),
    ['variables of what #box leads to', 'variables of what mine/box leads to'],
  );
});

const MISTAKES: ReadonlyArray<readonly [what: string, files: Files, says: RegExp]> = [
  ['a name that is not there', { 'main.js': "import {\n a } from './b.js';", 'b.js': 'export const c = 1;' }, /main\.js:1: \.\/b\.js exports nothing called a/],
  ['a name that is passed on and not there', { 'main.js': "\nexport { a } from './b.js';", 'b.js': '' }, /main\.js:2: \.\/b\.js exports nothing called a/],
  ['a name that CommonJS does not give', { 'main.js': "import { a } from './b.cjs';", 'b.cjs': '' }, /main\.js:1: \.\/b\.cjs exports nothing called a/],
  ['a name that Node.js does not give', { 'main.js': "import { jion } from 'node:path';" }, /main\.js:1: node:path exports nothing called jion/],
  ['a file that is not there', { 'main.js': "import './gone.js';" }, /main\.js: \.\/gone\.js cannot be imported: there is no file .*gone\.js/],
];

for (const [what, files, says] of MISTAKES) {
  test(`modules that do not fit together are told apart: ${what}`, async (t) => {
    const path = join(await folderWith(t, files), 'main.js');
    await t.throwsAsync(async () => (await readOwnModule(path)).run(), { message: says });
  });
}

test('places in errors are those of the file, in its first line too', async (t) => {
  const path = join(
    await folderWith(t, {
      'main.js': "import { no } from './no.js'; export const first = () => no();\nexport const later = () => {\n  null.x; };",
      'no.js': 'export const no = () => { throw new Error("x"); };',
    }),
    'main.js',
  );
  const { first, later } = (await readOwnModule(path)).run() as Record<string, () => void>;
  const places = [first, later].map((act) => {
    const stack = t.throws(() => act?.())?.stack ?? '';
    return [...stack.matchAll(/\/(\w+\.js):(\d+):(\d+)/g)].slice(0, 2).map(([, file, line, column]) => `${file}:${line}:${column}`);
  });
  t.is(places[0]?.[0], 'no.js:1:33');
  t.is(places[0]?.[1]?.split(':').slice(0, 2).join(':'), 'main.js:1');
  t.is(places[1]?.[0]?.split(':').slice(0, 2).join(':'), 'main.js:3');
});
