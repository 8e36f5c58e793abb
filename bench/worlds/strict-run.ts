import type { Contact } from '../../src/core/ring/circle.ts';
import type { RingAnswer, RingOptions } from '../../src/core/ring/ring-port.ts';
import type { NodeId } from '../../src/core/types.ts';
import { brokenInvariant, type FailRules, mayFail, type UnderWay } from './ring-checks.ts';
import { indexOf, type RingProgram } from './ring-program.ts';
import { PERFECT, type RingNode, RingWorld, type RingWorldOptions, randomKey } from './ring-world.ts';

export interface StrictOptions {
  readonly seed: number;
  readonly successorCount?: number;
  readonly millis?: number;
  readonly nodesMax?: number;
  readonly options?: Partial<RingOptions>;
  readonly taken?: RingWorldOptions['taken'];
  readonly instead?: RingWorldOptions['instead'];
}

export interface StrictOutcome {
  /** What was broken and when, or null. */
  readonly broken: string | null;
  readonly joins: number;
  readonly fails: number;
  readonly millisToIdeal: number | null;
}

interface Seen {
  successors: readonly Contact[];
  predecessor: Contact | null;
  readonly spokeMillis: Map<NodeId, number>;
}

const JUST_MILLIS = 400;

/** The list that the asker will have once it hears the answer, or null when that changes none. */
function listAfter(
  answerer: Contact,
  asker: Contact,
  chord: { readonly joined: boolean; readonly successors: readonly Contact[] } | undefined,
  answer: RingAnswer,
  successorCount: number,
): readonly Contact[] | null {
  const isMember = chord?.joined === true;
  if (answer.answer === 'outside') return isMember ? chord.successors.filter((contact) => contact.id !== answerer.id) : null;
  if (answer.answer !== 'state') return null;
  return isMember ? [answerer, ...answer.successors].slice(0, successorCount) : answer.successors.filter((contact) => contact.id !== asker.id);
}

/** A ring under perfect detection and legal failures, looked at after every event in which a pointer changed or a node came or went. */
class StrictRun {
  readonly ring: RingWorld;
  readonly #options: StrictOptions;
  readonly #successorCount: number;
  readonly #seen = new Map<NodeId, Seen>();
  /** What was answered and has not been taken in yet, by asker and answerer. */
  readonly #underWay = new Map<string, UnderWay>();
  #dirty = true;
  broken: string | null = null;
  joins = 0;
  fails = 0;

  constructor(options: StrictOptions) {
    this.#options = options;
    this.#successorCount = options.successorCount ?? 4;
    this.ring = new RingWorld({
      seed: options.seed,
      latency: { minMillis: 1, maxMillis: 60 },
      detection: PERFECT,
      hints: 'oracle',
      options: { ...options.options, successorCount: this.#successorCount },
      ...(options.taken === undefined ? {} : { taken: options.taken }),
      ...(options.instead === undefined ? {} : { instead: options.instead }),
    });
    this.ring.onChanged = (program) => this.#changed(program);
    this.ring.onGiven = (program, to, answer) => {
      const asker = this.ring.program(this.ring.nodes[indexOf(to)] as RingNode)?.chord;
      const list = listAfter(program.self, to, asker, answer, this.#successorCount);
      if (list !== null) this.#underWay.set(`${to.id}/${program.self.id}`, { asker: to, list });
    };
    this.ring.onTaken = (program, from, what) => {
      this.#seenOf(program).spokeMillis.set(from.id, this.ring.world.now);
      if ('answer' in what) this.#underWay.delete(`${program.self.id}/${from.id}`);
    };
  }

  #seenOf(program: RingProgram): Seen {
    let seen = this.#seen.get(program.self.id);
    if (seen === undefined) {
      seen = { successors: [], predecessor: null, spokeMillis: new Map() };
      this.#seen.set(program.self.id, seen);
    }
    return seen;
  }

  /** R9 and R10, at the very moment of the change. */
  #changed(program: RingProgram): void {
    this.#dirty = true;
    const { now } = this.ring.world;
    const { chord, self } = program;
    const seen = this.#seenOf(program);
    const spoke = (contact: Contact | null | undefined, withinMillis: number): boolean =>
      contact !== null && contact !== undefined && now - (seen.spokeMillis.get(contact.id) ?? Number.NEGATIVE_INFINITY) <= withinMillis;
    const head = chord.successors[0];
    const isTail = chord.successors.every((contact, at) => seen.successors.at(at - chord.successors.length)?.id === contact.id);
    if (now > 0 && head !== undefined && !isTail && !spoke(head, 0) && !spoke(chord.predecessor, 0))
      this.#break(`R9: ${self.name} adopted ${head.name}, which had not just answered`);
    const isOther = chord.predecessor !== null && chord.predecessor.id !== seen.predecessor?.id;
    if (now > 0 && isOther && !spoke(chord.predecessor, JUST_MILLIS))
      this.#break(`R9: ${self.name} adopted ${chord.predecessor?.name} as predecessor, which had not just spoken`);
    if (!chord.joined && chord.owns(randomKey(this.ring.random))) this.#break(`R10: ${self.name} is no member and claims a key`);
    seen.successors = chord.successors;
    seen.predecessor = chord.predecessor;
  }

