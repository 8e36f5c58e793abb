import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { CborFrameCodec } from '../../src/adapters/codec/frame-codec.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import type { MessageView, NodeInfo, UserView } from '../../src/core/commands.ts';
import { ConfabError } from '../../src/core/errors.ts';
import { SimEngine } from '../../src/engine/sim.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { Errands } from '../helpers/errands.ts';

/**
 * Random lives of a user with three nodes: logins here, there and at once, kills, cuts, messages in both directions, drafts.
 * At the end everything is repaired and judged by S1 to S3.
 */
export interface LifeSetting {
  readonly seed: number;
  readonly withCodec?: boolean;
  readonly actionCount?: number;
  /** Rows of a handover page, default 3. */
  readonly pageRows?: number;
}

export interface LifeVerdict {
  readonly problems: readonly string[];
  readonly log: readonly string[];
  readonly logins: number;
  readonly messages: number;
}

const crypto = new NodeCrypto();
const codec = new CborCodec();
const PASSWORD = 'correct horse';
const OWN = ['alice', 'alice@desk', 'alice@lap'];
const FRIENDS = ['bob', 'carol'];
const ALL = [...OWN, ...FRIENDS];
const QUIET_MILLIS = 150_000;
/** Answers that are honest in a network at odds. */
const HONEST = new Set<string>([
  'unavailable',
  'busy',
  'not-registered',
  'not-logged-in',
  'already-logged-in',
  'session-moved',
  'unknown-user',
  'not-friends',
  'store-failed',
  'timeout',
]);

interface Sent {
  readonly from: string;
  readonly to: string;
  readonly text: string;
  id: string | null;
}

class Life {
  readonly random: SeededRandom;
  readonly engine: SimEngine;
  readonly sent: Sent[] = [];
  readonly errands: Errands;
  logins = 0;
  #draft: { text: string; atMillis: number } | null = null;
  #count = 0;
  #recent: string[] = ['alice'];

  constructor(setting: LifeSetting) {
    this.random = new SeededRandom(`takeover ${setting.seed}`);
    this.engine = new SimEngine({
      seed: setting.seed,
      capabilities: { crypto, codec, ...(setting.withCodec === true ? { frameCodec: new CborFrameCodec(codec) } : {}) },
      traced: false,
      // Short pages, so that kills and cuts fall between them.
      coreOptions: { handoverRowsMax: setting.pageRows ?? 3 },
    });
    this.errands = new Errands(this.engine, HONEST);
  }

  of<Item>(items: readonly Item[]): Item {
    return items[this.random.below(items.length)] as Item;
  }

  async start(node: string): Promise<void> {
    const others = this.engine.nodes().filter((other) => other !== node);
    const peers = await Promise.all(others.slice(0, 2).map((other) => this.engine.endpointOf(other)));
    await this.engine.startNode(node, { peers });
    if (FRIENDS.includes(node)) await this.engine.command(node, 'login', { password: PASSWORD });
  }

  async prepare(): Promise<void> {
    if (this.random.fraction() < 0.5) await this.engine.startSeedServer();
    for (const name of ['alice', ...FRIENDS]) {
      const first = this.engine.nodes()[0];
      await this.engine.startNode(name, { peers: first === undefined ? [] : [await this.engine.endpointOf(first)] });
      await this.engine.command(name, 'register', { password: PASSWORD });
    }
    for (const friend of FRIENDS) {
      await this.engine.until(async () => ((await this.users('alice')).some((user) => user.name === friend) ? null : 'unknown'), 10_000);
      await this.engine.command('alice', 'friend-add', { user: friend });
      await this.engine.until(async () => this.#accept(friend), 10_000);
    }
    for (const node of OWN.slice(1)) await this.start(node);
  }

  async #accept(friend: string): Promise<string | null> {
    try {
      await this.engine.command(friend, 'friend-accept', { user: 'alice' });
      return null;
    } catch (error) {
      return error instanceof ConfabError ? error.code : 'crashed';
    }
  }

  async users(node: string): Promise<readonly UserView[]> {
    return ((await this.engine.command(node, 'users', {})) as { users: readonly UserView[] }).users;
  }

  // --- actions ---

