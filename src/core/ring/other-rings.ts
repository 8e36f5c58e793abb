import { type Contact, justAfter } from './circle.ts';
import type { Lookups } from './lookups.ts';
import type { Pointers } from './pointers.ts';
import type { Remembered } from './remembered.ts';
import type { LookupResult, RingAnswer, RingPort } from './ring-port.ts';

/** How many of the probes go to those thought dead. */
const LOST_SHARE = 0.5;
const LOST_SHARE_CALM = 7 / 8;
/** With so much rarer probes as many reach those. */
const LOST_CALM = LOST_SHARE_CALM / LOST_SHARE;

export interface OtherRingsHooks {
  /** Somebody may be nearer than our successor. */
  hint(contact: Contact): void;
  /** Finds the owner of a key in our own ring. Calls back once, maybe at once. */
  lookup(key: string, done: (result: LookupResult) => void, from: 'own'): void;
}

/**
 * Finds rings that live beside ours: two never find each other by stabilisation. Now and then a remembered contact, at least every other
 * time one thought dead, is asked who follows us; if its ring knows somebody nearer than our successor, that one is tried like any newcomer.
 */
export class OtherRings {
  readonly #port: RingPort;
  readonly #pointers: Pointers;
  readonly #remembered: Remembered;
  readonly #lookups: Lookups;
  readonly #hooks: OtherRingsHooks;

  constructor(parts: { port: RingPort; pointers: Pointers; remembered: Remembered; lookups: Lookups }, hooks: OtherRingsHooks) {
    this.#port = parts.port;
    this.#pointers = parts.pointers;
    this.#remembered = parts.remembered;
    this.#lookups = parts.lookups;
    this.#hooks = hooks;
  }

  /**
   * How much rarer rounds may be in a ring that is so calm. Who was never heard to be gone cannot be in another part; who was is asked
   * as often as where much changes, and the others seldom.
   */
  rarer(calm: number): number {
    return this.#remembered.lost.length > 0 && calm > 1 ? LOST_CALM : calm;
  }

  /** Probes one of all who are known; in a calm ring nearly always one thought dead, if there is one. */
  round(isCalm: boolean): void {
    const { lost } = this.#remembered;
    const known =
      lost.length > 0 && this.#port.fraction() < (isCalm ? LOST_SHARE_CALM : LOST_SHARE) ? lost : [...this.#port.members(), ...this.#remembered.all];
    const contact = known[Math.floor(this.#port.fraction() * known.length)];
    if (contact !== undefined) this.probe(contact);
  }

  /** Asks a contact who follows us in its ring. It alone can tell of it: whoever else was asked in its place would tell of ours. */
  probe(contact: Contact): void {
    const { self } = this.#port;
    if (contact.id === self.id) return;
    const key = justAfter(self.id);
    this.#port.ask(contact, { ask: 'next', key, avoid: [] }, { answered: (answer) => this.#told(contact, key, answer) });
  }

  #told(contact: Contact, key: string, answer: RingAnswer | null): void {
    if (answer === null) return this.#remembered.unheard(contact);
    if (answer.answer !== 'next') return;
    const [nearest] = answer.contacts;
    if (nearest === undefined) return;
    if (answer.done) return this.#judge(contact, answer.contacts, true);
    // It leads to us, or to whoever says that we come next: it lives in our ring.
    if (nearest.id === this.#port.self.id || nearest.id === this.#pointers.predecessor?.id) return;
    this.#lookups.walk({ key, contacts: answer.contacts, why: answer.why }, ({ owners }) => this.#judge(contact, owners, false));
  }

  /** `owners`: who follow us in the contact's ring; `own`: as it knows by itself. */
  #judge(contact: Contact, owners: readonly Contact[], own: boolean): void {
    const found = owners.find((owner) => owner.id !== this.#port.self.id);
    if (found === undefined || !this.#pointers.joined) return;
    // Whoever lives in a small ring learns of us and joins.
    if (own) this.#port.tell(contact, { tell: 'notify' });
    if (this.#pointers.isNearer(found)) this.#hooks.hint(found);
    // Whoever names our own successor lives in our ring.
    else if (found.id !== this.#pointers.successors[0]?.id) this.#introduce(contact);
  }

  /** A contact that has its place in our ring but is not in it is named to the member before that place. */
  #introduce(contact: Contact): void {
    const found = ({ owners, hops }: LookupResult): void => {
      const owner = owners[0];
      if (owner === undefined || owner.id === contact.id) return;
      const before = hops.at(-1)?.asked;
      if (before === undefined) this.#hooks.hint(contact);
      else this.#port.tell(before, { tell: 'nearer', contact });
    };
    this.#hooks.lookup(contact.id, found, 'own');
  }
}
