import { sameBytes, toHex } from '../bytes.ts';
import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import { WORK } from '../turn-work.ts';
import type { NodeId } from '../types.ts';
import { chunkCountOf, type FileId, fitsRoot, hashOfChunk, openChunk } from './descriptor.ts';
import { FetchWindow } from './fetch-window.ts';
import { ASK_CHUNKS_MAX, type FileMessage } from './file-messages.ts';
import { type FileRow, hasChunk, withChunk } from './file-row.ts';
import type { FileShelf } from './file-shelf.ts';

type Of<Type extends FileMessage['type']> = Extract<FileMessage, { type: Type }>;

/** Stands for the hashes among the chunks that are asked for. */
const HASHES = -1;
/** Nodes that are asked at a time for one file. */
const SOURCES_MAX = 4;

interface Asked {
  readonly of: NodeId;
  readonly atMillis: number;
}

interface Download {
  readonly window: FetchWindow;
  hashes: Uint8Array | null;
  readonly asked: Map<number, Asked>;
  /** Nodes that had nothing for us, or sent what does not fit: not asked again before that time. */
  readonly resting: Map<NodeId, number>;
}

export interface FetchHooks {
  /** The row is other than before. */
  changed(id: FileId): void;
  complete(id: FileId): void;
  /** Its author has not sent what was promised. */
  unfit(id: FileId): void;
  /** These hashes do not fit what is known of the file; true when they show that another offer of it was the right one. */
  disproved(id: FileId, hashes: Uint8Array): boolean;
}

/**
 * Fetches files, chunk by chunk, from whoever has them.
 *
 * Invariants
 * 1. A chunk counts when it has been asked for of that node, has the hash that the root vouches for, and lies in the store;
 *    the next question, which says how many are here, leaves after the commit.
 * 2. Nothing of a download is lost by a crash, a cut or another source: rows and chunks say what is missing.
 * 3. What is under way is bounded: files at a time, chunks of each, nodes asked.
 */
export class FileFetching {
  readonly #parts: Parts;
  readonly #shelf: FileShelf;
  readonly #hooks: FetchHooks;
  readonly #active = new Map<FileId, Download>();
  /** When files that are wanted last got a place, and who rests for them, also while they have none. */
  readonly #tries = new Map<FileId, { readonly atMillis: number; readonly resting: Map<NodeId, number> }>();
  /** Somebody is linked who may have a file that is wanted. */
  #isPutOff = false;
  /** Pumped at the end of the turn. */
  readonly #touched = new Set<FileId>();
  #reviewDue = false;
  /** After a start nothing is asked for a while: where the disk is full, chat comes first. */
  #readyMillis = 0;

  constructor(parts: Parts, shelf: FileShelf, hooks: FetchHooks) {
    this.#parts = parts;
    this.#shelf = shelf;
    this.#hooks = hooks;
  }

  open(): void {
    this.#readyMillis = this.#parts.env.monotonicMillis + this.#parts.options.fileResumeMillis;
    this.#reviewSoon();
  }

  close(): void {
    this.#active.clear();
    this.#tries.clear();
    this.#isPutOff = false;
    this.#touched.clear();
    this.#reviewDue = false;
  }

  /** Who is there has changed, or what is wanted. */
  reviewSoon(): void {
    this.#reviewSoon();
  }

  /** Somebody has to be asked again before long. */
  get isWaiting(): boolean {
    return this.#active.size > 0 || this.#isPutOff;
  }

  stop(id: FileId): void {
    this.#active.delete(id);
    this.#tries.delete(id);
    this.#reviewSoon();
  }

  linkDown(nodeId: NodeId): void {
    for (const [id, download] of this.#active) {
      for (const [index, asked] of download.asked) if (asked.of === nodeId) download.asked.delete(index);
      this.#touch(id);
    }
    this.#reviewSoon();
  }

  /** Timer: what was not answered is asked for elsewhere. */
  tick(): void {
    const { env, options, links } = this.#parts;
    for (const [id, download] of this.#active) {
      for (const [index, asked] of download.asked) {
        // Whoever has fallen silent is not waited for where others have it, too.
        const silent = links.of(asked.of)?.state === 'suspect' && this.#isElsewhere(id, asked.of);
        if (!silent && env.monotonicMillis - asked.atMillis < options.fileAnswerMillis) continue;
        download.asked.delete(index);
        download.window.lost();
        this.#rest(download, asked.of, options.fileRestMillis);
      }
      this.#touch(id);
    }
    this.#reviewSoon();
  }

