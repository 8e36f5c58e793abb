import { ConfabError } from '../../src/core/errors.ts';
import type { RoomDetails, RoomMessageView, RoomOrderView, RoomView } from '../../src/core/rooms/room-commands.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { PASSWORD, SmallWorld } from '../core/small-world.ts';

const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin'];
const HONEST = new Set([
  'not-in-room',
  'room-forbidden',
  'unknown-message',
  'unknown-room',
  'room-refused',
  'room-joined-already',
  'not-logged-in',
  'unavailable',
  'no-room-member',
]);

export interface RoomLife {
  readonly world: SmallWorld;
  readonly problems: string[];
  readonly log: string[];
}

interface Sent {
  readonly id: string;
  readonly from: string;
  readonly text: string;
}

/** A random life of one room: people write, answer, react, come, go and are removed, while links are cut and nodes are killed. */
class Life {
  readonly world: SmallWorld;
  readonly random: SeededRandom;
  readonly problems: string[] = [];
  readonly log: string[] = [];
  readonly sent: Sent[] = [];
  readonly running = new Set<string>(NAMES);
  link = '';
  /** Who was out of the room for a while: where members read what was said since they joined, the reactions of that time are not for them. */
  readonly wereOut = new Set<string>();
  readonly history: 'all' | 'joined';
  #removals = 0;

  constructor(seed: number) {
    this.world = new SmallWorld(seed);
    this.history = seed % 2 === 0 ? 'all' : 'joined';
    this.random = new SeededRandom(`room life ${seed}`);
  }

  pick<Value>(of: readonly Value[]): Value {
    return of[this.random.below(of.length)] as Value;
  }

  async ask<Result>(node: string, command: string, args: Record<string, unknown>): Promise<Result | null> {
    try {
      return await this.world.ask<Result>(node, command, args);
    } catch (error) {
      if (!(error instanceof ConfabError)) throw error;
      if (!HONEST.has(error.code)) this.problems.push(`${node} ${command}: ${error.code} ${error.message}`);
      return null;
    }
  }

  async page(node: string): Promise<readonly RoomMessageView[]> {
    return (await this.world.ask<{ messages: readonly RoomMessageView[] }>(node, 'room-history', { room: 'garden', limit: 500 })).messages;
  }

  async act(count: number): Promise<void> {
    const node = this.pick([...this.running]);
    const dice = this.random.below(100);
    if (dice < 50) await this.send(node, `m${count}`, false);
    else if (dice < 66) await this.send(node, `r${count}`, true);
    else if (dice < 74) await this.react(node);
    else if (dice < 80) await this.cut();
    else if (dice < 84) await this.world.engine.setRules([]);
    else if (dice < 89) await this.kill(node);
    else if (dice < 93) await this.revive();
    else if (dice < 95) await this.remove(node);
    else if (dice < 97) await this.leave(node);
    else await this.rejoin(node);
    await this.world.engine.wait(this.random.below(400));
  }

  async send(node: string, text: string, answers: boolean): Promise<void> {
    const known = answers ? (await this.ask<{ messages: readonly RoomMessageView[] }>(node, 'room-history', { room: 'garden', limit: 5 }))?.messages : [];
    const target = known?.filter((line) => line.kind === 'message').at(-1);
    const args = target === undefined ? {} : { replyTo: target.id };
    const done = await this.ask<{ id: string }>(node, 'room-send', { room: 'garden', text: `${node} ${text}`, ...args });
    if (done !== null) this.sent.push({ id: done.id, from: node, text: `${node} ${text}` });
  }

  async react(node: string): Promise<void> {
    const target = this.sent[this.sent.length - 1 - this.random.below(Math.min(5, this.sent.length || 1))];
    if (target !== undefined)
      await this.ask(node, 'room-react', { room: 'garden', id: target.id, reaction: this.pick(['+1', 'ha']), remove: this.random.below(3) === 0 });
  }

  async cut(): Promise<void> {
    const some = NAMES.filter(() => this.random.below(2) === 0);
    const others = NAMES.filter((name) => !some.includes(name));
    if (some.length === 0 || others.length === 0) return;
    this.log.push(`cut ${some.join()} from ${others.join()}`);
    await this.world.engine.setRules([{ kind: 'cut', id: 'half', from: some, to: others, oneWay: false }]);
  }

  async kill(node: string): Promise<void> {
    if (this.running.size < 3) return;
    this.log.push(`kill ${node}`);
    await this.world.engine.killNode(node);
    this.running.delete(node);
  }

  async revive(): Promise<void> {
    const node = NAMES.find((name) => !this.running.has(name));
    if (node === undefined) return;
    this.log.push(`start ${node}`);
    await this.world.engine.startNode(node);
    await this.world.ask(node, 'login', { password: PASSWORD });
    this.running.add(node);
    // What a kill kept from being told is read from the history by whoever opens it again.
    const page = (await this.ask<{ messages: readonly RoomMessageView[] }>(node, 'room-history', { room: 'garden', limit: 500 }))?.messages ?? [];
    for (const message of page) this.world.heard.push({ node, event: { type: 'read', message } as never });
  }

