import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { CborFrameCodec } from '../../src/adapters/codec/frame-codec.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import type { MessageView, UserView } from '../../src/core/commands.ts';
import { ConfabError } from '../../src/core/errors.ts';
import type { CoreOptions } from '../../src/core/options.ts';
import { MAIL_KIND, mailKind } from '../../src/core/replication/kinds/mail-kind.ts';
import type { Stored } from '../../src/core/replication/replication-port.ts';
import type { Rule } from '../../src/core/rules.ts';
import { SimEngine } from '../../src/engine/sim.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { Errands } from '../helpers/errands.ts';

/**
 * Random lives of a network in which people are mostly away when they are written to: nodes stop, are killed, come back, log in and
 * out, the network is cut and healed, newcomers change the ring. At the end everybody is there, and every message has
 * arrived once and in the order of its sender, with its tick turned and no letter left in a mailbox.
 */
export interface MailLifeSetting {
  readonly seed: number;
  readonly actionCount?: number;
  /** How long all may take to come to rest at the end. */
  readonly quietMillis?: number;
  /** Changed for negative controls. */
  readonly options?: Partial<CoreOptions>;
}

export interface MailLifeVerdict {
  readonly problems: readonly string[];
  readonly log: readonly string[];
  readonly messages: number;
  /** Messages that were in a mailbox at some time, as their ticks say. */
  readonly held: number;
  /** Messages that came out of one. */
  readonly fetched: number;
}

const capabilities = { crypto: new NodeCrypto(), codec: new CborCodec() };
const KIND = mailKind(capabilities);
const PASSWORD = 'correct horse';
export const TALKERS = ['alice', 'bob', 'carol'];
export const OTHERS = ['dave', 'erin', 'frank'];
const NEWCOMERS = ['grace', 'heidi'];
const HONEST = new Set<string>(['unavailable', 'busy', 'not-logged-in', 'already-logged-in', 'unknown-user', 'store-failed', 'timeout', 'session-moved']);
const QUIET_MILLIS = 240_000;

/** One thing that happens in a life. What is not possible at its time (to stop who is not there) does not happen. */
export type MailAction =
  | { readonly do: 'write'; readonly from: string; readonly to: string; readonly count: number }
  | { readonly do: 'return' | 'stop' | 'kill' | 'logout' | 'login'; readonly who: string }
  | { readonly do: 'join' | 'heal' }
  | { readonly do: 'cut'; readonly left: readonly string[] }
  /** Everything between all nodes takes longer until the next cut or healing. */
  | { readonly do: 'delay'; readonly millis: number };

class MailLife {
  readonly random: SeededRandom;
  readonly engine: SimEngine;
  readonly errands: Errands;
  readonly sent = new Map<string, string[]>();
  /** Texts as they were shown, in order, by `at/from`. */
  readonly shown = new Map<string, string[]>();
  readonly #quietMillis: number;
  #count = 0;
  readonly #newcomers = [...NEWCOMERS];

  constructor(setting: MailLifeSetting) {
    this.random = new SeededRandom(`mail ${setting.seed}`);
    this.#quietMillis = setting.quietMillis ?? QUIET_MILLIS;
    const withCodec = setting.seed % 5 === 0;
    this.engine = new SimEngine({
      seed: setting.seed,
      capabilities: withCodec ? { ...capabilities, frameCodec: new CborFrameCodec(capabilities.codec) } : capabilities,
      traced: false,
      // A gap is waited for as long as it takes, so that the order holds whatever happens to the network.
      coreOptions: { mailOrderMillis: 3_600_000, ...setting.options },
    });
    this.errands = new Errands(this.engine, HONEST);
    this.engine.onEvent((node, event) => this.#heard(node, event as { type: string; message?: MessageView }));
  }

  #heard(node: string, event: { type: string; message?: MessageView }): void {
    if (event.type !== 'message-received' || event.message === undefined) return;
    const key = `${node}/${event.message.with}`;
    this.shown.set(key, [...(this.shown.get(key) ?? []), event.message.text]);
  }

  of<Item>(items: readonly Item[]): Item {
    return items[this.random.below(items.length)] as Item;
  }

  go(node: string, what: string, run: () => Promise<void>): void {
    this.errands.go(node, run, `${node} ${what}`);
  }

  async start(node: string): Promise<void> {
    const others = this.engine.nodes().filter((other) => other !== node && this.engine.isRunning(other));
    const peers = await Promise.all(others.slice(0, 2).map((other) => this.engine.endpointOf(other)));
    await this.engine.startNode(node, { peers });
  }

