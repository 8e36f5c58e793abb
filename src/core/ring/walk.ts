import type { NodeId } from '../types.ts';
import { type Contact, placeOf } from './circle.ts';
import type { Remembered } from './remembered.ts';
import type { Hop, HopReason, LookupResult, NextStep, RingAnswer, RingOptions, RingPort } from './ring-port.ts';

const AVOIDED_MAX = 32;
const NOBODY: readonly NodeId[] = [];
const NONE: readonly Contact[] = [];
/** What `#whereIs` says: neither ourselves nor asked, or ourselves; anything above is somebody who was asked. */
const NOT_KNOWN = -1;
const OURSELVES = 0;

/** Somebody who was asked. */
interface Step extends Hop {
  why: Hop['why'];
  /** How many had to be avoided then. */
  readonly avoided: number;
  /** It had answered once before, and was asked again because more had to be avoided. */
  readonly again: boolean;
  /** Still hoped to answer. */
  waitedFor: boolean;
  /** Whom it named, the nearest to the key first. */
  named: readonly Contact[];
  /** How many of them were tried; after them comes it itself, which may know more by then. */
  tried: number;
}

export interface WalkFrom {
  readonly key: string;
  readonly start: Contact;
  readonly why: HopReason | 'start';
  /** Others to begin with, should the first be dead. */
  readonly others: readonly Contact[];
}

export interface WalkParts {
  readonly port: RingPort;
  readonly options: RingOptions;
  readonly remembered: Remembered;
  /** What we know by ourselves of the way to a key. */
  next(key: string, avoid: readonly NodeId[]): NextStep;
  ended(walk: Walk): void;
}

/**
 * One iterative look-up on its way: whoever is asked names the next ones, and the dead are gone around.
 * To be sure that somebody is dead takes long, so a second one is asked when the first is slow, and whoever answers first leads on.
 */
export class Walk {
  /** When somebody was asked last, ms. */
  askedMillis = 0;
  readonly #key: string;
  readonly #parts: WalkParts;
  readonly #done: (result: LookupResult) => void;
  /** Everybody who was asked, in that order; of those asked for one hop, the one that answered is the last. */
  readonly #steps: Step[] = [];
  /** Our own place and those of `#steps`: to see whether somebody is new without reading ids. */
  readonly #places: number[];
  /** Those to begin with that were not asked yet, the last first. */
  readonly #others: Contact[];
  /** How many are waited for. */
  #open = 0;
  #dead: readonly NodeId[] = NOBODY;

  constructor(from: WalkFrom, parts: WalkParts, done: (result: LookupResult) => void) {
    this.#key = from.key;
    this.#parts = parts;
    this.#done = done;
    this.#places = [placeOf(parts.port.self.id)];
    this.#others = from.others.toReversed();
  }

