import { CORE_OPTIONS } from '../../core/options.ts';
import type { TraceDetail, TraceEvent } from '../../core/trace.ts';
import { sayMillis } from '../durations.ts';
import { userOf } from '../names.ts';

/** The runner writes this when the last step is over: what comes after it is the teardown and judged by nobody. */
export const OVER = 'the steps are over';
/** In place of it when a step failed. */
export const BROKEN_OFF = 'the run was broken off';

type StateDetail = Extract<TraceDetail, { type: 'state' }>;

/** An event with its time since the start of the run, ms. */
export interface Timed<Detail extends TraceDetail = TraceDetail> {
  readonly id: string;
  readonly node: string;
  readonly atMillis: number;
  readonly detail: Detail;
}

/** What a run is judged by. */
export interface Bounds {
  /** Stretches what is due when, for runs on slow or busy machines and networks that are looked after at a slower pace. */
  readonly patience?: number;
  /** Copies of each value on the ring, where the scenario says otherwise than nodes do by themselves. */
  readonly replicaCopies?: number;
}

/** Part of a run: its first events, up to a moment at which nothing had been disturbed yet. */
interface Part {
  readonly of: TraceFacts;
  readonly events: number;
  readonly endMillis: number;
}

/** Whoever is disturbed may notice it before it stands in the trace that it was done, ms. */
const NOTICED_MILLIS = 1_000;
/** Shorter times without a disturbance prove nothing, ms. */
const QUIET_MILLIS_MIN = 15_000;
/** Of more quiet times so many are judged, from the first to the last of them: each is gone through from the start of the run. */
const QUIET_ENDS_MAX = 50;

/** A running process may lose this much of its trace when it is killed, ms: lines are written together. */
const TORN_MILLIS = 150;

/**
 * What the trace says, gone through once: checkers share it.
 * Times are those of the simulator, or of the one wall clock that all processes of a laptop have.
 */
export class TraceFacts {
  readonly events: readonly Timed[];
  readonly endMillis: number;
  /** True: each node's events are complete up to its end. */
  readonly whole: boolean;
  /** A step failed, so that what later steps would have done is missing. */
  readonly brokenOff: boolean;
  /** Nodes that run at the end, and since when, ms. */
  readonly running = new Map<string, number>();
  /** Nodes at which somebody is logged in at the end, and since when, ms. */
  readonly sessions = new Map<string, number>();
  /** Last time at which something was broken, mended, started or ended, ms. */
  lastDisturbanceMillis = 0;
  lastDisturbance = 'the start';
  /** Faults that are in force at the end: rules by name, others as `<kind> <node>`. */
  readonly faults = new Set<string>();
  /** When a node was killed, ms, by node. */
  readonly kills = new Map<string, number[]>();
  /** When a node's disk was thrown away, ms, by node. */
  readonly emptied = new Map<string, number[]>();
  /** Accounts that were deleted. */
  readonly deleted = new Set<string>();

  /** Times at which something was broken, mended, started or ended, ms, in their order. */
  readonly disturbedMillis: number[] = [];
  readonly #quietEnds: Omit<Part, 'of'>[] = [];
  /** No fault was in force before the event that is taken in. */
  #calm = true;
  readonly #bounds: Bounds;
  /** Places in `events`, for checkers that want a few of many kinds: of states by subject, of all else by type. */
  readonly #ofSubject = new Map<string, number[]>();
  readonly #ofType = new Map<string, number[]>();

