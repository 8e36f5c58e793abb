import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { Gate } from '../../src/engine/gate.ts';
import { mergeTraces } from '../../src/engine/merge-trace.ts';
import { type LifelineProcess, sayExit, spawnReady } from '../../src/engine/spawn.ts';

const folder = mkdtempSync(join(tmpdir(), 'confab-spawn-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

function script(name: string, text: string): string {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, text);
  return path;
}

function launch(name: string, text: string, readyMillis = 10_000): Promise<LifelineProcess> {
  return spawnReady({ args: [], mainPath: script(name, text), what: 'The child', readyMillis });
}

const READY = 'console.log(JSON.stringify({ ready: true, pid: process.pid }));';

test('a child is ready when it says so, and ends when its lifeline is let go', async (t) => {
  const child = await launch('good', `process.stdin.resume(); process.stdin.on('end', () => process.exit(0)); console.log('hello'); ${READY}`);
  t.is(child.ready['pid'], child.pid);
  t.true(child.running);
  t.deepEqual(await child.end(5_000), { status: 0, signal: null });
  t.false(child.running);
  t.false(child.signal('SIGTERM'));
});

test('a child that holds on to life is killed in the end', async (t) => {
  const child = await launch('stubborn', `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); ${READY}`);
  const exit = await child.end(100);
  t.is(sayExit(exit), 'signal SIGKILL');
});

test('a child that ends before it is ready is told with its own sentence', async (t) => {
  const error = { error: { code: 'port-taken', message: 'Port 5555 is taken by another program.' } };
  const said = await t.throwsAsync(launch('refusing', `console.error(${JSON.stringify(JSON.stringify(error))}); process.exitCode = 2;`));
  t.is(said?.message, 'The child did not start: Port 5555 is taken by another program.');
  const mute = await t.throwsAsync(launch('mute', `console.error('oh dear'); process.exitCode = 7;`));
  t.is(mute?.message, 'The child did not start: it ended with exit status 7; oh dear');
});

test('a child that never gets ready is not waited for for ever', async (t) => {
  const said = await t.throwsAsync(launch('idle', 'setInterval(() => {}, 1000);', 300));
  t.regex(said?.message ?? '', /not ready after 300 ms/);
});

test('the last lines of a child are kept, and not too many', async (t) => {
  const child = await launch('chatty', `for (let i = 0; i < 40; i += 1) console.error('line ' + i); ${READY} process.stdin.resume();`);
  await child.end(5_000);
  const lines = child.lastLines();
  t.is(lines.at(-1), 'line 39');
  t.true(lines.length < 20);
});

test('a gate lets no more than its width through, in order', async (t) => {
  const gate = new Gate(2);
  let inside = 0;
  let most = 0;
  const order: number[] = [];
  const visit = (index: number) =>
    gate.pass(async () => {
      order.push(index);
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      if (index === 3) throw new Error('stumbles');
    });
  const results = await Promise.allSettled(Array.from({ length: 9 }, (_, index) => visit(index)));
  t.is(most, 2);
  t.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  t.is(results.filter((result) => result.status === 'rejected').length, 1);
});

test('traces are merged by time, and a torn last line is left out', async (t) => {
  const traces = mkdtempSync(join(folder, 'trace-'));
  const event = (node: string, wallMillis: number, logical: number) => ({
    id: `${node}/1/${logical}`,
    node,
    logical,
    monotonicMillis: 0,
    wallMillis,
    detail: { type: 'note' as const, text: 'x' },
  });
  const lines = (...events: object[]) => events.map((each) => `${JSON.stringify(each)}\n`).join('');
  writeFileSync(join(traces, 'alice.ndjson'), `${lines(event('alice', 10, 1), event('alice', 30, 5))}{"id":"alice/1/3","no`);
  writeFileSync(join(traces, 'bob.ndjson'), lines(event('bob', 20, 2), event('bob', 30, 4)));
  const merged = await mergeTraces(traces, [event('runner', 15, 1)]);
  t.deepEqual(
    merged.map((each) => each.id),
    ['alice/1/1', 'runner/1/1', 'bob/1/2', 'bob/1/4', 'alice/1/5'],
  );
  t.deepEqual(await mergeTraces(join(traces, 'missing'), []), []);
});
