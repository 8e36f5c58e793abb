import type { NodeId } from '../types.ts';
import type { Contact } from './circle.ts';
import type { Remembered } from './remembered.ts';
import type { Hop, HopReason, LookupResult, NextStep, RingPort } from './ring-port.ts';

const AVOIDED_MAX = 32;
const NOBODY: readonly NodeId[] = [];
const NONE: readonly Contact[] = [];

export interface WalkFrom {
  readonly key: string;
  readonly start: Contact;
  readonly why: HopReason | 'start';
  /** Others to begin with, should the first be dead. */
  readonly others: readonly Contact[];
}

export interface WalkParts {
  readonly port: RingPort;
  readonly remembered: Remembered;
  readonly hopsMax: number;
  /** What we know by ourselves of the way to a key. */
  readonly next: (key: string, avoid: readonly NodeId[]) => NextStep;
  readonly ended: (walk: Walk) => void;
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
  readonly #hops: Hop[] = [];
  readonly #asked: NodeId[] = [];
  #dead: readonly NodeId[] = NOBODY;
  /** How many had to be avoided when each of them was asked. */
  readonly #avoidedThen: number[] = [];
  /** Named and not asked yet, above whoever named them; those named last, who are the nearest, stand at the end. */
  readonly #fallbacks: Contact[];
  /** Which hop is being waited for, so that late answers to earlier ones are told apart. */
  #hop = 0;
  /** Who was asked for this hop and has not answered. */
  #waitedFor: readonly Contact[] = NONE;

  constructor(from: WalkFrom, parts: WalkParts, done: (result: LookupResult) => void) {
    this.#key = from.key;
    this.#parts = parts;
    this.#done = done;
    this.#fallbacks = from.others.toReversed();
  }

  step(contact: Contact, why: HopReason | 'start'): void {
    if (this.#hops.length >= this.#parts.hopsMax) return this.#finish([]);
    this.#hop += 1;
    this.#ask(contact, why);
  }

  /** Whoever was asked is slow: somebody else is asked as well, if there is anybody. */
  hasten(): void {
    const own = this.#parts.next(this.#key, [...this.#dead, ...this.#asked]);
    const other = this.#nextFallback() ?? (own.done ? undefined : own.contacts.find((each) => this.#isNew(each)));
    if (other !== undefined && this.#asked.length < this.#parts.hopsMax) this.#ask(other, 'successor');
    else this.askedMillis = this.#parts.port.monotonicMillis;
  }

  #ask(contact: Contact, why: HopReason | 'start'): void {
    const { port } = this.#parts;
    const hop = this.#hop;
    this.askedMillis = port.monotonicMillis;
    const avoid = this.#avoided();
    port.ask(contact, { ask: 'next', key: this.#key, avoid }, (answer) => {
      if (answer === null) this.#parts.remembered.unheard(contact);
      if (hop !== this.#hop) return;
      if (answer?.answer === 'next') return this.#answered(contact, why, answer);
      this.#inVain(contact);
      this.#waitedFor = this.#waitedFor.filter((each) => each !== contact);
      if (this.#waitedFor.length === 0) this.#stepAside();
    });
    this.#asked.push(contact.id);
    this.#avoidedThen.push(avoid.length);
    this.#waitedFor = this.#waitedFor.length === 0 ? [contact] : [...this.#waitedFor, contact];
  }

  /** The dead, and those who are slow now: others would name them again. */
  #avoided(): readonly NodeId[] {
    if (this.#waitedFor.length === 0) return this.#dead;
    return [...this.#dead, ...this.#waitedFor.map((contact) => contact.id)].slice(-AVOIDED_MAX);
  }

  #inVain(contact: Contact): void {
    this.#hops.push({ asked: contact, why: 'dead' });
    this.#dead = [...this.#dead, contact.id].slice(-AVOIDED_MAX);
  }

  #answered(contact: Contact, why: HopReason | 'start', answer: NextStep): void {
    if (this.#waitedFor.length > 1) for (const slow of this.#waitedFor) if (slow !== contact) this.#inVain(slow);
    this.#waitedFor = NONE;
    this.#hops.push({ asked: contact, why });
    const { contacts } = answer;
    if (contacts[0] !== undefined) this.#parts.remembered.mention(contacts[0]);
    if (answer.done) return this.#finish(contacts);
    // The way leads to ourselves: what comes next we know best.
    const { self } = this.#parts.port;
    const own = contacts[0]?.id === self.id ? this.#parts.next(this.#key, this.#dead) : null;
    if (own?.done === true) return this.#finish(own.contacts);
    const first = contacts.findIndex((each) => this.#isNew(each));
    // Should all that it names be dead, it is asked once more and steps over them; a liar would name others without end.
    const again = this.#asked.indexOf(contact.id) !== this.#asked.lastIndexOf(contact.id);
    if (!again) this.#fallbacks.push(contact);
    for (let at = contacts.length - 1; at > first && first >= 0 && !again; at -= 1) this.#fallbacks.push(contacts[at] as Contact);
    if (first >= 0) this.step(contacts[first] as Contact, answer.why);
    else this.#stepAside();
  }

  /** To whom somebody named earlier, or back to what we know by ourselves. */
  #stepAside(): void {
    const named = this.#nextFallback();
    if (named !== undefined) return this.step(named, 'successor');
    const own = this.#parts.next(this.#key, this.#dead);
    if (own.done) return this.#finish(own.contacts);
    const other = own.contacts.find((contact) => this.#isNew(contact));
    if (other === undefined) return this.#finish([]);
    this.step(other, own.why);
  }

  #nextFallback(): Contact | undefined {
    let other = this.#fallbacks.pop();
    while (other !== undefined && !this.#isNew(other) && !this.#knowsMore(other)) other = this.#fallbacks.pop();
    return other;
  }

  /** It has answered, and would answer otherwise now that others turned out to be dead or slow. */
  #knowsMore(contact: Contact): boolean {
    const at = this.#asked.lastIndexOf(contact.id);
    const avoided = this.#avoided();
    return at >= 0 && at === this.#asked.indexOf(contact.id) && avoided.length > (this.#avoidedThen[at] as number) && !avoided.includes(contact.id);
  }

  /** Neither ourselves nor asked before. */
  #isNew(contact: Contact): boolean {
    return contact.id !== this.#parts.port.self.id && !this.#asked.includes(contact.id);
  }

  #finish(owners: readonly Contact[]): void {
    // No answer leads on from here.
    this.#hop = Number.NaN;
    this.#parts.ended(this);
    this.#done({ owners, hops: this.#hops });
  }
}
