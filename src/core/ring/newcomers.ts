import type { Parts } from '../parts.ts';
import type { VerifiedRecord } from '../records.ts';
import type { NodeId } from '../types.ts';
import type { Contact } from './circle.ts';
import { contactIfUp } from './who-is-up.ts';

/** News of members come by the dozen: they are looked at a moment later, and the later the larger the ring is, ms. */
const LOOK_MILLIS = 100;
const LOOK_MILLIS_MAX = 2_000;
const LOOK_MEMBERS = 32;
/** Newcomers that are asked at once, and the time after which one more may be, ms; longer in large rings, like that between merge probes. */
const MEETINGS_MAX = 4;
const MEETING_MILLIS = 10_000;
const SMALL_MEETINGS = 3;
/** The same where neighbours have not changed for some rounds: that time in rounds of the merge probe, which looks for the same. */
const CALM_MEETING_ROUNDS = 2;
const MET_MAX = 1_024;

/** What newcomers are to the ring. */
export interface Met {
  readonly joined: boolean;
  readonly small: boolean;
  /** About how many members the ring has. */
  readonly sizeGuess: number;
  /** Its rounds are so many times rarer than those of a ring that changes. */
  readonly calm: number;
  /** Whether a contact lies between us and our successor. */
  isNearer(contact: Contact): boolean;
  /** Somebody may be a member. */
  learn(contact: Contact): void;
  /** Asks somebody whether it belongs to us. */
  meet(contact: Contact): void;
}

/**
 * Tells the ring of each newcomer once. Asking one opens links, so among many only some are asked: if everybody asked everybody,
 * a crowd that joins at once would drown in questions. Stabilisation spreads the rest.
 */
export class Newcomers {
  readonly #parts: Parts;
  readonly #ring: Met;
  readonly #learnt: (contact: Contact) => void;
  #started = false;
  /** When the news is looked at; infinite while there is none. */
  #dueMillis = Number.POSITIVE_INFINITY;
  /** Nodes of whom there was news since the ring was last told. */
  readonly #news = new Set<NodeId>();
  /** Whom the ring has been told of, the longest known first. */
  readonly #met = new Set<NodeId>();
  /** So many newcomers may be asked now whether they live in another ring. */
  #meetings = 1;
  #meetingsMillis = 0;

  /** `learnt` is told of everybody of whom the ring is. */
  constructor(parts: Parts, ring: Met, learnt: (contact: Contact) => void) {
    this.#parts = parts;
    this.#ring = ring;
    this.#learnt = learnt;
  }

  start(): void {
    this.#started = true;
    this.#lookWithin(LOOK_MILLIS);
  }

  /** It is dead: when it is back, it is a newcomer. */
  forget(id: NodeId): void {
    this.#met.delete(id);
  }

  changed(id: NodeId): void {
    if (this.#news.size >= MET_MAX) return;
    const contact = this.#contactOf(id);
    // Known, and there: records that are signed afresh every few seconds say no more than that.
    if (contact !== null && this.#met.has(id)) return;
    this.#news.add(id);
    if (this.#started) this.#lookWithin(this.#patienceMillis(contact));
  }

  /** In a large ring nobody waits to hear of a shortcut; who belongs next to us is told of at once, like everybody where there are few. */
  #patienceMillis(contact: Contact | null): number {
    const { joined, small, sizeGuess } = this.#ring;
    if (!joined || small || (contact !== null && this.#ring.isNearer(contact))) return LOOK_MILLIS;
    return Math.min(LOOK_MILLIS_MAX, LOOK_MILLIS * Math.max(1, sizeGuess / LOOK_MEMBERS));
  }

  #lookWithin(delayMillis: number): void {
    const { env } = this.#parts;
    const dueMillis = env.monotonicMillis + delayMillis;
    if (dueMillis >= this.#dueMillis) return;
    this.#dueMillis = dueMillis;
    env.setTimer('ring-members', '', delayMillis);
  }

  #contactOf(id: NodeId): Contact | null {
    const record: VerifiedRecord<'node'> | undefined = this.#parts.view.node(id);
    return record === undefined ? null : contactIfUp(this.#parts, record);
  }

  timer(): void {
    this.#dueMillis = Number.POSITIVE_INFINITY;
    const now = this.#parts.env.monotonicMillis;
    const { sizeGuess, calm } = this.#ring;
    const pauseMillis = (calm > 1 ? this.#parts.options.ringMergeMillis * CALM_MEETING_ROUNDS * calm : MEETING_MILLIS) * Math.max(1, Math.log2(sizeGuess) / 3);
    this.#meetings = Math.min(MEETINGS_MAX, this.#meetings + (now - this.#meetingsMillis) / pauseMillis);
    this.#meetingsMillis = now;
    // Where there are few, everybody has to know everybody.
    if (this.#ring.small) this.#meetings = Math.max(this.#meetings, SMALL_MEETINGS);
    for (const id of this.#news) {
      const contact = this.#contactOf(id);
      if (contact === null) this.#met.delete(id);
      else if (!this.#met.has(id)) this.#tellOf(contact);
    }
    this.#news.clear();
  }

  #tellOf(contact: Contact): void {
    this.#met.add(contact.id);
    if (this.#met.size > MET_MAX) this.#met.delete(this.#met.values().next().value as NodeId);
    this.#learnt(contact);
    this.#ring.learn(contact);
    if (this.#meetings < 1 || !this.#ring.joined) return;
    this.#meetings -= 1;
    this.#ring.meet(contact);
  }
}
