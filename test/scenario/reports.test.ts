import { mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import { writeReport } from '../../src/cli/write-report.ts';
import type { TraceEvent } from '../../src/core/trace.ts';
import { simEngine } from '../../src/engine/sim.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { SILENT } from '../../src/scenario/narration.ts';
import { charts } from '../../src/scenario/reports/charts.ts';
import { deliveriesCsv, exportedFiles } from '../../src/scenario/reports/exports.ts';
import { htmlReport } from '../../src/scenario/reports/html.ts';
import { junitXml } from '../../src/scenario/reports/junit.ts';
import { mermaidSequence } from '../../src/scenario/reports/mermaid.ts';
import { perfettoJson } from '../../src/scenario/reports/perfetto.ts';
import { ringView } from '../../src/scenario/reports/ring-view.ts';
import { RunFacts, tookMillis } from '../../src/scenario/reports/run-facts.ts';
import { spaceTimeDiagram } from '../../src/scenario/reports/space-time.ts';
import { stretchedTime } from '../../src/scenario/reports/stretched-time.ts';
import { escapeText, ticks } from '../../src/scenario/reports/svg.ts';
import { timeScale } from '../../src/scenario/reports/time-scale.ts';
import { runScenario } from '../../src/scenario/runner.ts';

const SECRET = 'a text that nobody else may read';
const STEPS = `name: lesson
about: About <b>bold</b> & "quoted" things.
steps:
  - seed-server: start
  - start: [alice, bob]
  - register: [alice, bob]
  - befriend: [alice, bob]
  - cut: { between: alice, and: bob, name: "<ditch>" }
  - send: { from: alice, to: bob, text: ${SECRET}, count: 3 }
  - wait: 1s
  - heal: everything
  - expect: { ticks: { from: alice, to: bob, are: delivered, count: 3 } }
    within: 20s
`;

async function played(more = '') {
  const scenario = loadScenario(STEPS + more, 'lesson.yaml');
  const engine = simEngine({ seed: 3, capabilities: { crypto: new NodeCrypto(), codec: new CborCodec() } });
  let events: readonly TraceEvent[] = [];
  const report = await runScenario(scenario, engine, {
    seed: 3,
    wallMillis: () => 0,
    listener: SILENT,
    collect: async (done) => {
      events = await done.trace();
    },
  });
  return { scenario, report, events };
}

/** Every tag is closed, in order; void ones of HTML are let pass. */
function misnested(markup: string): string | null {
  const open: string[] = [];
  for (const [, closing, name = '', own] of markup.matchAll(/<(\/?)([a-zA-Z][\w-]*)(?:"[^"]*"|[^>"])*?(\/?)>/g)) {
    if (own === '/' || name === 'meta') continue;
    if (closing === '') open.push(name);
    else if (open.pop() !== name) return `</${name}> closes another`;
  }
  return open.length === 0 ? null : `${open.join(', ')} not closed`;
}

test('a report tells the run from its trace alone: frames, faults, the way of each message, the ring', async (t) => {
  const { events } = await played();
  const facts = new RunFacts(events);
  t.deepEqual(facts.nodes, ['alice', 'bob']);
  t.is(facts.deliveries.size, 3);
  for (const delivery of facts.deliveries.values()) {
    const { events: told } = delivery;
    t.true((tookMillis(delivery) ?? 0) >= 1_000, 'the line was cut for a second');
    t.true(told.some(({ what }) => what.includes('accepted')) && told.some(({ what }) => what.includes('shown')));
  }
  t.deepEqual(
    facts.faults.map(({ kind, toMillis, fromMillis }) => [kind, Math.round((toMillis - fromMillis) / 100) / 10]),
    [['cut', 1]],
  );
  t.true(facts.flights.some(({ dropped }) => dropped === 'rule <ditch>'));
  t.true(facts.flights.some(({ arrivedMillis, sentMillis }) => arrivedMillis !== null && arrivedMillis >= sentMillis));
  t.deepEqual(facts.ringAfter.map(({ node }) => node).sort(), ['alice', 'bob']);
});

