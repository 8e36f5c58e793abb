import { connectControl } from '../control/client.ts';
import { type LocatedNode, listNodes } from '../control/locate.ts';
import { ConfabError } from '../core/errors.ts';
import { isMachineSound, type MachineFaultSettings, machineFaultsOf, NO_FAULTS } from '../core/faults.ts';
import type { Rule } from '../core/rules.ts';
import { sayShared } from '../engine/hosts.ts';
import { askKeeperToKill } from '../engine/keeper.ts';
import type { SufferedFaults } from '../node/service.ts';
import { type Restarted, restartNode } from './fault-restart.ts';
import { allRules, type FaultsOfNode, sayClock } from './fault-says.ts';
import { endSlowness, slowDown, slowFactorOf, slowInBackground } from './fault-slow.ts';
import { machineDetails, nodeDetail, ruleDetail, traceFaults } from './fault-trace.ts';
import type { FaultOrder } from './fault-words.ts';
import { isOurs, signal, waitForExit } from './processes.ts';

const CALL_MILLIS = 2_000;

/** What is done, other than told: `list` and `help`. */
export type FaultDeed = Exclude<FaultOrder, { readonly type: 'list' | 'help' }>;

/**
 * Does what was ordered to the running nodes of a data root; gives a sentence. `waits` false: what lasts as long as whoever ordered it
 * is left to a process of its own. Throws `nothing-runs` and `no-node`.
 */
export async function applyFault(root: string, order: FaultDeed, { waits }: { readonly waits: boolean } = { waits: true }): Promise<string> {
  const all = await readFaults(root);
  if (order.type === 'rule') return addRule(root, all, order);
  if (order.type === 'heal') return await healNamed(root, all, order.names);
  const chosen = order.nodes.map((name) => {
    const found = all.find(({ node }) => node === name);
    if (found === undefined || (found.killed && order.type !== 'restart' && order.type !== 'lie')) throw new ConfabError('no-node', { name, folder: root });
    return found;
  });
  const names = order.nodes.join(', ');
  switch (order.type) {
    case 'pause':
      for (const each of chosen) await send(each, 'SIGSTOP');
      await traceFaults(
        root,
        order.nodes.map((node) => nodeDetail(node, 'pause', 'set')),
      );
      return `${names}: standing still, until: confab fault resume ${order.nodes.join(' ')}`;
    case 'resume':
      for (const each of chosen) await send(each, 'SIGCONT');
      await traceFaults(
        root,
        order.nodes.map((node) => nodeDetail(node, 'pause', 'healed')),
      );
      return `${names}: going on`;
    case 'kill':
      for (const each of chosen) await kill(root, each);
      return `${names}: killed, until: confab fault restart ${order.nodes.join(' ')}`;
    case 'restart':
      return await restart(root, all, chosen, { emptyDisk: order.emptyDisk });
    case 'lie':
      return await restart(root, all, chosen, { emptyDisk: false, conduct: order.conduct });
    case 'slow':
      if (!waits) return await slowInBackground(root, chosen, order);
      await slowDown(root, chosen, order);
      return `${names}: as fast as usual again`;
    case 'disk':
      for (const each of chosen) await setMachine(root, each, { ...machineFaultsOf(each), diskFull: order.full });
      return `${names}: the disk is ${order.full ? 'full' : 'free'}`;
    case 'clock':
      for (const each of chosen) await setMachine(root, each, { ...order.clock, diskFull: each.diskFull });
      return `${names}: the clock ${sayClock(order.clock)}`;
  }
}

async function setMachine(root: string, each: FaultsOfNode, settings: MachineFaultSettings): Promise<void> {
  await call(root, each.node, 'set-faults', { ...settings });
  await traceFaults(root, machineDetails(each.node, machineFaultsOf(each), settings));
}

/** Its process cannot write this itself. */
async function kill(root: string, each: FaultsOfNode): Promise<void> {
  if (each.shares || !(await askKeeperToKill(root, each.node))) {
    await send(each, 'SIGKILL');
    await waitForExit(each.pid, CALL_MILLIS);
  }
  await traceFaults(root, [{ type: 'note', text: `${each.node} was killed by order` }]);
}