  async prepare(): Promise<void> {
    if (this.random.fraction() < 0.5) await this.engine.startSeedServer();
    for (const name of [...TALKERS, ...OTHERS]) {
      await this.start(name);
      await this.engine.command(name, 'register', { password: PASSWORD });
    }
    for (const [a, b] of [
      ['alice', 'bob'],
      ['alice', 'carol'],
      ['bob', 'carol'],
    ] as const)
      await this.befriend(a, b);
  }

  async befriend(a: string, b: string): Promise<void> {
    const relation = async (at: string, to: string): Promise<string> =>
      ((await this.engine.command(at, 'users', {})) as { users: readonly UserView[] }).users.find((user) => user.name === to)?.relation ?? 'unknown';
    await this.engine.until(async () => ((await relation(a, b)) === 'none' ? null : 'unknown'), 20_000);
    await this.engine.command(a, 'friend-add', { user: b });
    await this.engine.until(async () => ((await relation(b, a)) === 'incoming' ? null : 'not asked'), 20_000);
    await this.engine.command(b, 'friend-accept', { user: a });
    await this.engine.until(async () => ((await relation(a, b)) === 'friend' ? null : 'no friends'), 20_000);
  }

  // --- actions ---

  /** Something drawn. */
  draw(): MailAction {
    const dice = this.random.below(100);
    if (dice < 45) {
      const from = this.of(TALKERS);
      return { do: 'write', from, to: this.of(TALKERS.filter((other) => other !== from)), count: 1 + this.random.below(6) };
    }
    if (dice < 90) {
      const who = this.of(dice < 75 ? TALKERS : OTHERS);
      if (!this.engine.isRunning(who)) return { do: 'return', who };
      return { do: (['stop', 'logout', 'login', 'kill'] as const)[this.random.below(4)] ?? 'kill', who };
    }
    if (dice < 94) return { do: 'join' };
    const left = this.engine.nodes().filter(() => this.random.fraction() < 0.5);
    return this.random.fraction() < 0.5 ? { do: 'cut', left } : { do: 'heal' };
  }

