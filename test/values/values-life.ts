import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import type { RingView } from '../../src/core/commands.ts';
import { ConfabError } from '../../src/core/errors.ts';
import { CORE_OPTIONS, type CoreOptions } from '../../src/core/options.ts';
import { productKinds } from '../../src/core/replication/kinds/product-kinds.ts';
import { inspectValue } from '../../src/core/replication/kinds.ts';
import type { Stored } from '../../src/core/replication/replication-port.ts';
import type { Rule } from '../../src/core/rules.ts';
import { SimEngine } from '../../src/engine/sim.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { PASSWORD } from '../core/small-world.ts';

const crypto = new NodeCrypto();
const codec = new CborCodec();
const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi'];
const KINDS = productKinds({ crypto, codec }, CORE_OPTIONS);
/** Kinds without a time to live: what was acknowledged has to be there at the end. */
const LASTING = new Set(['user', 'vault']);
/** Repair happens on the scale of the schedule. */
const OPTIONS: Partial<CoreOptions> = { replicaPushMillis: 4_000, replicaLeaseMillis: 12_000, replicaLeaseCheckMillis: 2_000, ownValuesMillis: 15_000 };
/** All disks but one are kept between two losses for this long, so that repair has its turn. */
const REPAIR_MILLIS = 20_000;
const QUIET_MILLIS = 60_000;

export interface ValuesLife {
  readonly seed: number;
  readonly actionCount?: number;
  /** Negative controls change how nodes behave. */
  readonly options?: Partial<CoreOptions>;
  /** Negative control: this many disks are lost at the same time, at the end. */
  readonly disksLostAtOnce?: number;
}

interface Acknowledged {
  readonly sequence: number;
  readonly deleted: boolean;
}

/** One random life of a network in which accounts come, change and go; what is wrong with its values in the end. */
export async function valuesLife(
  life: ValuesLife,
): Promise<{ readonly problems: readonly string[]; readonly log: readonly string[]; readonly writes: number }> {
  const run = new Life(life);
  await run.play();
  const problems = run.problems();
  await run.engine.stop();
  return { problems, log: run.log, writes: run.acknowledged.size };
}

class Life {
  readonly engine: SimEngine;
  readonly log: string[] = [];
  /** By key/kind/id: the newest version that a majority of holders has acknowledged. */
  readonly acknowledged = new Map<string, Acknowledged>();
  readonly #random: SeededRandom;
  readonly #life: ValuesLife;
  readonly #registered = new Set<string>();
  readonly #gone = new Set<string>();
  #lossMillis = Number.NEGATIVE_INFINITY;
  #cut = false;
  #members = 0;

  constructor(life: ValuesLife) {
    this.#life = life;
    this.#random = new SeededRandom(`values life ${life.seed}`);
    this.engine = new SimEngine({ seed: life.seed, capabilities: { crypto, codec }, traced: true, coreOptions: { ...OPTIONS, ...life.options } });
  }

