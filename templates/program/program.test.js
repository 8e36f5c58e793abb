import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'node:test';
import { program } from './program.js';

/** An env that remembers what the program did with it. */
function fakeEnv(name, peers) {
  const done = { sent: [], shown: [], saved: new Map() };
  const env = {
    name,
    peers,
    freshId: () => `${name}-1`,
    load: (key) => done.saved.get(key) ?? null,
    save: (key, value) => done.saved.set(key, value),
    send: (to, message) => done.sent.push({ to, message }),
    show: (what, id) => done.shown.push(`${what} ${id}`),
    state() {},
  };
  return { env, done };
}

test('a line is shown and passed on the first time only, and not to where it came from', () => {
  const { env, done } = fakeEnv('b', ['a', 'c']);
  const node = program(env);
  const message = { type: 'line', line: { id: 'x', from: 'a', text: 'hello' } };
  node.receive('a', message);
  node.receive('c', message);
  assert.deepEqual(done.shown, ['line x']);
  assert.deepEqual(
    done.sent.map(({ to }) => to),
    ['c'],
  );
});

test('what was heard is there after a restart', () => {
  const { env, done } = fakeEnv('b', ['a', 'c']);
  program(env).receive('a', { type: 'line', line: { id: 'x', from: 'a', text: 'hello' } });
  program(env).receive('c', { type: 'line', line: { id: 'x', from: 'a', text: 'hello' } });
  assert.equal(done.shown.length, 1);
});

test('the scenario passes in the simulator, with several seeds', () => {
  // The Confab that made this folder, as package.json says; CONFAB names another: CONFAB="node /somewhere/confab/dist/src/cli/main.js".
  const { confab } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
  const [command, ...words] = process.env.CONFAB?.split(' ') ?? confab;
  const scenario = fileURLToPath(new URL('scenario.yaml', import.meta.url));
  const out = execFileSync(command, [...words, '--json', 'explore', scenario, '--seeds', '20'], { encoding: 'utf8' });
  assert.equal(JSON.parse(out).failures, 0);
});