  step(contact: Contact, why: HopReason | 'start', again = false): void {
    if (this.#steps.length >= this.#parts.options.hopsMax) return this.#finish([]);
    this.#ask(contact, why, again);
  }

  /** Whoever was asked is slow: somebody else is asked as well, if there is anybody. */
  hasten(): void {
    const named = this.#nextFallback();
    const other = named ?? this.#ownOther();
    if (other === undefined || this.#steps.length >= this.#parts.options.hopsMax) this.askedMillis = this.#parts.port.monotonicMillis;
    else this.#ask(other, 'successor', !this.#isNew(other));
  }

  /** Somebody new of whom we know by ourselves. */
  #ownOther(): Contact | undefined {
    const asked = this.#steps.map((step) => step.asked.id);
    const own = this.#parts.next(this.#key, [...this.#dead, ...asked]);
    return own.done ? undefined : own.contacts.find((each) => this.#isNew(each));
  }

  #ask(contact: Contact, why: HopReason | 'start', again: boolean): void {
    const { port } = this.#parts;
    this.askedMillis = port.monotonicMillis;
    const avoid = this.#avoided();
    const step: Step = { asked: contact, why, avoided: avoid.length, again, waitedFor: true, named: NONE, tried: 1 };
    this.#steps.push(step);
    this.#places.push(placeOf(contact.id));
    this.#open += 1;
    port.ask(contact, { ask: 'next', key: this.#key, avoid }, (answer) => this.#heard(step, answer));
  }

  #heard(step: Step, answer: RingAnswer | null): void {
    if (answer === null) this.#parts.remembered.unheard(step.asked);
    // It came too late: somebody else leads on.
    if (!step.waitedFor) return;
    if (answer?.answer === 'next') return this.#answered(step, answer);
    this.#inVain(step);
    if (this.#open === 0) this.#stepAside();
  }

  /** The dead, and those who are slow now: others would name them again. */
  #avoided(): readonly NodeId[] {
    if (this.#open === 0) return this.#dead;
    const slow = this.#steps.filter((step) => step.waitedFor);
    return [...this.#dead, ...slow.map((step) => step.asked.id)].slice(-AVOIDED_MAX);
  }

  #inVain(step: Step): void {
    step.waitedFor = false;
    this.#open -= 1;
    step.why = 'dead';
    this.#dead = [...this.#dead, step.asked.id].slice(-AVOIDED_MAX);
  }

  #answered(step: Step, answer: NextStep): void {
    step.waitedFor = false;
    this.#open -= 1;
    if (this.#open > 0 || this.#steps.at(-1) !== step) this.#leadsOn(step);
    const { contacts } = answer;
    const nearest = contacts[0];
    if (nearest !== undefined) this.#parts.remembered.mention(nearest);
    if (answer.done) return this.#finish(contacts);
    const known = nearest === undefined ? NOT_KNOWN : this.#whereIs(nearest);
    // The way leads to ourselves: what comes next we know best.
    const own = known === OURSELVES ? this.#parts.next(this.#key, this.#dead) : null;
    if (own?.done === true) return this.#finish(own.contacts);
    const first = known === NOT_KNOWN ? 0 : contacts.findIndex((each) => this.#isNew(each));
    const next = contacts[first];
    // Should all that it names be dead, it is asked once more and steps over them; a liar would name others without end.
    if (!step.again) {
      step.named = contacts;
      step.tried = first < 0 ? contacts.length : first + 1;
    }
    if (next !== undefined) this.step(next, answer.why);
    else this.#stepAside();
  }

  /** Others who were asked as well are waited for no longer. */
  #leadsOn(step: Step): void {
    for (const slow of this.#steps) if (slow.waitedFor) this.#inVain(slow);
    const at = this.#steps.indexOf(step);
    this.#steps.push(...this.#steps.splice(at, 1));
    this.#places.push(...this.#places.splice(at + 1, 1));
  }

  /** To whom somebody named earlier, or back to what we know by ourselves. */
  #stepAside(): void {
    const named = this.#nextFallback();
    if (named !== undefined) return this.step(named, 'successor', !this.#isNew(named));
    const own = this.#parts.next(this.#key, this.#dead);
    if (own.done) return this.#finish(own.contacts);
    const other = own.contacts.find((contact) => this.#isNew(contact));
    if (other === undefined) return this.#finish([]);
    this.step(other, own.why);
  }

  /** The next who was named earlier and not tried: by whoever answered last, then that one itself, then by the one before, and so on. */
  #nextFallback(): Contact | undefined {
    for (let at = this.#steps.length - 1; at >= 0; at -= 1) {
      const step = this.#steps[at] as Step;
      while (step.tried <= step.named.length) {
        const other = step.named[step.tried] ?? step.asked;
        step.tried += 1;
        if (this.#isNew(other) || this.#knowsMore(other)) return other;
      }
    }
    let other = this.#others.pop();
    while (other !== undefined && !this.#isNew(other) && !this.#knowsMore(other)) other = this.#others.pop();
    return other;
  }

  /** It has answered once, and would answer otherwise now that others turned out to be dead or slow. */
  #knowsMore(contact: Contact): boolean {
    const asked = this.#steps.filter((step) => step.asked.id === contact.id);
    const avoided = this.#avoided();
    return asked.length === 1 && avoided.length > (asked[0] as Step).avoided && !avoided.includes(contact.id);
  }

  #isNew(contact: Contact): boolean {
    return this.#whereIs(contact) === NOT_KNOWN;
  }

  #whereIs({ id }: Contact): number {
    const place = placeOf(id);
    let at = this.#places.indexOf(place);
    while (at >= 0 && id !== (at === 0 ? this.#parts.port.self.id : (this.#steps[at - 1] as Step).asked.id)) at = this.#places.indexOf(place, at + 1);
    return at;
  }

  #finish(owners: readonly Contact[]): void {
    this.#parts.ended(this);
    this.#done({ owners, hops: this.#steps });
  }
}
