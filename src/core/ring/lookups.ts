import type { NodeId } from '../types.ts';
import type { Contact } from './circle.ts';
import type { Remembered } from './remembered.ts';
import type { LookupResult, NextStep, RingNotice, RingOptions, RingPort, RingQuestion } from './ring-port.ts';
import { Walk, type WalkFrom, type WalkParts } from './walk.ts';

const ROUTES_MAX = 1_024;

interface OpenRoute {
  readonly deadlineMillis: number;
  readonly done: (result: LookupResult) => void;
}

export interface FinderHooks {
  /** What we know by ourselves of the way to a key. */
  next(key: string, avoid: readonly NodeId[]): NextStep;
}

/** Finds owners of keys, iteratively (we ask one after the other) or recursively (they pass the question on). */
export class Lookups implements WalkParts {
  readonly port: RingPort;
  readonly options: RingOptions;
  readonly remembered: Remembered;
  readonly #hooks: FinderHooks;
  readonly #walks: Walk[] = [];
  /** The timer for slow walks is set. */
  #watching = false;
  /** Null until one is sent: look-ups are seldom recursive. */
  #routes: Map<string, OpenRoute> | null = null;

  constructor(parts: { port: RingPort; options: RingOptions; remembered: Remembered }, hooks: FinderHooks) {
    this.port = parts.port;
    this.options = parts.options;
    this.remembered = parts.remembered;
    this.#hooks = hooks;
  }

  next(key: string, avoid: readonly NodeId[]): NextStep {
    return this.#hooks.next(key, avoid);
  }

  /** Asks step by step, around the dead. Calls back once. */
  walk(from: WalkFrom, done: (result: LookupResult) => void): void {
    const walk = new Walk(from, this, done);
    this.#walks.push(walk);
    if (!this.#watching) this.#watchIn(this.options.hastenMillis);
    walk.step(from.start, from.why);
  }

  ended(walk: Walk): void {
    const at = this.#walks.indexOf(walk);
    if (at >= 0 && at === this.#walks.length - 1) this.#walks.pop();
    else if (at >= 0) this.#walks.splice(at, 1);
    if (this.#walks.length > 0 || !this.#watching) return;
    // Most look-ups are over before they are slow: nobody need wake up for them.
    this.#watching = false;
    this.port.cancelTimer('ring-walks');
  }

  #watchIn(delayMillis: number): void {
    this.#watching = true;
    this.port.setTimer('ring-walks', delayMillis);
  }

  /** Timer: has a second one asked where the first is slow. */
  hasten(): void {
    this.#watching = false;
    const now = this.port.monotonicMillis;
    let nextMillis = Number.POSITIVE_INFINITY;
    // Asking never ends a walk, so the list stays as it is.
    for (const walk of this.#walks) {
      if (now - walk.askedMillis >= this.options.hastenMillis) walk.hasten();
      nextMillis = Math.min(nextMillis, walk.askedMillis + this.options.hastenMillis);
    }
    if (this.#walks.length > 0) this.#watchIn(Math.max(1, nextMillis - now));
  }

  /** Sends the question along the ring; the last member answers us straight. Calls back once, at the latest after `routeMillis`. */
  route(key: string, done: (result: LookupResult) => void): void {
    this.#routes ??= new Map();
    if (this.#routes.size >= ROUTES_MAX) return done({ owners: [], hops: [] });
    const route = Math.floor(this.port.fraction() * 2 ** 52).toString(36);
    this.#routes.set(route, { deadlineMillis: this.port.monotonicMillis + this.options.routeMillis, done });
    this.port.setTimer('ring-routes', this.options.routeMillis);
    this.forward({ ask: 'route', key, route, origin: this.port.self, hops: [] });
  }

  /** Answers the route's origin when the owner is known here, else hands the route to the next who takes it. */
  forward(question: Extract<RingQuestion, { ask: 'route' }>): void {
    const { key, route, origin } = question;
    const dead: NodeId[] = [];
    let hops = question.hops;
    const handOn = (): void => {
      const own = this.next(key, dead);
      const contact = own.contacts[0];
      if (own.done) return this.#routed(origin, { tell: 'routed', route, owners: own.contacts, hops });
      if (contact === undefined || hops.length >= this.options.hopsMax) return this.#routed(origin, { tell: 'routed', route, owners: [], hops });
      this.port.ask(contact, { ask: 'route', key, route, origin, hops: [...hops, { asked: contact, why: own.why }] }, (answer) => {
        if (answer?.answer === 'forwarding') return;
        if (answer === null) this.remembered.unheard(contact);
        dead.push(contact.id);
        hops = [...hops, { asked: contact, why: 'dead' }];
        handOn();
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
