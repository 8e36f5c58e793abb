import test from 'ava';
import { playBareLoop } from '../../bench/w1/bare-loop.ts';
import { CHECK_VALUES, differences } from '../../bench/w1/check-values.ts';
import { playRing } from '../../bench/w1/ring-workload.ts';
import { measureAlone } from '../../bench/w1/run.ts';
import { playWorkload, STATEMENT } from '../../bench/w1/workload.ts';
import { gap } from '../../examples/bare-chord/identifiers.ts';

for (const { nodes } of CHECK_VALUES.slice(0, 2)) {
  test(`W1 with ${nodes} nodes gives the check values, by the simulator and by the bare loop`, (t) => {
    const settings = { ...STATEMENT, nodes };
    t.deepEqual(differences(settings, playWorkload(settings)), []);
    t.deepEqual(differences(settings, playBareLoop(settings)), []);
  });
}

test('the check notices a single event too many, and does not judge what it has no values for', (t) => {
  const settings = { ...STATEMENT, nodes: 100 };
  const right = playBareLoop(settings);
  t.deepEqual(differences(settings, { ...right, messages: right.messages + 1 }), ['messages is 56120, should be 56119']);
  t.deepEqual(differences(settings, { ...right, hops: right.hops + right.lookups }), ['meanHops is 4.17, should be 3.17']);
  t.is(differences({ ...settings, seed: 2 }, right), null);
});

test('another seed gives another run, and both engines agree on it', (t) => {
  const settings = { ...STATEMENT, nodes: 200, seed: 7, durationMillis: 600_000 };
  const counts = playWorkload(settings);
  t.deepEqual(playBareLoop(settings), counts);
  t.notDeepEqual(playWorkload({ ...settings, seed: 8 }), counts);
});

test('fault rules reach the nodes of W1', (t) => {
  const settings = { ...STATEMENT, nodes: 50 };
  const cutOff = playWorkload(settings, { rules: [{ id: 'r1', kind: 'cut', from: ['n7'], to: ['*'], oneWay: true }] });
  t.true(cutOff.rightSuccessors < 50);
  t.is(playWorkload(settings).rightSuccessors, 50);
});

test('intervals on the ring are one comparison', (t) => {
  const between = (x: number, a: number, b: number): boolean => gap(a, x) < gap(a, b);
  const upTo = (x: number, a: number, b: number): boolean => gap(a, x) <= gap(a, b);
  t.true(between(5, 3, 7));
  t.false(between(7, 3, 7));
  t.false(between(3, 3, 7));
  t.true(between(-1, 7, 3));
  t.true(between(4, 3, 3));
  t.false(between(3, 3, 3));
  t.true(upTo(7, 3, 7));
  t.false(upTo(3, 3, 7));
  t.true(upTo(3, 3, 3));
});

test('a process of its own measures and says what it used', async (t) => {
  const measured = await measureAlone({ ...STATEMENT, workload: 'w1', engine: 'confab', nodes: 100, traced: false });
  t.is(measured.messages, 56_119);
  t.is(measured.meanHops, 3.17);
  t.true(measured.asChecked);
  t.is(measured.traceEvents, 0);
  const traced = await measureAlone({ ...STATEMENT, workload: 'w1', engine: 'confab', nodes: 100, traced: true });
  t.true(traced.asChecked);
  // Each message is sent and received, but for those that are still under way; each timer fires; each node starts.
  t.true(traced.traceEvents >= 2 * traced.messages + traced.timers + 100 && traced.traceEvents < 2 * traced.messages + traced.timers + 300);
  t.true(measured.messagesPerSecond > 0 && measured.peakMemoryBytes > 2 ** 24);
  await t.throwsAsync(measureAlone({ ...STATEMENT, workload: 'w1', engine: 'confab', nodes: -5, traced: false }));
});

test("the product's ring grows at the pace of W1 and ends right", (t) => {
  const counts = playRing({ ...STATEMENT, nodes: 40, growthMillis: 100_000, durationMillis: 300_000 });
  t.is(counts.rightSuccessors, 40);
  t.true(counts.lookups > 500 && counts.hops >= counts.lookups);
});
