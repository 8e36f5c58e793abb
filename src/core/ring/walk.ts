import type { NodeId } from '../types.ts';
import { type Contact, EVERYTHING, prefixesBetween, prefixOf } from './circle.ts';
import type { Remembered } from './remembered.ts';
import type { Asker, Hop, HopReason, LookupResult, NextStep, RingAnswer, RingOptions, RingPort, RingQuestion } from './ring-port.ts';

const AVOIDED_MAX = 32;
const NOBODY: readonly NodeId[] = [];
const NONE: readonly Contact[] = [];

/** Somebody who was asked. It waits for the answer itself: there is one for each hop of everybody's look-ups, so nothing else is made for it. */
class Step implements Hop, Asker {
  readonly asked: Contact;
  why: Hop['why'];
  /** How many had to be avoided then. */
  readonly avoided: number;
  /** It had answered once before, and was asked again because more had to be avoided. */
  readonly again: boolean;
  /** Still hoped to answer. */
  waitedFor = true;
  /** Who was asked before it. */
  before: Step | null;
  /** Whom it named, the nearest to the key first. */
  named: readonly Contact[] = NONE;
  /** How many of them were tried; after them comes it itself, which may know more by then. */
  tried = 1;
  readonly #walk: Walk;

  constructor(walk: Walk, asked: Contact, how: { readonly why: Hop['why']; readonly avoided: number; readonly again: boolean; readonly before: Step | null }) {
    this.#walk = walk;
    this.asked = asked;
    this.why = how.why;
    this.avoided = how.avoided;
    this.again = how.again;
    this.before = how.before;
  }

  answered(answer: RingAnswer | null): void {
    this.#walk.heard(this, answer);
  }

  slow(): void {
    this.#walk.slow(this);
  }
}

export interface WalkFrom {
  readonly key: string;
  /** The first is asked first, the others should it be dead. Not empty. */
  readonly contacts: readonly Contact[];
  readonly why: HopReason | 'start';
}

export interface WalkParts {
  readonly port: RingPort;
  readonly options: RingOptions;
  readonly remembered: Remembered;
  readonly member: WalkMember;
  /** Of our own id. */
  readonly ownPrefix: number;
}

export interface WalkMember {
  /** What we know by ourselves of the way to a key. */
  next(key: string, avoid: readonly NodeId[]): NextStep;
  /** Somebody spoke of this contact. */
  mention(contact: Contact): void;
}

/**
 * One iterative look-up on its way: whoever is asked names the next ones, and the dead are gone around.
 * To be sure that somebody is dead takes long, so a second one is asked when the first is slow, and whoever answers first leads on.
 */
export class Walk {
  // What every answer asks for comes first, so that it shares a line of the processor's cache.
  /** Who was asked last: nearly every answer comes from there. From there it goes back to who was asked first. */
  #last: Step | null = null;
  /** How many were asked. */
  #asked = 0;
  /** How many are waited for. */
  #open = 0;
  /** How far the nearest to the key lies before it of all who were asked, by prefixes. */
  #ahead = EVERYTHING;
  /** How far we ourselves do. */
  readonly #ownAhead: number;
  readonly #hopsMax: number;
  readonly #keyPrefix: number;
  readonly #port: RingPort;
  readonly #member: WalkMember;
  /** What everybody is asked while nobody has to be avoided. */
  readonly #question: Extract<RingQuestion, { ask: 'next' }>;
  #dead: readonly NodeId[] = NOBODY;
  readonly #parts: WalkParts;
  readonly #done: (result: LookupResult) => void;
  readonly #contacts: readonly Contact[];
  /** How many of those to begin with were tried. */
  #tried = 1;

  constructor(from: WalkFrom, parts: WalkParts, done: (result: LookupResult) => void) {
    this.#keyPrefix = prefixOf(from.key);
    this.#question = { ask: 'next', key: from.key, avoid: NOBODY };
    this.#parts = parts;
    this.#port = parts.port;
    this.#member = parts.member;
    this.#done = done;
    this.#hopsMax = parts.options.hopsMax;
    this.#ownAhead = prefixesBetween(parts.ownPrefix, this.#keyPrefix);
    this.#contacts = from.contacts;
  }

  step(contact: Contact, why: HopReason | 'start', again = false): void {
    this.#step(contact, this.#aheadOf(contact), why, again);
  }

  #step(contact: Contact, ahead: number, why: HopReason | 'start', again: boolean): void {
    if (this.#isTooLong) return this.#finish([]);
    this.#ask(contact, ahead, why, again);
  }

