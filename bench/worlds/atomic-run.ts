import { Chord } from '../../src/core/ring/chord.ts';
import { type Contact, compareIds } from '../../src/core/ring/circle.ts';
import { RING_OPTIONS, type RingAnswer, type RingNotice, type RingQuestion, type RingTimer } from '../../src/core/ring/ring-port.ts';
import type { NodeId } from '../../src/core/types.ts';
import { type SeededRandom, stream } from '../../src/sim/random.ts';
import { brokenInvariant, mayFail } from './ring-checks.ts';

export interface AtomicOptions {
  readonly seed: number;
  readonly successorCount?: number;
  readonly steps?: number;
  /** Without eager additions the bare rules are tested. */
  readonly eager?: boolean;
  /** Negative controls. */
  readonly taken?: (chord: Chord, answer: RingAnswer) => RingAnswer;
  readonly instead?: (question: RingQuestion) => RingAnswer | null;
}

interface Member {
  readonly self: Contact;
  readonly chord: Chord;
  readonly timers: Set<RingTimer>;
}

const NODES_MAX = 9;

/** Nodes that share their state: a question is answered within the step that asks it, and notices arrive in any order, one a step. */
class AtomicRing {
  readonly random: SeededRandom;
  readonly nodes = new Map<NodeId, Member>();
  readonly #options: AtomicOptions;
  readonly #successorCount: number;
  #answers: Array<() => void> = [];
  #notices: Array<{ readonly from: Contact; readonly to: NodeId; readonly notice: RingNotice }> = [];
  #count = 0;

  constructor(options: AtomicOptions) {
    this.#options = options;
    this.#successorCount = options.successorCount ?? 4;
    this.random = stream(options.seed, 'atomic');
  }

  #make(): Member {
    this.#count += 1;
    const id = Array.from({ length: 8 }, () => (this.random.next() >>> 0).toString(16).padStart(8, '0')).join('') as NodeId;
    const self: Contact = { id, name: `n${this.#count}`, endpoint: { address: `sim:${this.#count}`, key: new Uint8Array(0) } };
    const timers = new Set<RingTimer>();
    const { random } = this;
    const chord: Chord = new Chord(
      {
        self,
        ask: (to, question, asker) => {
          const given = this.#options.instead?.(question) ?? this.nodes.get(to.id)?.chord.answer(self, question) ?? null;
          const answer = given === null ? null : (this.#options.taken?.(chord, given) ?? given);
          this.#answers.push(() => asker.answered(answer));
        },
        tell: (to, notice) => void this.#notices.push({ from: self, to: to.id, notice }),
        setTimer: (kind) => void timers.add(kind),
        cancelTimer: (kind) => void timers.delete(kind),
        monotonicMillis: 0,
        fraction: () => random.fraction(),
        changed: () => undefined,
        members: () => this.members().map((member) => member.self),
      },
      { ...RING_OPTIONS, successorCount: this.#successorCount, eagerRoundsMax: this.#options.eager === false ? 0 : 32 },
    );
    const member = { self, chord, timers };
    this.nodes.set(id, member);
    return member;
  }

  members(): Member[] {
    return [...this.nodes.values()].filter((member) => member.chord.joined);
  }

  #settle(): void {
    while (this.#answers.length > 0) {
      const answers = this.#answers;
      this.#answers = [];
      for (const answer of answers) answer();
    }
  }

  startIdeal(count: number): void {
    const made = Array.from({ length: count }, () => this.#make()).sort((a, b) => compareIds(a.self.id, b.self.id));
    for (const [at, member] of made.entries()) {
      const after = (steps: number): Contact => (made[(at + steps) % count] as Member).self;
      member.chord.start({ predecessor: after(count - 1), successors: Array.from({ length: this.#successorCount }, (_, step) => after(step + 1)) });
    }
  }

  #any(): Member {
    return [...this.nodes.values()][this.random.below(this.nodes.size)] as Member;
  }

  step(): void {
    const what = this.random.fraction();
    if (what < 0.12 && this.nodes.size < NODES_MAX) this.#make().chord.start();
    else if (what < 0.24) this.#fail();
    else if (what < 0.55) this.#deliver();
    else this.#tick(this.#any());
    this.#settle();
  }

  #fail(): void {
    const member = this.#any();
    if (
      member.chord.joined &&
      !mayFail(member, this.members(), { successorCount: this.#successorCount, underWay: [], spareShortLists: this.#options.taken === undefined })
    )
      return;
    if (this.random.fraction() < 0.3) member.chord.leave();
    this.nodes.delete(member.self.id);
  }

  #deliver(): void {
    if (this.#notices.length === 0) return;
    const [notice] = this.#notices.splice(this.random.below(this.#notices.length), 1);
    if (notice !== undefined) this.nodes.get(notice.to)?.chord.notice(notice.from, notice.notice);
  }

  #tick(member: Member): void {
    const kinds: RingTimer[] = ['ring-stabilise', ...[...member.timers].filter((kind) => kind === 'ring-join')];
    const kind = kinds[this.random.below(kinds.length)] as RingTimer;
    member.timers.delete(kind);
    member.chord.timer(kind);
  }

  /** Everybody once, and all notices. */
  fairRound(): void {
    for (const member of this.nodes.values()) {
      for (const kind of ['ring-join', 'ring-stabilise'] as const) {
        if (!member.timers.delete(kind) && kind === 'ring-join') continue;
        member.chord.timer(kind);
        this.#settle();
      }
    }
    for (let left = this.#notices.length; left > 0; left -= 1) {
      this.#deliver();
      this.#settle();
    }
  }

  broken(): string | null {
    return brokenInvariant(this.members(), this.#successorCount);
  }

  ideal(): boolean {
    const sorted = [...this.nodes.values()].sort((a, b) => compareIds(a.self.id, b.self.id));
    return sorted.every((member, at) => {
      const rightList = member.chord.successors.every((contact, step) => contact.id === sorted[(at + 1 + step) % sorted.length]?.self.id);
      return rightList && member.chord.successors.length === this.#successorCount && member.chord.predecessor?.id === sorted.at(at - 1)?.self.id;
    });
  }
}

/** Null when nothing was broken in a random run and the ring was ideal after a bounded number of fair rounds. */
export function atomicRun(options: AtomicOptions): { readonly broken: string | null; readonly rounds: number } {
  const ring = new AtomicRing(options);
  ring.startIdeal((options.successorCount ?? 4) + 1 + ring.random.below(3));
  for (let step = 0; step < (options.steps ?? 150); step += 1) {
    ring.step();
    const broken = ring.broken();
    if (broken !== null) return { broken: `${broken} (seed ${options.seed}, step ${step})`, rounds: 0 };
  }
  for (let rounds = 0; rounds < 60; rounds += 1) {
    if (ring.ideal()) return { broken: null, rounds };
    ring.fairRound();
  }
  return { broken: `R8: not ideal after 60 fair rounds (seed ${options.seed})`, rounds: 60 };
}
