import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import type { NodeEvent } from '../../src/core/commands.ts';
import { ConfabError } from '../../src/core/errors.ts';
import { CROWD_PACE, paceOf } from '../../src/engine/crowd-pace.ts';
import { LocalEngine } from '../../src/engine/local.ts';
import type { Pong } from '../../src/node/service.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { stepForOwnProcess } from '../../src/scenario/own-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'confab-hosts-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const PASSWORD = 'many in one';
const PEOPLE = ['alice', 'bob', 'carol'] as const;

test('the scenarios of packed nodes and a network that a person starts run at the same pace', (t) => {
  for (const name of ['packed-hundred', 'packed-thousand']) {
    const file = fileURLToPath(new URL(`../../../scenarios/large/${name}.yaml`, import.meta.url));
    t.deepEqual(loadScenario(readFileSync(file, 'utf8'), file).options, CROWD_PACE);
  }
  t.deepEqual(paceOf(65, 2), CROWD_PACE);
  t.deepEqual([paceOf(64, 2), paceOf(1_000, 1)], [{}, {}]);
});

test.serial('three nodes in two processes talk, stop and start again; a kill is refused and nobody notices', async (t) => {
  const root = mkdtempSync(join(folder, 'engine-'));
  const engine = new LocalEngine({ root, network: 'hosts-test', perProcess: 2, traced: false });
  const crashes: string[] = [];
  const texts: string[] = [];
  engine.onCrash((reason) => crashes.push(reason));
  engine.onEvent((node, event) => {
    const seen = event as NodeEvent;
    if (seen.type === 'message-received') texts.push(`${node}: ${seen.message.text}`);
  });
  await engine.start();
  t.teardown(() => engine.stop());
  await engine.startSeedServer();
  for (const person of PEOPLE) await engine.startNode(person);
  await Promise.all(PEOPLE.map((person) => engine.command(person, 'register', { password: PASSWORD })));
  const pids = await Promise.all(PEOPLE.map(async (person) => ((await engine.command(person, 'ping', {})) as Pong).pid));
  t.is(new Set(pids).size, 2);
  t.is(pids[0], pids[1]);

  // alice and bob live in one process, carol in the other.
  const tell = async (from: string, to: string, text: string): Promise<void> => {
    await engine.command(from, 'send', { to, text });
    const seen = await engine.until(async () => (texts.includes(`${to}: ${text}`) ? null : `${to} was not shown ${text}`), 15_000);
    t.is(seen, null);
  };
  const eventually = async (act: () => Promise<unknown>): Promise<void> => {
    const done = () =>
      act().then(
        () => null,
        (error: unknown) => String(error),
      );
    t.is(await engine.until(done, 15_000), null);
  };
  for (const friend of ['bob', 'carol']) {
    await eventually(() => engine.command('alice', 'friend-add', { user: friend }));
    await eventually(() => engine.command(friend, 'friend-accept', { user: 'alice' }));
  }
  await tell('alice', 'bob', 'next door');
  await tell('carol', 'alice', 'from afar');

  await t.throwsAsync(engine.killNode('bob'), { instanceOf: ConfabError, message: /shares its process/ });
  await tell('alice', 'bob', 'still there');

  // An inproc link does not heal by itself: bob comes back at another inbox of the same process.
  await engine.stopNode('bob');
  t.false(engine.isRunning('bob'));
  await engine.command('alice', 'send', { to: 'bob', text: 'while you were out' });
  await engine.startNode('bob');
  await engine.command('bob', 'login', { password: PASSWORD });
  const shown = await engine.until(async () => (texts.includes('bob: while you were out') ? null : 'not shown'), 20_000);
  t.is(shown, null);
  await tell('bob', 'alice', 'back again');

  // One log for each process, none in the folders of the nodes.
  const logs = readdirSync(join(root, 'nodes', '.hosts'));
  t.is(logs.length, 2);
  const lines = logs.map((file) => readFileSync(join(root, 'nodes', '.hosts', file), 'utf8')).join('');
  for (const person of PEOPLE) t.regex(lines, new RegExp(`"node":"${person}"`));
  t.false(existsSync(join(root, 'nodes', 'alice', 'node.log')));
  t.deepEqual(crashes, []);
  await engine.stop();
  t.deepEqual(
    pids.filter((pid) => existsSync(`/proc/${pid}`)),
    [],
  );
});

test('what needs a process of its own is found before anything starts', (t) => {
  const scenario = (steps: string) => loadScenario(`name: x\nabout: x\nsteps:\n  - start: [alice, bob]\n${steps}`, 'x.yaml');
  t.is(stepForOwnProcess(scenario('  - stop: [bob]\n  - restart: [bob]\n')), null);
  t.is(stepForOwnProcess(scenario('  - restart: [bob]\n'))?.line, 5);
  t.is(stepForOwnProcess(scenario('  - kill: [bob]\n'))?.verb.name, 'kill');
  t.is(stepForOwnProcess(scenario('  - parallel:\n      - - kill: [bob]\n      - - stop: [alice]\n'))?.line, 6);
  t.is(stepForOwnProcess(scenario('  - repeat: { times: 2, steps: [{ stop: [bob] }, { restart: [bob] }, { kill: [alice] }] }\n'))?.verb.name, 'kill');
});
