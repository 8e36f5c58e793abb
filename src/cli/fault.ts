import { connectControl } from '../control/client.ts';
import { type LocatedNode, listNodes } from '../control/locate.ts';
import { ConfabError } from '../core/errors.ts';
import { isMachineSound, type MachineFaultSettings, machineFaultsOf, NO_FAULTS } from '../core/faults.ts';
import type { Rule } from '../core/rules.ts';
import { Brake, StopGuard } from '../engine/local-faults.ts';
import type { SufferedFaults } from '../node/service.ts';
import type { FaultOrder } from './fault-words.ts';
import { isOurs, signal } from './processes.ts';

/** What a node is made to suffer, seen from outside. */
export interface FaultsOfNode extends MachineFaultSettings {
  readonly node: string;
  readonly pid: number;
  /** It does not answer: stopped by a signal, or hanging. */
  readonly paused: boolean;
  readonly rules: readonly Rule[];
}

const CALL_MILLIS = 2_000;

/** Does what was ordered to the running nodes of a data root; gives a sentence, or nothing for a list. Throws `nothing-runs` and `no-node`. */
export async function applyFault(root: string, order: Exclude<FaultOrder, { type: 'list' }>): Promise<string> {
  const all = await readFaults(root);
  if (order.type === 'rule') return addRule(root, all, order);
  if (order.type === 'heal') return heal(root, all, order.name);
  const chosen = order.nodes.map((name) => {
    const found = all.find(({ node }) => node === name);
    if (found === undefined) throw new ConfabError('no-node', { name, folder: root });
    return found;
  });
  const names = order.nodes.join(', ');
  switch (order.type) {
    case 'pause':
      for (const each of chosen) await send(each, 'SIGSTOP');
      return `${names}: standing still, until: confab fault resume ${order.nodes.join(' ')}`;
    case 'resume':
      for (const each of chosen) await send(each, 'SIGCONT');
      return `${names}: going on`;
    case 'kill':
      for (const each of chosen) await send(each, 'SIGKILL');
      return `${names}: killed`;
    case 'slow':
      await slowDown(chosen, order.factor, order.forMillis);
      return `${names}: as fast as usual again`;
    case 'disk':
      for (const each of chosen) await call(root, each.node, 'set-faults', { ...machineFaultsOf(each), diskFull: order.full });
      return `${names}: the disk is ${order.full ? 'full' : 'free'}`;
    case 'clock':
      for (const each of chosen) await call(root, each.node, 'set-faults', { ...order.clock, diskFull: each.diskFull });
      return `${names}: the clock ${sayClock(order.clock)}`;
  }
}

/** What all running nodes suffer. Throws `nothing-runs`. */
export async function readFaults(root: string): Promise<FaultsOfNode[]> {
  const located = (await listNodes(root)).filter(({ state }) => state === 'running' || state === 'silent');
  if (located.length === 0) throw new ConfabError('nothing-runs', { folder: root });
  return Promise.all(located.map(faultsOf));
}

