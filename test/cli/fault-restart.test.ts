import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import test from 'ava';
import { readFaults } from '../../src/cli/fault.ts';
import { faultFromNode } from '../../src/cli/fault-at-node.ts';
import type { FaultsOfNode } from '../../src/cli/fault-says.ts';
import { UpNetwork } from '../../src/cli/up/network.ts';
import { attachNode } from '../../src/control/locate.ts';
import type { NodeInfo } from '../../src/core/commands.ts';
import { keepNodes } from '../../src/engine/keeper.ts';
import { LocalEngine } from '../../src/engine/local.ts';
import { keeperOf } from '../../src/engine/restart-in-run.ts';
import { MAIN, runCli, startCli, temporaryRoot } from './run-cli.ts';

function tools(t: Parameters<typeof temporaryRoot>[0], root: string) {
  const cli = async (...words: string[]): Promise<string> => {
    const ran = await runCli(['--root', root, ...words]);
    t.is(ran.status, 0, `${words.join(' ')}: ${ran.err}`);
    return ran.out;
  };
  const of = async (node: string): Promise<FaultsOfNode> => (await readFaults(root)).find((each) => each.node === node) as FaultsOfNode;
  const idOf = async (node: string): Promise<string> => {
    const client = await attachNode(root, node);
    const { nodeId } = (await client.call('info')) as NodeInfo;
    client.close();
    return nodeId;
  };
  return { cli, of, idOf };
}

test('a node that somebody started by hand is started again: on its disk, as a liar, healed, killed and back, on an empty disk', async (t) => {
  const root = await temporaryRoot(t);
  const { cli, of, idOf } = tools(t, root);
  const trace = join(root, 'trace', 'bob.ndjson');
  await mkdir(join(root, 'trace'));
  await startCli(t, ['--root', root, 'node', 'bob', '--no-seed', '--no-beacon', '--trace', trace]);
  const [before, id] = [await of('bob'), await idOf('bob')];
  await cli('fault', 'loss', '0.5', 'as', 'rain');

  t.regex(await cli('fault', 'restart', 'bob'), /killed and started again; it runs in the background, until: confab stop bob/);
  t.teardown(async () => void (await runCli(['--root', root, 'stop'])));
  const again = await of('bob');
  t.not(again.pid, before.pid);
  t.is(await idOf('bob'), id, 'its disk is still there');
  if (process.platform === 'linux')
    t.regex(await readFile(`/proc/${again.pid}/environ`, 'utf8'), /MIMALLOC_ALLOW_THP=0/, 'as little memory as any node that a program starts');
  t.deepEqual(
    again.rules.map((rule) => rule.id),
    ['rain'],
  );

  t.regex(await cli('fault', 'lie', 'bob', 'stale-records'), /lies from now on \(stale-records\)/);
  t.like(await of('bob'), { conduct: 'stale-records', killed: false });
  t.regex(await cli('fault'), /rain: loss[\s\S]*bob: lies \(stale-records\), until: confab fault heal bob/);
  t.regex((await runCli(['--root', root, 'call', 'bob', 'fault', 'heal everything'])).err, /could not be told to go on from here/);
  await cli('fault', 'heal', 'bob');
  t.like(await of('bob'), { conduct: null, killed: false });

  // A node can order it for itself: a process of its own does it, and ends it when it is told to, also by the node.
  t.deepEqual(await faultFromNode(root, 'bob', 'slow 4 bob for 10m'), ['bob: 4 times slower for 10 min, or until: confab fault heal bob']);
  t.is((await of('bob')).slowFactor, 4);
  t.regex(await cli('fault'), /bob: 4 times slower/);
  await faultFromNode(root, 'bob', 'slow 2 bob for 10m');
  t.is((await of('bob')).slowFactor, 2, 'the last order holds');
  t.deepEqual(await faultFromNode(root, 'bob', 'heal bob'), ['bob: nothing is wrong with it any more']);
  t.like(await of('bob'), { slowFactor: 1, paused: false });
  t.regex(await cli('fault', 'slow', '2', 'bob', 'for', '100ms'), /bob: as fast as usual again/);
  t.is((await of('bob')).slowFactor, 1);

  await cli('fault', 'kill', 'bob');
  t.true((await of('bob')).killed);
  t.regex(await cli('fault'), /bob: killed, until: confab fault restart bob/);
  await cli('fault', 'restart', 'bob', '--empty-disk');
  t.false((await of('bob')).killed);
  t.not(await idOf('bob'), id, 'another node, with keys of its own');

  const said = await readFile(join(root, 'trace', 'faults.ndjson'), 'utf8');
  const told = said
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { detail: { id?: string; to?: string; data?: { kind: string } } }).detail);
  t.deepEqual(
    told.filter(({ id: of }) => of !== undefined).map(({ id: of, to, data }) => [of, to, data?.kind]),
    [
      ['rain', 'set', 'loss'],
      ['bob', 'set', 'conduct'],
      ['bob', 'healed', 'conduct'],
      ['bob', 'set', 'slow'],
      ['bob', 'healed', 'slow'],
      ['bob', 'set', 'slow'],
      ['bob', 'healed', 'slow'],
      ['bob', 'set', 'slow'],
      ['bob', 'healed', 'slow'],
    ],
  );
  t.regex(await cli('stop', 'bob'), /bob .*: stopped/);
  t.regex((await runCli(['--root', root, 'fault', 'restart', 'bob'])).err, /No node runs/);
});