  perform(action: MailAction): void {
    switch (action.do) {
      case 'write':
        return this.#write(action.from, action.to, action.count);
      case 'return':
        if (this.engine.isRunning(action.who)) return;
        return this.go(action.who, 'comes back', async () => {
          await this.start(action.who);
          await this.engine.command(action.who, 'login', { password: PASSWORD });
        });
      case 'stop':
      case 'kill':
      case 'logout':
      case 'login':
        return this.#end(action.do, action.who);
      case 'join':
        return this.#newcomer();
      case 'cut': {
        const right = this.engine.nodes().filter((node) => !action.left.includes(node));
        const cut = action.left.length > 0 && right.length > 0;
        return this.#rule(cut ? { id: 'cut', kind: 'cut', from: action.left, to: right, oneWay: false } : null);
      }
      case 'heal':
        return this.#rule(null);
      case 'delay':
        return this.#rule({
          id: 'slow',
          kind: 'delay',
          from: this.engine.nodes(),
          to: this.engine.nodes(),
          delayMillis: action.millis,
          jitterMillis: action.millis,
          oneWay: false,
        });
    }
  }

  #write(from: string, to: string, count: number): void {
    if (!this.engine.isRunning(from)) return;
    this.go(from, `writes ${count} to ${to}`, async () => {
      for (let at = 0; at < count; at += 1) {
        this.#count += 1;
        const text = `${from} to ${to} ${this.#count}`;
        await this.engine.command(from, 'send', { to, text });
        const key = `${to}/${from}`;
        this.sent.set(key, [...(this.sent.get(key) ?? []), text]);
      }
    });
  }

  #end(how: 'stop' | 'kill' | 'logout' | 'login', who: string): void {
    if (!this.engine.isRunning(who)) return;
    switch (how) {
      case 'stop':
        return this.go(who, 'stops', () => this.engine.stopNode(who));
      case 'kill':
        return this.go(who, 'is killed', () => this.engine.killNode(who));
      case 'logout':
        return this.go(who, 'logs out', async () => void (await this.engine.command(who, 'logout', {})));
      case 'login':
        return this.go(who, 'logs in', async () => void (await this.engine.command(who, 'login', { password: PASSWORD })));
    }
  }

  #newcomer(): void {
    const name = this.#newcomers.shift();
    if (name === undefined) return;
    this.go(name, 'joins', async () => {
      await this.start(name);
      await this.engine.command(name, 'register', { password: PASSWORD });
    });
  }

  #rule(rule: Rule | null): void {
    this.errands.note(rule === null ? 'heal' : JSON.stringify(rule));
    void this.engine.setRules(rule === null ? [] : [rule]);
  }

  // --- the end ---

  async judge(): Promise<{ held: number; fetched: number }> {
    await this.errands.settle();
    await this.engine.setRules([]);
    for (const node of this.engine.nodes()) {
      if (!this.engine.isRunning(node)) await this.start(node);
      await this.engine.command(node, 'login', { password: PASSWORD }).catch((error: unknown) => {
        if (!(error instanceof ConfabError) || error.code !== 'already-logged-in') throw error;
      });
    }
    const quiet = await this.engine.until(async () => this.#unquiet(), this.#quietMillis);
    if (quiet !== null) this.errands.problems.push(`not quiet: ${quiet}`);
    let held = 0;
    let fetched = 0;
    for (const at of TALKERS) {
      for (const from of TALKERS.filter((other) => other !== at)) {
        const got = (await this.conversation(at, from)).filter((message) => !message.fromMe);
        const wanted = this.sent.get(`${at}/${from}`) ?? [];
        if (got.map((message) => message.text).join('\n') !== wanted.join('\n'))
          this.errands.problems.push(`${at} has of ${from}: ${got.map((message) => message.text).join(', ')}; wanted: ${wanted.join(', ')}`);
        const shown = this.shown.get(`${at}/${from}`) ?? [];
        if (new Set(shown).size !== shown.length) this.errands.problems.push(`shown twice at ${at}: ${shown.join(', ')}`);
        if (shown.join('\n') !== wanted.join('\n')) this.errands.problems.push(`shown in another order at ${at}: ${shown.join(', ')}`);
        fetched += got.filter((message) => message.via !== undefined).length;
        held += (await this.conversation(from, at)).filter((message) => message.fromMe && message.heldBy !== undefined).length;
      }
    }
    return { held, fetched };
  }

  async conversation(at: string, other: string): Promise<readonly MessageView[]> {
    return ((await this.engine.command(at, 'history', { with: other, limit: 500 })) as { messages: readonly MessageView[] }).messages;
  }

  async end(): Promise<MailLifeVerdict> {
    const { held, fetched } = await this.judge();
    await this.engine.stop();
    const messages = [...this.sent.values()].reduce((sum, texts) => sum + texts.length, 0);
    return { problems: this.errands.problems, log: this.errands.log, messages, held, fetched };
  }

  /** What is not as it should be at rest: ticks, and letters without a receipt. */
  async #unquiet(): Promise<string | null> {
    for (const from of TALKERS) {
      for (const to of TALKERS.filter((other) => other !== from)) {
        const open = (await this.conversation(from, to)).find((message) => message.fromMe && message.state !== 'delivered' && message.state !== 'read');
        if (open !== undefined) return `"${open.text}" is ${open.state}`;
      }
    }
    for (const node of this.engine.nodes()) {
      const rows = this.engine.hosted(node).disk.node.get('replicas')?.scan({}) ?? [];
      for (const [, value] of rows as Array<readonly [string, Stored]>) {
        const about = value.kind === MAIL_KIND ? KIND.inspect(value.bytes) : null;
        if (about !== null && typeof about !== 'string' && !about.deleted) return `${node} keeps a letter`;
      }
    }
    return null;
  }
}

export async function mailLife(setting: MailLifeSetting): Promise<MailLifeVerdict> {
  const life = new MailLife(setting);
  await life.engine.start();
  await life.prepare();
  for (let action = 0; action < (setting.actionCount ?? 40); action += 1) {
    life.perform(life.draw());
    await life.engine.wait([0, 5, 50, 400, 1_500, 4_000][life.random.below(6)] as number);
  }
  return await life.end();
}

/** A life in which just these things happen, each after a pause. */
export async function mailSchedule(
  seed: number,
  steps: ReadonlyArray<{ readonly action: MailAction; readonly pauseMillis: number }>,
): Promise<MailLifeVerdict> {
  const life = new MailLife({ seed });
  await life.engine.start();
  await life.prepare();
  for (const { action, pauseMillis } of steps) {
    life.perform(action);
    await life.engine.wait(pauseMillis);
  }
  return await life.end();
}