async function faultsOf({ node, pointer, state }: LocatedNode): Promise<FaultsOfNode> {
  const silent = { node, pid: pointer?.pid ?? 0, paused: true, rules: [], ...machineFaultsOf(NO_FAULTS) };
  if (state === 'silent' || pointer === null) return silent;
  try {
    const client = await connectControl(pointer.socket, { timeoutMillis: CALL_MILLIS });
    try {
      const suffered = (await client.call('faults')) as SufferedFaults;
      return { node, pid: pointer.pid, paused: false, ...suffered };
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

/** Rules of all nodes together: one that started later does not have them yet. */
function allRules(all: readonly FaultsOfNode[]): Rule[] {
  return [...new Map(all.flatMap(({ rules }) => rules.map((rule) => [rule.id, rule] as const))).values()];
}

async function setRules(root: string, all: readonly FaultsOfNode[], rules: readonly Rule[]): Promise<string> {
  const awake = all.filter(({ paused }) => !paused);
  await Promise.all(awake.map(({ node }) => call(root, node, 'set-rules', { rules })));
  const asleep = all.filter(({ paused }) => paused).map(({ node }) => node);
  return asleep.length === 0 ? '' : ` (${asleep.join(', ')} did not answer and does not know of it)`;
}

async function addRule(root: string, all: readonly FaultsOfNode[], order: Extract<FaultOrder, { type: 'rule' }>): Promise<string> {
  const rules = allRules(all);
  let id = order.name ?? '';
  for (let count = 1; id === ''; count += 1) if (!rules.some((rule) => rule.id === `${order.rule.kind}-${count}`)) id = `${order.rule.kind}-${count}`;
  const left = await setRules(root, all, [...rules.filter((rule) => rule.id !== id), { ...order.rule, id } as Rule]);
  return `${id}: in force at ${all.length} nodes${left}, until: confab fault heal ${id}`;
}

async function heal(root: string, all: readonly FaultsOfNode[], name: string | null): Promise<string> {
  const rules = allRules(all);
  if (name !== null && !rules.some((rule) => rule.id === name)) throw new ConfabError('not-found', { what: `A fault rule named ${name}` });
  if (name !== null)
    return `${name}: taken away${await setRules(
      root,
      all,
      rules.filter((rule) => rule.id !== name),
    )}`;
  for (const each of all) if (each.paused) await send(each, 'SIGCONT');
  const awake = await readFaults(root);
  const left = await setRules(root, awake, []);
  for (const each of awake) if (!isMachineSound(each)) await call(root, each.node, 'set-faults', { ...machineFaultsOf(NO_FAULTS) });
  return `all is healed${left}`;
}

/** Only a process that bears the node's title is signalled: ids are given out again. */
async function send({ node, pid }: FaultsOfNode, name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): Promise<void> {
  if (!(await isOurs(pid, `confab node ${node}`)) || !signal(pid, name)) throw new ConfabError('unavailable', { what: `The process of ${node}` });
}

/** Lets processes run and stand still in turns while this one lasts. */
async function slowDown(chosen: readonly FaultsOfNode[], factor: number, forMillis: number): Promise<void> {
  const guard = new StopGuard();
  const brakes = chosen.map((each) => new Brake({ pid: each.pid, signal: (name) => signal(each.pid, name) }, guard));
  for (const each of chosen)
    if (!(await isOurs(each.pid, `confab node ${each.node}`))) throw new ConfabError('unavailable', { what: `The process of ${each.node}` });
  for (const brake of brakes) brake.set({ ...NO_FAULTS, slowFactor: factor });
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, forMillis);
    process.once('SIGINT', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  for (const brake of brakes) brake.release();
  await guard.release();
}

function sayClock({ skewMillis, driftMillisPerSecond }: Pick<MachineFaultSettings, 'skewMillis' | 'driftMillisPerSecond'>): string {
  if (driftMillisPerSecond !== 0) return `${driftMillisPerSecond > 0 ? 'gains' : 'loses'} ${Math.abs(driftMillisPerSecond)} ms each second`;
  return skewMillis === 0 ? 'is right' : `is ${Math.abs(skewMillis) / 1_000} s ${skewMillis > 0 ? 'ahead' : 'behind'}`;
}

/** One fault a line, for people. */
export function sayFaults(all: readonly FaultsOfNode[]): string[] {
  const group = (names: readonly string[]) => (names.includes('*') ? 'everyone' : names.join(','));
  const lines = allRules(all).map((rule) => {
    const without = all.filter(({ rules, paused }) => !paused && !rules.some(({ id }) => id === rule.id)).map(({ node }) => node);
    const ends = `${rule.oneWay ? 'from' : 'between'} ${group(rule.from)} ${rule.oneWay ? 'to' : 'and'} ${group(rule.to)}`;
    return `${rule.id}: ${rule.kind} ${ends}${without.length === 0 ? '' : ` (not at ${without.join(', ')}, which started later)`}`;
  });
  for (const each of all) {
    const { node, paused, diskFull, skewMillis, driftMillisPerSecond } = each;
    if (paused) lines.push(`${node}: does not answer (paused?)`);
    if (diskFull) lines.push(`${node}: the disk is full`);
    if (skewMillis !== 0 || driftMillisPerSecond !== 0) lines.push(`${node}: the clock ${sayClock(each)}`);
  }
  return lines.length === 0 ? ['Nothing is broken.'] : lines;
}