  get #isTooLong(): boolean {
    return this.#asked >= this.#hopsMax;
  }

  /** Of those who are waited for the last one is slow, whoever else turned out to be dead since: somebody else is asked as well, if there is anybody. */
  slow(step: Step): void {
    if (this.#isTooLong || this.#steps().findLast((each) => each.waitedFor) !== step) return;
    const other = this.#nextFallback() ?? this.#ownOther();
    if (other !== undefined) this.#ask(other, this.#aheadOf(other), 'successor', !this.#isNew(other));
  }

  /** Somebody new of whom we know by ourselves. */
  #ownOther(): Contact | undefined {
    const asked = this.#steps().map((step) => step.asked.id);
    const own = this.#member.next(this.#question.key, [...this.#dead, ...asked]);
    return own.done ? undefined : own.contacts.find((each) => this.#isNew(each));
  }

  #ask(contact: Contact, ahead: number, why: HopReason | 'start', again: boolean): void {
    const avoid = this.#avoided();
    const step = new Step(this, contact, { why, avoided: avoid.length, again, before: this.#last });
    this.#last = step;
    this.#asked += 1;
    this.#open += 1;
    if (ahead < this.#ahead) this.#ahead = ahead;
    this.#port.ask(contact, avoid.length === 0 ? this.#question : { ask: 'next', key: this.#question.key, avoid }, step);
  }

  /** All who were asked, in order. */
  #steps(): Step[] {
    const steps: Step[] = [];
    for (let step = this.#last; step !== null; step = step.before) steps.push(step);
    return steps.reverse();
  }

  heard(step: Step, answer: RingAnswer | null): void {
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
    const slow = this.#steps().filter((step) => step.waitedFor);
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
    if (this.#open > 0 || this.#last !== step) this.#leadsOn(step);
    const { contacts } = answer;
    const nearest = contacts[0];
    if (nearest !== undefined) this.#member.mention(nearest);
    if (answer.done) return this.#finish(contacts);
    const ahead = nearest === undefined ? 0 : this.#aheadOf(nearest);
    // Nearly always.
    if (nearest !== undefined && !step.again && this.#isNewAt(nearest, ahead)) {
      step.named = contacts;
      return this.#step(nearest, ahead, answer.why, false);
    }
    this.#goesAround(step, answer);
  }

  /** Somebody has named nobody, or somebody who is known first, or had been asked before. */
  #goesAround(step: Step, { contacts, why }: NextStep): void {
    const nearest = contacts[0];
    const isNew = nearest === undefined || this.#isNew(nearest);
    // The way leads to ourselves: what comes next we know best.
    const own = !isNew && nearest.id === this.#port.self.id ? this.#member.next(this.#question.key, this.#dead) : null;
    if (own?.done === true) return this.#finish(own.contacts);
    const first = isNew ? 0 : contacts.findIndex((each) => this.#isNew(each));
    const next = contacts[first];
    // Should all that it names be dead, it is asked once more and steps over them; a liar would name others without end.
    if (!step.again) {
      step.named = contacts;
      step.tried = first < 0 ? contacts.length : first + 1;
    }
    if (next !== undefined) this.step(next, why);
    else this.#stepAside();
  }

  /** Others who were asked as well are waited for no longer. */
  #leadsOn(step: Step): void {
    for (const slow of this.#steps()) if (slow.waitedFor) this.#inVain(slow);
    if (this.#last === step) return;
    // It becomes the last one: who was asked after it has the one before it behind him.
    let after = this.#last;
    while (after !== null && after.before !== step) after = after.before;
    if (after !== null) after.before = step.before;
    step.before = this.#last;
    this.#last = step;
  }

  /** To whom somebody named earlier, or back to what we know by ourselves. */
  #stepAside(): void {
    const named = this.#nextFallback();
    if (named !== undefined) return this.step(named, 'successor', !this.#isNew(named));
    const own = this.#member.next(this.#question.key, this.#dead);
    if (own.done) return this.#finish(own.contacts);
    const other = own.contacts.find((contact) => this.#isNew(contact));
    if (other === undefined) return this.#finish([]);
    this.step(other, own.why);
  }

  /** The next who was named earlier and not tried: by whoever answered last, then that one itself, then by the one before, and so on. */
  #nextFallback(): Contact | undefined {
    for (let step = this.#last; step !== null; step = step.before) {
      while (step.tried <= step.named.length) {
        const other = step.named[step.tried] ?? step.asked;
        step.tried += 1;
        if (this.#isNew(other) || this.#knowsMore(other)) return other;
      }
    }
    while (this.#tried < this.#contacts.length) {
      const other = this.#contacts[this.#tried] as Contact;
      this.#tried += 1;
      if (this.#isNew(other) || this.#knowsMore(other)) return other;
    }
    return undefined;
  }

  /** It has answered once, and would answer otherwise now that others turned out to be dead or slow. */
  #knowsMore(contact: Contact): boolean {
    const asked = this.#steps().filter((step) => step.asked.id === contact.id);
    const avoided = this.#avoided();
    return asked.length === 1 && avoided.length > (asked[0] as Step).avoided && !avoided.includes(contact.id);
  }

  /** Neither ourselves nor asked. */
  #isNew(contact: Contact): boolean {
    return this.#isNewAt(contact, this.#aheadOf(contact));
  }

  /** The same for one that lies so far before the key. Whoever is nearer than all of those is none of them, and only its own id needs to be read. */
  #isNewAt({ id }: Contact, ahead: number): boolean {
    if (ahead === this.#ownAhead && id === this.#port.self.id) return false;
    if (ahead < this.#ahead) return true;
    for (let step = this.#last; step !== null; step = step.before) if (step.asked.id === id) return false;
    return true;
  }

  #aheadOf({ id }: Contact): number {
    return prefixesBetween(prefixOf(id), this.#keyPrefix);
  }

  #finish(owners: readonly Contact[]): void {
    this.#done({ owners, hops: this.#steps() });
  }
}
