import type { NodeId } from '../types.ts';
import { between, type Contact, distance, PLACES, successorsAmong } from './circle.ts';
import type { Lookups } from './lookups.ts';
import type { Pointers } from './pointers.ts';
import type { Remembered } from './remembered.ts';
import { type RingAnswer, type RingOptions, type RingPort, STATE } from './ring-port.ts';

type State = Extract<RingAnswer, { answer: 'state' }>;

export interface JoinerHooks {
  /** We are a member with the pointers that are set. */
  tookPlace(): void;
  /** A small ring takes us in; `member` has just answered. */
  enterSmall(member: Contact, state: State): void;
}

const STEPS_MAX = 24;
const MEMBERS_TRIED_MAX = 64;
/** Silence takes long to be sure of, so a sweep does not wait for one contact before it asks the next. */
const ASKED_AT_ONCE = 3;
/** A ring of more members than this is large. */
const LARGE_MEMBERS = 64;
/** The way through a member to our place may take as long as so many pauses between sweeps. */
const WAY_RETRIES = 8;
/** Contacts asked at once by one who lost all successors. */
const RECOVERY_ASKED = 8;
/** Never added to: a sweep makes a list of its own. */
const NOBODY: Contact[] = [];

/**
 * Takes a node into a ring: finds the member before its place, and takes over that member's whole successor list in one step
 * (a list that starts with one entry and grows later is what breaks rings in the papers before 2016).
 * Every contact is tried, again and again, since the only one may die meanwhile.
 */
export class Joiner {
  readonly #port: RingPort;
  readonly #options: RingOptions;
  readonly #pointers: Pointers;
  readonly #remembered: Remembered;
  readonly #lookups: Lookups;
  readonly #hooks: JoinerHooks;
  #untried: Contact[] = NOBODY;
  /** How many contacts are being asked at the same time, one after the other each. */
  #trying = 0;
  /** Who said in this sweep to be in no ring either; null until somebody does. */
  #outside: Set<NodeId> | null = null;
  #beganMillis = 0;
  /** Since when nobody but nodes outside any ring has answered. */
  #onlyOutsideMillis: number | null = null;
  /** How long the present way through a member may take; 0 while there is none. */
  #underWayUntilMillis = 0;
  /** Guards against answers to questions of an earlier attempt. */
  #attempt = 0;

  constructor(parts: { port: RingPort; options: RingOptions; pointers: Pointers; remembered: Remembered; lookups: Lookups }, hooks: JoinerHooks) {
    this.#port = parts.port;
    this.#options = parts.options;
    this.#pointers = parts.pointers;
    this.#remembered = parts.remembered;
    this.#lookups = parts.lookups;
    this.#hooks = hooks;
  }

  /**
   * With `member`, through it first. A way that is being gone already is gone to its end: members that are met by the dozen would else
   * begin it again and again.
   */
  begin(member: Contact | null = null): void {
    if (member !== null && this.#port.monotonicMillis < this.#underWayUntilMillis) return;
    this.#beganMillis = this.#port.monotonicMillis;
    this.#onlyOutsideMillis = null;
    if (member === null) this.sweep();
    else this.via(member);
  }

  /**
   * For one who has lost all successors: the members on the other side of the gap are known to nobody whom a lookup would reach,
   * since the lookup ends at the one before us. So the nearest of the contacts behind the gap who answers becomes our successor;
   * following its predecessors leads back to the edge of the gap.
   */
  recover(): void {
    this.#beganMillis = this.#port.monotonicMillis;
    this.#onlyOutsideMillis = null;
    const { self } = this.#port;
    const known = new Map<NodeId, Contact>();
    for (const contact of [...this.#port.members(), ...this.#remembered.live]) known.set(contact.id, contact);
    this.#recoverAmong(successorsAmong([...known.values()], self.id, known.size));
  }

  #recoverAmong(contacts: readonly Contact[]): void {
    this.#attempt += 1;
    const asked = contacts.slice(0, RECOVERY_ASKED);
    if (asked.length === 0) return this.sweep();
    const states = new Map<NodeId, State>();
    let open = asked.length;
    for (const contact of asked) {
      this.#ask(contact, (answer) => {
        open -= 1;
        if (answer?.answer === 'state') states.set(contact.id, answer);
        if (open > 0) return;
        const nearest = asked.find((each) => states.has(each.id));
        if (nearest === undefined) return this.#recoverAmong(contacts.slice(RECOVERY_ASKED));
        const state = states.get(nearest.id) as State;
        if (state.small) return this.#enterSmall(nearest, state);
        this.#pointers.set({ successors: this.#pointers.clean([nearest, ...state.successors]), predecessor: null, joined: true, small: false });
        this.#hooks.tookPlace();
      });
    }
  }