  async remove(node: string): Promise<void> {
    this.#removals += 1;
    if (this.#removals > 1) return;
    const user = this.pick(NAMES.filter((name) => name !== node && name !== 'alice'));
    this.log.push(`${node} removes ${user}`);
    if ((await this.ask(node, 'room-remove', { room: 'garden', user })) !== null) this.wereOut.add(user);
  }

  async leave(node: string): Promise<void> {
    if ((await this.ask(node, 'room-leave', { room: 'garden' })) !== null) this.wereOut.add(node);
  }

  async rejoin(node: string): Promise<void> {
    await this.ask(node, 'room-join', { room: this.link });
  }
}

/** Lives one life and judges it: the same room on every screen of a member, nothing acknowledged lost, causes before effects. */
export async function liveRoom(seed: number, actions: number): Promise<RoomLife> {
  const life = new Life(seed);
  const { world, problems } = life;
  await world.people(...NAMES);
  const { link } = await world.ask<RoomView>('alice', 'room-create', { name: 'garden', history: life.history });
  life.link = link;
  for (const name of NAMES.slice(1)) life.log.push(`${name} ${JSON.stringify(await world.ask(name, 'room-join', { room: link }))}`);
  await world.ask('alice', 'room-role', { room: 'garden', user: 'bob', role: 'admin' });
  for (let count = 0; count < actions; count += 1) await life.act(count);
  await world.engine.setRules([]);
  while (life.running.size < NAMES.length) await life.revive();
  await settle(life);
  return { world, problems, log: life.log };
}

async function settle(life: Life): Promise<void> {
  const { world, problems } = life;
  const orders = async (): Promise<Map<string, readonly RoomOrderView[]>> => {
    const found = new Map<string, readonly RoomOrderView[]>();
    for (const name of NAMES) {
      const room = await world.ask<RoomView>(name, 'room', { room: 'garden' });
      if (room.role !== null)
        found.set(name, (await world.ask<{ events: readonly RoomOrderView[] }>(name, 'room-order', { room: 'garden', limit: 500 })).events);
    }
    return found;
  };
  const alike = async (): Promise<boolean> => {
    const heads = await Promise.all(NAMES.map((name) => world.ask<RoomDetails>(name, 'room', { room: 'garden' })));
    const members = heads.filter((room) => room.role !== null);
    return (
      members.length > 0 &&
      new Set(members.map((room) => [...room.heads].sort().join())).size === 1 &&
      members.every((room) => room.sealed === 0 && room.gaps === 0)
    );
  };
  await world.soon('members hold the same', alike, 120_000).catch((error: Error) => problems.push(error.message));
  const found = [...(await orders())];
  const [first] = found;
  if (first === undefined) return void problems.push('nobody is a member any more');
  for (const [name, order] of found) {
    if (order.map((event) => event.id).join() !== first[1].map((event) => event.id).join()) problems.push(`${name} has another order than ${first[0]}`);
    judgeCauses(name, order, problems);
  }
  await judgeTexts(
    life,
    found.map(([name]) => name),
    first[1],
  );
  judgeTold(world, problems);
}

function judgeCauses(name: string, order: readonly RoomOrderView[], problems: string[]): void {
  const place = new Map(order.map((event, at) => [event.id, at]));
  for (const [at, event] of order.entries()) {
    for (const parent of event.parents) if ((place.get(parent) ?? -1) >= at) problems.push(`${name} shows ${event.id.slice(0, 8)} before its cause`);
  }
}

/** Nothing that a node took from its user is lost as long as that user is a member; nothing is there twice; all read the same. */
async function judgeTexts(life: Life, members: readonly string[], order: readonly RoomOrderView[]): Promise<void> {
  const { problems } = life;
  const known = new Set(order.map((event) => event.id));
  const pages = new Map<string, readonly RoomMessageView[]>();
  for (const name of members) pages.set(name, await life.page(name));
  for (const { id, from, text } of life.sent) {
    if (members.includes(from) && !known.has(id)) problems.push(`${text} is lost, though ${from} is a member`);
    const shown = [...pages.values()].map((page) => page.filter((line) => line.id === id));
    for (const lines of shown)
      if (lines.length > 1 || (lines.length === 1 && lines[0]?.text !== text)) problems.push(`${text} is shown ${lines.length} times, or otherwise`);
  }
  const readsAll = (name: string): boolean => life.history === 'all' || !life.wereOut.has(name);
  for (const [name, page] of pages) {
    for (const [otherName, other] of pages) {
      const withReactions = readsAll(name) && readsAll(otherName);
      const seen = (line: RoomMessageView): string => JSON.stringify([line.text, line.deleted, withReactions ? line.reactions : null]);
      for (const line of page) {
        const same = other.find((each) => each.id === line.id);
        if (same !== undefined && seen(same) !== seen(line)) problems.push(`${name} shows ${line.id.slice(0, 8)} otherwise than ${otherName}`);
      }
    }
  }
}

/** What was told to a person: no line twice in one run, and no answer before what it answers. */
function judgeTold(world: SmallWorld, problems: string[]): void {
  const told = new Map<string, Set<string>>();
  for (const { node, event } of world.heard) {
    if (event.type !== 'room-message' && event.type !== 'read') continue;
    const { message } = event as unknown as { message: RoomMessageView };
    const seen = told.get(node) ?? new Set<string>();
    told.set(node, seen);
    if (event.type === 'room-message' && seen.has(message.id)) problems.push(`${node} was told ${message.text} twice`);
    if (message.replyTo !== null && !seen.has(message.replyTo.id) && message.replyTo.text === '')
      problems.push(`${node} was told the answer ${message.text} before its question`);
    seen.add(message.id);
  }
}
