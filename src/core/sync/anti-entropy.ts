import { sameBytes, toHex } from '../bytes.ts';
import type { Link } from '../link/link.ts';
import { digestKey, digestText } from '../membership/record-marks.ts';
import { CROWD_MILLIS } from '../membership/record-view.ts';
import { saysTheSame } from '../membership/stored-records.ts';
import type { Message } from '../messages.ts';
import type { Parts } from '../parts.ts';
import { type AnyVerifiedRecord, type SignedRecord, verifyRecord } from '../records.ts';
import { compareClaims } from '../session/claim.ts';
import type { UserId, WallMillis } from '../types.ts';
import { ClockWatch } from './clock-watch.ts';
import { Rumours } from './rumours.ts';

type Of<Type extends Message['type']> = Extract<Message, { type: Type }>;

/**
 * Keeps the public records of peers alike: news are passed on when they come (rumours.ts),
 * and a comparison of digests finds what rumours missed (anti-entropy; Demers et al., PODC 1987).
 * Above full membership peers exchange samples instead of comparing everything.
 */
export class AntiEntropy {
  readonly #parts: Parts;
  readonly #clocks: ClockWatch;
  /** Passes on what is new. */
  readonly rumours: Rumours;
  #rounds = 0;
  #hurried = false;
  /** How much longer than usual the next comparison waits, and whether anybody unknown was heard of since the last. */
  #calmFactor = 1;
  #learnt = false;
  #lastMillis: number | null = null;
  /** When a new link is next asked for a sample, above full membership. */
  #sampleDueMillis = 0;
  /** Whoever joins is linked with many at once; those who came while the first had not answered yet, and until when it may take. */
  readonly #later = new Set<Link>();
  #answerDueMillis = Number.NEGATIVE_INFINITY;
  /** A peer has said that the network is above full membership; this node may know too few to see it. */
  #crowdUntilMillis = Number.NEGATIVE_INFINITY;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#clocks = new ClockWatch(parts);
    this.rumours = new Rumours(parts, { crowd: () => this.crowd, send: (link, records, as) => this.#sendRecords(link, records, 0, as) });
  }

  start(): void {
    if (!this.#hurried) this.#setTimer();
  }

  #setTimer(periodMillis = this.#parts.options.antiEntropyMillis): void {
    const { env, patient } = this.#parts;
    const drawnMillis = periodMillis * (0.5 + env.random.fraction());
    patient.set('anti-entropy', drawnMillis, this.#hurried ? 0 : drawnMillis / 4);
  }

  /** Somebody was unknown here: others may be as well, so the next comparison comes soon. */
  #hurry(): void {
    if (this.#hurried) return;
    this.#hurried = true;
    this.#setTimer(this.#parts.options.antiEntropyHurryMillis);
  }

  /** More users than everybody could know, as far as we know. */
  get crowd(): boolean {
    return !this.#parts.view.full || this.#parts.env.monotonicMillis < this.#crowdUntilMillis;
  }

  get rounds(): number {
    return this.#rounds;
  }

  get lastMillis(): number | null {
    return this.#lastMillis;
  }

  /** What to call now towards somebody: a message is not pushed into the future of whoever it is for by a clock that is far off. */
  believedMillis(peer: UserId): WallMillis {
    return this.#clocks.towards(this.#parts.connections.sessionLink(peer));
  }

  /** Takes in a record that came over a link (or from the seed server: null) and passes news on. */
  take(signed: SignedRecord, from: Link | null): void {
    const { env, view } = this.#parts;
    const record = verifyRecord(env, signed);
    // Not news for everybody: whoever wants to write to their author asks for them.
    if (typeof record !== 'string' && record.type === 'prekeys') return void view.put(signed);
    const before = typeof record === 'string' ? undefined : view.known(record);
    if (from !== null && typeof record !== 'string' && record.authorId === from.nodeId) this.#clocks.compare(from, record.wallMillis);
    const outcome = view.put(signed);
    if (outcome === 'old' && before !== undefined && typeof record !== 'string') {
      this.rumours.heardAgain(record, from);
      this.#outrank(record, before, from);
      if (from !== null && before.sequence > record.sequence) this.#stale(record, from);
    }
    if (outcome === 'old' || outcome === 'refused' || typeof record === 'string') return;
    if (outcome === 'new') this.#learnt = true;
    if (outcome === 'new' && view.full) this.#hurry();
    this.rumours.add(record, from, before === undefined || !saysTheSame(before, record));
  }

  /** Others may be a moment behind; who is behind again and again tells what is out of date. */
  #stale(record: AnyVerifiedRecord, from: Link): void {
    const { env } = this.#parts;
    this.#parts.count('recordsStale');
    const id = `${record.type}/${record.authorId.slice(0, 8)}`;
    if (env.tracing) env.trace({ type: 'state', subject: 'record', id, to: 'stale', data: { from: from.name } });
  }

  /** Presence of a session that was overtaken: whoever passed it on hears of the one that has. */
  #outrank(record: AnyVerifiedRecord, known: AnyVerifiedRecord, from: Link | null): void {
    const { session, presence } = this.#parts;
    if (record.type !== 'presence' || known.type !== 'presence' || compareClaims(record.body, known.body) >= 0) return;
    // Digests compare sequence numbers, so the session that holds takes the higher number, too.
    if (session.userId === record.authorId && known.body.node === session.nodeId && record.sequence >= known.sequence) return presence.outdo(record.sequence);
    if (from !== null) this.#sendRecords(from, [known.signed], 0);
  }

