import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import { toHex } from '../../src/core/bytes.ts';
import { type Contact, compareIds, fingerStart } from '../../src/core/ring/circle.ts';
import type { RingAnswer, RingNotice, RingOptions, RingPlace, RingQuestion } from '../../src/core/ring/ring-port.ts';
import type { NodeId } from '../../src/core/types.ts';
import type { BareNode } from '../../src/sim/bare-node.ts';
import type { Latency } from '../../src/sim/network.ts';
import type { SeededRandom } from '../../src/sim/random.ts';
import { World } from '../../src/sim/world.ts';
import { type Detection, RingProgram, type Wire } from './ring-program.ts';

export interface RingWorldOptions {
  readonly seed: number | string;
  readonly latency?: Latency;
  readonly lossProbability?: number;
  readonly detection?: Detection;
  readonly options?: Partial<RingOptions>;
  /** `oracle`: who is a member at this instant, as a perfect membership service would say. `contacts`: only whom a node was told of. */
  readonly hints?: 'oracle' | 'contacts';
  /** Look-ups begin with whom the asker met on earlier ones, as in the product. */
  readonly locates?: boolean;
  /** Negative controls. */
  readonly taken?: (program: RingProgram, from: Contact, what: RingAnswer | RingNotice) => RingAnswer | RingNotice;
  readonly instead?: (program: RingProgram, question: RingQuestion) => RingAnswer | null;
}

export const PERFECT: Detection = { tries: 1, timeoutMillis: 130 };
export const REAL: Detection = { tries: 3, timeoutMillis: 200 };
export const STEADY: Detection = { tries: 5, timeoutMillis: 200 };

const crypto = new NodeCrypto();
const HINTS_MAX = 8;

export interface RingNode {
  readonly index: number;
  readonly contact: Contact;
  readonly node: BareNode<Wire>;
  place: RingPlace | null;
  told: readonly Contact[];
}

/** A simulated network of bare ring members, and what one sees from outside of it. */
export class RingWorld {
  readonly world: World;
  readonly random: SeededRandom;
  readonly nodes: RingNode[] = [];
  readonly options: RingWorldOptions;
  /** Told of every change of pointers. */
  onChanged: ((program: RingProgram) => void) | null = null;
  onGiven: ((program: RingProgram, to: Contact, answer: RingAnswer) => void) | null = null;
  onTaken: ((program: RingProgram, from: Contact, what: RingAnswer | RingNotice) => void) | null = null;
  /** What is built on each program before it starts. */
  dress: ((program: RingProgram, node: RingNode) => void) | null = null;

  constructor(options: RingWorldOptions) {
    this.options = options;
    this.world = new World({ seed: options.seed, latency: options.latency ?? { minMillis: 1, maxMillis: 20 }, lossProbability: options.lossProbability ?? 0 });
    this.random = this.world.stream('schedule');
  }

  add(name = `n${this.nodes.length}`): RingNode {
    const id = toHex(crypto.sha256(new TextEncoder().encode(`${this.options.seed}/${name}/${this.nodes.length}`))) as NodeId;
    const index = this.nodes.length;
    const contact: Contact = { id, name, endpoint: { address: `sim:${index}`, key: new Uint8Array(0) } };
    const made: { node: RingNode | null } = { node: null };
    const node = this.world.addProgram<Wire>(name, (env) => {
      const own = made.node as RingNode;
      const { taken, instead } = this.options;
      const program = new RingProgram(env, {
        self: contact,
        contactOf: (from) => (this.nodes[from] as RingNode).contact,
        detection: this.options.detection ?? REAL,
        options: this.options.options ?? {},
        members: () => (this.options.hints === 'oracle' ? this.#someMembers(contact) : own.told),
        place: own.place,
        locates: this.options.locates ?? false,
        changed: (changed) => this.onChanged?.(changed),
        given: (given, to, answer) => this.onGiven?.(given, to, answer),
        taken: (taking, from, what) => {
          const used = taken?.(taking, from, what) ?? what;
          this.onTaken?.(taking, from, used);
          return used;
        },
        ...(instead === undefined ? {} : { instead }),
      });
      own.place = null;
      this.dress?.(program, own);
      return program;
    });
    made.node = { index, contact, node, place: null, told: [] };
    this.nodes.push(made.node);
    return made.node;
  }

  #someMembers(self: Contact): readonly Contact[] {
    const all = this.members().filter((program) => program.self.id !== self.id);
    const first = all.length <= HINTS_MAX ? 0 : this.random.below(all.length);
    return [...all.slice(first), ...all.slice(0, first)].slice(0, HINTS_MAX).map((program) => program.self);
  }