test('whoever started a node with a lifeline starts it again, and holds its lifeline as before', async (t) => {
  const root = await temporaryRoot(t);
  process.env['CONFAB_NETWORK'] = basename(root);
  const network = new UpNetwork({ root, users: ['alice', 'bob'], port: 0, mainPath: MAIN, beacon: false, progress: () => {}, endedOutside: () => {} });
  t.teardown(() => network.stop());
  await network.start();
  const { cli, of } = tools(t, root);
  const before = await of('bob');
  t.regex(await cli('fault', 'restart', 'bob', '--empty-disk'), /^bob: killed and started again on an empty disk\. Whoever is bob logs in again\.\n$/);
  t.not((await of('bob')).pid, before.pid);
  t.deepEqual(JSON.parse(await cli('call', 'alice', 'fault', 'lie bob wrong-signatures', '--json')), {
    lines: ['bob: killed and started again and lies from now on (wrong-signatures), until: confab fault heal bob. Whoever is bob logs in again.'],
  });
  t.is((await of('bob')).conduct, 'wrong-signatures');
  await cli('fault', 'heal', 'everything');
  t.is((await of('bob')).conduct, null);
  t.regex(await cli('fault'), /Nothing is broken/);
  await network.stop();
  t.regex((await runCli(['--root', root, 'ps'])).out, /Nothing runs/);
});

test('a node that shares its process is not started again', async (t) => {
  const root = await temporaryRoot(t);
  const engine = new LocalEngine({ root, network: basename(root), traced: false, mainPath: MAIN, perProcess: 2 });
  t.teardown(() => engine.stop());
  await engine.start();
  await Promise.all([engine.startNode('alice', { conduct: 'babbler' }), engine.startNode('bob')]);
  const endKeeping = await keepNodes(root, join(root, 'k'), keeperOf(engine));
  t.teardown(endKeeping);
  for (const words of ['restart bob', 'lie bob babbler', 'kill bob', 'pause bob', 'slow 2 bob for 1s'])
    await t.throwsAsync(faultFromNode(root, 'alice', words), { message: /bob shares its process with other nodes/ }, words);
  const { status, err } = await runCli(['--root', root, 'fault', 'restart', 'bob']);
  t.is(status, 2);
  t.regex(err, /bob shares its process with other nodes/);
  const { cli, of } = tools(t, root);
  await cli('fault', 'disk', 'full', 'bob');
  t.regex(await cli('fault', 'heal', 'everything'), /the rest is healed[\s\S]*alice shares its process/);
  t.like(await of('bob'), { diskFull: false }, 'that a liar stays keeps nobody else from being healed');
  t.true(engine.isRunning('bob'));
});

test('in a run, a kill, a restart and a lie by order are no crash, and stand in its trace', async (t) => {
  const root = await temporaryRoot(t);
  const engine = new LocalEngine({ root, network: basename(root), mainPath: MAIN });
  t.teardown(() => engine.stop());
  const crashes: string[] = [];
  engine.onCrash((reason) => crashes.push(reason));
  await engine.start();
  await engine.startNode('bob', { seedServer: false });
  const endKeeping = await keepNodes(root, join(root, 'k'), keeperOf(engine));
  t.teardown(endKeeping);
  const { cli, of } = tools(t, root);
  await cli('fault', 'lie', 'bob', 'babbler');
  t.is((await of('bob')).conduct, 'babbler');
  await cli('fault', 'restart', 'bob');
  t.is((await of('bob')).conduct, 'babbler', 'only healing ends it');
  await cli('fault', 'heal', 'bob');
  t.is((await of('bob')).conduct, null);
  t.true(engine.isRunning('bob'));
  await cli('fault', 'kill', 'bob');
  t.false(engine.isRunning('bob'));
  t.is((await of('bob')).killed, true);
  await cli('fault', 'restart', 'bob');
  t.true(engine.isRunning('bob'));
  await engine.stop();
  t.deepEqual(crashes, []);
  const told = (await engine.trace()).flatMap(({ node, detail }) => {
    if (detail.type === 'life' && detail.what !== 'stop') return [`${node} ${detail.what}`];
    return detail.type === 'state' && detail.subject === 'fault' ? [`${detail.id} ${detail.data?.['kind']} ${detail.to}`] : [];
  });
  t.deepEqual(told, [
    'bob start',
    'bob kill',
    'bob conduct set',
    'bob start',
    'bob kill',
    'bob conduct set',
    'bob start',
    'bob kill',
    'bob start',
    'bob conduct healed',
    'bob kill',
    'bob start',
  ]);
});
