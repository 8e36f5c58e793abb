import { Type } from '@sinclair/typebox';
import { CONDUCT_WORDS } from '../../lab/conduct-words.ts';
import { SEED_CONDUCTS } from '../../lab/lying-seed-server.ts';
import { expandNames } from '../names.ts';
import { flag, keys, node, nodes, oneOf } from '../parts.ts';
import { type AnyVerb, longForm, verb } from '../verb.ts';
import { counted, does, listed } from '../words.ts';

const startKeys = keys(
  {
    nodes,
    knows: Type.Optional(nodes),
    'seed-server': Type.Optional(Type.Boolean({ description: 'false: these nodes do not know of the seed server (default true)' })),
    'empty-disk': Type.Optional(Type.Boolean({ description: 'true: throw their folders away first (default false)' })),
    conduct: Type.Optional(oneOf(Object.keys(CONDUCT_WORDS), 'a node that does not play by the rules, in place of an honest one')),
  },
  'nodes to start; `knows` names peers whose addresses they are given by hand',
);
const restartKeys = keys({ nodes, 'empty-disk': Type.Optional(flag) }, 'nodes to start again; running ones are killed first');

const start = verb({
  name: 'start',
  schema: Type.Union([...nodes.anyOf, startKeys], { description: 'Start node processes: their nodes, and options where needed.' }),
  mentions: (value) => expandNames(longForm<typeof startKeys.static>(value, 'nodes').knows ?? []),
  life: (value) => ({ starts: expandNames(longForm<typeof startKeys.static>(value, 'nodes').nodes) }),
  words: (value) => {
    const long = longForm<typeof startKeys.static>(value, 'nodes');
    const knows = long.knows === undefined ? '' : `, knowing the address of ${listed(expandNames(long.knows))}`;
    const seed = long['seed-server'] === false ? ', without a seed server' : '';
    const conduct = long.conduct === undefined ? '' : ` (${long.conduct})`;
    return `${does(expandNames(long.nodes), 'starts', 'start')}${conduct}${knows}${seed}${long['empty-disk'] === true ? ', on an empty disk' : ''}`;
  },
  needs: (value) => (longForm<typeof startKeys.static>(value, 'nodes').conduct === undefined ? [] : ['conduct']),
  run: async (value, scene) => {
    const long = longForm<typeof startKeys.static>(value, 'nodes');
    const peers: string[] = [];
    for (const known of expandNames(long.knows ?? [])) peers.push(await scene.engine.endpointOf(known));
    const names = expandNames(long.nodes);
    const options = { peers, seedServer: long['seed-server'] ?? true, emptyDisk: long['empty-disk'] ?? false };
    await scene.each(names, (name) => scene.startNode(name, long.conduct === undefined ? options : { ...options, conduct: long.conduct }));
    return names.length === 1 ? undefined : `${counted(names.length, 'node')} up`;
  },
});

const stop = verb({
  name: 'stop',
  schema: Type.Union([...nodes.anyOf], { description: 'End nodes in order: they say goodbye, then their processes end.' }),
  mentions: expandNames,
  life: (value) => ({ ends: expandNames(value) }),
  words: (value) => does(expandNames(value), 'stops in order', 'stop in order'),
  run: async (value, scene) => {
    await scene.each(expandNames(value), (name) => scene.stopNode(name));
    return undefined;
  },
});

const kill = verb({
  name: 'kill',
  ownProcess: 'always',
  schema: Type.Union([...nodes.anyOf], { description: 'kill -9 of node processes: no goodbye, nothing saved that was not saved before.' }),
  mentions: expandNames,
  life: (value) => ({ ends: expandNames(value) }),
  words: (value) => `${listed(expandNames(value))} ${expandNames(value).length === 1 ? 'is' : 'are'} killed`,
  needs: () => ['kill'],
  run: async (value, scene) => {
    await scene.each(expandNames(value), (name) => scene.killNode(name));
    return undefined;
  },
});

const restart = verb({
  name: 'restart',
  ownProcess: 'running',
  schema: Type.Union([...nodes.anyOf, restartKeys], { description: 'Start nodes again on their disks; those that run are killed first.' }),
  mentions: (value) => expandNames(longForm<typeof restartKeys.static>(value, 'nodes').nodes),
  life: (value) => ({ starts: expandNames(longForm<typeof restartKeys.static>(value, 'nodes').nodes) }),
  words: (value) => {
    const long = longForm<typeof restartKeys.static>(value, 'nodes');
    return does(expandNames(long.nodes), 'starts again', 'start again') + (long['empty-disk'] === true ? ', on an empty disk' : '');
  },
  run: async (value, scene) => {
    const long = longForm<typeof restartKeys.static>(value, 'nodes');
    await scene.each(expandNames(long.nodes), async (name) => {
      if (scene.engine.isRunning(name)) await scene.killNode(name);
      await scene.startNode(name, { emptyDisk: long['empty-disk'] ?? false });
    });
    return undefined;
  },
});

const join = verb({
  name: 'join',
  schema: keys(
    { node, through: node, 'seed-server': Type.Optional(Type.Boolean({ description: 'true: it may ask the seed server as well (default false)' })) },
    'Start a node that knows nothing but the address of another one, or tell a running node that address.',
  ),
  mentions: (value) => [value.through],
  life: (value) => ({ starts: [value.node] }),
  words: (value) => `${value.node} joins through ${value.through}${value['seed-server'] === true ? '' : ', without the seed server'}`,
  run: async (value, scene) => {
    const endpoint = await scene.engine.endpointOf(value.through);
    if (scene.engine.isRunning(value.node)) await scene.ask(value.node, 'join', { endpoint });
    else await scene.startNode(value.node, { peers: [endpoint], seedServer: value['seed-server'] ?? false });
    return undefined;
  },
});

const lyingSeedServer = keys({ conduct: oneOf(Object.keys(SEED_CONDUCTS), 'how it lies') }, 'a seed server that does not play by the rules');

const seedServer = verb({
  name: 'seed-server',
  schema: Type.Union([oneOf(['start', 'stop'], 'start or stop'), lyingSeedServer], { description: 'Start or stop the seed server, or start one that lies.' }),
  mentions: () => [],
  words: (value) => {
    if (typeof value === 'object') return `a seed server starts that does not play by the rules (${value.conduct})`;
    return value === 'start' ? 'the seed server starts' : 'the seed server stops';
  },
  needs: (value) => (typeof value === 'object' ? ['conduct'] : []),
  run: async (value, scene) => {
    if (typeof value === 'object') {
      scene.recordConduct('seed-server', value.conduct);
      await scene.engine.startSeedServer(value.conduct);
    } else if (value === 'start') await scene.engine.startSeedServer();
    else await scene.engine.stopSeedServer();
    return undefined;
  },
});

export const LIFECYCLE_VERBS: readonly AnyVerb[] = [start, stop, kill, restart, join, seedServer];