  #say(text: string): void {
    this.log.push(`${(this.engine.now() / 1000).toFixed(2)} s  ${text}`);
  }

  #pick<Item>(items: readonly Item[]): Item | undefined {
    return items[this.#random.below(Math.max(1, items.length))];
  }

  #running(): string[] {
    return this.engine.nodes().filter((node) => this.engine.isRunning(node));
  }

  async #ask(node: string, command: string, args: Readonly<Record<string, unknown>>): Promise<void> {
    try {
      await this.engine.command(node, command, args, 20_000);
      this.#say(`${node} ${command}`);
      if (command === 'register') this.#registered.add(node);
    } catch (error) {
      if (!(error instanceof ConfabError)) throw error;
      this.#say(`${node} ${command}: ${error.code}`);
      if (error.code === 'internal' || error.code === 'store-failed') throw error;
    }
  }

  async #start(name: string, emptyDisk = false): Promise<void> {
    const running = this.#running();
    const peer = this.#pick(running);
    await this.engine.startNode(name, { peers: peer === undefined ? [] : [await this.engine.endpointOf(peer)], emptyDisk });
    this.#say(`${name} starts${emptyDisk ? ' on an empty disk' : ''}`);
    if (this.#registered.has(name) && !emptyDisk) await this.#ask(name, 'login', { password: PASSWORD });
  }

  async play(): Promise<void> {
    for (const name of NAMES.slice(0, 5)) {
      await this.#start(name);
      await this.#ask(name, 'register', { password: PASSWORD });
    }
    await this.engine.wait(10_000);
    const count = this.#life.actionCount ?? 40;
    for (let index = 0; index < count; index += 1) {
      await this.#act();
      await this.engine.wait(200 + this.#random.below(4_000));
    }
    await this.engine.setRules([]);
    for (const name of NAMES) if (!this.engine.isRunning(name) && !this.#gone.has(name) && this.engine.nodes().includes(name)) await this.#start(name);
    await this.engine.wait(QUIET_MILLIS);
    this.#members = await this.#countMembers();
    await this.#loseDisks(this.#life.disksLostAtOnce ?? 0);
    await this.#readTrace();
  }

  /** Of the ring: a node at which nobody has registered is none. */
  async #countMembers(): Promise<number> {
    let count = 0;
    for (const name of this.#running()) if (((await this.engine.command(name, 'ring', {})) as RingView).member) count += 1;
    return count;
  }

  async #loseDisks(count: number): Promise<void> {
    for (const name of this.#running().slice(0, count)) {
      await this.engine.killNode(name);
      this.#say(`${name} is lost with its disk`);
    }
    if (count > 0) await this.engine.wait(10_000);
  }

  async #act(): Promise<void> {
    const running = this.#running();
    const somebody = this.#pick(running) ?? '';
    const drawn = this.#random.below(100);
    if (drawn < 30) return this.#ask(somebody, 'profile', { about: `version ${this.#random.below(1_000)}` });
    if (drawn < 45) return this.#startSomebody();
    if (drawn < 60 && running.length > 3) return this.#kill(somebody);
    if (drawn < 67 && running.length > 3) {
      this.#say(`${somebody} stops`);
      return this.engine.stopNode(somebody);
    }
    if (drawn < 72 && running.length > 4) return this.#delete(somebody);
    if (drawn < 80) return this.#cutOrHeal(running);
    return this.#ask(somebody, this.#registered.has(somebody) ? 'status' : 'register', this.#registered.has(somebody) ? { text: 'x' } : { password: PASSWORD });
  }

  async #startSomebody(): Promise<void> {
    const name = this.#pick(NAMES.filter((each) => !this.engine.isRunning(each) && !this.#gone.has(each)));
    if (name !== undefined) await this.#start(name);
  }

  /** Now and then the disk goes with the node, never two in a row and never in a cut network: fewer than K copies at once. */
  async #kill(name: string): Promise<void> {
    await this.engine.killNode(name);
    this.#say(`${name} is killed`);
    if (this.#cut || this.engine.now() < this.#lossMillis + REPAIR_MILLIS || this.#random.below(2) === 0) return;
    if (this.#running().length < NAMES.length - 3) return;
    this.#lossMillis = this.engine.now();
    this.#registered.delete(name);
    await this.#start(name, true);
  }

  async #delete(name: string): Promise<void> {
    if (!this.#registered.has(name)) return;
    await this.#ask(name, 'delete-account', { password: PASSWORD });
    if (this.#running().includes(name)) await this.engine.wait(2_000);
    if (!this.engine.isRunning(name)) this.#gone.add(name);
  }

  async #cutOrHeal(running: readonly string[]): Promise<void> {
    if (this.#cut) {
      this.#cut = false;
      // What one half alone has may be one copy until the halves have met.
      this.#lossMillis = this.engine.now();
      this.#say('healed');
      return this.engine.setRules([]);
    }
    // A disk that was just lost may have been one of few.
    if (this.engine.now() < this.#lossMillis + REPAIR_MILLIS) return;
    this.#cut = true;
    const half = running.filter(() => this.#random.below(2) === 0);
    const rule: Rule = { id: 'cut', kind: 'cut', from: half, to: NAMES.filter((name) => !half.includes(name)), oneWay: false };
    this.#say(`cut: ${half.join(' ')} from the rest`);
    return this.engine.setRules([rule]);
  }

  /** What nodes were told to be held is what the network answers for. */
  async #readTrace(): Promise<void> {
    for (const { detail } of await this.engine.trace()) {
      if (detail.type !== 'state' || detail.subject !== 'write' || (detail.to !== 'held' && detail.to !== 'complete')) continue;
      if (!LASTING.has(String(detail.data?.['kind']))) continue;
      // Somebody who could reach nobody else deleted the account and went: nobody was told.
      if (detail.data?.['deleted'] === true && this.#gone.has(String(detail.data['holders']))) continue;
      const sequence = Number(detail.data?.['sequence']);
      const before = this.acknowledged.get(detail.id);
      if (before === undefined || before.sequence < sequence) this.acknowledged.set(detail.id, { sequence, deleted: detail.data?.['deleted'] === true });
    }
  }

  /** What lies at a node, by key/kind/id. */
  #copiesAt(node: string): Map<string, Acknowledged> {
    const found = new Map<string, Acknowledged>();
    for (const [name, { kind, bytes }] of this.engine.hosted(node).store.scan<Stored>('replicas')) {
      const known = KINDS.find((each) => each.name === kind);
      const about = known === undefined ? 'unknown' : inspectValue(known, bytes);
      if (typeof about !== 'string') found.set(name, { sequence: about.sequence, deleted: about.deleted });
    }
    return found;
  }

  problems(): string[] {
    const problems: string[] = [];
    const copies = new Map(this.#running().map((node) => [node, this.#copiesAt(node)]));
    const wanted = Math.min(4, this.#members);
    for (const [name, { sequence, deleted }] of this.acknowledged) {
      const short = name.replace(/^(.{8})[^/]*/, '$1').slice(0, 32);
      let holders = 0;
      for (const [node, held] of copies) {
        const copy = held.get(name);
        if (copy === undefined) continue;
        if (copy.sequence >= sequence) holders += 1;
        else problems.push(`${node} has an older version of ${short}`);
        if (deleted && !copy.deleted) problems.push(`${short} was deleted and is back at ${node}`);
      }
      if (holders === 0) problems.push(`${short} was acknowledged and is lost`);
      else if (holders < wanted && this.#life.disksLostAtOnce === undefined) problems.push(`${short} lies on ${holders} nodes instead of ${wanted}`);
    }
    return problems;
  }
}
