import type { Parts } from '../parts.ts';
import type { VerifiedRecord } from '../records.ts';
import type { NodeId } from '../types.ts';
import type { Contact } from './circle.ts';
import { contactIfUp } from './who-is-up.ts';

/** News of members come by the dozen: they are looked at a moment later, ms. */
const LOOK_MILLIS = 100;
/** Where there are more members nobody waits to hear of one, unless it belongs next to us. */
const LARGE_MEMBERS = 64;
/** In such a ring news are looked at when there is something to do anyway, and not more often than this, ms. */
const PAUSE_MILLIS = 1_000;
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
  #isTimed = false;
  #lookedMillis = 0;
  /** Nodes of whom there was news since the ring was last told. */
  readonly #news = new Set<NodeId>();
  /** Whom the ring has been told of, the longest known first. */
  readonly #met = new Set<NodeId>();
  /** So many newcomers may be asked now whether they live in another ring. */
  #meetings = 1;

  /** `learnt` is told of everybody of whom the ring is. */
  constructor(parts: Parts, ring: Met, learnt: (contact: Contact) => void) {
    this.#parts = parts;
    this.#ring = ring;
    this.#learnt = learnt;
  }

  start(): void {
    this.#started = true;
    this.#lookedMillis = this.#parts.env.monotonicMillis;
    this.#lookSoon();
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
    if (!this.#isLarge || (contact !== null && this.#ring.isNearer(contact))) this.#lookSoon();
  }

  get #isLarge(): boolean {
    return this.#ring.joined && this.#ring.sizeGuess > LARGE_MEMBERS;
  }

  #lookSoon(): void {
    if (!this.#started || this.#isTimed) return;
    this.#isTimed = true;
    this.#parts.env.setTimer('ring-members', '', LOOK_MILLIS);
  }

  /** Whoever is at work anyway has time for what nobody waits for. */
  lookBetween(): void {
    if (this.#started && this.#news.size > 0 && this.#parts.env.monotonicMillis - this.#lookedMillis >= PAUSE_MILLIS) this.#look();
  }

  #contactOf(id: NodeId): Contact | null {
    const record: VerifiedRecord<'node'> | undefined = this.#parts.view.node(id);
    return record === undefined ? null : contactIfUp(this.#parts, record);
  }

  timer(): void {
    this.#isTimed = false;
    this.#look();
  }

  #look(): void {
    const now = this.#parts.env.monotonicMillis;
    const { sizeGuess, calm } = this.#ring;
    const pauseMillis = (calm > 1 ? this.#parts.options.ringMergeMillis * CALM_MEETING_ROUNDS * calm : MEETING_MILLIS) * Math.max(1, Math.log2(sizeGuess) / 3);
    this.#meetings = Math.min(MEETINGS_MAX, this.#meetings + (now - this.#lookedMillis) / pauseMillis);
    this.#lookedMillis = now;
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
    // Two rings that meet have a member each that asks, and among many each may do so more seldom.
    const price = Math.min(MEETINGS_MAX, Math.max(1, this.#ring.sizeGuess / LARGE_MEMBERS));
    if (this.#meetings < price || !this.#ring.joined) return;
    this.#meetings -= price;
    this.#ring.meet(contact);
  }
}
