import type { MessageTrace, TraceEvent } from '../../core/trace.ts';
import { TraceFacts } from '../checks/facts.ts';
import { userOf } from '../names.ts';
import { concealed, quoted } from '../words.ts';

/** A frame as it was sent, and what became of it. */
export interface Flight {
  readonly frame: string;
  readonly from: string;
  readonly to: string;
  readonly kind: string;
  readonly messages: readonly MessageTrace[];
  readonly bytes: number;
  readonly sentMillis: number;
  arrivedMillis: number | null;
  /** Why it was not used, where somebody said so. */
  dropped: string | null;
}

/** A time during which something was broken. */
export interface FaultSpan {
  readonly name: string;
  /** `loss`, `pause`, `down` ... */
  readonly kind: string;
  readonly details: string;
  readonly fromMillis: number;
  toMillis: number;
}

/** What happened to one message, in order. */
export interface Delivery {
  readonly id: string;
  readonly events: Array<{ readonly atMillis: number; readonly where: string; readonly what: string }>;
  readonly from: string;
  /** Whom it is for: a person, or a room as texts are told in what is written down. */
  readonly to: string;
  readonly inRoom: boolean;
  readonly acceptedMillis: number;
  /** Whose screens showed it first, and when: one for a direct message, each member other than the writer for one to a room. */
  readonly shown: Array<{ readonly at: string; readonly atMillis: number }>;
}

/** From accepted until the last screen that showed it, ms; null: none did. */
export function tookMillis({ acceptedMillis, shown }: Delivery): number | null {
  return shown.length === 0 ? null : Math.max(0, ...shown.map(({ atMillis }) => atMillis - acceptedMillis));
}

export interface RingPlace {
  readonly node: string;
  /** 16 hex digits. */
  readonly place: string;
  readonly successors: readonly string[];
}

export interface LookupSeen {
  readonly hops: number;
  readonly members: number;
}

/** What a report shows, gone through once and taken from the trace alone. Times in ms since the start of the run. */
export class RunFacts {
  readonly trace: TraceFacts;
  readonly nodes: readonly string[];
  readonly flights: Flight[] = [];
  readonly faults: FaultSpan[] = [];
  readonly deliveries = new Map<string, Delivery>();
  /** Places on the ring as they were at half of the run, and at its end. */
  readonly ringBefore: readonly RingPlace[];
  readonly ringAfter: readonly RingPlace[];
  readonly lookups: LookupSeen[] = [];
  /** When the number of changes of state settles: one count for each second. */
  readonly changesPerSecond: number[] = [];
  readonly #byFrame = new Map<string, Flight>();
  readonly #open = new Map<string, FaultSpan>();

  constructor(events: readonly TraceEvent[]) {
    this.trace = new TraceFacts(events);
    const nodes = new Set<string>();
    const ring = new Map<string, RingPlace>();
    let before: RingPlace[] | null = null;
    const firstFault = this.trace.events.find((event) => isFault(event.detail))?.atMillis ?? this.trace.endMillis / 2;
    for (const event of this.trace.events) {
      if (event.node !== 'runner' && event.node !== 'seed-server') nodes.add(event.node);
      if (before === null && event.atMillis >= firstFault) before = [...ring.values()];
      this.#take(event);
      this.#takeRing(event, ring);
    }
    for (const span of this.#open.values()) span.toMillis = this.trace.endMillis;
    this.nodes = [...nodes].sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
    this.ringBefore = before ?? [];
    this.ringAfter = [...ring.values()];
  }

  get endMillis(): number {
    return this.trace.endMillis;
  }

  #take({ node, atMillis, detail }: TraceFacts['events'][number]): void {
    switch (detail.type) {
      case 'send': {
        const { frame, to, kind, messages, bytes } = detail;
        const flight: Flight = { frame, from: node, to, kind, messages, bytes, sentMillis: atMillis, arrivedMillis: null, dropped: null };
        this.flights.push(flight);
        this.#byFrame.set(frame, flight);
        for (const { type, id } of messages) if (id !== undefined) this.#tell(id, atMillis, node, `${type} leaves for ${to}`);
        return;
      }
      case 'receive': {
        const flight = this.#byFrame.get(detail.frame);
        if (flight !== undefined) flight.arrivedMillis ??= atMillis;
        for (const { type, id } of detail.messages) if (id !== undefined) this.#tell(id, atMillis, node, `${type} arrives from ${detail.from}`);
        return;
      }
      case 'drop': {
        const flight = detail.frame === undefined ? undefined : this.#byFrame.get(detail.frame);
        if (flight !== undefined && flight.arrivedMillis === null) flight.dropped = detail.reason;
        for (const { id } of flight?.messages ?? []) if (id !== undefined) this.#tell(id, atMillis, node, `the frame is lost: ${detail.reason}`);
        return;
      }
      case 'shown': {
        const delivery = this.deliveries.get(detail.id);
        if (delivery === undefined || delivery.inRoom !== (detail.what === 'room-message') || userOf(node) === userOf(delivery.from)) return;
        if (!delivery.shown.some(({ at }) => !delivery.inRoom || userOf(at) === userOf(node))) delivery.shown.push({ at: node, atMillis });
        return this.#tell(detail.id, atMillis, node, 'shown on the screen');
      }
      case 'state':
        return this.#state(node, atMillis, detail);
      case 'life':
        return this.#life(node, atMillis, detail.what);
      case 'timer':
      case 'command':
      case 'answer':
      case 'rule':
      case 'note':
        return;
    }
  }

