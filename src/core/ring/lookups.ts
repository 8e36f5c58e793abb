import type { NodeId } from '../types.ts';
import type { Contact } from './circle.ts';
import type { Remembered } from './remembered.ts';
import type { Hop, HopReason, LookupResult, NextStep, RingNotice, RingOptions, RingPort, RingQuestion } from './ring-port.ts';

const AVOIDED_MAX = 32;
const ROUTES_MAX = 1_024;

export interface WalkFrom {
  readonly key: string;
  readonly start: Contact;
  readonly why: HopReason | 'start';
  /** Others to begin with, should the first be dead. */
  readonly others: readonly Contact[];
}

interface OpenRoute {
  readonly deadlineMillis: number;
  readonly done: (result: LookupResult) => void;
}

/** Finds owners of keys, iteratively (we ask one after the other) or recursively (they pass the question on). */
export class Lookups {
  readonly #port: RingPort;
  readonly #options: RingOptions;
  readonly #remembered: Remembered;
  readonly #next: (key: string, avoid: readonly NodeId[]) => NextStep;
  readonly #routes = new Map<string, OpenRoute>();

  constructor(parts: { port: RingPort; options: RingOptions; remembered: Remembered }, next: (key: string, avoid: readonly NodeId[]) => NextStep) {
    this.#port = parts.port;
    this.#options = parts.options;
    this.#remembered = parts.remembered;
    this.#next = next;
  }

  /** Asks step by step, around the dead. Calls back once. */
  walk(from: WalkFrom, done: (result: LookupResult) => void): void {
    const hops: Hop[] = [];
    const asked = new Set<NodeId>();
    const dead: NodeId[] = [];
    let fallbacks = from.others;
    const step = (contact: Contact, why: HopReason | 'start'): void => {
      if (hops.length >= this.#options.hopsMax) return done({ owners: [], hops });
      asked.add(contact.id);
      this.#port.ask(contact, { ask: 'next', key: from.key, avoid: dead.slice(-AVOIDED_MAX) }, (answer) => {
        if (answer === null) this.#remembered.unheard(contact);
        if (answer?.answer === 'next') {
          hops.push({ asked: contact, why });
          for (const named of answer.contacts) this.#remembered.mention(named);
          if (answer.done) return done({ owners: answer.contacts, hops });
          // The way leads to ourselves: what comes next we know best.
          const own = answer.contacts[0]?.id === this.#port.self.id ? this.#next(from.key, dead) : null;
          if (own?.done === true) return done({ owners: own.contacts, hops });
          const fresh = answer.contacts.filter((each) => !asked.has(each.id) && each.id !== this.#port.self.id);
          fallbacks = [...fresh.slice(1), ...fallbacks];
          if (fresh[0] !== undefined) return step(fresh[0], answer.why);
        } else {
          hops.push({ asked: contact, why: 'dead' });
          dead.push(contact.id);
        }
        const other = fallbacks.find((each) => !asked.has(each.id));
        if (other !== undefined) return step(other, 'successor');
        this.#nextOfOwn(from.key, { dead, asked, hops }, step, done);
      });
    };
    step(from.start, from.why);
  }

  /** Nobody is left of those we heard of on the way: back to what we know by ourselves. */
  #nextOfOwn(
    key: string,
    so: { readonly dead: readonly NodeId[]; readonly asked: ReadonlySet<NodeId>; readonly hops: readonly Hop[] },
    step: (contact: Contact, why: HopReason) => void,
    done: (result: LookupResult) => void,
  ): void {
    const own = this.#next(key, so.dead);
    if (own.done) return done({ owners: own.contacts, hops: so.hops });
    const other = own.contacts.find((each) => !so.asked.has(each.id));
    if (other === undefined) return done({ owners: [], hops: so.hops });
    step(other, own.why);
  }

  /** Sends the question along the ring; the last member answers us straight. Calls back once, at the latest after `routeMillis`. */
  route(key: string, done: (result: LookupResult) => void): void {
    if (this.#routes.size >= ROUTES_MAX) return done({ owners: [], hops: [] });
    const route = Math.floor(this.#port.fraction() * 2 ** 52).toString(36);
    this.#routes.set(route, { deadlineMillis: this.#port.monotonicMillis + this.#options.routeMillis, done });
    this.#port.setTimer('ring-routes', this.#options.routeMillis);
    this.forward({ ask: 'route', key, route, origin: this.#port.self, hops: [] });
  }

  /** Answers the route's origin when the owner is known here, else hands the route to the next who takes it. */
  forward(question: Extract<RingQuestion, { ask: 'route' }>): void {
    const { key, route, origin } = question;
    const dead: NodeId[] = [];
    let hops = question.hops;
    const handOn = (): void => {
      const own = this.#next(key, dead);
      const contact = own.contacts[0];
      if (own.done) return this.#routed(origin, { tell: 'routed', route, owners: own.contacts, hops });
      if (contact === undefined || hops.length >= this.#options.hopsMax) return this.#routed(origin, { tell: 'routed', route, owners: [], hops });
      this.#port.ask(contact, { ask: 'route', key, route, origin, hops: [...hops, { asked: contact, why: own.why }] }, (answer) => {
        if (answer?.answer === 'forwarding') return;
        if (answer === null) this.#remembered.unheard(contact);
        dead.push(contact.id);
        hops = [...hops, { asked: contact, why: 'dead' }];
        handOn();
      });
    };
    handOn();
  }

  #routed(origin: Contact, notice: Extract<RingNotice, { tell: 'routed' }>): void {
    if (origin.id === this.#port.self.id) this.routed(notice);
    else this.#port.tell(origin, notice);
  }

  routed(notice: Extract<RingNotice, { tell: 'routed' }>): void {
    const open = this.#routes.get(notice.route);
    if (open === undefined) return;
    this.#routes.delete(notice.route);
    open.done({ owners: notice.owners, hops: notice.hops });
  }

  /** Gives up routes whose time has run out. */
  expire(): void {
    for (const [route, open] of this.#routes) {
      if (open.deadlineMillis > this.#port.monotonicMillis) continue;
      this.#routes.delete(route);
      open.done({ owners: [], hops: [] });
    }
    const next = this.#routes.values().next().value;
    if (next !== undefined) this.#port.setTimer('ring-routes', next.deadlineMillis - this.#port.monotonicMillis);
  }
}
