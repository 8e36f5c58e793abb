import type { NodeId } from '../types.ts';
import { between, type Contact, successorsAmong } from './circle.ts';
import { type Pointers, sameContacts } from './pointers.ts';
import type { Remembered } from './remembered.ts';
import { type Asker, PING, type RingAnswer, type RingOptions, type RingPort, STATE } from './ring-port.ts';

/** Pauses before somebody busy is asked again grow to so many times the first. Longer ones were tried: rings healed more slowly. */
const BUSY_RETRIES_MAX = 2;

type State = Extract<RingAnswer, { answer: 'state' }>;

export interface StabiliserHooks {
  /** No successor is left. */
  lostAll(): void;
  /** The ring seems to be below its minimum size. These are its members, as our successor and we know them. */
  shrunk(members: readonly Contact[]): void;
}

/**
 * Keeps the pointers of a member right: Zave's stabilise and rectify, done eagerly.
 *
 * Invariants
 * R9 a successor is adopted only when it has just given its state, a predecessor only when it has just spoken or answered.
 * Between the question and its answer we are busy and give no state to others, so that reading a neighbour's state
 * and writing our own is one step for everybody else. Nobody waits for a busy one: it says so at once and is asked again.
 */
export class Stabiliser {
  readonly #port: RingPort;
  readonly #options: RingOptions;
  readonly #pointers: Pointers;
  readonly #remembered: Remembered;
  readonly #hooks: StabiliserHooks;
  #busy = false;
  #again = false;
  #hint: Contact | null = null;
  #eagerRounds = 0;
  /** How often whoever was asked was busy since one was not. */
  #busyInARow = 0;
  /** The successor that said in the last round that it lives in a small ring still. */
  #awaited: NodeId | null = null;
  /** When the round that was brought forward is due. */
  #soonMillis = 0;
  /** How long the last answer took. */
  #tookMillis = 0;
  /** When the last question was asked. */
  #askedMillis = Number.NEGATIVE_INFINITY;
  /** The list that the member before us knows of; null before the first round. */
  #told: readonly Contact[] | null = null;

  constructor(parts: { port: RingPort; options: RingOptions; pointers: Pointers; remembered: Remembered }, hooks: StabiliserHooks) {
    this.#port = parts.port;
    this.#options = parts.options;
    this.#pointers = parts.pointers;
    this.#remembered = parts.remembered;
    this.#hooks = hooks;
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** The next round was brought forward and has not begun. */
  get isDueSoon(): boolean {
    return this.#soonMillis > this.#port.monotonicMillis;
  }

  get #active(): boolean {
    return this.#pointers.joined && !this.#pointers.small;
  }

  /** A round of its own right, with the full allowance of eager rounds after it. */
  round(): void {
    this.#eagerRounds = 0;
    this.#stabilise();
  }

  #stabilise(): void {
    if (!this.#active) return;
    if (this.#busy) {
      this.#again = true;
      return;
    }
    const { successors } = this.#pointers;
    const [successor] = successors;
    if (successor === undefined) return this.#hooks.lostAll();
    this.#told ??= successors;
    this.#ask(successor, true);
  }