  #state(node: string, atMillis: number, detail: Extract<TraceEvent['detail'], { type: 'state' }>): void {
    const second = Math.floor(atMillis / 1_000);
    while (this.changesPerSecond.length <= second) this.changesPerSecond.push(0);
    if (node !== 'runner') this.changesPerSecond[second] = (this.changesPerSecond[second] ?? 0) + 1;
    const data = detail.data ?? {};
    switch (detail.subject) {
      case 'message':
        if (node === 'runner' && detail.to === 'accepted') this.#accept(detail.id, atMillis, String(data['by']), String(data['peer']), false);
        else this.#tell(detail.id, atMillis, node, `is ${detail.to} here`);
        return;
      case 'room-message':
        return this.#roomMessage(node, atMillis, detail.id, detail.to, data);
      case 'rule':
      case 'fault':
      case 'conduct': {
        const name = detail.subject === 'rule' ? detail.id : `${String(data['kind'])} ${detail.id}`;
        if (detail.to === 'healed') return this.#close(name, atMillis);
        const details = Object.entries(data)
          .filter(([key]) => key !== 'kind')
          .map(([key, value]) => `${key} ${String(value)}`)
          .join(', ');
        return this.#begin(name, String(data['kind']), details, atMillis);
      }
      case 'lookup':
        if (typeof data['hops'] === 'number') this.lookups.push({ hops: data['hops'], members: Number(data['members'] ?? 0) });
        return;
      default:
        return;
    }
  }

  /** A node that was killed is a fault until it is back; one that was stopped in order has left. */
  #life(node: string, atMillis: number, what: string): void {
    const name = `down ${node}`;
    // A liar lies as long as its process lives.
    if (what !== 'start' && what !== 'reload') this.#close(`conduct ${node}`, atMillis);
    if (what === 'start') this.#close(name, atMillis);
    else if (what === 'kill' || what === 'crash') this.#begin(name, 'down', `${node} was killed`, atMillis);
    else if (what === 'stop' && node === 'seed-server') this.#begin(name, 'down', 'the seed server was stopped', atMillis);
  }

  #begin(name: string, kind: string, details: string, atMillis: number): void {
    this.#close(name, atMillis);
    const span: FaultSpan = { name, kind, details, fromMillis: atMillis, toMillis: atMillis };
    this.#open.set(name, span);
    this.faults.push(span);
  }

  #close(name: string, atMillis: number): void {
    const span = this.#open.get(name);
    if (span === undefined) return;
    span.toMillis = atMillis;
    this.#open.delete(name);
  }

  /** Frames of a room carry many events and name none, so its messages are followed from screen to screen. */
  #roomMessage(node: string, atMillis: number, id: string, to: string, data: Readonly<Record<string, unknown>>): void {
    const room = () => `room ${concealed(quoted(String(data['room'])))}`;
    if (to === 'queued') this.#accept(id, atMillis, node, room(), true);
    else if (to === 'accepted') this.#accept(id, atMillis, String(data['by']), room(), true);
    else if ((data['peer'] ?? '') === '') this.#tell(id, atMillis, node, `is ${to} here`);
    else this.#tell(id, atMillis, node, `learns that it is ${to} for ${String(data['peer'])}`);
  }

  #accept(id: string, atMillis: number, from: string, to: string, inRoom: boolean): void {
    const known = this.deliveries.get(id);
    if (known !== undefined) return;
    this.deliveries.set(id, { id, from, to, inRoom, acceptedMillis: atMillis, shown: [], events: this.#early.get(id) ?? [] });
    this.#tell(id, atMillis, from, 'accepted: from here on the node answers for it');
  }

  /** What happened before the runner was told that the message was accepted. */
  readonly #early = new Map<string, Delivery['events']>();

  #tell(id: string, atMillis: number, where: string, what: string): void {
    const events = this.deliveries.get(id)?.events ?? this.#early.get(id);
    if (events !== undefined) events.push({ atMillis, where, what });
    else this.#early.set(id, [{ atMillis, where, what }]);
  }

  #takeRing({ node, detail }: TraceFacts['events'][number], ring: Map<string, RingPlace>): void {
    if (detail.type === 'life' && detail.what !== 'reload') ring.delete(node);
    if (detail.type !== 'state' || detail.subject !== 'ring') return;
    const { place = '', successors = '' } = (detail.data ?? {}) as Record<string, string>;
    if (place === '') ring.delete(node);
    else ring.set(node, { node, place, successors: successors === '' ? [] : successors.split(' ') });
  }
}

function isFault(detail: TraceEvent['detail']): boolean {
  if (detail.type === 'life') return detail.what === 'kill' || detail.what === 'crash';
  return detail.type === 'state' && (detail.subject === 'rule' || detail.subject === 'fault' || detail.subject === 'conduct') && detail.to === 'set';
}

/** The value below which a share of the others lies; null of none. */
export function percentile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
}