  /** Our own record has changed: everybody linked hears of it. */
  announce(signed: SignedRecord): void {
    this.take(signed, null);
  }

  // --- comparing ---

  /** Above full membership links come and go with every look-up, so only some of them begin with an exchange. */
  linkUp(link: Link): void {
    const { env, options, seed } = this.#parts;
    if (this.crowd && !seed.joining && env.monotonicMillis < this.#sampleDueMillis) return;
    if (seed.joining && env.monotonicMillis < this.#answerDueMillis) {
      this.#later.add(link);
      return this.#hurry();
    }
    this.#answerDueMillis = env.monotonicMillis + FIRST_ANSWER_MILLIS;
    this.#sampleDueMillis = env.monotonicMillis + options.antiEntropyMillis / 2;
    this.#compareWith(link);
  }

  /** Timer: one random peer. */
  tick(): void {
    this.#hurried = false;
    this.#calmDown();
    this.#setTimer(this.#parts.options.antiEntropyMillis * this.#calmFactor);
    this.compareNow();
  }

  /**
   * Above full membership comparisons bring samples: more and more seldom while these hold nobody new, or as many are known as may be,
   * and strangers take each other's places. What joins parts of a network is new links, which begin with an exchange.
   */
  #calmDown(): void {
    const learns = this.#learnt && !this.#parts.view.makesRoom;
    this.#learnt = false;
    this.#calmFactor = !this.crowd || learns ? 1 : Math.min(this.#calmFactor * 2, CALM_FACTOR_MAX);
  }

  /** Begins a round with a random peer; false when there is none. */
  compareNow(): boolean {
    const { env, links } = this.#parts;
    const up = links.upLinks();
    const link = up[Math.floor(env.random.fraction() * up.length)];
    if (link === undefined) return false;
    this.#compareWith(link);
    return true;
  }