/** What is in force for all holds for the new process, too, from the first moment that it can be told. */
async function restart(
  root: string,
  all: readonly FaultsOfNode[],
  chosen: readonly FaultsOfNode[],
  { emptyDisk, conduct = null }: { readonly emptyDisk: boolean; readonly conduct?: string | null },
): Promise<string> {
  const said: string[] = [];
  for (const each of chosen) {
    const { node } = each;
    // A node that lies goes on lying; healing is what ends that.
    const next = conduct ?? each.conduct;
    const how = await restartNode(root, { node, emptyDisk, conduct: next });
    if (how === 'background' && conduct !== null) await traceFaults(root, [nodeDetail(node, 'conduct', 'set')]);
    await suffer(root, all, each);
    said.push(sayRestarted(node, how, emptyDisk, next));
  }
  return said.join('\n');
}

async function suffer(root: string, all: readonly FaultsOfNode[], each: FaultsOfNode): Promise<void> {
  const rules = allRules(all);
  if (rules.length > 0) await call(root, each.node, 'set-rules', { rules });
  if (!isMachineSound(each)) await call(root, each.node, 'set-faults', { ...machineFaultsOf(each) });
}

function sayRestarted(node: string, how: Restarted, emptyDisk: boolean, conduct: string | null): string {
  const disk = emptyDisk ? ' on an empty disk' : '';
  const lies = conduct === null ? '' : ` and lies from now on (${conduct}), until: confab fault heal ${node}`;
  const where = how === 'kept' ? '' : `; it runs in the background, until: confab stop ${node}`;
  return `${node}: killed and started again${disk}${lies}${where}. Whoever is ${node} logs in again.`;
}

/** What all nodes suffer that run or were killed. Throws `nothing-runs`. */
export async function readFaults(root: string): Promise<FaultsOfNode[]> {
  const located = (await listNodes(root)).filter(({ state }) => state !== 'stopped');
  if (located.length === 0) throw new ConfabError('nothing-runs', { folder: root });
  return Promise.all(located.map((each) => faultsOf(root, each)));
}

async function faultsOf(root: string, { node, pointer, state }: LocatedNode): Promise<FaultsOfNode> {
  const killed = state === 'stale';
  const slowFactor = await slowFactorOf(root, node);
  const conduct = pointer?.conduct ?? null;
  const shares = pointer?.shares === true;
  const silent = { node, pid: pointer?.pid ?? 0, shares, paused: !killed, slowFactor, killed, conduct, rules: [], ...machineFaultsOf(NO_FAULTS) };
  if (state !== 'running' || pointer === null) return silent;
  try {
    const client = await connectControl(pointer.socket, { timeoutMillis: CALL_MILLIS });
    try {
      const suffered = (await client.call('faults')) as SufferedFaults;
      return { node, pid: pointer.pid, shares, paused: false, slowFactor, killed, conduct, ...suffered };
    } finally {
      client.close();
    }
  } catch {
    return silent;
  }
}

async function call(root: string, node: string, command: string, args: Readonly<Record<string, unknown>>): Promise<void> {
  const { attachNode } = await import('../control/locate.ts');
  const client = await attachNode(root, node, CALL_MILLIS);
  try {
    await client.call(command, args);
  } finally {
    client.close();
  }
}

async function setRules(root: string, all: readonly FaultsOfNode[], rules: readonly Rule[]): Promise<string> {
  const awake = all.filter(({ paused, killed }) => !paused && !killed);
  await Promise.all(awake.map(({ node }) => call(root, node, 'set-rules', { rules })));
  const asleep = all.filter(({ paused }) => paused).map(({ node }) => node);
  return asleep.length === 0 ? '' : ` (${asleep.join(', ')} did not answer and does not know of it)`;
}

async function addRule(root: string, all: readonly FaultsOfNode[], order: Extract<FaultOrder, { type: 'rule' }>): Promise<string> {
  const rules = allRules(all);
  let id = order.name ?? '';
  for (let count = 1; id === ''; count += 1) if (!rules.some((rule) => rule.id === `${order.rule.kind}-${count}`)) id = `${order.rule.kind}-${count}`;
  const rule = { ...order.rule, id } as Rule;
  // In the trace before it is in force, as scenarios have it.
  await traceFaults(root, [ruleDetail(rule, 'set')]);
  const left = await setRules(root, all, [...rules.filter((each) => each.id !== id), rule]);
  const count = all.filter(({ killed }) => !killed).length;
  const absent = [...new Set([...rule.from, ...rule.to])].filter((name) => name !== '*' && !all.some(({ node }) => node === name));
  const nobody = absent.length === 0 ? '' : `\nNobody of that name runs now: ${absent.join(', ')}.`;
  return `${id}: in force at ${count} node${count === 1 ? '' : 's'}${left}, until: confab fault heal ${id}${nobody}`;
}

