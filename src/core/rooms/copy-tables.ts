import type { StoreWriter } from '../capabilities.ts';
import type { WallMillis } from '../types.ts';
import type { RoomId } from './room-commands.ts';

/** A history key, by the public key of its place in hex. */
export interface HistoryKeyRow {
  readonly key: Uint8Array;
  /** Place in the room of the event that gave it; empty while only somebody's word did. */
  readonly order: string;
  /** Whom it is for, as sender keys say it; empty likewise. */
  readonly audience: string;
  /** The last shelf that was seen to have something. */
  readonly shelf: number;
  /** All of it was read once. */
  readonly read: boolean;
  /** Members who were away when it was made find it at the place before it. */
  readonly bridged: boolean;
  /** Holders were asked and had nothing there. */
  readonly empty?: boolean;
}

/** The piece that this node adds to. */
export interface SegmentRow {
  readonly place: string;
  readonly shelf: number;
  readonly segment: string;
  readonly sequence: number;
  readonly orders: readonly string[];
  readonly sinceMillis: WallMillis;
}

/** A piece at holders that was read. */
export interface SeenRow {
  readonly version: string;
  /** It is read again from then on, to be kept from ending. */
  readonly againMillis: WallMillis;
}

/** mine: to be put on the ring. theirs: by somebody else, who has probably done so. ageing: it lies there in a piece that ends soon. */
export type DueKind = 'mine' | 'theirs' | 'ageing';

const DIGIT: Readonly<Record<DueKind, string>> = { mine: '0', theirs: '1', ageing: '2' };

/** Rows about sealed copies of rooms. Nothing is decided here. */
export class CopyTables {
  readonly #store: StoreWriter;

  constructor(store: StoreWriter) {
    this.#store = store;
  }

  keys(room: RoomId): Array<readonly [place: string, HistoryKeyRow]> {
    const prefix = `${room}/`;
    return this.#store.scan<HistoryKeyRow>('roomHistoryKeys', { prefix }).map(([key, row]) => [key.slice(prefix.length), row] as const);
  }

  key(room: RoomId, place: string): HistoryKeyRow | undefined {
    return this.#store.get<HistoryKeyRow>('roomHistoryKeys', `${room}/${place}`);
  }

  putKey(room: RoomId, place: string, row: HistoryKeyRow): void {
    this.#store.put('roomHistoryKeys', `${room}/${place}`, row);
  }

  dropKey(room: RoomId, place: string): void {
    this.#store.delete('roomHistoryKeys', `${room}/${place}`);
  }

  putDue(room: RoomId, kind: DueKind, order: string, sinceMillis: WallMillis): void {
    this.#store.put('roomCopiesDue', `${room}/${DIGIT[kind]}/${order}`, sinceMillis);
  }

  dropDue(room: RoomId, kind: DueKind, order: string): void {
    this.#store.delete('roomCopiesDue', `${room}/${DIGIT[kind]}/${order}`);
  }

  isDue(room: RoomId, kind: DueKind, order: string): boolean {
    return this.#store.get('roomCopiesDue', `${room}/${DIGIT[kind]}/${order}`) !== undefined;
  }

  /** From what follows the room in the key of a row; null where it is about what others wrote. */
  orderOfMine(rest: string): string | null {
    const prefix = `${DIGIT.mine}/`;
    return rest.startsWith(prefix) && rest.length > prefix.length ? rest.slice(prefix.length) : null;
  }

  /** In the order of the room. */
  due(room: RoomId, kind: DueKind, limit: number): Array<readonly [order: string, sinceMillis: WallMillis]> {
    const prefix = `${room}/${DIGIT[kind]}/`;
    return this.#store.scan<WallMillis>('roomCopiesDue', { prefix, limit }).map(([key, since]) => [key.slice(prefix.length), since] as const);
  }

  segment(room: RoomId): SegmentRow | undefined {
    return this.#store.get<SegmentRow>('roomSegments', room);
  }

  putSegment(room: RoomId, row: SegmentRow): void {
    this.#store.put('roomSegments', room, row);
  }

  dropSegment(room: RoomId): void {
    this.#store.delete('roomSegments', room);
  }

  seen(room: RoomId, name: string): SeenRow | undefined {
    return this.#store.get<SeenRow>('roomCopiesSeen', `${room}/${name}`);
  }

  /** Whether a piece is to be read again to be kept from ending. */
  isAged(room: RoomId, wallMillis: WallMillis): boolean {
    return this.#store.scan<SeenRow>('roomCopiesSeen', { prefix: `${room}/` }).some(([, row]) => row.againMillis <= wallMillis);
  }

  /** What was due to be read again and was not there any more has ended, unless it still waits for something. */
  dropAged(room: RoomId, wallMillis: WallMillis, waiting: ReadonlySet<string>): void {
    const prefix = `${room}/`;
    for (const [key, row] of this.#store.scan<SeenRow>('roomCopiesSeen', { prefix })) {
      if (row.againMillis <= wallMillis && !waiting.has(key.slice(prefix.length))) this.#store.delete('roomCopiesSeen', key);
    }
  }

  putSeen(room: RoomId, name: string, row: SeenRow): void {
    this.#store.put('roomCopiesSeen', `${room}/${name}`, row);
  }
}
