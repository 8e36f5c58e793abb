import { toHex } from '../bytes.ts';
import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import type { Services } from '../services.ts';
import { WORK } from '../turn-work.ts';
import type { UserId } from '../types.ts';
import { chunkCountOf, chunkedBytesOf, type FileDescriptor, type FileId, fitsRoot, sameContent } from './descriptor.ts';
import { FileFetching } from './file-fetching.ts';
import { FileInheritance } from './file-inheritance.ts';
import { FileMaking } from './file-making.ts';
import type { FileMessage } from './file-messages.ts';
import { FileOutcomes } from './file-outcomes.ts';
import { FileRivals, type Offer, type Rival } from './file-rivals.ts';
import { bitmapBytes, type FilePlace, type FileRow, PLACES_MAX, samePlace } from './file-row.ts';
import { FileSaving } from './file-saving.ts';
import { FileServing } from './file-serving.ts';
import { FileShelf } from './file-shelf.ts';
import { FileViews } from './file-views.ts';

/** How often a growing file is told of, ms; the end of it always is. */
const TELL_MILLIS = 250;
/** How often is looked for what has been here too long, ms. */
const EXPIRY_MILLIS = 3_600_000;

/**
 * Files of the logged-in user: offered in sealed messages, fetched in chunks by those who want them, kept sealed.
 *
 * Invariants
 * 1. Nothing is fetched that the user has not accepted, but for small files of friends; nothing is taken that was not asked for.
 * 2. A file is complete only when every chunk has the hash that the author's sealed message vouches for, and is durable.
 * 3. What files may take is bounded: at a node, of a friend, of a room, in number, and under way.
 */
export class Files {
  readonly #parts: Parts;
  readonly #shelf: FileShelf;
  readonly #fetching: FileFetching;
  readonly #serving: FileServing;
  readonly #outcomes: FileOutcomes;
  readonly making: FileMaking;
  readonly saving: FileSaving;
  readonly views: FileViews;
  readonly inheritance: FileInheritance;
  readonly services: Services;
  /** Told of at the end of the turn; true: whatever was told a moment ago. */
  readonly #news = new Map<FileId, boolean>();
  readonly #toldMillis = new Map<FileId, number>();
  readonly rivals: FileRivals;
  #timer: 'none' | 'slow' | 'quick' = 'none';

