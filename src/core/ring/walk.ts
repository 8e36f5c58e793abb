import type { NodeId } from '../types.ts';
import type { Contact } from './circle.ts';
import type { Remembered } from './remembered.ts';
import type { Hop, HopReason, LookupResult, NextStep, RingAnswer, RingPort } from './ring-port.ts';

const AVOIDED_MAX = 32;
const NOBODY: readonly NodeId[] = [];

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
}

/** One iterative look-up on its way: whoever is asked names the next ones, and the dead are gone around. */
export class Walk {
  readonly #key: string;
  readonly #parts: WalkParts;
  readonly #done: (result: LookupResult) => void;
  readonly #hops: Hop[] = [];
  #dead: readonly NodeId[] = NOBODY;
  /** Named and not asked yet; those named last, who are the nearest, stand at the end. */
  readonly #fallbacks: Contact[];

  constructor(from: WalkFrom, parts: WalkParts, done: (result: LookupResult) => void) {
    this.#key = from.key;
    this.#parts = parts;
    this.#done = done;
    this.#fallbacks = from.others.toReversed();
  }

  step(contact: Contact, why: HopReason | 'start'): void {
    const { port, hopsMax } = this.#parts;
    if (this.#hops.length >= hopsMax) return this.#done({ owners: [], hops: this.#hops });
    port.ask(contact, { ask: 'next', key: this.#key, avoid: this.#dead }, (answer) => this.#answered(contact, why, answer));
  }

  #answered(contact: Contact, why: HopReason | 'start', answer: RingAnswer | null): void {
    if (answer === null) this.#parts.remembered.unheard(contact);
    if (answer?.answer !== 'next') {
      this.#hops.push({ asked: contact, why: 'dead' });
      this.#dead = [...this.#dead, contact.id].slice(-AVOIDED_MAX);
      return this.#stepAside();
    }
    this.#hops.push({ asked: contact, why });
    const { contacts } = answer;
    if (contacts[0] !== undefined) this.#parts.remembered.mention(contacts[0]);
    if (answer.done) return this.#done({ owners: contacts, hops: this.#hops });
    // The way leads to ourselves: what comes next we know best.
    const { self } = this.#parts.port;
    const own = contacts[0]?.id === self.id ? this.#parts.next(this.#key, this.#dead) : null;
    if (own?.done === true) return this.#done({ owners: own.contacts, hops: this.#hops });
    const first = contacts.findIndex((each) => this.#isNew(each));
    for (let at = contacts.length - 1; at > first && first >= 0; at -= 1) this.#fallbacks.push(contacts[at] as Contact);
    if (first >= 0) this.step(contacts[first] as Contact, answer.why);
    else this.#stepAside();
  }

  /** To whom somebody named earlier, or back to what we know by ourselves. */
  #stepAside(): void {
    for (let other = this.#fallbacks.pop(); other !== undefined; other = this.#fallbacks.pop()) {
      if (this.#isNew(other)) return this.step(other, 'successor');
    }
    const own = this.#parts.next(this.#key, this.#dead);
    if (own.done) return this.#done({ owners: own.contacts, hops: this.#hops });
    const other = own.contacts.find((contact) => this.#isNew(contact));
    if (other === undefined) return this.#done({ owners: [], hops: this.#hops });
    this.step(other, own.why);
  }

  /** Neither ourselves nor asked before. */
  #isNew(contact: Contact): boolean {
    return contact.id !== this.#parts.port.self.id && !this.#hops.some((hop) => hop.asked.id === contact.id);
  }
}