test('who does not play by the rules is a fault of the run, from its start to its end', async (t) => {
  const { events, report } = await played('  - start: { nodes: mallory, conduct: babbler }\n  - wait: 2s\n  - kill: mallory\n  - wait: 1s\n');
  const lies = new RunFacts(events).faults.filter(({ kind }) => kind === 'conduct');
  t.deepEqual(
    lies.map(({ name, details, fromMillis, toMillis }) => [name, details, Math.round((toMillis - fromMillis) / 1_000)]),
    [['conduct mallory', 'conduct babbler', 2]],
  );
  const healed = report.checks.find(({ check }) => check === 'faults-healed');
  t.regex(healed?.evidence ?? '', /no fault left; killed and not started again: mallory; against the rules to their end: mallory/);
});

test('messages to rooms have their ways told, screen by screen, and names of rooms are not in it', async (t) => {
  const { events, report, scenario } = await played(`  - create-room: { by: alice, room: Our secret place }
  - join-room: { who: bob, room: Our secret place, through: alice }
  - say: { by: alice, room: Our secret place, text: ${SECRET} }
  - expect: { room-messages: { at: bob, room: Our secret place, contain: [${SECRET}] } }
    within: 10s
`);
  t.is(report.verdict, 'pass', report.reason ?? '');
  const facts = new RunFacts(events);
  const said = [...facts.deliveries.values()].filter(({ inRoom }) => inRoom);
  t.is(said.length, 1);
  t.deepEqual(
    said[0]?.shown.map(({ at }) => at),
    ['bob'],
  );
  t.true(said[0]?.events.some(({ where, what }) => where === 'bob' && what === 'shown on the screen'));
  const html = htmlReport({ report, about: scenario.about, facts, command: 'confab run lesson.yaml', machine: 'here' });
  t.regex(html, /alice → room \[16 bytes, [0-9a-f]{8}\], .*: shown at 1 screen, the last after/);
  t.regex(mermaidSequence(facts), / n0->>n1: room message [0-9a-f]{6} is shown/);
  t.regex(deliveriesCsv(facts), /,alice,"?room \[16 bytes, [0-9a-f]{8}\]"?,bob,/);
  for (const text of [html, mermaidSequence(facts), deliveriesCsv(facts)]) t.false(text.includes('Our secret place'));
});

test('the HTML report needs nothing from elsewhere, escapes what comes from a run, and holds no text of a message', async (t) => {
  const { report, scenario, events } = await played();
  const html = htmlReport({ report, about: scenario.about, facts: new RunFacts(events), command: 'confab run lesson.yaml', machine: 'here' });
  t.is(misnested(html), null);
  t.notRegex(html, /<script|<link|<img|@import|https?:|url\((?!#)/i);
  t.false(html.includes(SECRET));
  t.false(html.includes('<ditch>') || html.includes('<b>bold'));
  for (const word of ['PASS', '&lt;ditch&gt;', 'no-message-lost', 'confab run lesson.yaml', report.trace.sha256, 'Space and time'])
    t.true(html.includes(word), word);
});

test('the axis of a run of some milliseconds is told in milliseconds: no two marks read alike', async (t) => {
  const { events } = await played();
  const first = events.slice(0, 40);
  const facts = new RunFacts(first);
  t.true(facts.endMillis < 1_000, String(facts.endMillis));
  for (const drawn of [spaceTimeDiagram(facts), charts(facts)]) {
    const marks = [...drawn.matchAll(/text-anchor="(?:end|middle)">([\d.]+(?: ms| s)?)<\/text>/g)].map(([, mark]) => mark as string);
    t.true(marks.length > 3);
    t.false(marks.some((mark) => mark.endsWith(' s')));
  }
  const axis = [...spaceTimeDiagram(facts).matchAll(/>([\d.]+ ms)<\/text>/g)].map(([, mark]) => mark as string);
  t.is(new Set(axis).size, axis.length);
  t.deepEqual(timeScale(60_000), { unit: 's', millis: 1_000 });
});

test('stretched time keeps the order of moments, gives a burst more room than silence, and can be read back', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 5_000_000 }), { maxLength: 60 }), fc.integer({ min: 1, max: 5_000_000 }), (micros, endMicros) => {
      const [moments, end] = [micros.map((each) => each / 1_000), endMicros / 1_000];
      const time = stretchedTime(moments, end);
      const shares = [...moments.filter((millis) => millis <= end), end].sort((one, other) => one - other).map((millis) => time.share(millis));
      const inOrder = shares.every((share, index) => share >= 0 && share <= 1 && (index === 0 || share >= (shares[index - 1] as number)));
      return inOrder && Math.abs(time.share(time.millisAt(0.37)) - 0.37) < 1e-6 && time.share(0) === 0 && time.share(end) === 1;
    }),
    { seed: 7, numRuns: 200 },
  );
  const burst = Array.from({ length: 30 }, (_, index) => 1_000 + index / 10);
  const time = stretchedTime(burst, 10_000);
  t.true(time.share(1_003) - time.share(1_000) > 0.5);
});

