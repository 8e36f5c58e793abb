import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { CborFrameCodec } from '../../src/adapters/codec/frame-codec.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import type { MessageView, UserView } from '../../src/core/commands.ts';
import { ConfabError } from '../../src/core/errors.ts';
import { MAIL_KIND, mailKind } from '../../src/core/replication/kinds/mail-kind.ts';
import type { Stored } from '../../src/core/replication/replication-port.ts';
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
const TALKERS = ['alice', 'bob', 'carol'];
const OTHERS = ['dave', 'erin', 'frank'];
const NEWCOMERS = ['grace', 'heidi'];
const HONEST = new Set<string>(['unavailable', 'busy', 'not-logged-in', 'already-logged-in', 'unknown-user', 'store-failed', 'timeout', 'session-moved']);
const QUIET_MILLIS = 240_000;

class MailLife {
  readonly random: SeededRandom;
  readonly engine: SimEngine;
  readonly errands: Errands;
  readonly sent = new Map<string, string[]>();
  /** Texts as they were shown, in order, by `at/from`. */
  readonly shown = new Map<string, string[]>();
  #count = 0;
  readonly #newcomers = [...NEWCOMERS];

  constructor(setting: MailLifeSetting) {
    this.random = new SeededRandom(`mail ${setting.seed}`);
    const withCodec = setting.seed % 5 === 0;
    this.engine = new SimEngine({
      seed: setting.seed,
      capabilities: withCodec ? { ...capabilities, frameCodec: new CborFrameCodec(capabilities.codec) } : capabilities,
      traced: false,
      // A gap is waited for as long as it takes, so that the order holds whatever happens to the network.
      coreOptions: { mailOrderMillis: 3_600_000 },
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

  act(): void {
    const dice = this.random.below(100);
    if (dice < 45) return this.write();
    if (dice < 75) return this.comeOrGo(this.of(TALKERS));
    if (dice < 90) return this.comeOrGo(this.of(OTHERS));
    if (dice < 94) return this.newcomer();
    return this.cutOrHeal();
  }

  write(): void {
    const from = this.of(TALKERS);
    const to = this.of(TALKERS.filter((other) => other !== from));
    const count = 1 + this.random.below(6);
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

  comeOrGo(node: string): void {
    if (!this.engine.isRunning(node))
      return this.go(node, 'comes back', async () => {
        await this.start(node);
        await this.engine.command(node, 'login', { password: PASSWORD });
      });
    switch (this.random.below(4)) {
      case 0:
        return this.go(node, 'stops', () => this.engine.stopNode(node));
      case 1:
        return this.go(node, 'logs out', async () => void (await this.engine.command(node, 'logout', {})));
      case 2:
        return this.go(node, 'logs in', async () => void (await this.engine.command(node, 'login', { password: PASSWORD })));
      default:
        return this.go(node, 'is killed', () => this.engine.killNode(node));
    }
  }

  newcomer(): void {
    const name = this.#newcomers.shift();
    if (name === undefined) return;
    this.go(name, 'joins', async () => {
      await this.start(name);
      await this.engine.command(name, 'register', { password: PASSWORD });
    });
  }

  cutOrHeal(): void {
    const all = this.engine.nodes();
    const left = all.filter(() => this.random.fraction() < 0.5);
    const right = all.filter((node) => !left.includes(node));
    const cut = this.random.fraction() < 0.5 && left.length > 0 && right.length > 0;
    this.errands.note(cut ? `cut ${left.join()} | ${right.join()}` : 'heal');
    void this.engine.setRules(cut ? [{ id: 'cut', kind: 'cut', from: left, to: right, oneWay: false }] : []);
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
    const quiet = await this.engine.until(async () => this.#unquiet(), QUIET_MILLIS);
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
    life.act();
    await life.engine.wait([0, 5, 50, 400, 1_500, 4_000][life.random.below(6)] as number);
  }
  const { held, fetched } = await life.judge();
  await life.engine.stop();
  const messages = [...life.sent.values()].reduce((sum, texts) => sum + texts.length, 0);
  return { problems: life.errands.problems, log: life.errands.log, messages, held, fetched };
}
