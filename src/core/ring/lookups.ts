import type { NodeId } from '../types.ts';
import { type Contact, prefixOf } from './circle.ts';
import type { Remembered } from './remembered.ts';
import type { LookupResult, RingNotice, RingOptions, RingPort, RingQuestion } from './ring-port.ts';
import { Walk, type WalkFrom, type WalkMember, type WalkParts } from './walk.ts';

const ROUTES_MAX = 1_024;

interface OpenRoute {
  readonly deadlineMillis: number;
  readonly done: (result: LookupResult) => void;
}

/** Finds owners of keys, iteratively (we ask one after the other) or recursively (they pass the question on). */
export class Lookups implements WalkParts {
  readonly port: RingPort;
  readonly options: RingOptions;
  readonly remembered: Remembered;
  readonly member: WalkMember;
  readonly ownPrefix: number;
  /** Null until one is sent: look-ups are seldom recursive. */
  #routes: Map<string, OpenRoute> | null = null;

  constructor(parts: { port: RingPort; options: RingOptions; remembered: Remembered }, member: WalkMember) {
    this.port = parts.port;
    this.options = parts.options;
    this.remembered = parts.remembered;
    this.member = member;
    this.ownPrefix = prefixOf(parts.port.self.id);
  }

  /** Asks step by step, around the dead. Calls back once. */
  walk(from: WalkFrom, done: (result: LookupResult) => void): void {
    new Walk(from, this, done).step(from.contacts[0] as Contact, from.why);
  }

  /** Sends the question along the ring; the last member answers us straight. Calls back once, at the latest after `routeMillis`. */
  route(key: string, done: (result: LookupResult) => void): void {
    this.#routes ??= new Map();
    if (this.#routes.size >= ROUTES_MAX) return done({ owners: [], hops: [] });
    const route = Math.floor(this.port.fraction() * 2 ** 52).toString(36);
    this.#routes.set(route, { deadlineMillis: this.port.monotonicMillis + this.options.routeMillis, done });
    // The timer stands at the end of the oldest one: moved by each that follows, it would never come.
    if (this.#routes.size === 1) this.port.setTimer('ring-routes', this.options.routeMillis);
    this.forward({ ask: 'route', key, route, origin: this.port.self, hops: [] });
  }

  /** Answers the route's origin when the owner is known here, else hands the route to the next who takes it. */
  forward(question: Extract<RingQuestion, { ask: 'route' }>): void {
    const { key, route, origin } = question;
    const dead: NodeId[] = [];
    let hops = question.hops;
    const handOn = (): void => {
      const own = this.member.next(key, dead);
      const contact = own.contacts[0];
      if (own.done) return this.#routed(origin, { tell: 'routed', route, owners: own.contacts, hops });
      if (contact === undefined || hops.length >= this.options.hopsMax) return this.#routed(origin, { tell: 'routed', route, owners: [], hops });
      const passedOn: RingQuestion = { ask: 'route', key, route, origin, hops: [...hops, { asked: contact, why: own.why }] };
      this.port.ask(contact, passedOn, {
        answered: (answer) => {
          if (answer?.answer === 'forwarding') return;
          if (answer === null) this.remembered.unheard(contact);
          dead.push(contact.id);
          hops = [...hops, { asked: contact, why: 'dead' }];
          handOn();
        },
      });
    };
    handOn();
  }

  #routed(origin: Contact, notice: Extract<RingNotice, { tell: 'routed' }>): void {
    if (origin.id === this.port.self.id) this.routed(notice);
    else this.port.tell(origin, notice);
  }

  routed(notice: Extract<RingNotice, { tell: 'routed' }>): void {
    const open = this.#routes?.get(notice.route);
    if (open === undefined) return;
    this.#routes?.delete(notice.route);
    open.done({ owners: notice.owners, hops: notice.hops });
  }

  /** Gives up routes whose time has run out. */
  expire(): void {
    if (this.#routes === null) return;
    for (const [route, open] of this.#routes) {
      if (open.deadlineMillis > this.port.monotonicMillis) continue;
      this.#routes.delete(route);
      open.done({ owners: [], hops: [] });
    }
    const next = this.#routes.values().next().value;
    if (next !== undefined) this.port.setTimer('ring-routes', next.deadlineMillis - this.port.monotonicMillis);
  }
}