  /** Starts over with all contacts in random order. Also the timer. */
  sweep(): void {
    this.#underWayUntilMillis = 0;
    if (this.#pointers.joined) return;
    this.#attempt += 1;
    const contacts = new Map<NodeId, Contact>();
    for (const contact of [...this.#port.members(), ...this.#remembered.all]) if (contact.id !== this.#port.self.id) contacts.set(contact.id, contact);
    this.#untried = [...contacts.values()].slice(0, MEMBERS_TRIED_MAX);
    for (let at = this.#untried.length - 1; at > 0; at -= 1) {
      const other = Math.floor(this.#port.fraction() * (at + 1));
      [this.#untried[at], this.#untried[other]] = [this.#untried[other] as Contact, this.#untried[at] as Contact];
    }
    // Whoever we are linked with is asked first: to ask a stranger a link has to be opened.
    const linked = new Set(this.#port.linked?.().map(({ id }) => id));
    if (linked.size > 0) this.#untried = [...this.#untried.filter(({ id }) => !linked.has(id)), ...this.#untried.filter(({ id }) => linked.has(id))];
    this.#outside = null;
    if (contacts.size === 0) return this.#found();
    // Whoever is linked is there, nearly always: one of them is enough, unless it is slow.
    this.#trying = linked.size > 0 ? 1 : ASKED_AT_ONCE;
    for (let count = this.#trying; count > 0; count -= 1) this.#tryNext();
  }

  /** Members of a small ring may be on their way into one of full size; until they are there, they stay where they are. */
  get #settled(): boolean {
    return this.#pointers.joined && !this.#pointers.small;
  }

  #later(delayMillis: number): void {
    this.#underWayUntilMillis = 0;
    if (!this.#settled) this.#port.setTimer('ring-join', delayMillis * (0.75 + 0.5 * this.#port.fraction()));
  }

  #ask(contact: Contact, answered: (answer: RingAnswer | null) => void, slow?: () => void): void {
    const attempt = this.#attempt;
    this.#port.ask(contact, STATE, {
      answered: (answer) => {
        if (answer === null) this.#remembered.unheard(contact);
        if (!this.#settled && attempt === this.#attempt) answered(answer);
      },
      ...(slow === undefined ? {} : { slow: () => (this.#settled || attempt !== this.#attempt ? undefined : slow()) }),
    });
  }

  #tryAnother(): void {
    if (this.#trying === 0 || this.#trying >= ASKED_AT_ONCE) return;
    this.#trying += 1;
    this.#tryNext();
  }

  #tryNext(): void {
    const contact = this.#untried.pop();
    if (contact === undefined) {
      this.#trying -= 1;
      return this.#trying === 0 ? this.#sweepEnded() : undefined;
    }
    this.#ask(
      contact,
      (answer) => this.#heardOf(contact, answer),
      () => this.#tryAnother(),
    );
  }

  #heardOf(contact: Contact, answer: RingAnswer | null): void {
    if (answer?.answer === 'outside') {
      this.#outside ??= new Set();
      this.#outside.add(contact.id);
    }
    if (answer === null || answer.answer === 'outside') return this.#tryNext();
    this.#onlyOutsideMillis = null;
    if (answer.answer === 'state' && answer.small) return this.#enterSmall(contact, answer);
    this.#viaNearest(contact, answer);
  }

  /** In a large ring there may be somebody known who stands nearer to our place; where there are few, it may live in another ring. */
  #viaNearest(member: Contact, answer: RingAnswer): void {
    const { self } = this.#port;
    const last = answer.answer === 'state' ? answer.successors.at(-1) : undefined;
    const isLarge = last !== undefined && distance(member.id, last.id) * LARGE_MEMBERS < PLACES * this.#pointers.successorCount;
    const nearest = isLarge ? (this.#port.closestBefore?.(self.id) ?? null) : null;
    this.via(member, nearest === null || nearest.id === member.id ? [member] : [nearest, member]);
  }

  /**
   * Nobody is in a ring. If nobody at all has answered for a while we are alone. If others wait like us, the smallest
   * of them founds the ring, after a pause in which somebody who knows more may turn up.
   */
  #sweepEnded(): void {
    const now = this.#port.monotonicMillis;
    if (this.#outside === null) {
      if (now - this.#beganMillis >= this.#options.aloneMillis) return this.#found();
    } else {
      this.#onlyOutsideMillis ??= now;
      const smallest = Array.from(this.#outside).every((id) => this.#port.self.id < id);
      if (smallest && now - this.#onlyOutsideMillis >= this.#options.foundMillis) return this.#found();
    }
    this.#later(this.#options.joinRetryMillis);
  }

  #enterSmall(member: Contact, state: State): void {
    this.#underWayUntilMillis = 0;
    if (!this.#pointers.joined) this.#hooks.enterSmall(member, state);
  }

  #found(): void {
    if (this.#pointers.joined) return;
    this.#pointers.set({ successors: [], predecessor: null, joined: true, small: true });
    this.#hooks.tookPlace();
  }

  /** Joins the ring of a member: looks up our place from there. */
  via(member: Contact, contacts: readonly Contact[] = [member]): void {
    this.#attempt += 1;
    const attempt = this.#attempt;
    // Should anything on the way be lost, the next sweep begins.
    this.#later(this.#options.joinRetryMillis * WAY_RETRIES);
    this.#underWayUntilMillis = this.#port.monotonicMillis + this.#options.joinRetryMillis * WAY_RETRIES;
    this.#lookups.walk({ key: this.#port.self.id, contacts, why: 'start' }, (result) => {
      if (this.#settled || attempt !== this.#attempt) return;
      const last = result.owners.length === 0 ? undefined : result.hops.at(-1)?.asked;
      if (last === undefined) return this.#later(this.#options.joinRetryMillis);
      this.#after(last, STEPS_MAX);
    });
  }

  /** Becomes the successor of `member` if our place is right behind it, else goes on along the ring. */
  #after(member: Contact, steps: number): void {
    if (steps === 0) return this.#later(this.#options.joinRetryMillis);
    const askedMillis = this.#port.monotonicMillis;
    this.#ask(member, (answer) => {
      if (answer?.answer === 'busy') return this.#whenFree(member, steps, this.#port.monotonicMillis - askedMillis);
      if (answer?.answer !== 'state') return this.#later(0);
      if (answer.small) return this.#enterSmall(member, answer);
      const { self } = this.#port;
      const first = answer.successors[0];
      if (first === undefined) return this.#later(this.#options.joinRetryMillis);
      if (first.id === self.id || between(member.id, self.id, first.id)) return this.#become(member, answer);
      this.#after(first, steps - 1);
    });
  }

  #whenFree(member: Contact, steps: number, tookMillis: number): void {
    this.#free = { member, steps: steps - 1, attempt: this.#attempt };
    this.#port.setTimer('ring-join', Math.max(this.#options.busyRetryMillis, tookMillis / 2) * (1 + 2 * this.#port.fraction()));
  }

  #free: { readonly member: Contact; readonly steps: number; readonly attempt: number } | null = null;

  timer(): void {
    const free = this.#free;
    this.#free = null;
    if (free !== null && free.attempt === this.#attempt && !this.#settled) return this.#after(free.member, free.steps);
    this.sweep();
  }

  #become(member: Contact, state: State): void {
    const { self } = this.#port;
    const successors = this.#pointers.clean(state.successors.filter((contact) => contact.id !== self.id));
    if (successors.length === 0) return this.#later(this.#options.joinRetryMillis);
    this.#underWayUntilMillis = 0;
    this.#pointers.set({ successors, predecessor: member, joined: true, small: false });
    if (this.#options.eagerRoundsMax > 0) this.#port.tell(member, { tell: 'nearer', contact: self });
    this.#hooks.tookPlace();
  }
}