  /** Of a part the trace is empty: it shares the events of the whole. */
  constructor(trace: readonly TraceEvent[], bounds: Bounds = {}, part: Part | null = null) {
    this.#bounds = bounds;
    this.whole = part?.of.whole ?? isVirtual(trace);
    const [first] = trace;
    const base = first === undefined || this.whole ? 0 : first.wallMillis;
    const over = part === null ? trace.findIndex(isOver) : -1;
    this.brokenOff = trace[over]?.detail.type === 'note' && trace[over].detail.text === BROKEN_OFF;
    this.events =
      part?.of.events.slice(0, part.events) ??
      trace
        .filter((event, index) => over < 0 || index < over || isSearch(event))
        .map(({ id, node, monotonicMillis, wallMillis, detail }) => ({
          id,
          node,
          detail,
          atMillis: this.whole ? monotonicMillis : wallMillis - base,
        }));
    const last = over < 0 ? trace.at(-1) : trace[over];
    this.endMillis = part?.endMillis ?? (last === undefined ? 0 : this.whole ? last.monotonicMillis : last.wallMillis - base);
    for (const [index, event] of this.events.entries()) {
      const { detail } = event;
      if (detail.type === 'state') file(this.#ofSubject, detail.subject, index);
      else file(this.#ofType, detail.type, index);
      this.#take(event);
    }
  }

  /**
   * The run as it was at the end of each long quiet time before the last one: what holds at rest must have held then, too. They are
   * made one by one, since each holds as much as the run up to there; of many, some are left out in between.
   */
  *quietEnds(): Generator<TraceFacts> {
    const ends = this.#quietEnds;
    const count = Math.min(ends.length, QUIET_ENDS_MAX);
    for (let index = 0; index < count; index += 1) {
      const end = ends[count === 1 ? 0 : Math.round((index * (ends.length - 1)) / (count - 1))];
      if (end !== undefined) yield new TraceFacts([], this.#bounds, { of: this, ...end });
    }
  }

  /** When something was last disturbed before a moment, ms; 0: nothing was. */
  disturbedBefore(atMillis: number): number {
    return this.disturbedMillis.findLast((each) => each <= atMillis) ?? 0;
  }

  /** How long nothing has been broken, mended, started or ended, ms; 0 while a fault is in force. */
  get quietMillis(): number {
    return this.faults.size > 0 ? 0 : this.endMillis - this.lastDisturbanceMillis;
  }

  get replicaCopies(): number {
    return this.#bounds.replicaCopies ?? CORE_OPTIONS.replicaCopies;
  }

  /** What is due after so long on an ordinary machine, ms. */
  due(millis: number): number {
    return (this.#bounds.patience ?? 1) * millis;
  }

  /** Null when it has been quiet for that long at the end, else why not. */
  unquiet(millis: number): string | null {
    if (this.faults.size > 0) return `it ended with a fault in force (${[...this.faults].join(', ')})`;
    const quiet = this.endMillis - this.lastDisturbanceMillis;
    return quiet >= millis ? null : `it ended ${sayMillis(quiet)} after ${this.lastDisturbance}; this is due after ${sayMillis(millis)} of quiet`;
  }

  /** States of these subjects and events of these types, in their order. Most of a trace is upkeep, which most checkers need not look through. */
  about(wanted: { readonly subjects?: readonly string[]; readonly types?: ReadonlyArray<TraceDetail['type']> }): Timed[] {
    const found = (wanted.subjects ?? []).map((subject) => this.#ofSubject.get(subject));
    for (const type of wanted.types ?? []) found.push(this.#ofType.get(type));
    const places = found.flatMap((some) => some ?? []);
    return places.sort((one, other) => one - other).map((place) => this.events[place] as Timed);
  }

  states(subject: string): ReadonlyArray<Timed<StateDetail>> {
    return this.about({ subjects: [subject] }) as ReadonlyArray<Timed<StateDetail>>;
  }

  /** Nodes of a user at which somebody is logged in at the end. */
  sessionsOf(user: string): string[] {
    return [...this.sessions.keys()].filter((node) => userOf(node) === user);
  }

  /** Lines of a node's trace between two times may be missing, because it was killed soon after. */
  mayBeTorn(user: string, fromMillis: number, toMillis: number): boolean {
    if (this.whole) return false;
    for (const [node, times] of this.kills) {
      if (userOf(node) === user && times.some((at) => at >= fromMillis && at <= toMillis + TORN_MILLIS)) return true;
    }
    return false;
  }

  #disturbed(event: Timed, what: string): void {
    const quietUntil = event.atMillis - NOTICED_MILLIS;
    if (this.#calm && quietUntil - this.lastDisturbanceMillis >= this.due(QUIET_MILLIS_MIN)) {
      const after = this.events.findIndex(({ atMillis }) => atMillis > quietUntil);
      this.#quietEnds.push({ events: after, endMillis: quietUntil });
    }
    this.disturbedMillis.push(event.atMillis);
    this.lastDisturbanceMillis = event.atMillis;
    this.lastDisturbance = what;
  }

  #take(event: Timed): void {
    this.#calm = this.faults.size === 0;
    const { detail, node, atMillis } = event;
    switch (detail.type) {
      case 'life':
        return this.#life(event, detail.what);
      case 'rule':
        // Nodes of real processes each say so, too; the runner is first and last.
        if (node !== 'runner') return;
        for (const name of this.faults) if (!name.includes(' ')) this.faults.delete(name);
        for (const name of detail.rules) this.faults.add(name.replaceAll(' ', '-'));
        return this.#disturbed(event, detail.what === 'set' ? 'rules were set' : 'the lines were healed');
      case 'state':
        return this.#state(event as Timed<StateDetail>);
      case 'send':
      case 'receive':
      case 'drop':
      case 'timer':
      case 'shown':
      case 'command':
      case 'answer':
      case 'note':
        return void atMillis;
    }
  }

  #life(event: Timed, what: 'start' | 'stop' | 'kill' | 'crash' | 'reload'): void {
    const { node, atMillis } = event;
    this.#disturbed(event, `${node === 'seed-server' ? 'the seed server' : node}: ${what}`);
    if (what === 'reload') return;
    this.sessions.delete(node);
    if (what === 'start') this.running.set(node, atMillis);
    else this.running.delete(node);
    if (what !== 'kill' && what !== 'crash') return;
    const kills = this.kills.get(node);
    if (kills === undefined) this.kills.set(node, [atMillis]);
    else kills.push(atMillis);
  }

  #state(event: Timed<StateDetail>): void {
    const { node, atMillis, detail } = event;
    switch (detail.subject) {
      case 'session':
        this.#disturbed(event, `the session of ${node}: ${detail.to}`);
        if (detail.to === 'open') this.sessions.set(node, atMillis);
        else this.sessions.delete(node);
        return;
      case 'disk':
        this.emptied.set(detail.id, [...(this.emptied.get(detail.id) ?? []), atMillis]);
        return;
      case 'account':
        this.deleted.add(detail.id);
        return;
      case 'fault': {
        const name = `${detail.data?.['kind'] ?? 'fault'} ${detail.id}`;
        if (detail.to === 'healed') this.faults.delete(name);
        else this.faults.add(name);
        return this.#disturbed(event, `${name}: ${detail.to}`);
      }
    }
  }
}

function file(places: Map<string, number[]>, key: string, place: number): void {
  const list = places.get(key);
  if (list === undefined) places.set(key, [place]);
  else list.push(place);
}

/** The simulator has one clock for all: its traces are in the order of the monotonic one, whatever wall clocks say. */
function isVirtual(trace: readonly TraceEvent[]): boolean {
  return trace.every((event, index) => index === 0 || event.monotonicMillis >= (trace[index - 1] as TraceEvent).monotonicMillis);
}

function isOver({ node, detail }: TraceEvent): boolean {
  return node === 'runner' && detail.type === 'note' && (detail.text === OVER || detail.text === BROKEN_OFF);
}

/** Files and frames are searched when all is over. */
function isSearch({ detail }: TraceEvent): boolean {
  return detail.type === 'state' && detail.subject === 'plaintext';
}
