import type { FriendView, MessageView, NodeInfo, UserView } from '../../src/core/commands.ts';
import type { Relation } from '../../src/core/types.ts';
import { type ChaosRun, type ChaosSetting, historyOf, playChaos } from './chaos.ts';

/** What every user sees at one moment. */
interface Sight {
  readonly info: NodeInfo;
  readonly users: readonly UserView[];
  readonly friends: readonly FriendView[];
}

/** Presence and the like must be right this soon after everything is well and everybody has reached everybody again, ms. */
const PRESENCE_MILLIS = 6_000;
/** Attempts to reach somebody who was silent are up to ten seconds apart. */
const RECONNECT_MILLIS = 15_000;
/** Resends of a message are up to a minute apart. */
const QUIET_MILLIS = 90_000;

async function look(run: ChaosRun): Promise<Map<string, Sight>> {
  const sights = new Map<string, Sight>();
  for (const { name } of run.people) {
    const info = (await run.engine.command(name, 'info', {})) as NodeInfo;
    const { users } = (await run.engine.command(name, 'users', {})) as { users: readonly UserView[] };
    const { friends } = (await run.engine.command(name, 'friends', {})) as { friends: readonly FriendView[] };
    sights.set(name, { info, users, friends });
  }
  return sights;
}

function relation(sights: Map<string, Sight>, from: string, to: string): Relation | 'unknown' {
  return sights.get(from)?.users.find((user) => user.name === to)?.relation ?? 'unknown';
}

const MIRROR: Readonly<Record<Relation, readonly Relation[]>> = {
  none: ['none', 'blocked'],
  outgoing: ['incoming', 'blocked'],
  incoming: ['outgoing'],
  friend: ['friend'],
  blocked: ['none', 'outgoing', 'incoming', 'blocked'],
};

/** F1, and that everybody knows everybody and sees who is here. Null when all is well. */
function wrongInSight(run: ChaosRun, sights: Map<string, Sight>): string | null {
  const names = run.people.map((person) => person.name);
  for (const a of names) {
    for (const b of names) {
      if (a === b) continue;
      const [there, back] = [relation(sights, a, b), relation(sights, b, a)];
      if (there === 'unknown') return `records: ${a} does not know ${b}`;
      if (back === 'unknown') return `records: ${b} does not know ${a}`;
      if (!MIRROR[there].includes(back)) return `F1: ${a} says ${there} of ${b}, ${b} says ${back} of ${a}`;
      if (there === 'friend' && !(run.agreed.has(`${a} ${b}`) && run.agreed.has(`${b} ${a}`))) return `F2: ${a} and ${b} are friends, and not both agreed`;
      const friend = sights.get(a)?.friends.find((view) => view.name === b);
      const truth = sights.get(b)?.info.presence;
      if (friend !== undefined && (friend.presence !== truth || friend.suspect)) {
        return `presence: ${a} sees ${b} as ${friend.presence}${friend.suspect ? ' (suspect)' : ''}, ${b} is ${truth}`;
      }
    }
  }
  return null;
}

/** Nothing accepted may still wait for a friend who is here. */
async function undelivered(run: ChaosRun, sights: Map<string, Sight>): Promise<string | null> {
  for (const message of run.sent) {
    if (message.id === null) continue;
    const view = (await run.engine.command(message.from, 'message', { id: message.id })) as MessageView;
    if (view.state === 'queued' && relation(sights, message.to, message.from) !== 'blocked')
      return `lost: ${message.id} (${message.text.slice(0, 30)}) still waits`;
    if (view.state === 'failed' && !message.disturbed) return `lost: ${message.id} (${message.text.slice(0, 30)}) failed: ${view.reason}`;
    if (view.state === 'failed' && (view.reason ?? '') === '') return `ticks: ${message.id} failed without a reason`;
  }
  return null;
}

/** Exactly once, in order, and ticks that tell the truth. */
async function wrongInHistories(run: ChaosRun): Promise<string | null> {
  for (const { name: from } of run.people) {
    for (const { name: to } of run.people) {
      if (from === to) continue;
      const theirs = (await historyOf(run.engine, to, from)).filter((message) => !message.fromMe);
      const own = (await historyOf(run.engine, from, to)).filter((message) => message.fromMe);
      const arrived = new Set(theirs.map((message) => message.id));
      if (arrived.size !== theirs.length) return `L5: a message of ${from} is shown twice to ${to}`;
      const texts = new Set(theirs.map((message) => message.text));
      if (texts.size !== theirs.length) return `L5: a text of ${from} is shown twice to ${to}`;
      const order = own.filter((message) => arrived.has(message.id)).map((message) => message.id);
      if (order.join() !== theirs.map((message) => message.id).join())
        return `L5: ${to} has the messages of ${from} in another order, or one that was not sent`;
      for (const message of own) {
        const told = message.state === 'delivered' || message.state === 'read';
        if (told && !arrived.has(message.id)) return `ticks: ${message.id} is ${message.state} and not in the history of ${to}`;
      }
      const sent = run.sent.filter((message) => message.from === from && message.to === to && message.id !== null).map((message) => message.id);
      const kept = own.map((message) => message.id as string).filter((id) => sent.includes(id));
      if (kept.join() !== sent.join()) return `X4: ${from} was told that a message to ${to} is sent, and has lost it or its place`;
    }
  }
  return null;
}

/** Waits until the network is as it must be and notes the problems that remain. Returns how long everybody's sight took to be right, ms. */
export async function judge(run: ChaosRun): Promise<number> {
  const { engine, problems } = run;
  const begunMillis = engine.now();
  const seen = await engine.until(async () => wrongInSight(run, await look(run)), PRESENCE_MILLIS + RECONNECT_MILLIS);
  if (seen !== null) problems.push(seen);
  const healedMillis = engine.now() - begunMillis;
  const waiting = await engine.until(async () => undelivered(run, await look(run)), QUIET_MILLIS);
  if (waiting !== null) problems.push(waiting);
  const wrong = await wrongInHistories(run);
  if (wrong !== null) problems.push(wrong);
  const late = await engine.until(async () => wrongInSight(run, await look(run)), PRESENCE_MILLIS);
  if (late !== null && late !== seen) problems.push(`later: ${late}`);
  return healedMillis;
}

export interface ChaosVerdict {
  readonly problems: readonly string[];
  readonly log: readonly string[];
  /** Messages that were accepted. */
  readonly sent: number;
  readonly healedMillis: number;
  readonly sha256: string;
}

/** Plays and judges one seed. */
export async function chaosVerdict(setting: ChaosSetting): Promise<ChaosVerdict> {
  const run = await playChaos(setting);
  const healedMillis = await judge(run);
  const { problems } = run;
  const { sha256 } = await run.engine.traceSummary();
  await run.engine.stop();
  return { problems, log: run.log, sent: run.sent.filter((message) => message.id !== null).length, healedMillis, sha256 };
}
