import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { FriendView, MessageView } from '../../src/core/commands.ts';
import type { CoreOptions } from '../../src/core/options.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { LocalEngine } from '../../src/engine/local.ts';
import { DEADLINE_MILLIS } from '../helpers/until.ts';

export interface Network {
  readonly engine: LocalEngine;
  readonly root: string;
  folderOf(name: string): string;
}

export function passwordOf(name: string): string {
  return `${name} in trouble`;
}

/** A folder of its own for one test, gone after it. */
export function temporaryFolder(t: ExecutionContext): string {
  const root = mkdtempSync(join(tmpdir(), 'confab-faults-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

/** Real processes in a folder of their own; both are gone after the test. */
export async function startNetwork(
  t: ExecutionContext,
  people: readonly string[],
  more: { seedServer?: boolean; coreOptions?: Partial<CoreOptions> } = {},
): Promise<Network> {
  const root = temporaryFolder(t);
  const engine = new LocalEngine({ root, network: 'faults', coreOptions: more.coreOptions ?? {} });
  t.teardown(() => engine.stop());
  await engine.start();
  if (more.seedServer !== false) await engine.startSeedServer();
  await Promise.all(people.map((name) => engine.startNode(name)));
  await Promise.all(people.map((name) => engine.command(name, 'register', { password: passwordOf(name) })));
  return { engine, root, folderOf: (name) => join(root, 'nodes', name) };
}

export async function logIn({ engine }: Network, name: string): Promise<unknown> {
  return await engine.command(name, 'login', { password: passwordOf(name) });
}

/** Asks until the work succeeds; rejects with the last refusal at the deadline. */
export async function insist<Value>({ engine }: Network, work: () => Promise<Value>, deadlineMillis = DEADLINE_MILLIS): Promise<Value> {
  let value: Value | undefined;
  const seen = await engine.until(async () => {
    try {
      value = await work();
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }, deadlineMillis);
  if (seen !== null) throw new Error(seen);
  return value as Value;
}

export async function befriend(network: Network, from: string, to: string): Promise<void> {
  await insist(network, () => network.engine.command(from, 'friend-add', { user: to }));
  await insist(network, () => network.engine.command(to, 'friend-accept', { user: from }));
  await insist(network, () => requireFriend(network, from, to));
}

export async function requireFriend({ engine }: Network, node: string, friend: string): Promise<void> {
  const { friends } = (await engine.command(node, 'friends', {})) as { friends: readonly FriendView[] };
  if (!friends.some(({ name }) => name === friend)) throw new Error(`${node} has no friend ${friend}`);
}

/** Everything that lies there, page by page: a fast disk takes more than one page of messages in a second. */
export async function messagesOf(engine: Engine, node: string, other: string): Promise<readonly MessageView[]> {
  const found: MessageView[] = [];
  for (let before: string | undefined; ; before = found[0]?.key) {
    const args = { with: other, limit: 500, ...(before === undefined ? {} : { before }) };
    const { messages, more } = (await engine.command(node, 'history', args)) as { messages: readonly MessageView[]; more: boolean };
    found.unshift(...messages);
    if (!more) return found;
  }
}

export async function textsOf(network: Network, node: string, other: string): Promise<string[]> {
  return (await messagesOf(network.engine, node, other)).map(({ text }) => text);
}

export async function requireTexts(network: Network, node: string, other: string, wanted: readonly string[]): Promise<void> {
  const texts = await textsOf(network, node, other);
  if (texts.join('\n') !== wanted.join('\n')) throw new Error(`${node} has ${JSON.stringify(texts)} with ${other}`);
}

/** Sends and waits for the tick. */
export async function deliver(network: Network, from: string, to: string, text: string): Promise<string> {
  const { id } = (await network.engine.command(from, 'send', { to, text })) as { id: string };
  await insist(network, () => requireState(network, from, id, ['delivered', 'read']));
  return id;
}

export async function requireState({ engine }: Network, node: string, id: string, states: readonly string[]): Promise<void> {
  const { state, reason } = (await engine.command(node, 'message', { id })) as MessageView;
  if (!states.includes(state)) throw new Error(`the message is ${state} ${reason ?? ''}`);
}
