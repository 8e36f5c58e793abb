import type { NodeId } from '../types.ts';
import type { Contact } from './circle.ts';

/** What members ask each other. Every question is answered, or counts as unanswered after the port's tries. */
export type RingQuestion =
  | { readonly ask: 'state' }
  | { readonly ask: 'ping' }
  /** Who is next on the way to the key, or who owns it? `avoid`: contacts that the asker found dead, at most 32. */
  | { readonly ask: 'next'; readonly key: string; readonly avoid: readonly NodeId[] }
  /** Passed on from member to member; the last one answers `origin` with the notice `routed`. */
  | { readonly ask: 'route'; readonly key: string; readonly route: string; readonly origin: Contact; readonly hops: readonly Hop[] };

export const STATE: RingQuestion = Object.freeze({ ask: 'state' });
export const PING: RingQuestion = Object.freeze({ ask: 'ping' });

export type RingAnswer =
  /** Zave's atomicity rule: while its own pointers may be about to change a member gives no state; it is not dead. */
  | { readonly answer: 'busy' }
  | { readonly answer: 'alive'; readonly predecessor: Contact | null }
  /** The node runs, but it is no member of a ring. */
  | { readonly answer: 'outside' }
  /** `small`: the lists are the sorted members of a ring below the minimum size. */
  | { readonly answer: 'state'; readonly predecessor: Contact | null; readonly successors: readonly Contact[]; readonly small: boolean }
  | NextStep
  /** The member has taken a route over. */
  | { readonly answer: 'forwarding' };

/** `done`: `contacts` are the owner and the members after it. Otherwise they are closer to the key, best first. */
export interface NextStep {
  readonly answer: 'next';
  readonly done: boolean;
  readonly contacts: readonly Contact[];
  readonly why: HopReason;
}

/** Why a member was chosen: it owns the key, precedes it by a successor list or a finger, or the ring is a member list. */
export type HopReason = 'owner' | 'successor' | 'finger' | 'member-list';

/** One step of a lookup. `start`: where it began; `dead`: asked in vain. */
export interface Hop {
  readonly asked: Contact;
  readonly why: HopReason | 'start' | 'dead';
}

export type RingNotice =
  /** "I think that I am your predecessor." */
  | { readonly tell: 'notify' }
  /** The receiver may have a nearer successor. */
  | { readonly tell: 'nearer'; readonly contact: Contact }
  /** The sender, which is the receiver's successor, has changed its list: the receiver's is out of date. */
  | { readonly tell: 'changed' }
  /** The sender leaves in order; its neighbours close the gap. */
  | { readonly tell: 'leaving'; readonly predecessor: Contact | null }
  | { readonly tell: 'routed'; readonly route: string; readonly owners: readonly Contact[]; readonly hops: readonly Hop[] };

/** Who waits for the answer to a question. */
export interface Asker<Answer = RingAnswer> {
  /** Called once, never within `ask`; with null when there was no answer after all tries: dead, as far as can be told. */
  answered(answer: Answer | null): void;
  /** Called each `hastenMillis` until there is an answer, unless the port gives up sooner. Nobody need wake up for an asker that does not want to know. */
  slow?(): void;
}

/**
 * What the ring needs of a node. The port vouches that whoever answers or tells is the one whose id is the hash of the
 * key that it proved (R11), and that values have the shapes above.
 */
export interface RingPort {
  readonly self: Contact;
  ask(to: Contact, question: RingQuestion, asker: Asker): void;
  /** At most once, unacknowledged. */
  tell(to: Contact, notice: RingNotice): void;
  /** One timer a kind; setting it again moves it. */
  setTimer(kind: RingTimer, delayMillis: number): void;
  cancelTimer(kind: RingTimer): void;
  readonly monotonicMillis: number;
  /** A double in [0, 1). */
  fraction(): number;
  /** Successors, predecessor or membership have changed. */
  changed(): void;
  /** Whether we would soon hear of that member's death without asking it. Missing: never. */
  hearsOf?(id: NodeId): boolean;
  /** Who may be up, by any source: seeds, disk, the failure detector. The ring asks before it believes. May be empty. */
  members(): readonly Contact[];
  /** Those of them whom to ask costs nothing else. */
  linked?(): readonly Contact[];
  /** All of them, where somebody keeps a list of that kind. */
  known?(): readonly Contact[];
  /** Who is likely to be a member and stands next before a key, of all that the port has met. Missing: nobody. */
  closestBefore?(key: string): Contact | null;
}

export type RingTimer = 'ring-stabilise' | 'ring-fingers' | 'ring-merge' | 'ring-join' | 'ring-routes';

export interface RingOptions {
  /** Entries of the successor list. */
  readonly successorCount: number;
  readonly stabiliseMillis: number;
  readonly fingerMillis: number;
  readonly mergeMillis: number;
  /** Stabilising and merging are so many times rarer after a round in which nothing changed: for ports that hear of deaths (`hearsOf`). */
  readonly calmFactorMax: number;
  /** Pause between sweeps over all contacts while joining. */
  readonly joinRetryMillis: number;
  /** How long nobody may have answered before a node forms a ring of its own. */
  readonly aloneMillis: number;
  /** How long everybody who answered may have been outside before the smallest of them founds a ring. */
  readonly foundMillis: number;
  /** Pause before somebody busy is asked again, drawn from this to three times this. */
  readonly busyRetryMillis: number;
  /** Stabilisations in a row after a change. */
  readonly eagerRoundsMax: number;
  /** Live contacts remembered, and as many again that are thought dead. */
  readonly rememberedMax: number;
  readonly hopsMax: number;
  /** How long a look-up waits for one member before it asks another one as well; ports call askers slow at this pace. */
  readonly hastenMillis: number;
  /** How long a recursive lookup may take. */
  readonly routeMillis: number;
}

export const RING_OPTIONS: RingOptions = Object.freeze({
  successorCount: 4,
  stabiliseMillis: 1_000,
  fingerMillis: 1_000,
  mergeMillis: 5_000,
  calmFactorMax: 1,
  joinRetryMillis: 400,
  aloneMillis: 3_000,
  foundMillis: 800,
  busyRetryMillis: 30,
  eagerRoundsMax: 32,
  rememberedMax: 40,
  hopsMax: 128,
  hastenMillis: 300,
  routeMillis: 5_000,
});

/** How a lookup went. */
export interface LookupResult {
  /** The owner and the members after it; empty when the lookup failed. */
  readonly owners: readonly Contact[];
  /** Who was asked, in order; empty when we knew the owner by ourselves. */
  readonly hops: readonly Hop[];
}

/** A place in a ring that stands already: simulations begin with it instead of many joins. */
export interface RingPlace {
  readonly predecessor: Contact;
  readonly successors: readonly Contact[];
  readonly fingers?: ReadonlyMap<number, Contact>;
}
