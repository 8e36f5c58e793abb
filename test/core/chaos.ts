import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { CborFrameCodec } from '../../src/adapters/codec/frame-codec.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import type { MessageView } from '../../src/core/commands.ts';
import type { Env, Program } from '../../src/core/env.ts';
import type { Frame } from '../../src/core/messages.ts';
import { type ChatNodeOptions, chatNode } from '../../src/core/node.ts';
import type { Rule } from '../../src/core/rules.ts';
import { SimEngine } from '../../src/engine/sim.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { Errands } from '../helpers/errands.ts';

/** One random life of a small network: what was asked for, what was accepted. Judged by chaos-checks.ts. */
export interface ChaosSetting {
  readonly seed: number;
  /** Frames and stores go through bytes. */
  readonly withCodec?: boolean;
  readonly traced?: boolean;
  /** Actions before everything is healed; default 60 to 120 by the seed. */
  readonly actionCount?: number;
}

export interface SentMessage {
  readonly from: string;
  readonly to: string;
  readonly text: string;
  /** Null until the node has accepted it. */
  id: string | null;
  /** One of the two has at some time ended, declined or blocked: a refusal is honest then. */
  disturbed: boolean;
}

export interface Person {
  readonly name: string;
  registered: boolean;
  loggedIn: boolean;
}

export interface ChaosRun {
  readonly engine: SimEngine;
  readonly people: readonly Person[];
  readonly sent: readonly SentMessage[];
  /** `a b`: a has asked for, or accepted, a friendship with b at least once (or may have, when it was killed meanwhile). */
  readonly agreed: ReadonlySet<string>;
  readonly problems: string[];
  readonly log: readonly string[];
}

const crypto = new NodeCrypto();
const codec = new CborCodec();
export const PASSWORD = 'correct horse';
const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi'];
/** Answers that a person may get in a network at odds; anything else is a fault of the node. */
const HONEST = new Set<string>([
  'unavailable',
  'busy',
  'name-taken',
  'already-registered',
  'not-registered',
  'not-logged-in',
  'already-logged-in',
  'unknown-user',
  'already-friends',
  'already-requested',
  'no-request',
  'not-friends',
  'blocked',
  'not-blocked',
  'store-failed',
]);

type Action = (chaos: Chaos) => void;

/** How often each action is taken, relative to the others. */
const ACTIONS: ReadonlyArray<readonly [weight: number, Action]> = [
  [4, (chaos) => chaos.startSomebody()],
  [4, (chaos) => chaos.ask('login', { password: PASSWORD })],
  [1, (chaos) => chaos.ask('logout', {})],
  [5, (chaos) => chaos.befriend('friend-add')],
  [5, (chaos) => chaos.befriend('friend-accept')],
  [1, (chaos) => chaos.part('friend-decline')],
  [1, (chaos) => chaos.part('friend-remove')],
  [1, (chaos) => chaos.part('block')],
  [2, (chaos) => chaos.part('unblock')],
  [16, (chaos) => chaos.send()],
  [3, (chaos) => chaos.read()],
  [2, (chaos) => chaos.status()],
  [2, (chaos) => chaos.kill()],
  [1, (chaos) => chaos.stop()],
  [2, (chaos) => chaos.cut()],
  [1, (chaos) => chaos.heal()],
  [1, (chaos) => chaos.lose()],
  [1, (chaos) => chaos.toggleSeedServer()],
  [1, (chaos) => chaos.fillDisk()],
  [1, (chaos) => chaos.shiftClock()],
];
const WEIGHTS = ACTIONS.reduce((sum, [weight]) => sum + weight, 0);

class Chaos {
  readonly random: SeededRandom;
  readonly engine: SimEngine;
  readonly people: Person[];
  readonly sent: SentMessage[] = [];
  readonly agreed = new Set<string>();
  readonly errands: Errands;
  readonly #parted = new Set<string>();
  #seedServerUp = false;
  #messageCount = 0;

  constructor(setting: ChaosSetting) {
    this.random = new SeededRandom(`chaos ${setting.seed}`);
    this.people = NAMES.slice(0, 4 + this.random.below(5)).map((name) => ({ name, registered: false, loggedIn: false }));
    this.engine = new SimEngine({
      seed: setting.seed,
      capabilities: { crypto, codec, ...(setting.withCodec ? { frameCodec: new CborFrameCodec(codec) } : {}) },
      traced: setting.traced ?? false,
      program: (env, settings) => this.#watched(env, settings),
    });
    this.errands = new Errands(this.engine, HONEST);
  }

  get problems(): string[] {
    return this.errands.problems;
  }

  get log(): readonly string[] {
    return this.errands.log;
  }