test('the other files are what their readers expect', async (t) => {
  const { report, events } = await played('  - expect: { friends: { of: alice, are: [] } }\n    within: 200ms\n  - wait: 1s\n');
  const facts = new RunFacts(events);
  t.is(report.verdict, 'fail');
  const xml = junitXml(report);
  t.is(misnested(xml.replace(/^<\?xml.*?\?>/, '')), null);
  t.regex(xml, /failures="1" errors="0" skipped="\d+"/);
  t.is(xml.split('<testcase').length - 1, report.steps.length + report.checks.filter(({ number }) => number === 'trace').length);
  const files = exportedFiles(report, facts);
  const { traceEvents } = JSON.parse(files.get('perfetto.json') ?? '') as { traceEvents: Array<{ ph: string; id?: number }> };
  const flows = (phase: string) => traceEvents.filter(({ ph }) => ph === phase).map(({ id }) => id);
  const ends = flows('f');
  t.true(flows('s').every((id) => ends.includes(id)));
  t.is(flows('s').length, ends.length);
  t.true(flows('s').length > 10);
  t.regex(mermaidSequence(facts), /^sequenceDiagram\n {2}participant n0 as alice\n {2}participant n1 as bob\n[\s\S]* n0->>n1: envelope/);
  t.is(deliveriesCsv(facts).trim().split('\r\n').length, 4);
  for (const [name, text] of files) t.false(text.includes(SECRET), name);
});

test('reports lie in a folder for each run, and latest points at the last', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'confab-report-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const run = { ...(await played()), standInCrypto: false, startedMillis: 0 };
  const first = await writeReport(folder, run);
  t.is(first, join(folder, 'lesson-sim-seed-3', 'index.html'));
  t.false(readFileSync(first, 'utf8').includes('stand-in'));
  await writeReport(folder, { ...run, standInCrypto: true });
  t.regex(readFileSync(first, 'utf8'), /--stand-in-crypto<[\s\S]*stand-in cryptography, which hides nothing/);
  await writeReport(folder, { ...run, report: { ...run.report, engine: 'local' } });
  t.is(readlinkSync(join(folder, 'latest')), 'lesson-local-19700101-000000');
  t.true(readFileSync(join(folder, 'latest', 'index.html'), 'utf8').includes('confab run lesson.yaml --engine local'));
  await t.throwsAsync(writeReport('/dev/null/reports', run), { message: /cannot be written/ });
});

test('escaped text can stand anywhere in a document', (t) => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      (text) =>
        !/[<>"']|&(?!(amp|lt|gt|quot|#39);)/.test(escapeText(text)) && Array.from(escapeText(text)).every((each) => each >= ' ' || '\t\n\r'.includes(each)),
    ),
  );
  t.is(escapeText('<a href="x">&\'\u0000'), '&lt;a href=&quot;x&quot;&gt;&amp;&#39;\ufffd');
});

test('axes have a handful of round marks', (t) => {
  fc.assert(
    fc.property(
      fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
      (max) => ticks(max).length >= 2 && ticks(max).length <= 12 && (ticks(max).at(-1) ?? 0) <= max * 1.000001,
    ),
  );
  t.deepEqual(ticks(10), [0, 2, 4, 6, 8, 10]);
  t.deepEqual(ticks(0), [0]);
});