  constructor(parts: Parts, services: Services) {
    this.#parts = parts;
    this.services = services;
    this.#shelf = new FileShelf(parts);
    this.rivals = new FileRivals(parts);
    this.#fetching = new FileFetching(parts, this.#shelf, {
      changed: (id) => this.#changed(id, false),
      unfit: (id) => this.#unfit(id),
      disproved: (id, hashes) => this.#disproved(id, hashes),
      complete: (id) => this.#settled(id, 'complete'),
    });
    this.#serving = new FileServing(parts, this.#shelf, (id) => this.#changed(id, false));
    this.making = new FileMaking(
      parts,
      this.#shelf,
      (what, answered) => services.call(what, answered),
      (id) => this.#expired(id),
    );
    this.saving = new FileSaving(
      parts,
      this.#shelf,
      (what, answered) => services.call(what, answered),
      (id) => this.#changed(id, true),
    );
    this.#outcomes = new FileOutcomes(parts, this.#shelf, this.#serving, (id) => this.#changed(id, true));
    this.views = new FileViews(parts, this.#shelf, (id) => this.#serving.progressOf(id));
    this.inheritance = new FileInheritance(parts, this.#shelf, (id) => {
      this.#outcomes.tell(id);
      this.#changed(id, true);
    });
  }

  open(): void {
    this.#shelf.open();
    this.rivals.open((id) => this.#shelf.get(id) !== undefined);
    this.#expire();
    this.#fetching.open();
    this.#setTimer();
  }

  close(): void {
    this.#shelf.close();
    this.#fetching.close();
    this.#serving.close();
    this.#outcomes.close();
    this.making.forget();
    this.#news.clear();
    this.#toldMillis.clear();
    this.rivals.close();
    this.#timer = 'none';
    this.#parts.env.cancelTimer('files', '');
  }

  row(id: FileId): FileRow | undefined {
    return this.#shelf.get(id);
  }

  usage(): { readonly bytes: number; readonly bytesMax: number } {
    return { bytes: this.#shelf.bytes(), bytesMax: this.#parts.options.fileTotalBytesMax };
  }

  // --- offers ---

  /** A message with a file has been stored here, of others or of the user. */
  offered(descriptor: FileDescriptor, offer: Offer): void {
    const id = toHex(descriptor.root);
    const known = this.#shelf.get(id);
    const isOwn = offer.author === this.#parts.session.userId;
    if (known !== undefined) {
      if (known.places.length < PLACES_MAX && !known.places.some((each) => samePlace(each, offer.place))) {
        this.#shelf.change(id, { places: [...known.places, offer.place] });
      }
      this.#disputed(id, known, { descriptor, offer });
      return this.#changed(id, true);
    }
    // An own file of another session comes with what that one left.
    if (isOwn) return;
    if (this.#shelf.size >= this.#parts.options.filesMax && !this.#makeRoom()) return this.#parts.count('filesNotKept');
    this.#keep(id, { descriptor, offer }, [offer.place]);
  }

  #keep(id: FileId, { descriptor, offer }: Rival, places: readonly FilePlace[]): void {
    const { env } = this.#parts;
    const nowMillis = Math.trunc(env.wallMillis);
    this.#shelf.put({
      descriptor,
      slot: env.random.id(),
      author: offer.author,
      from: offer.from,
      places,
      state: this.#takesUnasked(descriptor, offer) ? 'loading' : 'offered',
      have: new Uint8Array(bitmapBytes(chunkCountOf(descriptor))),
      haveCount: 0,
      offeredMillis: nowMillis,
      changedMillis: nowMillis,
      fetchedBy: [],
      declinedBy: [],
      told: true,
    });
    this.#trace(id, this.#shelf.get(id)?.state ?? '', { from: offer.from, bytes: descriptor.size });
    this.#changed(id, true);
  }

  /** Whoever knows a root can offer it under another key, of another size or as their own, before its author's offer comes, or after. */
  #disputed(id: FileId, known: FileRow, rival: Rival): void {
    const same = known.author === rival.offer.author && sameContent(known.descriptor, rival.descriptor);
    if (same || known.author === this.#parts.session.userId || rival.offer.author === this.#parts.session.userId) return;
    // All chunks have opened under the known offer.
    if (known.state === 'complete' && !sameContent(known.descriptor, rival.descriptor)) return;
    if (known.state === 'unfit' && !sameContent(known.descriptor, rival.descriptor)) this.#replace(id, rival);
    else this.rivals.keep(id, rival);
  }

  /** The other offer counts from now on. */
  #replace(id: FileId, rival: Rival): void {
    const places = this.#shelf.get(id)?.places ?? [rival.offer.place];
    this.rivals.filter(id, (each) => each !== rival);
    this.#fetching.stop(id);
    this.#shelf.remove(id);
    this.#keep(id, rival, places);
  }

  /** Whoever was taken for the author has withdrawn it: it is the other one's, and what was fetched stays where it is the same. */
  #handOver(id: FileId, row: FileRow, rival: Rival, others: readonly FilePlace[]): void {
    const { author, from, place } = rival.offer;
    const places = others.some((each) => samePlace(each, place)) ? others : [...others, place];
    this.rivals.filter(id, (each) => each !== rival);
    this.#shelf.change(id, { author, from, places, told: row.state !== 'complete' });
    if (!sameContent(row.descriptor, rival.descriptor)) this.#replace(id, rival);
    this.#changed(id, true);
  }

  /** Hashes that do not make the root with the sizes of the known offer: true when they do with those of the other one, which then counts. */
  #disproved(id: FileId, hashes: Uint8Array): boolean {
    const rival = this.rivals.of(id).find(({ descriptor }) => fitsRoot(this.#parts.env.crypto, descriptor, hashes));
    if (rival === undefined) return false;
    this.#replace(id, rival);
    return true;
  }

  /** Small files of friends are fetched at once, while there is room; nothing else is without the user's word. */
  #takesUnasked(descriptor: FileDescriptor, offer: Offer): boolean {
    const { env, friends, options, chat } = this.#parts;
    const recent = env.wallMillis - offer.sentMillis < options.fileKeptMillis;
    const small = descriptor.size <= chat.preferences.unaskedBytesMax;
    return recent && small && friends.relation(offer.author) === 'friend' && this.#shelf.fullness(chunkedBytesOf(descriptor), offer.place) === null;
  }

  /** The oldest row that only tells of a file makes way; false when there is none. */
  #makeRoom(): boolean {
    let oldest: { readonly id: FileId; readonly millis: number } | null = null;
    for (const [id, row] of this.#shelf.all()) {
      if (row.state === 'loading' || row.state === 'complete') continue;
      if (oldest === null || row.changedMillis < oldest.millis) oldest = { id, millis: row.changedMillis };
    }
    if (oldest !== null) this.#shelf.remove(oldest.id);
    if (oldest !== null) this.rivals.delete(oldest.id);
    return oldest !== null;
  }

  // --- the user's word ---

  /** Null, or why it cannot be fetched. */
  accept(id: FileId): { readonly code: string; readonly details: Record<string, unknown> } | null {
    const row = this.#shelf.get(id);
    if (row === undefined || row.state === 'loading' || row.state === 'complete') return null;
    if (row.author === this.#parts.session.userId || row.state === 'unfit') return { code: 'file-gone', details: { name: row.descriptor.name } };
    const full = this.#shelf.fullness(chunkedBytesOf(row.descriptor), row.places[0]);
    if (full !== null) return { code: 'files-full', details: { ...full } };
    this.#shelf.change(id, { state: 'loading' });
    this.#trace(id, 'loading', {});
    this.#changed(id, true);
    return null;
  }

  decline(id: FileId): void {
    const row = this.#shelf.get(id);
    if (row === undefined || row.state === 'declined') return;
    const wasComplete = row.state === 'complete';
    this.#fetching.stop(id);
    this.#shelf.dropChunks(id);
    // Who deletes a copy that was fetched turns nothing down.
    this.#shelf.change(id, { state: 'declined', told: wasComplete || row.author === this.#parts.session.userId });
    this.#trace(id, 'declined', {});
    this.#outcomes.tell(id);
    this.#changed(id, true);
  }

  /**
   * A message of `author` that offered it was deleted: where no other did, the file goes as well. Anybody who knows a descriptor can
   * post it again, so a message of somebody else takes nothing of it along.
   */
  withdrawn(id: FileId, place: FilePlace, author: UserId): void {
    const row = this.#shelf.get(id);
    this.rivals.filter(id, ({ offer }) => offer.author !== author);
    const [rival] = this.rivals.of(id);
    if (row === undefined || row.author !== author) return;
    const places = row.places.filter((each) => !samePlace(each, place));
    if (rival !== undefined) return this.#handOver(id, row, rival, places);
    if (places.length > 0) return void this.#shelf.change(id, { places });
    this.#fetching.stop(id);
    this.#shelf.dropChunks(id);
    this.#shelf.change(id, { state: 'expired', told: true });
    this.#expired(id);
  }

  // --- what comes ---

  message(link: Link, message: FileMessage): void {
    if (this.#parts.session.open === null) return;
    switch (message.type) {
      case 'file-ask':
        this.#serving.ask(link, message);
        break;
      case 'file-hashes':
        this.#fetching.hashes(link, message);
        break;
      case 'file-chunk':
        this.#fetching.chunk(link, message);
        break;
      case 'file-note':
        this.#note(link, toHex(message.file), message);
    }
  }

  #note(link: Link, id: FileId, message: Extract<FileMessage, { type: 'file-note' }>): void {
    switch (message.note) {
      case 'missing':
        return this.#fetching.missing(link, message);
      case 'complete':
      case 'declined':
        if (link.userId !== null) this.#outcomes.heard(link.userId, id, message.note);
        return;
      case 'complete-heard':
        return this.#outcomes.acknowledged(link, id, 'complete');
      case 'declined-heard':
        return this.#outcomes.acknowledged(link, id, 'declined');
    }
  }

  #settled(id: FileId, to: 'complete'): void {
    const row = this.#shelf.get(id);
    if (row !== undefined) this.rivals.filter(id, ({ descriptor }) => sameContent(row.descriptor, descriptor));
    this.#trace(id, to, {});
    this.#outcomes.tell(id);
    this.#changed(id, true);
  }

  // --- people, links, time ---

  userLinkUp(user: UserId): void {
    this.#outcomes.userLinkUp(user);
    this.#fetching.reviewSoon();
    this.#whoIsThere(user);
  }

  linkDown(link: Link): void {
    this.#serving.linkDown(link);
    if (link.nodeId !== null) this.#fetching.linkDown(link.nodeId);
    if (link.userId !== null) this.#whoIsThere(link.userId);
  }

  /** What files wait for reads otherwise now. */
  #whoIsThere(user: UserId): void {
    if (this.#parts.session.open === null) return;
    for (const [id, row] of this.#shelf.all()) {
      const waits = row.state === 'loading' || (row.state === 'complete' && row.author === this.#parts.session.userId && row.fetchedBy.length === 0);
      if (waits && row.places.some((place) => place.kind === 'direct' && place.peer === user)) this.#changed(id, true);
    }
  }

  /** Authors of files of rooms that are being fetched: in a large room one is not linked with everybody. */
  wanted(): UserId[] {
    const found: UserId[] = [];
    for (const [, row] of this.#shelf.all()) {
      if (found.length >= this.#parts.options.fileDownloadsMax) break;
      if (row.state === 'loading' && row.places.some((place) => place.kind === 'room')) found.push(row.author);
    }
    return found;
  }

  /** Timer: asks again, expires. */
  tick(): void {
    const wasSlow = this.#timer === 'slow';
    this.#timer = 'none';
    this.#parts.turnWork.add(WORK.files);
    if (this.#parts.session.open === null) return;
    this.#fetching.tick();
    this.#serving.tick();
    this.#outcomes.tick();
    if (wasSlow) this.#expire();
  }

  /** Chunks go into frames after everything else of the turn. */
  endTurn(): void {
    if (this.#parts.session.open === null) return;
    this.#fetching.endTurn();
    this.#shelf.flush();
    const { monotonicMillis } = this.#parts.env;
    for (const [id, always] of this.#news) {
      const row = this.#shelf.get(id);
      if (row === undefined || (!always && monotonicMillis - (this.#toldMillis.get(id) ?? Number.NEGATIVE_INFINITY) < TELL_MILLIS)) continue;
      if (this.#toldMillis.size > this.#parts.options.filesMax) this.#toldMillis.clear();
      this.#toldMillis.set(id, monotonicMillis);
      this.#parts.tell({ type: 'file-changed', file: this.views.file(id, row) });
    }
    if (this.#news.size > 0) this.#news.clear();
    this.#setTimer();
  }

  #setTimer(): void {
    const { env, options } = this.#parts;
    const wanted = this.#fetching.isWaiting || this.#serving.isWaiting || this.#outcomes.isWaiting ? 'quick' : this.#shelf.size > 0 ? 'slow' : 'none';
    if (wanted === 'none' || wanted === this.#timer || this.#timer === 'quick') return;
    this.#timer = wanted;
    env.setTimer('files', '', wanted === 'quick' ? options.fileTickMillis : EXPIRY_MILLIS);
  }

  /** `always`: more than a piece of it has come, so that it may be wanted now, or not any more. */
  #changed(id: FileId, always: boolean): void {
    if (always) this.#fetching.reviewSoon();
    this.#parts.turnWork.add(WORK.files);
    this.#news.set(id, always || (this.#news.get(id) ?? false));
  }

  #unfit(id: FileId): void {
    this.#trace(id, 'unfit', {});
    const row = this.#shelf.get(id);
    if (row !== undefined) this.rivals.filter(id, ({ descriptor }) => !sameContent(row.descriptor, descriptor));
    const [rival] = this.rivals.of(id);
    if (rival !== undefined) return this.#replace(id, rival);
    this.#changed(id, true);
  }

  #expire(): void {
    for (const id of this.#shelf.expire()) this.#expired(id);
    this.rivals.tidy((id) => this.#shelf.get(id) !== undefined);
  }

  #expired(id: FileId): void {
    this.#trace(id, 'expired', {});
    this.#changed(id, true);
  }

  #trace(id: FileId, to: string, data: Readonly<Record<string, string | number>>): void {
    const { env } = this.#parts;
    if (env.tracing) env.trace({ type: 'state', subject: 'file', id, to, data });
  }
}