  /** The chat node; what it throws is a problem even where the engine would mend it by a reload. */
  #watched(env: Env<Frame>, settings: ChatNodeOptions): Program<Frame> {
    const program = chatNode(env, settings);
    const guard = <Arguments extends unknown[]>(call: (...given: Arguments) => void) => {
      return (...given: Arguments): void => {
        try {
          call(...given);
        } catch (error) {
          this.errands.problems.push(`${env.name} threw ${error instanceof Error ? error.stack : String(error)}`);
          throw error;
        }
      };
    };
    return {
      start: guard(() => program.start()),
      input: guard((from, frame) => program.input(from, frame)),
      timer: guard((kind, key) => program.timer(kind, key)),
      command: guard((command) => program.command?.(command)),
      answer: guard((request, result) => program.answer?.(request, result)),
      endTurn: guard(() => program.endTurn?.()),
      stop: guard(() => program.stop?.()),
    };
  }

  somebody(but?: string): string {
    const names = this.people.map((person) => person.name).filter((name) => name !== but);
    return names[this.random.below(names.length)] as string;
  }

  person(name: string): Person {
    return this.people.find((person) => person.name === name) as Person;
  }

  // --- actions ---

  async start(name: string): Promise<void> {
    const known = this.engine.nodes().filter((other) => other !== name);
    const first = known[0];
    const peers = first === undefined ? [] : [await this.engine.endpointOf(first)];
    await this.engine.startNode(name, { peers });
    if (!this.person(name).registered) {
      await this.engine.command(name, 'register', { password: PASSWORD });
      this.person(name).registered = true;
      this.person(name).loggedIn = true;
    }
  }

  startSomebody(): void {
    const name = this.somebody();
    if (this.engine.isRunning(name)) return;
    this.errands.note(`start ${name}`);
    this.errands.go(`life ${name}`, () => this.start(name));
  }

  ask(command: 'login' | 'logout', args: Readonly<Record<string, unknown>>): void {
    const name = this.somebody();
    if (!this.engine.isRunning(name)) return;
    this.errands.note(`${command} ${name}`);
    this.errands.go(`life ${name}`, async () => {
      await this.engine.command(name, command, args);
      this.person(name).registered = true;
      this.person(name).loggedIn = command === 'login';
    });
  }

  befriend(command: 'friend-add' | 'friend-accept'): void {
    const asked = [...this.agreed].filter((pair) => !this.agreed.has(pair.split(' ').reverse().join(' ')));
    const pair = asked[this.random.below(asked.length)];
    const [other = this.somebody(), name = this.somebody(other)] = command === 'friend-accept' && pair !== undefined ? pair.split(' ') : [];
    if (!this.engine.isRunning(name)) return;
    this.errands.note(`${command} ${name} ${other}`);
    this.agreed.add(`${name} ${other}`);
    this.errands.go(`${command} ${name} ${other}`, async () => void (await this.engine.command(name, command, { user: other })));
  }

  part(command: 'friend-decline' | 'friend-remove' | 'block' | 'unblock'): void {
    const name = this.somebody();
    const other = this.somebody(name);
    if (!this.engine.isRunning(name)) return;
    this.errands.note(`${command} ${name} ${other}`);
    this.#parted.add([name, other].sort().join());
    for (const message of this.sent) if ([message.from, message.to].includes(name) && [message.from, message.to].includes(other)) message.disturbed = true;
    this.errands.go(`${command} ${name} ${other}`, async () => void (await this.engine.command(name, command, { user: other })));
  }

  send(): void {
    const friends = [...this.agreed].filter((pair) => this.agreed.has(pair.split(' ').reverse().join(' ')));
    const pair = this.random.below(8) === 0 ? undefined : friends[this.random.below(friends.length)];
    const [from = this.somebody(), to = this.somebody(from)] = pair === undefined ? [] : pair.split(' ');
    if (!this.engine.isRunning(from)) return;
    for (let count = 1 + this.random.below(4); count > 0; count -= 1) {
      this.#messageCount += 1;
      const text = `${from} to ${to} ${this.#messageCount} ${'x'.repeat(this.random.below(20) === 0 ? 40_000 : 10)}`;
      const message: SentMessage = { from, to, text, id: null, disturbed: this.#parted.has([from, to].sort().join()) };
      this.sent.push(message);
      this.errands.go(`send ${this.#messageCount}`, async () => {
        const result = (await this.engine.command(from, 'send', { to, text })) as { id: string };
        message.id = result.id;
        this.errands.note(`  ${from} sent ${this.#messageCount} to ${to}`);
      });
    }
  }

  read(): void {
    const name = this.somebody();
    const other = this.somebody(name);
    if (this.engine.isRunning(name)) this.errands.go(`read ${name} ${other}`, async () => void (await this.engine.command(name, 'read', { with: other })));
  }

  status(): void {
    const name = this.somebody();
    const presence = ['online', 'away', 'busy'][this.random.below(3)];
    if (this.engine.isRunning(name)) this.errands.go(`status ${name}`, async () => void (await this.engine.command(name, 'status', { presence })));
  }

  kill(): void {
    const name = this.somebody();
    if (!this.engine.isRunning(name)) return;
    this.errands.note(`kill ${name}`);
    this.errands.go(`kill ${name}`, async () => {
      await this.engine.killNode(name);
      this.person(name).loggedIn = false;
    });
  }

  stop(): void {
    const name = this.somebody();
    if (!this.engine.isRunning(name)) return;
    this.errands.note(`stop ${name}`);
    this.errands.go(`life ${name}`, async () => {
      await this.engine.stopNode(name);
      this.person(name).loggedIn = false;
    });
  }

  cut(): void {
    const names = this.people.map((person) => person.name);
    const from = names.filter(() => this.random.fraction() < 0.5);
    const to = names.filter((name) => !from.includes(name));
    if (from.length === 0 || to.length === 0) return;
    const rule: Rule = { id: 'cut', kind: 'cut', from, to, oneWay: this.random.fraction() < 0.3 };
    this.errands.note(`cut ${from.join(' ')} | ${to.join(' ')} ${rule.oneWay}`);
    this.errands.go('rules', () => this.engine.setRules([rule]));
  }

  heal(): void {
    this.errands.note('heal');
    this.errands.go('rules', () => this.engine.setRules([]));
  }

  lose(): void {
    this.engine.world.network.lossProbability = this.random.fraction() < 0.5 ? 0 : this.random.fraction() * 0.05;
  }

  toggleSeedServer(): void {
    this.#seedServerUp = !this.#seedServerUp;
    this.errands.note(`seed server ${this.#seedServerUp}`);
    this.errands.go('seed', () => (this.#seedServerUp ? this.engine.startSeedServer() : this.engine.stopSeedServer()));
  }

  /** For a while nothing can be written. */
  fillDisk(): void {
    const name = this.somebody();
    if (!this.engine.isRunning(name)) return;
    const { disk } = this.engine.hosted(name);
    this.errands.note(`full disk ${name}`);
    disk.full = true;
    this.errands.go(`disk ${name}`, async () => {
      await this.engine.wait(this.random.fraction() * 3_000);
      disk.full = false;
    });
  }

  /** By less than what others tolerate. */
  shiftClock(): void {
    const name = this.somebody();
    if (this.engine.isRunning(name)) this.engine.hosted(name).skewMillis = (this.random.fraction() - 0.5) * 40_000;
  }

  act(): void {
    let choice = this.random.below(WEIGHTS);
    for (const [weight, action] of ACTIONS) {
      choice -= weight;
      if (choice < 0) return action(this);
    }
  }

  /** Everything is repaired and everybody comes back; the seed server stays as it happens to be. */
  async recover(): Promise<void> {
    await this.errands.settle();
    this.errands.note('recover');
    for (const { name } of this.people) if (this.engine.isRunning(name)) this.engine.hosted(name).disk.full = false;
    await this.engine.setRules([]);
    this.engine.world.network.lossProbability = 0;
    for (const { name } of this.people) {
      if (!this.engine.isRunning(name)) await this.start(name);
      const info = (await this.engine.command(name, 'info', {})) as { registered: boolean; loggedIn: boolean };
      if (info.loggedIn) continue;
      await this.engine.command(name, info.registered ? 'login' : 'register', { password: PASSWORD });
    }
    for (const person of this.people) person.registered = person.loggedIn = true;
  }
}

/** Plays the random part and repairs the network; the caller waits for quiet, checks, and stops the engine. */
export async function playChaos(setting: ChaosSetting): Promise<ChaosRun> {
  const chaos = new Chaos(setting);
  const { engine, random } = chaos;
  if (random.fraction() < 0.7) chaos.toggleSeedServer();
  for (const { name } of chaos.people) chaos.errands.go(`life ${name}`, () => chaos.start(name));
  await chaos.errands.settle();
  const count = setting.actionCount ?? 60 + random.below(60);
  for (let index = 0; index < count; index += 1) {
    chaos.act();
    const pause = random.below(10) === 0 ? 4_000 : random.below(3) === 0 ? 600 : 30;
    await engine.wait(random.fraction() * pause);
  }
  await chaos.recover();
  return chaos;
}

/** All messages between two people as one of them sees them, oldest first. */
export async function historyOf(engine: SimEngine, node: string, peer: string): Promise<readonly MessageView[]> {
  let messages: readonly MessageView[] = [];
  for (;;) {
    const before = messages[0]?.key;
    const page = (await engine.command(node, 'history', { with: peer, limit: 500, ...(before === undefined ? {} : { before }) })) as {
      messages: readonly MessageView[];
      more: boolean;
    };
    messages = [...page.messages, ...messages];
    if (!page.more) return messages;
  }
}
