import { ConfabError } from '../../src/core/errors.ts';
import type { RoomDetails, RoomMessageView, RoomView } from '../../src/core/rooms/room-commands.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { PASSWORD, SmallWorld } from '../core/small-world.ts';

const MEMBERS = ['alice', 'bob', 'carol', 'dave'];
const HOLDERS = ['holder1', 'holder2', 'holder3', 'holder4'];
const ROOM = { room: 'garden' };
const REPAIR_MILLIS = 8_000;

export interface Survival {
  readonly world: SmallWorld;
  readonly problems: readonly string[];
  readonly log: readonly string[];
}

/**
 * A room whose members come and go while they write, delete and once remove somebody; then all of them but one are gone for good, and
 * that one may have been away all the time.
 */
class Lives {
  readonly world: SmallWorld;
  readonly random: SeededRandom;
  readonly problems: string[] = [];
  readonly log: string[] = [];
  readonly running = new Set([...MEMBERS, ...HOLDERS]);
  readonly deleted = new Set<string>();
  removed: { readonly user: string; readonly had: readonly string[] } | null = null;

  constructor(seed: number) {
    this.world = new SmallWorld(seed, { roomRepairMillis: REPAIR_MILLIS });
    this.random = new SeededRandom(`survival ${seed}`);
  }

  pick<Value>(of: readonly Value[]): Value {
    return of[this.random.below(of.length)] as Value;
  }

  get present(): string[] {
    return MEMBERS.filter((name) => this.running.has(name) && this.removed?.user !== name);
  }

  async lines(node: string): Promise<readonly RoomMessageView[]> {
    const { messages } = await this.world.ask<{ messages: readonly RoomMessageView[] }>(node, 'room-history', { ...ROOM, limit: 500 });
    return messages.filter((line) => line.kind === 'message');
  }

  async texts(node: string): Promise<string[]> {
    return (await this.lines(node)).map((line) => (line.deleted ? `${line.id.slice(0, 8)} deleted` : line.sealed ? '(sealed)' : line.text));
  }

  async kill(node: string): Promise<void> {
    this.log.push(`kill ${node}`);
    await this.world.engine.killNode(node);
    this.running.delete(node);
  }

  async revive(node: string): Promise<void> {
    this.log.push(`start ${node}`);
    await this.world.engine.startNode(node);
    await this.world.ask(node, 'login', { password: PASSWORD });
    this.running.add(node);
  }

  async act(count: number): Promise<void> {
    const dice = this.random.below(100);
    const node = this.pick(this.present);
    const away = MEMBERS.filter((name) => !this.running.has(name));
    if (dice < 60) await this.world.ask(node, 'room-send', { ...ROOM, text: `${node} ${count}` });
    else if (dice < 66) await this.unsay(node);
    else if (dice < 76 && this.present.length > 1) await this.kill(node);
    else if (dice < 88 && away.length > 0) await this.revive(this.pick(away));
    else if (dice < 94) await this.shakeHolders();
    else if (dice < 97 && this.removed === null && node === 'alice' && this.running.has('dave')) await this.remove('dave');
    await this.world.engine.wait(this.random.below(3_000));
  }

  async unsay(node: string): Promise<void> {
    const own = (await this.lines(node)).filter((line) => line.fromMe && !line.deleted);
    if (own.length === 0) return;
    const { id, text } = this.pick(own);
    await this.world.ask(node, 'room-delete-message', { ...ROOM, id });
    this.deleted.add(text);
  }

  async shakeHolders(): Promise<void> {
    const holder = this.pick(HOLDERS);
    if (!this.running.has(holder)) await this.revive(holder);
    else if (HOLDERS.every((name) => this.running.has(name))) await this.kill(holder);
  }

  async remove(user: string): Promise<void> {
    this.log.push(`alice removes ${user}`);
    await this.world.ask('alice', 'room-remove', { ...ROOM, user });
    await this.world.soon(`${user} hears of it`, async () => (await this.world.ask<RoomView>(user, 'room', ROOM)).role === null);
    this.removed = { user, had: await this.texts(user) };
  }

  /** Members who are up have the same, and all they wrote lies at holders. */
  async atRest(): Promise<boolean> {
    const details: RoomDetails[] = [];
    for (const name of this.present) details.push(await this.world.ask<RoomDetails>(name, 'room', ROOM));
    const isEqual = new Set(details.map((room) => [...room.heads].sort().join())).size === 1;
    return isEqual && details.every((room) => room.uncopied === 0 && room.sealed === 0 && room.gaps === 0);
  }

  /** All members but one are gone for good. What those knew who were up, the last one and whoever joins through it come to know. */
  async end(link: string): Promise<void> {
    const { world } = this;
    await world.soon('members who are up rest', () => this.atRest(), 120_000);
    // Time for those who are up to put there what the dead could not.
    await world.engine.wait(4 * REPAIR_MILLIS);
    await world.soon('members who are up rest again', () => this.atRest(), 120_000);
    const known = await this.texts(this.pick(this.present));
    const last = this.pick(MEMBERS.filter((name) => this.removed?.user !== name));
    this.log.push(`only ${last} is left; ${known.length} messages are known`);
    for (const name of MEMBERS) if (name !== last && this.running.has(name) && name !== this.removed?.user) await this.kill(name);
    if (!this.running.has(last)) await this.revive(last);
    const same = async (node: string): Promise<boolean> => (await this.texts(node).catch(() => [])).join() === known.join();
    await world.soon(`${last} has what was known`, () => same(last), 90_000).catch((error: Error) => this.problems.push(error.message));
    await world.ask('holder1', 'room-join', { room: link.replace('/alice', `/${last}`) });
    await world.soon('who joins through it has the same', () => same('holder1'), 90_000).catch((error: Error) => this.problems.push(error.message));
    for (const text of await this.texts('holder1')) if (this.deleted.has(text)) this.problems.push(`${text} was deleted and is back`);
    const { removed } = this;
    if (removed === null || !this.running.has(removed.user)) return;
    const has = await this.texts(removed.user);
    if (has.join() !== removed.had.join()) this.problems.push(`${removed.user} reads after its removal: ${has.slice(removed.had.length).join()}`);
  }
}

export async function survive(seed: number, actions: number): Promise<Survival> {
  const lives = new Lives(seed);
  const { world, problems, log } = lives;
  await world.people(...MEMBERS, ...HOLDERS);
  const { link } = await world.ask<RoomView>('alice', 'room-create', { name: 'garden' });
  for (const name of MEMBERS.slice(1)) await world.ask(name, 'room-join', { room: link });
  try {
    for (let count = 0; count < actions; count += 1) await lives.act(count);
    if (!lives.running.has('holder1')) await lives.revive('holder1');
    await lives.end(link);
  } catch (error) {
    problems.push(error instanceof ConfabError ? `${error.code}: ${error.message}` : (error as Error).message);
  }
  return { world, problems, log };
}