test('a ring of many is drawn whole: every member, and red those who do not follow the next one', (t) => {
  const places = Array.from({ length: 500 }, (_, index) => ({
    node: `user${index}`,
    place: Math.floor((index / 500) * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
      .padEnd(16, '0'),
    successors: [`user${(index + 1) % 500}`],
  }));
  const right = ringView(places, 'At the end');
  t.is(misnested(right), null);
  t.is(right.split('<circle').length - 1, 501);
  t.regex(right, /Everybody follows the next one/);
  const labels = right.split('text-anchor').length - 1;
  t.true(labels >= 10 && labels <= 40, `${labels} names`);
  t.true(right.includes(`${500 - labels} names are left out`));
  const wrong = ringView(
    places
      .with(470, { ...(places[470] as (typeof places)[number]), successors: ['user3'] })
      .with(7, { ...(places[7] as (typeof places)[number]), successors: [] }),
    'At the end',
  );
  t.regex(wrong, /1 member in grey knows nobody to follow yet. In red, those whose successor is not the next member: user470\./);
});

test('charts bear more points than a call has arguments, and show a single one', async (t) => {
  const { events } = await played();
  const facts = new RunFacts(events);
  for (let index = 0; index < 300_000; index += 1) facts.lookups.push({ hops: index % 7, members: 1_024 });
  const [kept] = facts.deliveries.values();
  for (const id of [...facts.deliveries.keys()].slice(1)) facts.deliveries.delete(id);
  const drawn = charts(facts);
  t.true(drawn.length < 60_000, `${drawn.length} characters`);
  t.regex(drawn, /<title>42857 times<\/title>[\s\S]*half of log2 N/);
  t.is(kept?.shown.length, 1);
  const [times = ''] = /From accepted to shown[\s\S]*?<\/svg>/.exec(drawn.slice(drawn.indexOf('From accepted'))) ?? [];
  t.true(times.includes('<circle'), 'a line of one point is a mark');
});

/** Messages of a program of one's own have types only. */
function sendAt(n: number, from: string, to: string, atMillis: number): TraceEvent[] {
  const frame = `${from}/1/f${n}`;
  const common = { logical: n, wallMillis: atMillis as TraceEvent['wallMillis'], monotonicMillis: atMillis as TraceEvent['monotonicMillis'] };
  const detail = { frame, kind: 'data', messages: [{ type: 'rumour; end' }, { type: 'rumour; end' }], bytes: 10 } as const;
  return [
    { ...common, id: `${from}/1/${n}`, node: from, detail: { type: 'send', to, ...detail } },
    { ...common, id: `${to}/2/${n}`, node: to, detail: { type: 'receive', from, ...detail } },
  ];
}

test('slices of a node lie beside or within each other, however close their frames are', (t) => {
  const close = [0, 0.004, 0.004, 0.011, 0.5, 0.519].flatMap((millis, n) => sendAt(n, 'a', 'b', 1_000 + millis));
  const { traceEvents } = JSON.parse(perfettoJson(new RunFacts(close))) as { traceEvents: Array<{ ph: string; pid: number; ts: number; dur: number }> };
  for (const pid of [2, 3]) {
    const slices = traceEvents.filter((event) => event.ph === 'X' && event.pid === pid);
    t.is(slices.length, 6);
    for (const [index, { ts, dur }] of slices.entries())
      for (const later of slices.slice(index + 1))
        t.true(later.ts >= ts + dur || (later.ts >= ts && later.ts + later.dur <= ts + dur), `${ts}+${dur}, ${later.ts}`);
  }
});

test('the sequence diagram shows what a program without ids sends, and only those who take part', (t) => {
  const idle: TraceEvent[] = sendAt(9, 'c', 'd', 5).map((event) => ({ ...event, detail: { type: 'note', text: 'here' } }));
  const text = mermaidSequence(new RunFacts([...sendAt(1, 'a', 'b', 0), ...idle]));
  t.is(text, 'sequenceDiagram\n  participant n0 as a\n  participant n1 as b\n  %% 2 of 4 nodes, those that take part\n  n0->>n1: rumour_ end x2\n');
});

test('a run that broke between its steps is an error for a build server as well', async (t) => {
  const { report } = await played();
  const xml = junitXml({ ...report, verdict: 'crash', reason: 'the deadline <of> the run has passed' });
  t.regex(xml, /errors="1"[\s\S]*name="the run"[^>]*><error type="error" message="the deadline &lt;of&gt; the run has passed">the deadline/);
  t.is(misnested(xml.replace(/^<\?xml.*?\?>/, '')), null);
});

test('few arrows of the space-time diagram say what they carry, as paper has no pointer', (t) => {
  const few = spaceTimeDiagram(new RunFacts([...sendAt(1, 'a', 'b', 10), ...sendAt(2, 'b', 'a', 20)]));
  t.is(few.split('class="halo">rumour; end, rumour; end</text>').length - 1, 2);
  const many = Array.from({ length: 80 }, (_, n) => sendAt(n, 'a', 'b', n * 10)).flat();
  t.false(spaceTimeDiagram(new RunFacts(many)).includes('halo'));
});