  program(node: RingNode): RingProgram | null {
    return node.node.program as RingProgram | null;
  }

  /** Starts a node that was told of some contacts. */
  start(node: RingNode, told: readonly RingNode[] = []): void {
    node.told = told.map((each) => each.contact);
    this.world.start(node.index);
  }

  crash(node: RingNode): void {
    this.world.crash(node.index);
  }

  /** Adds nodes that stand in a perfect ring already. */
  addIdealRing(count: number, withFingers = false): RingNode[] {
    const added = Array.from({ length: count }, () => this.add());
    const sorted = [...added].sort((a, b) => compareIds(a.contact.id, b.contact.id));
    const successorCount = this.options.options?.successorCount ?? 4;
    for (const [at, node] of sorted.entries()) {
      const after = (steps: number): Contact => (sorted[(at + steps) % count] as RingNode).contact;
      const successors = Array.from({ length: Math.min(successorCount, count - 1) }, (_, step) => after(step + 1));
      const fingers = withFingers ? idealFingers(sorted, node.contact, successors) : new Map<number, Contact>();
      node.place = { predecessor: after(count - 1), successors, fingers };
      this.start(
        node,
        [1, 2, 3].map((step) => sorted[(at + step) % count] as RingNode),
      );
    }
    return added;
  }

  /** Everybody who is a member now, in the order of the ring. */
  members(): RingProgram[] {
    const members: RingProgram[] = [];
    for (const node of this.nodes) {
      const program = this.program(node);
      if (program?.chord.joined === true) members.push(program);
    }
    return members.sort((a, b) => compareIds(a.self.id, b.self.id));
  }

  up(): RingNode[] {
    return this.nodes.filter((node) => this.program(node) !== null);
  }

  /** Null when every node that is up is a member with the pointers that it should have; else what is wrong (R8). */
  notIdeal(among: readonly RingNode[] = this.up()): string | null {
    const sorted = [...among].sort((a, b) => compareIds(a.contact.id, b.contact.id));
    const successorCount = this.options.options?.successorCount ?? 4;
    for (const [at, node] of sorted.entries()) {
      const chord = this.program(node)?.chord;
      if (chord?.joined !== true) return `${node.contact.name} is no member`;
      const wanted = Array.from(
        { length: Math.min(successorCount, sorted.length - 1) },
        (_, step) => (sorted[(at + 1 + step) % sorted.length] as RingNode).contact.name,
      );
      const has = chord.successors.map((contact) => contact.name);
      if (wanted.join() !== has.join()) return `R8 ${node.contact.name} has successors ${has.join()} instead of ${wanted.join()}`;
      const before = sorted.length === 1 ? null : (sorted.at(at - 1) as RingNode).contact.name;
      if ((chord.predecessor?.name ?? null) !== before) return `R8 ${node.contact.name} has predecessor ${chord.predecessor?.name} instead of ${before}`;
    }
    return null;
  }

  /** Milliseconds from now until the ring is ideal, or null when it is not within the limit. Looks every 50 ms. */
  millisUntilIdeal(limitMillis: number, among?: readonly RingNode[]): number | null {
    const from = this.world.now;
    while (this.world.now - from < limitMillis) {
      if (this.notIdeal(among) === null) return this.world.now - from;
      this.world.runUntil(this.world.now + 50);
    }
    return this.notIdeal(among) === null ? this.world.now - from : null;
  }
}

function idealFingers(sorted: readonly RingNode[], self: Contact, successors: readonly Contact[]): Map<number, Contact> {
  const fingers = new Map<number, Contact>();
  for (let exponent = 51; exponent >= 30; exponent -= 1) {
    const start = fingerStart(self.id, exponent);
    const owner = ownerAmong(sorted, start);
    if (owner.id === self.id || successors.some((contact) => contact.id === owner.id)) continue;
    fingers.set(exponent, owner);
  }
  return fingers;
}

/** The right answer to every lookup. `sorted` in ring order. */
export function ownerAmong(sorted: readonly RingNode[], key: string): Contact {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareIds((sorted[middle] as RingNode).contact.id, key) < 0) low = middle + 1;
    else high = middle;
  }
  return (sorted[low % sorted.length] as RingNode).contact;
}

/** A key anywhere on the ring. */
export function randomKey(random: SeededRandom): string {
  return toHex(random.bytes(32));
}
