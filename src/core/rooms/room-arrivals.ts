import { toHex } from '../bytes.ts';
import type { Parts } from '../parts.ts';
import { misfit } from '../shape.ts';
import type { UserId } from '../types.ts';
import { HeldLines } from './held-lines.ts';
import { historyKeyShape } from './history-key.ts';
import type { Room } from './room.ts';
import type { RoomId } from './room-commands.ts';
import { type AnyRoomEvent, isSealedEvent, type RoomEvent, readRoomEvent } from './room-event.ts';
import { asContent, type RoomContent } from './room-lines.ts';
import { idOfOrder, type RoomRow, type StoredLine } from './room-tables.ts';
import { type Rooms, typingKey } from './rooms.ts';

const LAST_TEXT_CHARACTERS = 120;
const WAITING_MAX = 1_000;

/** What becomes of an event that has found its place: opened, kept as a line, counted, told. */
export class RoomArrivals {
  readonly #parts: Parts;
  readonly #rooms: Rooms;
  readonly #holds = new Map<RoomId, HeldLines>();
  /** Lines without a key that were told as such. */
  readonly #toldSealed = new Set<string>();

  constructor(parts: Parts, rooms: Rooms) {
    this.#parts = parts;
    this.#rooms = rooms;
  }

  delivered(room: Room, event: AnyRoomEvent, order: string): void {
    const { session } = this.#parts;
    const me = session.userId as UserId;
    const isVisible = this.#isVisible(room, event);
    this.#rooms.stirred(room);
    this.#rooms.sync.arrived(event.id);
    this.#rooms.copies.delivered(room, event, order);
    if (isSealedEvent(event)) {
      // Nobody waits to hear who has seen that somebody joined.
      if (event.author !== me && isVisible && !this.#rooms.inheritance.running) this.#rooms.outgoing.haveDue(room, event);
      this.#rooms.tables.firstUse(room.id, toHex(event.body.chain), event.id);
      if (isVisible || room.state?.history === 'all') this.#open(room, event, order);
      if (this.#holds.get(room.id)?.isReady(this.#parts.env.monotonicMillis) === true) this.#retry(room);
      return;
    }
    const line = this.#rooms.lines.authority(room, event, order);
    this.#shown(room, order, line, isVisible);
    this.#rooms.outgoing.of(room).changed = true;
    this.#rooms.joining.authorityChanged(room, event);
    this.#reviewMembership(room);
    // Seen to at the end of this turn, as any change of the room.
    if (event.kind === 'vote' && event.author !== me) this.#rooms.contested.add(room);
  }

  #reviewMembership(room: Room): void {
    const me = this.#parts.session.userId as UserId;
    const { status, returning, joins } = room.row;
    const isMember = room.isMember(me) && (status !== 'pending' || !returning || joins.some((id) => room.has(id)));
    if (isMember && status !== 'member') {
      room.change({ status: 'member', passwordMaster: new Uint8Array() });
      this.#parts.connections.reviewSoon();
      this.#rooms.joining.joined(room);
    } else if (!isMember && status === 'member') {
      const last = room.state?.departures.map((id) => room.graph.node(id)?.event).find((event) => event?.kind === 'remove' && event.body.user === me);
      this.ended(room, last === undefined ? 'left' : 'removed');
    } else if ((room.state?.members.size ?? 0) <= this.#parts.options.roomDirectMembersMax) this.#parts.connections.reviewSoon();
    // In a large room hardly any change concerns our neighbours; the next review finds those that do.
  }

  ended(room: Room, reason: 'left' | 'removed'): void {
    room.change({ status: 'left' });
    const { env } = this.#parts;
    if (env.tracing) env.trace({ type: 'state', subject: 'room', id: room.id, to: 'left', data: { room: room.row.name, reason } });
    this.#parts.connections.reviewSoon();
    if (!this.#rooms.inheritance.running) this.#parts.tell({ type: 'room-left', room: room.row.name, roomId: room.id, reason });
  }

  #holdsOf(room: Room): HeldLines {
    let holds = this.#holds.get(room.id);
    if (holds === undefined) {
      holds = new HeldLines(this.#parts.options.roomGapMillis);
      this.#holds.set(room.id, holds);
    }
    return holds;
  }

  forget(): void {
    this.#holds.clear();
    this.#toldSealed.clear();
  }

  /**
   * A session has opened: what waited for keys when the last one ended goes on waiting. So does what only waited behind that, and for
   * whose key nobody will be asked, since it is here.
   */
  resume(room: Room): void {
    for (const key of this.#rooms.tables.sealed(room.id)) {
      const [chain, order] = splitOnce(key);
      if (this.#rooms.tables.chain(room.id, chain) === undefined) this.#holdsOf(room).block(order, this.#parts.env.monotonicMillis);
      else this.#holdsOf(room).hold(order);
    }
  }

  /** Something waits for a key, or behind something that does. */
  get waiting(): boolean {
    for (const holds of this.#holds.values()) if (holds.any) return true;
    return false;
  }

  #isVisible(room: Room, event: AnyRoomEvent): boolean {
    const me = this.#parts.session.userId as UserId;
    return event.author === me || (room.stateBefore(event.id)?.members.has(me) ?? false);
  }

  /** Opens a sealed event, or lets it wait for its chain, or behind those before it that wait. */
  #open(room: Room, event: AnyRoomEvent, order: string): void {
    if (event.kind === 'history-key') return this.#openKey(room, event, order);
    if (event.kind !== 'sealed') return;
    const { monotonicMillis } = this.#parts.env;
    const chain = toHex(event.body.chain);
    const isVisible = this.#isVisible(room, event);
    const holds = this.#holdsOf(room);
    if (holds.any) this.#tellOverdue(room, holds);
    const opened = this.#rooms.keys.open(room, event);
    if (opened === null && isVisible) holds.block(order, monotonicMillis);
    if (opened === null || (isVisible && holds.holds(order, monotonicMillis))) {
      this.#rooms.lines.sealed(room, event, order);
      if (event.author !== this.#parts.session.userId) this.#traceState(event.id, 'kept', '');
      this.#rooms.tables.putSealed(room.id, chain, order);
      return this.#rooms.setTimer();
    }
    this.#rooms.tables.dropSealed(room.id, chain, order);
    holds.free(order);
    const content = asContent(opened);
    // A member of another version, or a wicked one: the line stays sealed.
    if (content === null) return this.#rooms.lines.sealed(room, event, order);
    this.#opened(room, event, order, content, isVisible);
  }

  /** Nothing is shown of it, so nothing waits for it. */
  #openKey(room: Room, event: RoomEvent<'history-key'>, order: string): void {
    const chain = toHex(event.body.chain);
    const content = this.#rooms.keys.open(room, event);
    if (content === null) {
      this.#rooms.tables.putSealed(room.id, chain, order);
      return this.#rooms.setTimer();
    }
    this.#rooms.tables.dropSealed(room.id, chain, order);
    this.#holds.get(room.id)?.free(order);
    if (misfit(historyKeyShape, content) === null) this.#rooms.copies.keys.heard(room, event, order, (content as { readonly key: Uint8Array }).key);
  }

  #opened(room: Room, event: AnyRoomEvent, order: string, content: RoomContent, isVisible: boolean): void {
    const isOwn = event.author === this.#parts.session.userId;
    const found = this.#rooms.lines.opened(room, event, order, content);
    if (isOwn && this.#rooms.tables.receipts(room.id, order).length === 0) {
      if (content.kind === 'message') this.#rooms.tables.putWaiting(room.id, order);
      else if (found !== null) this.#rooms.tables.putWaiting(room.id, order, found.order);
    }
    // A line that was deleted before it could be opened has kept nothing of its file.
    const isKept = this.#rooms.tables.line(room.id, order)?.file !== undefined;
    if (content.kind === 'message' && content.file !== undefined && isKept && !this.#rooms.inheritance.running) {
      const from = this.#rooms.lines.nameOf(room, event.author);
      this.#parts.files.offered(content.file, { place: { kind: 'room', room: room.id }, author: event.author, from, sentMillis: event.stampMillis });
    }
    if (found === null) return;
    const line = this.#rooms.tables.line(room.id, found.order) as StoredLine;
    if (content.kind === 'message' || content.kind === 'edit') this.#rooms.search.add(room.id, found.order, line.text);
    if (!found.fresh) {
      // What was edited or deleted must not live on in the list of rooms.
      if (found.order === room.row.lastOrder) room.change({ lastText: line.text.slice(0, LAST_TEXT_CHARACTERS) });
      if (isVisible) this.#tellLine(room, found.order, line, false);
      return;
    }
    room.change({ messages: room.row.messages + 1 });
    this.#shown(room, order, line, isVisible);
  }

  /** Timer: what waited behind a key that does not come is shown, the line without a key as what it is. */
  tick(room: Room): void {
    const holds = this.#holds.get(room.id);
    if (holds?.any !== true) return;
    this.#retry(room);
  }

  #tellOverdue(room: Room, holds: HeldLines): void {
    for (const order of holds.overdue(this.#parts.env.monotonicMillis)) {
      const line = this.#rooms.tables.line(room.id, order);
      if (line === undefined || this.#toldSealed.has(line.id)) continue;
      this.#toldSealed.add(line.id);
      this.#tellLine(room, order, line, true);
    }
  }

  /** What waited goes on, in order, as far as nothing before it is missing any more. */
  #retry(room: Room): void {
    const { monotonicMillis } = this.#parts.env;
    const holds = this.#holdsOf(room);
    this.#tellOverdue(room, holds);
    if (!holds.isReady(monotonicMillis)) return;
    for (const order of holds.takeHeld()) this.#openAt(room, order);
  }

  #openAt(room: Room, order: string): void {
    const signed = this.#rooms.tables.event(room.id, order);
    const event = signed === undefined ? 'missing' : readRoomEvent(this.#parts.env, signed, true);
    if (typeof event !== 'string') this.#open(room, event, order);
  }

  /** A line is there: counted, traced and told, unless it is of a time before the user joined. */
  #shown(room: Room, order: string, line: StoredLine, isVisible: boolean): void {
    const { env, session } = this.#parts;
    const me = session.userId as UserId;
    if (env.tracing) {
      const { name } = room.row;
      env.trace({ type: 'shown', what: 'room-message', id: line.id, data: { room: name, roomId: room.id, from: line.from, order, kind: line.kind } });
    }
    if (line.kind === 'message' && isLast(room.row, order, line)) {
      room.change({ lastText: line.text.slice(0, LAST_TEXT_CHARACTERS), lastFrom: line.from, lastMillis: line.sentMillis, lastOrder: order });
    }
    if (!isVisible || this.#rooms.inheritance.running) return;
    if (line.kind === 'message' && line.author !== me) {
      const named = line.mentions.includes(me) ? 1 : 0;
      room.change({ unread: room.row.unread + 1, mentions: room.row.mentions + named });
      this.#rooms.typing.heard(typingKey(room, line.author), { room, user: line.from }, false);
    }
    this.#tellLine(room, order, line, !this.#toldSealed.delete(line.id));
  }

  #tellLine(room: Room, order: string, line: StoredLine, fresh: boolean): void {
    if (this.#rooms.inheritance.running || room.row.status === 'pending') return;
    this.#parts.tell({ type: fresh ? 'room-message' : 'room-message-changed', message: this.#rooms.lines.view(room, order, line) });
  }

  /** A chain has come: what waited for it is opened, in order. */
  openWith(room: Room, chain: string): void {
    for (const key of this.#rooms.tables.sealed(room.id, chain)) this.#openAt(room, key.slice(key.indexOf('/') + 1));
    this.#retry(room);
  }

  confirmed(room: Room, order: string, by: UserId): void {
    const line = this.#rooms.tables.line(room.id, order);
    if (line === undefined) return this.#changeConfirmed(room, order, by);
    if (line.author !== this.#parts.session.userId || line.kind !== 'message') return;
    const known = this.#rooms.tables.receipts(room.id, order);
    if (known.includes(by)) return;
    this.#rooms.tables.putReceipts(room.id, order, [...known, by]);
    this.#traceState(line.id, 'delivered', this.#rooms.lines.nameOf(room, by));
    this.#tellLine(room, order, line, false);
  }

  /** A change has no line of its own: that somebody knows of it is enough. */
  #changeConfirmed(room: Room, order: string, by: UserId): void {
    const changed = this.#rooms.tables.waitingChange(room.id, order);
    if (changed === null) return;
    this.#rooms.tables.putReceipts(room.id, order, [by]);
    const line = this.#rooms.tables.line(room.id, changed);
    if (line !== undefined) this.#tellLine(room, changed, line, false);
  }

  /** Holders have an own message; it is told unless a member has it as well. */
  copied(room: Room, order: string): void {
    const line = this.#rooms.tables.line(room.id, order);
    if (line?.kind !== 'message' || line.author !== this.#parts.session.userId || this.#rooms.tables.receipts(room.id, order).length > 0) return;
    this.#traceState(line.id, 'held', '');
    this.#tellLine(room, order, line, false);
  }

  /** A peer has all that is here, own messages included that nobody had confirmed. */
  confirmAll(room: Room, peer: UserId): void {
    if (!room.isMember(peer)) return;
    for (const order of this.#rooms.tables.waiting(room.id, WAITING_MAX)) {
      // Whoever came later has it as well, but where history begins with joining cannot read it.
      if (room.state?.history === 'all' || room.stateBefore(idOfOrder(order))?.members.has(peer) === true) this.confirmed(room, order, peer);
    }
  }

  #traceState(id: string, to: string, peer: string): void {
    const { env } = this.#parts;
    if (env.tracing) env.trace({ type: 'state', subject: 'room-message', id: id, to, data: { peer } });
  }
}

/** The last message is the one that stands last, whatever the clocks of those who wrote said. */
function isLast({ lastOrder, lastMillis }: RoomRow, order: string, line: StoredLine): boolean {
  return lastOrder === undefined ? line.sentMillis >= lastMillis : order >= lastOrder;
}

function splitOnce(key: string): readonly [string, string] {
  const at = key.indexOf('/');
  return [key.slice(0, at), key.slice(at + 1)];
}
