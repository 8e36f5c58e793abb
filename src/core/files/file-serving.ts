import { toHex } from '../bytes.ts';
import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import { WORK } from '../turn-work.ts';
import type { UserId } from '../types.ts';
import { chunkCountOf, type FileId } from './descriptor.ts';
import type { FileMessage } from './file-messages.ts';
import { type FileRow, hasChunk } from './file-row.ts';
import type { FileShelf } from './file-shelf.ts';

type Of<Type extends FileMessage['type']> = Extract<FileMessage, { type: Type }>;

interface Queue {
  /** What was asked for and not handed to the link yet, by file and chunk. */
  readonly wanted: Map<string, { readonly id: FileId; readonly index: number }>;
  inFlight: number;
}

interface Served {
  chunks: number;
  sinceMillis: number;
  refused: boolean;
}

/** Receivers of files whose demands are remembered. */
const SERVED_MAX = 1_024;
/** So many times the file may be asked for by one node in this time, ms: to start afresh is honest, to do it all the time is not. */
const SERVED_TIMES_MAX = 4;
const SERVED_MILLIS = 60_000;

/**
 * Gives chunks to those to whom a file was offered.
 *
 * Invariants
 * 1. A chunk is given to the friend, or to members of the room, of the file; to anybody else a file is missing, as one that is not here.
 * 2. Of a link at most `fileServeInFlight` chunks are unacknowledged; the others wait here, so that what people write goes before them.
 */
export class FileServing {
  readonly #parts: Parts;
  readonly #shelf: FileShelf;
  readonly #fetching: (id: FileId) => void;
  readonly #queues = new Map<Link, Queue>();
  readonly #served = new Map<string, Served>();
  readonly #progress = new Map<FileId, Map<UserId, number>>();

  /** `changed`: somebody who fetches an own file has come further. */
  constructor(parts: Parts, shelf: FileShelf, changed: (id: FileId) => void) {
    this.#parts = parts;
    this.#shelf = shelf;
    this.#fetching = changed;
  }

  close(): void {
    this.#queues.clear();
    this.#served.clear();
    this.#progress.clear();
  }

  /** How many chunks those who fetch this file now have. */
  progressOf(id: FileId): ReadonlyMap<UserId, number> {
    return this.#progress.get(id) ?? NOBODY;
  }

  /** Who fetched it has it now, or does not want it any more. */
  settled(id: FileId, user: UserId): void {
    this.#progress.get(id)?.delete(user);
  }

  linkDown(link: Link): void {
    this.#queues.delete(link);
    const { userId } = link;
    if (userId === null) return;
    for (const [id, progress] of this.#progress) if (progress.delete(userId)) this.#fetching(id);
  }

  /** Something waits that a full link did not take. */
  get isWaiting(): boolean {
    for (const queue of this.#queues.values()) if (queue.wanted.size > 0) return true;
    return false;
  }

  /** May this user have the file? */
  mayAsk(row: FileRow, userId: UserId): boolean {
    const { friends, rooms } = this.#parts;
    return row.places.some((place) => {
      if (place.kind === 'direct') return place.peer === userId && friends.relation(userId) === 'friend';
      const room = rooms.get(place.room);
      return room !== undefined && room.row.status === 'member' && room.isMember(userId);
    });
  }

  ask(link: Link, message: Of<'file-ask'>): void {
    const id = toHex(message.file);
    const row = this.#shelf.get(id);
    if (row === undefined || link.userId === null || !this.mayAsk(row, link.userId)) {
      this.#parts.count('fileAsksRefused');
      return this.#missing(link, message.file, message.indexes);
    }
    if (!this.#isModest(link, id, row, message.indexes.length)) return this.#missing(link, message.file, message.indexes);
    this.#note(id, row, link.userId, message.have);
    if (message.indexes.length === 0) {
      const hashes = this.#shelf.hashes(row);
      if (hashes === null) this.#missing(link, message.file, []);
      else this.#parts.links.send(link, { type: 'file-hashes', file: message.file, hashes });
      return;
    }
    const lacking = message.indexes.filter((index) => !hasChunk(row, index));
    if (lacking.length > 0) this.#missing(link, message.file, lacking);
    const queue = this.#queueOf(link);
    for (const index of message.indexes) {
      if (!hasChunk(row, index) || queue.wanted.size >= this.#parts.options.fileServeQueueMax) continue;
      queue.wanted.set(`${id}/${index}`, { id, index });
      this.#parts.turnWork.add(WORK.files);
    }
    this.#pump(link, queue);
  }

  /** Timer: what a full link did not take is tried again. */
  tick(): void {
    for (const [link, queue] of this.#queues) this.#pump(link, queue);
  }

  #note(id: FileId, row: FileRow, user: UserId, have: number): void {
    if (row.author !== this.#parts.session.userId) return;
    let progress = this.#progress.get(id);
    if (progress === undefined) {
      progress = new Map();
      this.#progress.set(id, progress);
    }
    progress.set(user, Math.min(have, chunkCountOf(row.descriptor)));
    this.#fetching(id);
  }

  #queueOf(link: Link): Queue {
    let queue = this.#queues.get(link);
    if (queue === undefined) {
      queue = { wanted: new Map(), inFlight: 0 };
      this.#queues.set(link, queue);
    }
    return queue;
  }

  #pump(link: Link, queue: Queue): void {
    const { links, options } = this.#parts;
    for (const [key, { id, index }] of queue.wanted) {
      if (queue.inFlight >= options.fileServeInFlight) return;
      const row = this.#shelf.get(id);
      const sealed = row === undefined ? null : this.#shelf.chunk(row, index);
      if (row === undefined || sealed === null) {
        queue.wanted.delete(key);
        if (row === undefined) continue;
        this.#shelf.lost(id, index);
        this.#missing(link, row.descriptor.root, [index]);
        continue;
      }
      const sent = links.send(link, { type: 'file-chunk', file: row.descriptor.root, index, sealed }, () => {
        queue.inFlight -= 1;
        if (this.#queues.get(link) === queue) this.#pump(link, queue);
      });
      if (!sent) return;
      queue.wanted.delete(key);
      queue.inFlight += 1;
    }
  }

  /** A file is given to one node a few times in a minute, not without end. */
  #isModest(link: Link, id: FileId, row: FileRow, chunks: number): boolean {
    const { env } = this.#parts;
    const key = `${link.nodeId}/${id}`;
    let served = this.#served.get(key);
    if (served === undefined || env.monotonicMillis - served.sinceMillis >= SERVED_MILLIS) {
      if (this.#served.size >= SERVED_MAX) this.#served.clear();
      served = { chunks: 0, sinceMillis: env.monotonicMillis, refused: false };
      this.#served.set(key, served);
    }
    // Questions for hashes count as well.
    served.chunks += Math.max(1, chunks);
    const modest = served.chunks <= (chunkCountOf(row.descriptor) + SERVED_SPARE) * SERVED_TIMES_MAX;
    if (!modest) this.#parts.count('fileAsksExcess');
    if (!modest && !served.refused && env.tracing) env.trace({ type: 'drop', peer: link.name, reason: 'file-greed: asked for more than it can need' });
    served.refused = !modest;
    return modest;
  }

  #missing(link: Link, file: Uint8Array, indexes: readonly number[]): void {
    this.#parts.links.send(link, { type: 'file-note', file, note: 'missing', indexes });
  }
}

const NOBODY: ReadonlyMap<UserId, number> = new Map();
/** Small files may be asked for a few times more. */
const SERVED_SPARE = 16;