  /** Nobody else is asked for a state until this one has answered. */
  #ask(contact: Contact, isSuccessor: boolean): void {
    this.#busy = true;
    this.#askedMillis = this.#port.monotonicMillis;
    this.#port.ask(contact, STATE, new StateAsked(this, contact, isSuccessor));
  }

  /** What somebody says who was asked for its state; null when it is silent. */
  heard(contact: Contact, isSuccessor: boolean, answer: RingAnswer | null): void {
    this.#tookMillis = this.#port.monotonicMillis - this.#askedMillis;
    if (isSuccessor) this.#heardSuccessor(contact, answer);
    else this.#heardNearer(contact, answer);
  }

  #heardSuccessor(successor: Contact, answer: RingAnswer | null): void {
    if (!this.#active || this.#pointers.successors[0]?.id !== successor.id) return this.#finish(true);
    if (answer?.answer === 'busy') return this.#askAgainSoon();
    this.#busyInARow = 0;
    if (answer?.answer !== 'state') return this.#dropHead(successor, answer);
    // Nearly always: nothing is new, so nothing needs to be sorted out.
    if (!answer.small && this.#pointers.isFollowedBy(successor, answer.successors)) return this.#hearOfPredecessor(successor, answer.predecessor);
    const around = [successor, ...answer.successors];
    const self = around.findIndex((contact) => contact.id === this.#port.self.id);
    if (answer.small && self < 0) {
      this.#port.tell(successor, { tell: 'notify' });
      return this.#awaitOrDrop(successor);
    }
    if (answer.small || (self >= 0 && self < this.#pointers.successorCount)) {
      this.#hooks.shrunk([...around, ...this.#pointers.successors]);
      this.#port.tell(successor, { tell: 'notify' });
      return this.#finish(false);
    }
    this.#follow(around);
    this.#hearOfPredecessor(successor, answer.predecessor);
  }

  /** Of that of our successor, which is ourselves, nobody that we knew of, or somebody between us. */
  #hearOfPredecessor(successor: Contact, nearer: Contact | null): void {
    if (nearer !== null && this.#pointers.isNearer(nearer)) return this.#tryNearer(nearer);
    // Whoever names us as its predecessor knows what a notice would say.
    if (nearer?.id !== this.#port.self.id) this.#port.tell(successor, { tell: 'notify' });
    this.#finish(false);
  }

  /**
   * Our successor lives in a small ring that does not know of us: it is no member of ours until it joins, which the notice lets it do.
   * Whoever counts enough members first leaves the small ring a moment before they do. If those were dropped at once, they
   * would all be gone before one of them has asked us, and the next count would begin the same again: so they have a round.
   */
  #awaitOrDrop(successor: Contact): void {
    const ownRound = this.#eagerRounds === 0;
    if (ownRound && this.#awaited === successor.id) {
      this.#awaited = null;
      return this.#dropHead(successor, { answer: 'outside' });
    }
    if (ownRound) this.#awaited = successor.id;
    // Not again at once: while we ask we are busy, and it could not learn of us.
    this.#again = false;
    this.#finish(false);
  }

  /**
   * Our successor is dead or no member. Neighbours often die together, so all behind it are asked at once, and the first who is alive
   * takes its place as soon as those before it are known to be dead; its state is asked for in the step after.
   */
  #dropHead(dead: Contact, answer: RingAnswer | null): void {
    if (answer === null) this.#remembered.unheard(dead);
    const rest = this.#pointers.successors.slice(1);
    this.#busy = false;
    if (rest.length === 0) return this.#hooks.lostAll();
    this.#follow(rest);
    if (rest.length === 1) return this.#stabilise();
    this.#busy = true;
    const alive = new Map<NodeId, boolean>();
    let decided = false;
    for (const contact of rest) {
      this.#port.ask(contact, PING, {
        answered: (heard) => {
          if (heard === null) this.#remembered.unheard(contact);
          alive.set(contact.id, heard?.answer === 'alive');
          const first = rest.findIndex((each) => alive.get(each.id) !== false);
          if (decided || (first >= 0 && !alive.has((rest[first] as Contact).id))) return;
          decided = true;
          this.#keepFrom(rest, first);
        },
      });
    }
  }

  /** Of the entries that were asked, the one at `first` is the first who is alive; -1 when none is. */
  #keepFrom(asked: readonly Contact[], first: number): void {
    if (!this.#active || this.#pointers.successors[0]?.id !== asked[0]?.id) return this.#finish(true);
    this.#busy = false;
    if (first < 0) return this.#hooks.lostAll();
    if (first > 0) this.#follow(asked.slice(first));
    this.#stabilise();
  }

  #follow(list: readonly Contact[]): void {
    this.#pointers.set({ successors: this.#pointers.clean(list) });
  }

  /**
   * Eagerly, when a round is over, lets the one before us know that the list is another: otherwise a change takes a round for each entry.
   * Not before: while we ask we are busy, and would only send it away.
   */
  #tellBefore(): void {
    const { predecessor, successors } = this.#pointers;
    if (this.#options.eagerRoundsMax === 0 || predecessor === null || this.#told === null || sameContacts(this.#told, successors)) return;
    this.#told = successors;
    this.#port.tell(predecessor, { tell: 'changed' });
  }

  /** The list of a successor has changed: it is asked at once, and where changes come close behind each other once for several. */
  successorChanged(from: Contact): void {
    if (!this.#active || from.id !== this.#pointers.successors[0]?.id) return;
    const isNew = !this.#busy && this.#port.monotonicMillis - this.#askedMillis >= this.#options.busyRetryMillis * 3;
    if (isNew && !this.isDueSoon) this.round();
    else this.#soon();
  }

  /** Somebody may be between us and our successor; it is adopted only when it gives its state. */
  #tryNearer(nearer: Contact): void {
    this.#ask(nearer, false);
  }

  #heardNearer(nearer: Contact, answer: RingAnswer | null): void {
    if (answer === null) this.#remembered.unheard(nearer);
    if (!this.#active) return this.#finish(false);
    if (answer?.answer === 'state' && !answer.small && this.#pointers.isNearer(nearer)) return this.#adopt(nearer, answer);
    if (answer?.answer === 'state' && answer.small) this.#port.tell(nearer, { tell: 'notify' });
    const successor = this.#pointers.successors[0];
    if (successor !== undefined) this.#port.tell(successor, { tell: 'notify' });
    if (answer?.answer === 'busy') {
      this.#hint ??= nearer;
      return this.#askAgainSoon();
    }
    this.#finish(false);
  }

  #adopt(nearer: Contact, state: State): void {
    const passed = this.#pointers.successors[0];
    this.#follow([nearer, ...state.successors]);
    if (state.predecessor?.id !== this.#port.self.id) this.#port.tell(nearer, { tell: 'notify' });
    // Where two rings meet, the one adopted may not know of whom we had before it: told, it goes on, and so the rings close like a zip.
    const next = state.successors[0];
    if (passed !== undefined && next !== undefined && next.id !== passed.id && between(nearer.id, passed.id, next.id)) {
      this.#port.tell(nearer, { tell: 'nearer', contact: passed });
    }
    // Its state says as well who is before it: only somebody between us is worth another question.
    const before = state.predecessor;
    if (before === null || !this.#pointers.isNearer(before) || this.#eagerRounds >= this.#options.eagerRoundsMax) return this.#finish(false);
    this.#eagerRounds += 1;
    this.#tryNearer(before);
  }

  /**
   * Who asks is busy until the answer is there. Where answers take long, members that asked again at once would be busy nearly always,
   * and nobody would ever learn anything: so whoever found somebody busy leaves as much time to the others as its question took. Who is
   * busy for longer waits for somebody silent; when it has found out, it says so.
   */
  #askAgainSoon(): void {
    this.#busy = false;
    const patience = Math.min(BUSY_RETRIES_MAX, 2 ** this.#busyInARow);
    this.#busyInARow += 1;
    this.#soon(Math.max(this.#options.busyRetryMillis * patience, this.#tookMillis));
  }

  /** Brings the next round forward; one that is due soon already is not put off. */
  #soon(leastMillis = this.#options.busyRetryMillis): void {
    const now = this.#port.monotonicMillis;
    if (this.#soonMillis > now) return;
    const delayMillis = leastMillis * (1 + 2 * this.#port.fraction());
    this.#soonMillis = now + delayMillis;
    this.#port.setTimer('ring-stabilise', delayMillis);
  }

  #finish(again: boolean): void {
    this.#busy = false;
    const hint = this.#hint;
    this.#hint = null;
    const rerun = again || this.#again;
    this.#again = false;
    if (!this.#active) return;
    if (hint !== null && this.#pointers.isNearer(hint)) return this.#tryNearer(hint);
    if (rerun) this.#eagerRounds += 1;
    if (rerun && this.#eagerRounds <= this.#options.eagerRoundsMax) this.#stabilise();
    else this.#tellBefore();
  }

  /** Zave's rectify: a nearer predecessor is adopted, any other only when the present one is dead or no member. */
  rectify(candidate: Contact): void {
    const present = this.#pointers.predecessor;
    if (present === null || between(present.id, candidate.id, this.#port.self.id)) {
      this.#pointers.set({ predecessor: candidate });
      // Eager: whoever was before us hears of the one between us.
      if (present !== null && this.#options.eagerRoundsMax > 0) this.#port.tell(present, { tell: 'nearer', contact: candidate });
      return;
    }
    if (present.id === candidate.id) return;
    this.#port.ask(present, PING, {
      answered: (answer) => {
        if (answer === null) this.#remembered.unheard(present);
        if (!this.#active || this.#pointers.predecessor?.id !== present.id) return;
        if (answer === null || answer.answer === 'outside') this.#pointers.set({ predecessor: candidate });
      },
    });
  }

  /** Somebody may be nearer than our successor. Only the nearest of several is kept while we are busy. */
  hint(contact: Contact): void {
    if (!this.#active || !this.#pointers.isNearer(contact)) return;
    if (!this.#busy) return this.#tryNearer(contact);
    if (this.#hint === null || between(this.#port.self.id, contact.id, this.#hint.id)) this.#hint = contact;
  }

  /**
   * Where others tell who is up, the nearest of those is asked whether it is a member. Many rings that were founded at once close like zips,
   * one member after the other, each of which waits for an answer; whoever knows who should follow need not wait for that.
   */
  tryNearest(): void {
    const [nearest] = successorsAmong(this.#port.known?.() ?? [], this.#port.self.id, 1);
    if (nearest !== undefined) this.hint(nearest);
  }

  /** A neighbour leaves in order: to us it is dead from now on, without waiting for it to be silent. */
  letGo(leaver: Contact, before: Contact | null): void {
    const successors = this.#pointers.successors.filter((contact) => contact.id !== leaver.id);
    const wasHead = this.#pointers.successors[0]?.id === leaver.id;
    if (this.#pointers.predecessor?.id === leaver.id) {
      this.#pointers.set({ predecessor: null });
      if (before !== null && before.id !== this.#port.self.id) this.#askToPrecede(before);
    }
    // Only the head is dropped here: entries behind it go when it tells its list without them.
    if (!wasHead) return;
    if (successors.length === 0) return this.#hooks.lostAll();
    this.#follow(successors);
    this.round();
  }

  #askToPrecede(candidate: Contact): void {
    this.#port.ask(candidate, PING, {
      answered: (answer) => {
        if (this.#active && this.#pointers.predecessor === null && answer?.answer === 'alive') this.#pointers.set({ predecessor: candidate });
      },
    });
  }
}

/** Waits for the state of a successor, or of somebody who may be a nearer one. */
class StateAsked implements Asker {
  readonly #stabiliser: Stabiliser;
  readonly #asked: Contact;
  readonly #isSuccessor: boolean;

  constructor(stabiliser: Stabiliser, asked: Contact, isSuccessor: boolean) {
    this.#stabiliser = stabiliser;
    this.#asked = asked;
    this.#isSuccessor = isSuccessor;
  }

  answered(answer: RingAnswer | null): void {
    this.#stabiliser.heard(this.#asked, this.#isSuccessor, answer);
  }
}
