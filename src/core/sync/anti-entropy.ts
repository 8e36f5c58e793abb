import { sameBytes, toHex } from '../bytes.ts';
import type { Link } from '../link/link.ts';
import { digestKey } from '../membership/record-view.ts';
import type { Message } from '../messages.ts';
import type { Parts } from '../parts.ts';
import { type AnyVerifiedRecord, type SignedRecord, verifyRecord } from '../records.ts';
import type { UserId } from '../types.ts';

type Of<Type extends Message['type']> = Extract<Message, { type: Type }>;

/**
 * Keeps the public records of peers alike: news are passed on when they come (rumour mongering),
 * and a comparison of digests finds what rumours missed (anti-entropy; Demers et al., PODC 1987).
 * Above full membership peers exchange samples instead of comparing everything.
 */
export class AntiEntropy {
  readonly #parts: Parts;
  readonly #fresh: Array<{ readonly record: AnyVerifiedRecord; readonly from: Link | null }> = [];
  #rounds = 0;
  #lastMillis: number | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  start(): void {
    this.#setTimer();
  }

  #setTimer(): void {
    const { env, options } = this.#parts;
    env.setTimer('anti-entropy', '', options.antiEntropyMillis * (0.5 + env.random.fraction()));
  }

  get rounds(): number {
    return this.#rounds;
  }

  get lastMillis(): number | null {
    return this.#lastMillis;
  }

  /** Takes in a record that came over a link (or from the seed server: null) and passes news on. */
  take(signed: SignedRecord, from: Link | null): void {
    const outcome = this.#parts.view.put(signed);
    if (outcome === 'old' || outcome === 'refused') return;
    const record = verifyRecord(this.#parts.env, signed);
    if (typeof record !== 'string') this.#fresh.push({ record, from });
  }

  /** Our own record has changed: everybody linked hears of it. */
  announce(signed: SignedRecord): void {
    this.take(signed, null);
  }

  /** End of a turn: passes the turn's news on. */
  endTurn(): void {
    if (this.#fresh.length === 0) return;
    const batches = new Map<Link, SignedRecord[]>();
    const up = this.#parts.links.upLinks();
    for (const { record, from } of this.#fresh) {
      for (const link of this.#audience(record, from, up)) {
        const batch = batches.get(link);
        if (batch === undefined) batches.set(link, [record.signed]);
        else batch.push(record.signed);
      }
    }
    this.#fresh.length = 0;
    for (const [link, records] of batches) this.#sendRecords(link, records, 0);
  }

  #audience(record: AnyVerifiedRecord, from: Link | null, up: Link[]): Link[] {
    const { options, view, session, env } = this.#parts;
    const own = record.authorId === session.userId || record.authorId === session.nodeId;
    const others = up.filter((link) => link !== from);
    if (own || others.length <= options.gossipFanout) return view.full || own ? others : [];
    if (!view.full) return [];
    const chosen = others.filter((link) => link.wanted);
    const rest = others.filter((link) => !link.wanted);
    for (let count = 0; count < options.gossipFanout && rest.length > 0; count += 1) {
      chosen.push(rest.splice(Math.floor(env.random.fraction() * rest.length), 1)[0] as Link);
    }
    return chosen;
  }

  // --- comparing ---

  linkUp(link: Link): void {
    this.#compareWith(link);
  }

  /** Timer: one random peer. */
  tick(): void {
    this.#setTimer();
    this.compareNow();
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
    links.send(link, { type: 'sync-summary', hash: view.hash(), count: view.recordCount, wantAnswer: 1 });
  }

  summary(link: Link, message: Of<'sync-summary'>): void {
    const { view, links, options } = this.#parts;
    if (sameBytes(message.hash, view.hash())) {
      if (message.wantAnswer === 1) links.send(link, { type: 'records', records: [], final: 1 });
      return this.#completed(link);
    }
    if (!view.full || message.count > options.syncDigestMax) return this.#sendRecords(link, this.#sample(), 1);
    const entries = [...view.all()].slice(0, options.syncDigestMax).map((record) => [digestKey(record), record.sequence] as const);
    links.send(link, { type: 'sync-digest', entries });
  }

  /** Peer exchange: records of some random users and our own. */
  #sample(): SignedRecord[] {
    const { env, view, session } = this.#parts;
    const users = view.users();
    const chosen: SignedRecord[] = session.userId === null ? [] : view.recordsOf(session.userId);
    for (let count = 0; count < 12 && users.length > 0; count += 1) {
      const [user] = users.splice(Math.floor(env.random.fraction() * users.length), 1);
      if (user !== undefined && user.authorId !== session.userId) chosen.push(...view.recordsOf(user.authorId as UserId));
    }
    return chosen;
  }

  digest(link: Link, message: Of<'sync-digest'>): void {
    const { view, links } = this.#parts;
    const theirs = new Map<string, { readonly key: Uint8Array; readonly sequence: number }>();
    for (const entry of message.entries) {
      const [key, sequence]: readonly unknown[] = Array.isArray(entry) ? entry : [];
      if (!(key instanceof Uint8Array) || key.length !== 8 || typeof sequence !== 'number' || !Number.isSafeInteger(sequence))
        return this.#parts.count('dropped:invalid');
      theirs.set(toHex(key), { key, sequence });
    }
    const offers: SignedRecord[] = [];
    for (const record of view.all()) {
      const key = toHex(digestKey(record));
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
    for (const record of this.#parts.view.all()) if (wanted.has(toHex(digestKey(record)))) found.push(record.signed);
    this.#sendRecords(link, found, 1);
  }

  records(link: Link, message: Of<'records'>): void {
    for (const signed of message.records) this.take(signed, link);
    if (message.final === 1) this.#completed(link);
  }

  #sendRecords(link: Link, records: readonly SignedRecord[], final: 0 | 1): void {
    const { links, options } = this.#parts;
    const last = Math.max(0, Math.ceil(records.length / options.syncRecordsMax) - 1);
    for (let page = 0; page <= last; page += 1) {
      const part = records.slice(page * options.syncRecordsMax, (page + 1) * options.syncRecordsMax);
      links.send(link, { type: 'records', records: part, final: page === last ? final : 0 });
    }
  }

  #completed(link: Link): void {
    const { env, seed } = this.#parts;
    this.#rounds += 1;
    this.#lastMillis = Math.trunc(env.wallMillis);
    seed.syncedFromPeer(link.name);
  }
}
