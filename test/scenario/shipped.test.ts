import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Ajv2020 from 'ajv/dist/2020.js';
import test from 'ava';
import { parse } from 'yaml';
import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import { simEngine } from '../../src/engine/sim.ts';
import { loadScenario, type Scenario } from '../../src/scenario/load.ts';
import { SILENT } from '../../src/scenario/narration.ts';
import type { RunReport } from '../../src/scenario/report.ts';
import { runScenario } from '../../src/scenario/runner.ts';
import { scenarioJsonSchema } from '../../src/scenario/schema.ts';
import { EXPECTATIONS, VERBS } from '../../src/scenario/vocabulary.ts';

const home = fileURLToPath(new URL('../../../', import.meta.url));
const names = readdirSync(`${home}scenarios`, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml'))
  .sort();

/** Between them they write, keep, hand over, recover and delete everything that must be readable nowhere. `confab run` searches in all. */
const SEARCHED: ReadonlySet<string> = new Set(['no-plaintext', 'session-takeover', 'offline-mail', 'rooms-basics', 'accounts', 'no-seed-server']);

function text(name: string): string {
  return readFileSync(`${home}scenarios/${name}`, 'utf8');
}

async function playInSim(scenario: Scenario, seed: number): Promise<RunReport> {
  const { latencyMillis, loss, beacon } = scenario.network;
  const engine = simEngine({
    seed,
    capabilities: { crypto: new NodeCrypto(), codec: new CborCodec() },
    coreOptions: scenario.options,
    // Once is enough: where texts come to lie does not hang on chance.
    searchable: seed === 1 && SEARCHED.has(scenario.name),
    lossProbability: loss,
    beacon,
    ...(latencyMillis === null ? {} : { latency: { minMillis: latencyMillis.min, maxMillis: latencyMillis.max } }),
  });
  return runScenario(scenario, engine, { seed, wallMillis: () => performance.now(), listener: SILENT });
}

test('the shipped JSON Schema is that of the code (UPDATE_GOLDEN=1 rewrites it)', (t) => {
  const file = `${home}schemas/scenario.schema.json`;
  const current = `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`;
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, current);
  t.true(readFileSync(file, 'utf8') === current, 'schemas/scenario.schema.json is not current: run this test with UPDATE_GOLDEN=1');
});

test('every shipped scenario names the schema in its first line, loads, and fits the JSON Schema', (t) => {
  const Ajv = Ajv2020 as unknown as typeof Ajv2020.default;
  const fits = new Ajv({ strict: false, allErrors: true }).compile(scenarioJsonSchema());
  t.true(names.length >= 17);
  for (const name of names) {
    const depth = name.includes('/') ? '../../' : '../';
    t.is(text(name).split('\n')[0], `# yaml-language-server: $schema=${depth}schemas/scenario.schema.json`, name);
    const scenario = loadScenario(text(name), name);
    t.is(scenario.name, name.replace('.yaml', '').replace('/', '-'), name);
    t.true(scenario.about.length > 20, name);
    t.true(fits(parse(text(name), { merge: true })), `${name}: ${JSON.stringify(fits.errors)}`);
  }
});

test('the JSON Schema refuses what the loader refuses', (t) => {
  const Ajv = Ajv2020 as unknown as typeof Ajv2020.default;
  const fits = new Ajv({ strict: false }).compile(scenarioJsonSchema());
  const file = (step: unknown) => ({ name: 'x', steps: [{ start: 'alice' }, step] });
  for (const step of [
    { regster: 'alice' },
    { wait: 5 },
    { wait: '5' },
    {},
    { start: 'bob', stop: 'alice' },
    { expect: {} },
    { register: 'alice', fails: 'nothing' },
  ]) {
    t.false(fits(file(step)), JSON.stringify(step));
    t.throws(() => loadScenario(JSON.stringify(file(step)), 'x'), undefined, JSON.stringify(step));
  }
  t.true(fits(file({ parallel: [{ wait: '1s' }, [{ wait: '1s' }, { stop: 'alice' }]] })));
});

test('every verb and expectation of the language is told to editors', (t) => {
  for (const each of [...VERBS.values(), ...EXPECTATIONS.values()]) t.true(String(each.schema.description ?? '').length > 10, each.name);
});

/** A second and more for each seed: these have one here. */
const LONG = new Set([
  'chaos-chat',
  'churn',
  'day-and-night',
  'fifty-users',
  'flash-crowd',
  'large/packed-hundred',
  'mass-departure',
  'ring-crash-two-neighbours',
  'ring-join-leave',
  'ring-merge',
  'room-of-fifty',
  'rooms-under-faults',
  'workloads',
]);
/** Made for many real nodes in few processes; in the simulator minutes. */
const TOO_LARGE = new Set(['large/packed-thousand']);

for (const name of names.filter((each) => !each.startsWith('placebo/') && !TOO_LARGE.has(each.replace('.yaml', '')))) {
  test(`${name} passes in the simulator`, async (t) => {
    // A long one has its many seeds elsewhere: confab explore.
    for (const seed of LONG.has(name.replace('.yaml', '')) ? [1] : [1, 2]) {
      const scenario = loadScenario(text(name), name, seed);
      const report = await playInSim(scenario, seed);
      t.is(report.verdict, 'pass', `seed ${seed}: ${report.reason ?? ''}`);
      t.true(report.checks.every((check) => check.ok));
      if (seed === 1 && SEARCHED.has(scenario.name)) t.true(report.checks.some(({ check, judged }) => check === 'no-plaintext' && judged));
    }
  });
}

test('the same seed gives the same trace, another one another', async (t) => {
  const scenario = loadScenario(text('kill-and-recover.yaml'), 'kill-and-recover.yaml');
  const [one, again, other] = [await playInSim(scenario, 7), await playInSim(scenario, 7), await playInSim(scenario, 8)];
  t.is(one.trace.sha256, again.trace.sha256);
  t.not(one.trace.sha256, other.trace.sha256);
  t.true(one.trace.events > 100);
});

const placebo = test.macro(async (t, name: string, verdict: RunReport['verdict']) => {
  const report = await playInSim(loadScenario(text(`placebo/${name}.yaml`), name), 1);
  t.is(report.verdict, verdict, report.reason ?? '');
  t.is(report.reason === null, verdict === 'pass');
});

test('placebo: ok is a pass', placebo, 'ok', 'pass');
test('placebo: must-fail is a failure', placebo, 'must-fail', 'fail');
test('placebo: stall is a crash', placebo, 'stall', 'crash');
test('placebo: crash is a crash', placebo, 'crash', 'crash');
