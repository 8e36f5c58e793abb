import type { MessageView } from '../../src/core/commands.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { hasArrived, type Ledger } from './ledger.ts';
import { messagesOf } from './network.ts';

const NAMES_SHOWN = 4;

/** Everything that a person would call a lie or a loss, as sentences. All nodes must run, logged in, and at rest. */
export async function judgeEnd(engine: Engine, ledger: Ledger): Promise<string[]> {
  const nodes = [...engine.nodes()].sort();
  const problems: string[] = [];
  const histories = new Map<string, readonly MessageView[]>();
  for (const node of nodes) {
    problems.push(...(await judgeFriends(engine, node, nodes)));
    for (const other of nodes) if (other !== node) histories.set(`${node}/${other}`, await messagesOf(engine, node, other));
  }
  for (const from of nodes) {
    for (const to of nodes) if (from !== to) problems.push(...judgePair(from, to, histories, ledger));
  }
  const twice = [...ledger.shown].filter(([, count]) => count > 1);
  if (twice.length > 0) problems.push(`shown twice: ${some(twice.map(([key]) => key))}`);
  return problems;
}

async function judgeFriends(engine: Engine, node: string, nodes: readonly string[]): Promise<string[]> {
  const { friends } = (await engine.command(node, 'friends', {})) as { friends: ReadonlyArray<{ name: string }> };
  const names = friends.map(({ name }) => name).sort();
  const wanted = nodes.filter((name) => name !== node);
  return names.join() === wanted.join() ? [] : [`${node} has the friends ${names.join()} instead of ${wanted.join()}`];
}

function judgePair(from: string, to: string, histories: ReadonlyMap<string, readonly MessageView[]>, ledger: Ledger): string[] {
  const problems: string[] = [];
  const pair = `${from} to ${to}`;
  const say = (what: string, texts: readonly string[]): void => {
    if (texts.length > 0) problems.push(`${pair}: ${texts.length} ${what}: ${some(texts)}`);
  };
  const sent = (histories.get(`${from}/${to}`) ?? []).filter(({ fromMe }) => fromMe);
  const received = (histories.get(`${to}/${from}`) ?? []).filter(({ fromMe }) => !fromMe);
  const accepted = ledger.accepted.filter((message) => message.from === from && message.to === to);
  const sentById = new Map(sent.map((message) => [message.id as string, message]));
  const receivedById = new Map(received.map((message) => [message.id as string, message]));
  const known = new Set([...accepted.map(({ text }) => text), ...ledger.indefinite]);

  say(
    'accepted and not in the history of the sender',
    accepted.filter(({ id, text }) => sentById.get(id)?.text !== text).map(({ text }) => text),
  );
  say(
    'accepted and not in the history of the recipient',
    accepted.filter(({ id, text }) => receivedById.get(id)?.text !== text).map(({ text }) => text),
  );
  say('in the history of the recipient twice', repeated(received.map(({ text }) => text)));
  say('in the history of the sender twice', repeated(sent.map(({ text }) => text)));
  say(
    'that nobody sent',
    received.filter(({ text }) => !known.has(text)).map(({ text }) => text),
  );
  say('out of order at the recipient', outOfOrder(received));
  say('out of order at the sender', outOfOrder(sent));
  say(
    'ticked and not with the recipient',
    sent.filter(({ id, state }) => hasArrived(state) && !receivedById.has(id)).map(({ text }) => text),
  );
  say(
    'failed',
    sent.filter(({ state }) => state === 'failed').map(({ text, reason }) => `${text} (${reason ?? ''})`),
  );
  say(
    'told as arrived and not with the recipient',
    accepted.filter(({ id }) => ledger.isDelivered(id) && !receivedById.has(id)).map(({ text }) => text),
  );
  say(
    'told as read and not read',
    sent.filter(({ id, state }) => state === 'read' && receivedById.get(id)?.state !== 'read').map(({ text }) => text),
  );
  say(
    'without a signed receipt behind the tick',
    sent.filter(({ state, receipts }) => state === 'delivered' && receipts.length === 0).map(({ text }) => text),
  );
  return problems;
}

function repeated(texts: readonly string[]): string[] {
  const seen = new Set<string>();
  return texts.filter((text) => seen.size === seen.add(text).size);
}

/** Keys must rise as they are shown, and with them the numbers in the texts. */
function outOfOrder(messages: readonly MessageView[]): string[] {
  return messages
    .filter((message, index) => {
      const before = messages[index - 1];
      return before !== undefined && (before.key >= message.key || numberOf(before.text) >= numberOf(message.text));
    })
    .map(({ text }) => text);
}

function numberOf(text: string): number {
  return Number(text.slice(text.lastIndexOf(' ') + 1));
}

function some(texts: readonly string[]): string {
  return texts.slice(0, NAMES_SHOWN).join('; ') + (texts.length > NAMES_SHOWN ? '; ...' : '');
}
