import { toHex } from '../bytes.ts';
import type { Parts } from '../parts.ts';
import type { UserId } from '../types.ts';
import { chunkCountOf, type FileDescriptor, type FileId } from './descriptor.ts';
import type { FileView } from './file-commands.ts';
import type { FilePlace, FileRow } from './file-row.ts';
import type { FileShelf } from './file-shelf.ts';

/** What people see of files. Reads only. */
export class FileViews {
  readonly #parts: Parts;
  readonly #shelf: FileShelf;
  /** Chunks that those who fetch a file have said to have. */
  readonly #progressOf: (id: FileId) => ReadonlyMap<UserId, number>;

  constructor(parts: Parts, shelf: FileShelf, progressOf: (id: FileId) => ReadonlyMap<UserId, number>) {
    this.#parts = parts;
    this.#shelf = shelf;
    this.#progressOf = progressOf;
  }

  file(id: FileId, row: FileRow): FileView {
    const { descriptor } = row;
    const fromMe = row.author === this.#parts.session.userId;
    const peer = row.places.find((place) => place.kind === 'direct')?.peer;
    const rooms = row.places.flatMap((place) => (place.kind === 'room' ? [this.#parts.rooms.get(place.room)?.row.name ?? place.room.slice(0, 8)] : []));
    return {
      id,
      name: descriptor.name,
      mediaType: descriptor.mediaType,
      size: descriptor.size,
      from: row.from,
      fromMe,
      with: peer === undefined ? null : this.#nameOf(peer),
      rooms,
      state: row.state,
      bytes: this.#bytesOf(row, row.haveCount),
      waitsFor: this.#waitsFor(row, fromMe),
      fetchedBy: row.fetchedBy.map((user) => this.#nameOf(user)).sort(),
      declinedBy: row.declinedBy.map((user) => this.#nameOf(user)).sort(),
      fetching: [...this.#progressOf(id)].map(([user, chunks]) => ({ by: this.#nameOf(user), bytes: this.#bytesOf(row, chunks) })),
      offeredMillis: row.offeredMillis,
    };
  }

  /** A file that a message brought, also where nothing else is known of it any more. */
  ofMessage(descriptor: FileDescriptor, message: { readonly from: string; readonly fromMe: boolean; readonly sentMillis: number }): FileView {
    const id = toHex(descriptor.root);
    const row = this.#shelf.get(id);
    if (row !== undefined) return this.file(id, row);
    const { name, mediaType, size } = descriptor;
    const nothing = { with: null, rooms: [], bytes: 0, waitsFor: null, fetchedBy: [], declinedBy: [], fetching: [] };
    return { id, name, mediaType, size, from: message.from, fromMe: message.fromMe, state: 'expired', offeredMillis: message.sentMillis, ...nothing };
  }

  list(place: FilePlace | null): FileView[] {
    return [...this.#shelf.all()]
      .map(([id, row]) => [this.file(id, row), row] as const)
      .filter(
        ([, row]) =>
          place === null || row.places.some((each) => (each.kind === 'direct' ? each.peer : each.room) === (place.kind === 'direct' ? place.peer : place.room)),
      )
      .map(([view]) => view)
      .sort((a, b) => b.offeredMillis - a.offeredMillis || (a.id < b.id ? -1 : 1));
  }

  /** The file that an id, its beginning or a name means; null for none. */
  find(text: string): FileId | null {
    const typed = text.trim();
    let named: { readonly id: FileId; readonly millis: number } | null = null;
    const likes: FileId[] = [];
    for (const [id, row] of this.#shelf.all()) {
      if (/^[0-9a-f]{4,64}$/.test(typed) && id.startsWith(typed)) likes.push(id);
      if (row.descriptor.name === typed && (named === null || row.offeredMillis > named.millis)) named = { id, millis: row.offeredMillis };
    }
    return named?.id ?? (likes.length === 1 ? (likes[0] as FileId) : null);
  }

  #bytesOf(row: FileRow, chunks: number): number {
    const { descriptor } = row;
    return chunks >= chunkCountOf(descriptor) ? descriptor.size : Math.min(descriptor.size, chunks * descriptor.chunkBytes);
  }

  #waitsFor(row: FileRow, fromMe: boolean): string | null {
    const { connections, rooms } = this.#parts;
    const peer = row.places.find((place) => place.kind === 'direct')?.peer;
    if (fromMe) {
      const settled = peer === undefined || row.fetchedBy.includes(peer) || row.declinedBy.includes(peer) || row.state !== 'complete';
      if (settled) return null;
      return connections.sessionLink(peer) === null ? `${this.#nameOf(peer)} to be on line` : `${this.#nameOf(peer)} to fetch it`;
    }
    if (row.state === 'offered') return 'you to accept it';
    if (row.state !== 'loading') return null;
    const reached = row.places.some((place) => {
      if (place.kind === 'direct') return connections.sessionLink(place.peer) !== null;
      const room = rooms.get(place.room);
      return room !== undefined && rooms.linked(room).length > 0;
    });
    if (reached) return null;
    return peer === undefined ? `a member of ${this.#roomOf(row)} to be on line` : `${row.from} to be on line`;
  }

  #roomOf(row: FileRow): string {
    const room = row.places.find((place) => place.kind === 'room')?.room ?? '';
    return this.#parts.rooms.get(room)?.row.name ?? 'the room';
  }

  #nameOf(user: UserId): string {
    return this.#parts.view.user(user)?.body.name ?? `user-${user.slice(0, 8)}`;
  }
}