  endTurn(): void {
    if (this.#reviewDue && this.#parts.env.monotonicMillis >= this.#readyMillis) this.#review();
    // One that has to wait is looked at again when each turn ends.
    if (this.#reviewDue) this.#parts.turnWork.add(WORK.files);
    if (this.#touched.size === 0) return;
    for (const id of this.#touched) this.#pump(id);
    this.#touched.clear();
  }

  #reviewSoon(): void {
    this.#reviewDue = true;
    this.#parts.turnWork.add(WORK.files);
  }

  #touch(id: FileId): void {
    this.#touched.add(id);
    this.#parts.turnWork.add(WORK.files);
  }

  #isElsewhere(id: FileId, nodeId: NodeId): boolean {
    const row = this.#shelf.get(id);
    return row !== undefined && this.#sources(row).some((link) => link.nodeId !== nodeId && link.state === 'up');
  }

  /**
   * Those files are fetched that somebody here has, the least recently tried first, then the oldest. Where everybody rests, the
   * place goes to the next: files that nobody gives must not keep those away that somebody would.
   */
  #review(): void {
    this.#reviewDue = false;
    this.#isPutOff = false;
    for (const known of [this.#active, this.#tries]) for (const id of Array.from(known.keys())) if (this.#shelf.get(id)?.state !== 'loading') known.delete(id);
    const ready: Array<readonly [FileId, FileRow]> = [];
    for (const [id, row] of this.#shelf.all()) {
      if (row.state !== 'loading') continue;
      const sources = this.#sources(row);
      const active = this.#active.get(id);
      const isAwake = this.#awake(sources, this.#tries.get(id)?.resting).length > 0;
      if (sources.length === 0 || (active?.asked.size === 0 && !isAwake)) this.#active.delete(id);
      if (this.#active.has(id)) this.#touch(id);
      else if (isAwake) ready.push([id, row]);
      if (sources.length > 0) this.#isPutOff = true;
    }
    const triedMillis = (id: FileId): number => this.#tries.get(id)?.atMillis ?? Number.NEGATIVE_INFINITY;
    const inTurn = (one: number, other: number): number => (one === other ? 0 : one - other);
    ready.sort(([a, one], [b, other]) => inTurn(triedMillis(a), triedMillis(b)) || one.offeredMillis - other.offeredMillis);
    for (const [id, row] of ready) if (this.#active.size < this.#parts.options.fileDownloadsMax) this.#begin(id, row);
  }

  #begin(id: FileId, row: FileRow): void {
    const { env, options } = this.#parts;
    const window = new FetchWindow({ targetMillis: options.fileQueueMillis, first: options.fileWindowFirst, max: options.fileWindowMax });
    const resting = this.#tries.get(id)?.resting ?? new Map<NodeId, number>();
    this.#tries.set(id, { atMillis: env.monotonicMillis, resting });
    this.#active.set(id, { window, hashes: this.#shelf.hashes(row), asked: new Map(), resting });
    this.#touch(id);
  }

  #awake(sources: readonly Link[], resting: ReadonlyMap<NodeId, number> | undefined): Link[] {
    return sources.filter((link) => link.nodeId !== null && (resting?.get(link.nodeId) ?? 0) <= this.#parts.env.monotonicMillis);
  }

  /** Links over which the file may be asked for: its author first. */
  #sources(row: FileRow): Link[] {
    const { connections, friends, rooms } = this.#parts;
    const found = new Set<Link>();
    for (const place of row.places) {
      if (place.kind === 'direct') {
        const link = friends.relation(place.peer) === 'friend' ? connections.sessionLink(place.peer) : null;
        if (link !== null) found.add(link);
        continue;
      }
      const room = rooms.get(place.room);
      if (room === undefined || room.row.status !== 'member') continue;
      for (const link of rooms.linked(room)) found.add(link);
    }
    return [...found].sort((a, b) => Number(b.userId === row.author) - Number(a.userId === row.author));
  }

  #pump(id: FileId): void {
    const { env } = this.#parts;
    const row = this.#shelf.get(id);
    const download = this.#active.get(id);
    if (row === undefined || download === undefined || row.state !== 'loading' || env.monotonicMillis < this.#readyMillis) return;
    const sources = this.#awake(this.#sources(row), download.resting).slice(0, SOURCES_MAX);
    const [first] = sources;
    if (first === undefined) return;
    if (download.hashes === null) {
      if (!download.asked.has(HASHES)) this.#ask(id, row, download, first, []);
      return;
    }
    const shares = new Map<Link, number[]>(sources.map((link) => [link, []]));
    const load = (link: Link): number => {
      let open = shares.get(link)?.length ?? 0;
      for (const asked of download.asked.values()) if (asked.of === link.nodeId) open += 1;
      return open;
    };
    let room = download.window.size - download.asked.size;
    for (let index = 0; index < chunkCountOf(row.descriptor) && room > 0; index += 1) {
      if (hasChunk(row, index) || download.asked.has(index)) continue;
      const link = sources.reduce((least, each) => (load(each) < load(least) ? each : least));
      shares.get(link)?.push(index);
      room -= 1;
    }
    for (const [link, indexes] of shares) if (indexes.length > 0) this.#ask(id, row, download, link, indexes.slice(0, ASK_CHUNKS_MAX));
  }

  #ask(id: FileId, row: FileRow, download: Download, link: Link, indexes: readonly number[]): void {
    const { env, links } = this.#parts;
    if (!links.send(link, { type: 'file-ask', file: row.descriptor.root, indexes, have: row.haveCount })) return;
    const asked = { of: link.nodeId as NodeId, atMillis: env.monotonicMillis };
    for (const index of indexes.length === 0 ? [HASHES] : indexes) download.asked.set(index, asked);
    if (env.tracingFrames)
      env.trace({ type: 'state', subject: 'file', id, to: 'asked', data: { of: link.name, chunks: indexes.length, window: download.window.size } });
  }

  #rest(download: Download, nodeId: NodeId, millis: number): void {
    download.resting.set(nodeId, this.#parts.env.monotonicMillis + millis);
  }

  // --- answers ---

  hashes(link: Link, message: Of<'file-hashes'>): void {
    const { crypto } = this.#parts.env;
    const id = toHex(message.file);
    const row = this.#shelf.get(id);
    const download = this.#answered(link, id, HASHES);
    if (row === undefined || download === null || download.hashes !== null) return this.#refuse(link, 'file-unasked');
    if (!fitsRoot(crypto, row.descriptor, message.hashes)) {
      if (!this.#hooks.disproved(id, message.hashes)) this.#false(link, download, id);
      return;
    }
    download.hashes = message.hashes;
    this.#shelf.putHashes(row.slot, message.hashes);
    if (chunkCountOf(row.descriptor) === row.haveCount) this.#complete(id);
  }

  chunk(link: Link, message: Of<'file-chunk'>): void {
    const { crypto } = this.#parts.env;
    const id = toHex(message.file);
    const row = this.#shelf.get(id);
    const download = this.#answered(link, id, message.index);
    const hashes = download?.hashes ?? null;
    if (row === undefined || download === null || hashes === null || hasChunk(row, message.index)) return this.#refuse(link, 'file-unasked');
    if (!sameBytes(crypto.sha256(message.sealed), hashOfChunk(hashes, message.index))) return this.#false(link, download, id);
    // The root vouches for it, so nobody but the author can have meant it so.
    if (openChunk(crypto, row.descriptor, message.index, message.sealed) === null) return this.#unfit(id, link);
    this.#shelf.putChunk(row.slot, message.index, message.sealed);
    const changed = this.#shelf.change(id, withChunk(row, message.index, true)) as FileRow;
    this.#hooks.changed(id);
    if (changed.haveCount === chunkCountOf(changed.descriptor)) this.#complete(id);
  }

  /** Nothing of these chunks is to be had there now. */
  missing(link: Link, message: Of<'file-note'>): void {
    const id = toHex(message.file);
    const download = this.#active.get(id);
    if (download === undefined || link.nodeId === null) return;
    let asked = false;
    for (const index of message.indexes.length === 0 ? [...download.asked.keys()] : message.indexes) {
      if (download.asked.get(index)?.of !== link.nodeId) continue;
      download.asked.delete(index);
      asked = true;
    }
    if (asked) this.#rest(download, link.nodeId, this.#parts.options.fileRestMillis);
    this.#touch(id);
  }

  /** The download that has asked this node for that; null when none has. */
  #answered(link: Link, id: FileId, index: number): Download | null {
    const download = this.#active.get(id);
    const asked = download?.asked.get(index);
    if (download === undefined || asked === undefined || asked.of !== link.nodeId) return null;
    download.asked.delete(index);
    if (index !== HASHES) download.window.answered(this.#parts.env.monotonicMillis - asked.atMillis);
    this.#touch(id);
    return download;
  }

  #complete(id: FileId): void {
    this.#shelf.change(id, { state: 'complete', told: false });
    this.stop(id);
    this.#hooks.complete(id);
  }

  /** What came is not what the root says: that node is left alone for long. */
  #false(link: Link, download: Download, id: FileId): void {
    this.#refuse(link, 'file-false');
    if (link.nodeId !== null) this.#rest(download, link.nodeId, this.#parts.options.fileFalseMillis);
    this.#touch(id);
  }

  #unfit(id: FileId, link: Link): void {
    this.#refuse(link, 'file-unfit');
    this.#shelf.dropChunks(id);
    this.#shelf.change(id, { state: 'unfit', told: true });
    this.stop(id);
    this.#hooks.unfit(id);
  }

  #refuse(link: Link, reason: string): void {
    const { env } = this.#parts;
    this.#parts.count(`dropped:${reason}`);
    if (env.tracing) env.trace({ type: 'drop', peer: link.name, reason });
  }
}