  login(): void {
    const nodes = this.random.below(4) === 0 ? OWN : [this.of(OWN)];
    for (const node of nodes) {
      if (!this.engine.isRunning(node)) continue;
      this.errands.note(`login ${node}`);
      this.errands.go(`life ${node}`, async () => {
        await this.engine.command(node, 'login', { password: PASSWORD });
        this.errands.note(`  logged in at ${node}`);
        this.logins += 1;
        this.#recent = [...this.#recent.filter((each) => each !== node), node].slice(-2);
      });
    }
  }

  /** Mostly where alice logged in of late; there may be several, each on its side of a cut. */
  #writer(): string {
    return this.random.below(5) === 0 || this.#recent.length === 0 ? this.of(OWN) : this.of(this.#recent);
  }

  send(): void {
    const out = this.random.below(2) === 0;
    const from = out ? this.#writer() : this.of(FRIENDS);
    const to = out ? this.of(FRIENDS) : 'alice';
    if (!this.engine.isRunning(from)) return;
    for (let left = 1 + this.random.below(5); left > 0; left -= 1) {
      this.#count += 1;
      const message: Sent = { from, to, text: `${from} ${this.#count} ${'y'.repeat(this.random.below(15) === 0 ? 60_000 : 8)}`, id: null };
      this.sent.push(message);
      this.errands.go(`send ${this.#count}`, async () => {
        message.id = ((await this.engine.command(from, 'send', { to, text: message.text })) as { id: string }).id;
      });
    }
  }

  read(): void {
    const node = this.of(ALL);
    const other = OWN.includes(node) ? this.of(FRIENDS) : 'alice';
    if (this.engine.isRunning(node)) this.errands.go(`read ${node}`, async () => void (await this.engine.command(node, 'read', { with: other })));
  }

  draft(): void {
    const node = this.#writer();
    if (!this.engine.isRunning(node)) return;
    this.#count += 1;
    const text = `draft ${this.#count}`;
    this.errands.go(`draft ${node}`, async () => {
      const atMillis = this.engine.now();
      await this.engine.command(node, 'draft', { with: 'bob', text });
      this.errands.note(`  drafted ${text} at ${node}`);
      if (this.#draft === null || atMillis > this.#draft.atMillis) this.#draft = { text, atMillis };
    });
  }

  kill(): void {
    const node = this.of(ALL);
    if (!this.engine.isRunning(node)) return;
    this.errands.note(`kill ${node}`);
    this.errands.go(`kill ${node}`, async () => this.engine.killNode(node));
  }

  startSomebody(): void {
    const node = this.of(ALL);
    if (this.engine.isRunning(node)) return;
    this.errands.note(`start ${node}`);
    this.errands.go(`life ${node}`, async () => this.start(node));
  }

  cut(): void {
    const from = ALL.filter(() => this.random.fraction() < 0.5);
    const to = ALL.filter((node) => !from.includes(node));
    if (from.length === 0 || to.length === 0) return;
    this.errands.note(`cut ${from.join(' ')} | ${to.join(' ')}`);
    this.errands.go('rules', async () => this.engine.setRules([{ id: 'cut', kind: 'cut', from, to, oneWay: this.random.fraction() < 0.2 }]));
  }

  heal(): void {
    this.errands.note('heal');
    this.errands.go('rules', async () => this.engine.setRules([]));
  }

  act(): void {
    const actions: ReadonlyArray<readonly [number, () => void]> = [
      [5, () => this.login()],
      [12, () => this.send()],
      [3, () => this.read()],
      [3, () => this.draft()],
      [2, () => this.kill()],
      [4, () => this.startSomebody()],
      [2, () => this.cut()],
      [3, () => this.heal()],
    ];
    let choice = this.random.below(actions.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, action] of actions) {
      choice -= weight;
      if (choice < 0) return action();
    }
  }

  async recover(): Promise<void> {
    await this.errands.settle();
    this.errands.note('recover');
    await this.engine.setRules([]);
    for (const node of ALL) if (!this.engine.isRunning(node)) await this.start(node);
    for (const node of FRIENDS) if (!(await this.info(node)).loggedIn) await this.engine.command(node, 'login', { password: PASSWORD });
    // A session may yet learn of a later login whose node was killed; then nobody is logged in, and the user is so again.
    if ((await this.engine.until(() => this.wrong(), QUIET_MILLIS)) === null || (await this.sessions()).length > 0) return;
    this.errands.note('nobody is logged in');
    // A node that never had the vault can get it from nobody now.
    const able: string[] = [];
    for (const node of OWN) if ((await this.info(node)).registered) able.push(node);
    await this.engine.command(this.of(able), 'login', { password: PASSWORD });
  }

  async info(node: string): Promise<NodeInfo> {
    return (await this.engine.command(node, 'info', {})) as NodeInfo;
  }

  async sessions(): Promise<string[]> {
    const found: string[] = [];
    for (const node of OWN) if ((await this.info(node)).loggedIn) found.push(node);
    return found;
  }

  async history(node: string, peer: string): Promise<readonly MessageView[]> {
    const page = (await this.engine.command(node, 'history', { with: peer, limit: 500 })) as { messages: readonly MessageView[] };
    return page.messages;
  }

  // --- judgement ---

  /** Null when all is as it must be; a refusal is something seen, too. */
  async wrong(): Promise<string | null> {
    try {
      return await this.#look();
    } catch (error) {
      if (error instanceof ConfabError) return error.message;
      throw error;
    }
  }

  async #look(): Promise<string | null> {
    const sessions = await this.sessions();
    const [holder] = sessions;
    if (sessions.length !== 1 || holder === undefined) return `S1: alice is logged in at ${sessions.join(', ') || 'no node'}`;
    for (const friend of FRIENDS) {
      const seen = (await this.users(friend)).find((user) => user.name === 'alice');
      if (seen?.presence === 'offline') return `presence: ${friend} sees alice as offline`;
      const theirs = await this.history(friend, 'alice');
      const ours = await this.history(holder, friend);
      for (const [where, messages] of [
        [friend, theirs],
        [holder, ours],
      ] as const) {
        if (new Set(messages.map((message) => message.text)).size !== messages.length) return `S3: ${where} has a message twice`;
        const waiting = messages.find((message) => message.fromMe && message.state !== 'delivered' && message.state !== 'read');
        if (waiting !== undefined) return `S3: at ${where} ${waiting.id} (${waiting.text.slice(0, 20)}) is ${waiting.state} ${waiting.reason ?? ''}`;
      }
      for (const message of this.sent) {
        if (message.id === null || (message.from !== friend && message.to !== friend)) continue;
        if (!theirs.some((each) => each.id === message.id)) return `S3: ${friend} has lost ${message.text.slice(0, 20)}`;
        if (!ours.some((each) => each.id === message.id && each.text === message.text)) return `S3: ${holder} has lost ${message.text.slice(0, 20)}`;
      }
      const unread = ours.filter((message) => !message.fromMe && message.state !== 'read').length;
      const { chats } = (await this.engine.command(holder, 'chats', {})) as { chats: ReadonlyArray<{ with: string; unread: number }> };
      const counted = chats.find((chat) => chat.with === friend)?.unread ?? 0;
      if (counted !== unread) return `unread: ${holder} counts ${counted} of ${friend}, ${unread} are`;
    }
    const { text } = (await this.engine.command(holder, 'draft', { with: 'bob' })) as { text: string };
    if (this.#draft !== null && text !== this.#draft.text) return `S3: the draft at ${holder} is "${text}", the last one was "${this.#draft.text}"`;
    return null;
  }
}

export async function takeoverLife(setting: LifeSetting): Promise<LifeVerdict> {
  const life = new Life(setting);
  const { engine, random } = life;
  await life.prepare();
  const count = setting.actionCount ?? 40 + random.below(40);
  for (let index = 0; index < count; index += 1) {
    life.act();
    const pause = random.below(8) === 0 ? 6_000 : random.below(3) === 0 ? 800 : 30;
    await engine.wait(random.fraction() * pause);
  }
  await life.recover();
  const wrong = await engine.until(() => life.wrong(), QUIET_MILLIS);
  if (wrong !== null) life.errands.problems.push(wrong);
  await engine.stop();
  return { problems: life.errands.problems, log: life.errands.log, logins: life.logins, messages: life.sent.filter((message) => message.id !== null).length };
}