  #compareWith(link: Link): void {
    const { view, links } = this.#parts;
    // Above full membership no two views are alike, and the hash over hundreds of records would say nothing.
    links.send(link, { type: 'sync-summary', hash: view.full ? view.hash() : NO_HASH, count: view.recordCount, wantAnswer: 1 });
  }

  /** From now on people are sought, since nobody will tell where they are. */
  #heardOfCrowd(): void {
    const { env, connections, rooms } = this.#parts;
    const wasKnown = this.crowd;
    this.#crowdUntilMillis = env.monotonicMillis + CROWD_MILLIS;
    if (wasKnown) return;
    connections.reviewSoon();
    rooms.joining.cards.asks.crowdFound();
  }

  summary(link: Link, message: Of<'sync-summary'>): void {
    const { view, links, options } = this.#parts;
    // One of us does not know everybody: what the other lacks would be nearly all there is.
    const told = sameBytes(message.hash, NO_HASH);
    if (told) this.#heardOfCrowd();
    if (told || !view.full || message.count > options.syncDigestMax) {
      if (message.wantAnswer === 0) return;
      if (!told) links.send(link, { type: 'sync-summary', hash: NO_HASH, count: view.recordCount, wantAnswer: 0 });
      return this.#sendRecords(link, this.#sample(), 1);
    }
    if (sameBytes(message.hash, view.hash())) {
      if (message.wantAnswer === 1) links.send(link, { type: 'records', records: [], final: 1 });
      return this.#completed(link);
    }
    const entries = view
      .all()
      .slice(0, options.syncDigestMax)
      .map((record) => [digestKey(record), record.sequence] as const);
    links.send(link, { type: 'sync-digest', entries });
  }

  /** Peer exchange: records of some random users and our own. */
  #sample(): SignedRecord[] {
    const { view, session } = this.#parts;
    const chosen: SignedRecord[] = session.userId === null ? [] : view.recordsOf(session.userId);
    const most = Math.min(SAMPLE_USERS, Math.ceil(view.userCount * SAMPLE_SHARE));
    for (const user of view.sample(most)) if (user !== session.userId) chosen.push(...view.recordsOf(user));
    return chosen;
  }

  digest(link: Link, message: Of<'sync-digest'>): void {
    const { view, links } = this.#parts;
    if (!view.full) return this.#sendRecords(link, this.#sample(), 1);
    const theirs = new Map<string, { readonly key: Uint8Array; readonly sequence: number }>();
    for (const entry of message.entries) {
      const [key, sequence]: readonly unknown[] = Array.isArray(entry) ? entry : [];
      if (!(key instanceof Uint8Array) || key.length !== 8 || typeof sequence !== 'number' || !Number.isSafeInteger(sequence))
        return this.#parts.count('dropped:invalid');
      theirs.set(toHex(key), { key, sequence });
    }
    const offers: SignedRecord[] = [];
    for (const record of view.all()) {
      const key = digestText(record);
      const their = theirs.get(key);
      theirs.delete(key);
      if (their === undefined || their.sequence < record.sequence) offers.push(record.signed);
      else if (their.sequence > record.sequence) theirs.set(key, their);
    }
    const wants = [...theirs.values()].map((entry) => entry.key);
    if (offers.length > 0) this.#sendRecords(link, offers, 0);
    if (wants.length > 0) links.send(link, { type: 'sync-want', keys: wants });
    else this.#completed(link);
  }

  want(link: Link, message: Of<'sync-want'>): void {
    const wanted = new Set(message.keys.map(toHex));
    const found: SignedRecord[] = [];
    for (const record of this.#parts.view.all()) if (wanted.has(digestText(record))) found.push(record.signed);
    this.#sendRecords(link, found, 1);
  }

  records(link: Link, message: Of<'records'>): void {
    for (const signed of message.records) this.take(signed, link);
    if (message.final === 1) this.#completed(link);
  }

  renewals(link: Link, message: Of<'renewals'>): void {
    for (const signed of message.records) this.take(signed, link);
  }

  /** In pages that fit into a frame. */
  #sendRecords(link: Link, records: readonly SignedRecord[], final: 0 | 1, as: 'records' | 'renewals' = 'records'): void {
    const { links, options } = this.#parts;
    const pageOf = (some: readonly SignedRecord[], last: 0 | 1): Message =>
      as === 'records' ? { type: as, records: some, final: last } : { type: as, records: some };
    let page: SignedRecord[] = [];
    let bytes = 0;
    for (const signed of records) {
      if (page.length >= options.syncRecordsMax || bytes > options.frameBytesTarget) {
        links.send(link, pageOf(page, 0));
        page = [];
        bytes = 0;
      }
      page.push(signed);
      bytes += signed.bytes.length;
    }
    if (page.length > 0 || final === 1) links.send(link, pageOf(page, final));
  }

  #completed(link: Link): void {
    const { env, seed } = this.#parts;
    this.#rounds += 1;
    this.#lastMillis = Math.trunc(env.wallMillis);
    seed.syncedFromPeer(link.name);
    if (this.#later.size === 0) return;
    if (!this.crowd) for (const other of this.#later) this.#compareWith(other);
    this.#later.clear();
  }
}

const NO_HASH = new Uint8Array(32);
const CALM_FACTOR_MAX = 4;
/** How long the first peer that a newcomer compares with may take before another is asked as well, ms. */
const FIRST_ANSWER_MILLIS = 300;
/** Users in a sample, and the share of a view that one may be: of a small view a large sample would be nearly all, again and again. */
const SAMPLE_USERS = 12;
const SAMPLE_SHARE = 1 / 4;
