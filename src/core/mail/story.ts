import type { Commands, MessageView, StoryStep } from '../commands.ts';
import type { Parts } from '../parts.ts';
import type { UserId } from '../types.ts';

type Story = Commands['why']['result'];

const now = (text: string): StoryStep => ({ wallMillis: null, text });

/** Names as people say them: `carol`, `carol and dave`, `carol, dave and erin`. */
function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}

/** The way of one message so far and what it waits for, in the order in which things happened. Null: no such message, or several. */
export function storyOf(parts: Parts, idBeginning: string): Story | null {
  const found = parts.chat.views.find(idBeginning);
  if (found === null) return null;
  const { peer, view } = found;
  const steps = view.fromMe ? ownSteps(parts, peer, view) : theirSteps(parts, view);
  return { id: view.id, with: view.with, text: view.text, state: view.state, steps };
}

function theirSteps(parts: Parts, view: MessageView): StoryStep[] {
  const holder = view.via === parts.env.name ? 'this node' : view.via;
  const way = holder === undefined ? `It came straight from ${view.with}` : `It waited in your mailbox, and ${holder} had a copy`;
  const steps: StoryStep[] = [
    { wallMillis: view.sentMillis, text: `${view.with} wrote it.` },
    { wallMillis: view.receivedMillis, text: `${way}; it was opened, stored and confirmed.` },
  ];
  if (view.state === 'read') steps.push(now('You have read it.'));
  return steps;
}

function ownSteps(parts: Parts, peer: UserId, view: MessageView): StoryStep[] {
  const name = view.with;
  const steps: StoryStep[] = [{ wallMillis: view.sentMillis, text: 'You wrote it, and it was stored here.' }];
  const underWay = view.state === 'queued' || view.state === 'held';
  if (underWay) steps.push(sealedStep(parts, peer, view));
  if (view.heldBy !== undefined && view.heldMillis !== undefined)
    steps.push({ wallMillis: view.heldMillis, text: `${name} was away, so it was put into the mailbox of ${name}: held by ${listed(view.heldBy)}.` });
  for (const { state, by, wallMillis } of view.receipts)
    steps.push({ wallMillis, text: state === 'read' ? `${by} read it.` : `${by} has it, and signed for it.` });
  if (view.state === 'failed') steps.push(now(`It was not delivered: ${view.reason ?? 'it was refused'}.`));
  if (underWay) steps.push(...waitingSteps(parts, peer, view));
  return steps;
}

function sealedStep(parts: Parts, peer: UserId, view: MessageView): StoryStep {
  const text = parts.chat.isSealed(peer, view.id)
    ? `It is sealed, so that only ${view.with} can open it.`
    : `It cannot be sealed yet: no keys of ${view.with} are known.`;
  return now(text);
}

/** What was tried, and what it waits for. */
function waitingSteps(parts: Parts, peer: UserId, view: MessageView): StoryStep[] {
  const { chat, connections, links, mail, view: records } = parts;
  const name = view.with;
  const steps: StoryStep[] = [];
  const flight = chat.flightOf(peer, view.id);
  if (flight !== null) {
    const times = flight.attempts === 1 ? 'once' : `${flight.attempts} times`;
    steps.push({ wallMillis: flight.wallMillis, text: `It was handed to the link with ${name} ${times}; no receipt has come.` });
  }
  const link = connections.sessionLink(peer);
  const tried = records
    .nodesOf(peer)
    .map((id) => links.of(id))
    .filter((each) => each !== undefined);
  if (link?.state === 'suspect') steps.push(now(`The link with ${link.name} is open, but ${name} has been silent for a while.`));
  else if (link !== null) steps.push(now(`The link with ${link.name} is up.`));
  else if (tried.length > 0)
    steps.push(
      now(
        `The link with ${listed(tried.map((each) => each.name))} is tried: ${tried[0]?.established === true ? 'nobody is logged in there' : 'no answer yet'}.`,
      ),
    );
  else steps.push(now(`There is no link with ${name}.`));
  const refusal = mail.delivery.refusalOf(peer, view.id);
  if (refusal !== '') steps.push(now(`The mailbox of ${name} does not take it: ${refusal}. It is tried again.`));
  steps.push(now(waitsFor(parts, peer, view)));
  return steps;
}

function waitsFor(parts: Parts, peer: UserId, view: MessageView): string {
  const { presence, options } = parts;
  const name = view.with;
  if (parts.connections.sessionLink(peer) !== null) return `It waits for the receipt of ${name}.`;
  const here = presence.viewOf(peer).presence !== 'offline';
  if (view.state === 'held') {
    const days = Math.round(options.mailKeptMillis / 86_400_000);
    return `It waits for ${name} to log in, and is fetched then even if you are away. The mailbox keeps it for ${days} days; your own copy stays until ${name} has signed.`;
  }
  if (here) return `It waits for a link with ${name}, who seems to be here.`;
  return `It waits for ${name} to come back, or for others who hold it meanwhile.`;
}