async function healNamed(root: string, all: readonly FaultsOfNode[], names: readonly string[] | null): Promise<string> {
  const unknown = names?.find((name) => !all.some(({ node, rules }) => node === name || rules.some(({ id }) => id === name)));
  if (unknown !== undefined) throw new ConfabError('not-found', { what: `A fault rule or a node named ${unknown}` });
  const said: string[] = [];
  for (const name of names ?? [null]) said.push(await heal(root, said.length === 0 ? all : await readFaults(root), name));
  return said.join('\n');
}

async function heal(root: string, all: readonly FaultsOfNode[], name: string | null): Promise<string> {
  const rules = allRules(all);
  const rule = rules.find(({ id }) => id === name);
  if (rule !== undefined) {
    const left = await setRules(
      root,
      all,
      rules.filter((each) => each !== rule),
    );
    await traceFaults(root, [ruleDetail(rule, 'healed')]);
    return `${rule.id}: taken away${left}`;
  }
  const node = all.find((each) => each.node === name);
  if (node !== undefined) return await healNode(root, all, node);
  if (name !== null) throw new ConfabError('not-found', { what: `A fault rule or a node named ${name}` });
  for (const { node } of all) await endSlowness(root, node);
  for (const each of all) if (each.paused) await wake(root, each);
  const awake = await readFaults(root);
  const left = await setRules(root, awake, []);
  await traceFaults(
    root,
    rules.map((each) => ruleDetail(each, 'healed')),
  );
  const [said, unhealed]: [string[], string[]] = [[], []];
  for (const each of awake) if (!each.killed && isHurt(each)) said.push(await healAwake(root, [], each).catch((error) => sayUnhealed(error, unhealed)));
  const killed = awake.filter((each) => each.killed).map((each) => each.node);
  const dead = killed.length === 0 ? '' : `; killed, and not started again by this: confab fault restart ${killed.join(' ')}`;
  return [`${unhealed.length === 0 ? 'all' : 'the rest'} is healed${left}${dead}`, ...said.filter((each) => each !== ''), ...unhealed].join('\n');
}

/** One that cannot be healed keeps nobody else from it. */
function sayUnhealed(error: unknown, unhealed: string[]): string {
  if (!(error instanceof ConfabError)) throw error;
  unhealed.push(error.message);
  return '';
}

async function healNode(root: string, all: readonly FaultsOfNode[], node: FaultsOfNode): Promise<string> {
  if (node.killed) return await restart(root, all, [{ ...node, conduct: null }], { emptyDisk: false });
  await endSlowness(root, node.node);
  if (node.paused) await wake(root, node);
  const awake = (await readFaults(root)).find((each) => each.node === node.node) ?? node;
  const said = await healAwake(root, all, awake);
  return `${node.node}: nothing is wrong with it any more${said === '' ? '' : `\n${said}`}`;
}

async function wake(root: string, each: FaultsOfNode): Promise<void> {
  await send(each, 'SIGCONT');
  await traceFaults(root, [nodeDetail(each.node, 'pause', 'healed')]);
}

function isHurt(each: FaultsOfNode): boolean {
  return each.conduct !== null || !isMachineSound(each);
}

/** Says what happened to its process, if anything did. `all`: those whose rules stay. */
async function healAwake(root: string, all: readonly FaultsOfNode[], each: FaultsOfNode): Promise<string> {
  if (!isMachineSound(each)) await setMachine(root, each, machineFaultsOf(NO_FAULTS));
  if (each.conduct === null) return '';
  const how = await restartNode(root, { node: each.node, emptyDisk: false, conduct: null });
  if (how === 'background') await traceFaults(root, [nodeDetail(each.node, 'conduct', 'healed')]);
  await suffer(root, all, { ...each, ...machineFaultsOf(NO_FAULTS) });
  return sayRestarted(each.node, how, false, null);
}

/** Only a process that bears the node's title is signalled: ids are given out again. */
async function send({ node, pid, shares }: FaultsOfNode, name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): Promise<void> {
  if (shares && name !== 'SIGCONT') throw new ConfabError('bad-arguments', { command: 'fault', reason: sayShared(node) });
  if (!(await isOurs(pid, `confab node ${node}`)) || !signal(pid, name)) throw new ConfabError('unavailable', { what: `The process of ${node}` });
}