  #break(what: string): void {
    this.broken ??= `${what} (seed ${this.#options.seed}, ${this.ring.world.now.toFixed(1)} ms)`;
  }

  check(): void {
    if (!this.#dirty || this.broken !== null) return;
    this.#dirty = false;
    const broken = brokenInvariant(this.ring.members(), this.#successorCount);
    if (broken !== null) this.#break(broken);
  }

  run(millis: number): void {
    const until = this.ring.world.now + millis;
    while (this.broken === null && this.ring.world.step(until)) this.check();
    if (this.broken === null) this.ring.world.now = until;
  }

  join(): void {
    const idle = this.ring.nodes.filter((node) => this.ring.program(node) === null);
    const node = idle.length > 0 && this.ring.random.fraction() < 0.3 ? (idle[this.ring.random.below(idle.length)] as RingNode) : this.ring.add();
    this.#seen.delete(node.contact.id);
    this.#forgetUnderWay(node.contact.id);
    this.joins += 1;
    this.ring.start(node);
  }

  #forgetUnderWay(asker: NodeId): void {
    for (const [pair, { asker: of }] of this.#underWay) if (of.id === asker) this.#underWay.delete(pair);
  }

  #failRules(): FailRules {
    return { successorCount: this.#successorCount, underWay: [...this.#underWay.values()], spareShortLists: this.#options.taken === undefined };
  }

  /** Somebody fails without warning, or leaves in order, if the theory allows it now. */
  end(): void {
    const { random } = this.ring;
    const members = this.ring.members();
    const node = this.ring.up()[random.below(this.ring.up().length)] as RingNode;
    const program = this.ring.program(node) as RingProgram;
    if (program.chord.joined && !mayFail(program, members, this.#failRules())) return;
    this.fails += 1;
    if (random.fraction() < 0.3) {
      program.chord.leave();
      this.#dirty = true;
      this.check();
    }
    this.ring.crash(node);
    this.#forgetUnderWay(node.contact.id);
    this.#dirty = true;
    this.check();
  }
}

export function strictRun(options: StrictOptions): StrictOutcome {
  const run = new StrictRun(options);
  const { ring } = run;
  const successorCount = options.successorCount ?? 4;
  const nodesMax = options.nodesMax ?? 16;
  ring.addIdealRing(successorCount + 1 + ring.random.below(6));
  const until = options.millis ?? 30_000;
  while (ring.world.now < until && run.broken === null) {
    run.run(600 * ring.random.fraction() * ring.random.fraction());
    if (run.broken !== null) break;
    if (ring.random.fraction() < 0.5) run.end();
    else if (ring.up().length < nodesMax) for (let count = ring.random.below(3); count >= 0; count -= 1) run.join();
  }
  let millisToIdeal: number | null = null;
  const quietSince = ring.world.now;
  while (run.broken === null && ring.world.now - quietSince < 20_000 && millisToIdeal === null) {
    if (ring.notIdeal() === null) millisToIdeal = ring.world.now - quietSince;
    else run.run(50);
  }
  return {
    broken: run.broken ?? (millisToIdeal === null ? `R8: ${ring.notIdeal()} (seed ${options.seed})` : null),
    joins: run.joins,
    fails: run.fails,
    millisToIdeal,
  };
}
