import { concat, toHex } from '../bytes.ts';
import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import type { Services } from '../services.ts';
import type { MessageId, NodeId, UserId } from '../types.ts';
import { Pairwise } from './pairwise.ts';
import { Room } from './room.ts';
import type { RoomId } from './room-commands.ts';
import { type AnyRoomEvent, fromHex, type RoomEventBodies, type RoomEventKind, readRoomEvent, type SignedRoomEvent, signRoomEvent } from './room-event.ts';
import { RoomInheritance } from './room-inheritance.ts';
import { RoomJoining } from './room-joining.ts';
import { RoomKeys } from './room-keys.ts';
import { asContent, RoomLines } from './room-lines.ts';
import { type RoomMessage, SHORT_ID_BYTES } from './room-messages.ts';
import { neighboursOf } from './room-overlay.ts';
import { RoomSearch } from './room-search.ts';
import { RoomSync, shortIds } from './room-sync.ts';
import { RoomTables, type StoredLine } from './room-tables.ts';
import { RoomViews } from './room-views.ts';
import { Typing } from './typing.ts';

type Of<Type extends RoomMessage['type']> = Extract<RoomMessage, { type: Type }>;

const LAST_TEXT_CHARACTERS = 120;
/** After something new, so often a random member is asked whether it has the same. */
const GOSSIP_ROUNDS = 2;
const WAITING_MAX = 1_000;
const EVENTS_MAX = 64;

/** What this turn brought to a room. */
interface News {
  /** To be passed on, and over which link each came (null: ours). */
  readonly events: Array<{ readonly event: AnyRoomEvent; readonly from: Link | null; readonly before: Iterable<UserId> }>;
  /** Confirmations due to authors. */
  readonly have: Map<UserId, string[]>;
  changed: boolean;
  keysFrom: Link | null;
  /** Who has just joined. */
  readonly greet: Set<Link>;
}

/**
 * Group chat of the logged-in user.
 *
 * Invariants
 * 1. An event is confirmed to its author only after the commit that stores it.
 * 2. No line is shown before the lines that its author had seen (Room, invariant 1).
 * 3. Everything said in a room is sealed for its members; events of whoever is no member are not taken.
 */
export class Rooms {
  readonly #parts: Parts;
  readonly tables: RoomTables;
  readonly lines: RoomLines;
  readonly keys: RoomKeys;
  readonly views: RoomViews;
  readonly joining: RoomJoining;
  readonly inheritance: RoomInheritance;
  readonly typing: Typing;
  readonly pairwise: Pairwise;
  readonly #sync: RoomSync;
  readonly #rooms = new Map<RoomId, Room>();
  readonly #news = new Map<RoomId, News>();
  readonly #gossip = new Map<RoomId, number>();
  readonly #gaps = new Map<RoomId, number>();
  #compareMillis = 0;

  readonly services: Services;
  readonly search: RoomSearch;

  constructor(parts: Parts, services: Services) {
    this.#parts = parts;
    this.services = services;
    this.tables = new RoomTables(parts.env.store);
    this.pairwise = new Pairwise(parts);
    this.lines = new RoomLines(parts, this.tables);
    this.keys = new RoomKeys(parts, this.tables, this.pairwise);
    this.views = new RoomViews(parts, this);
    this.search = new RoomSearch(parts, this);
    this.joining = new RoomJoining(parts, this, services);
    this.inheritance = new RoomInheritance(parts, this);
    this.typing = new Typing(parts);
    this.#sync = new RoomSync(parts, this.tables, (room, peer) => this.#confirmAll(room, peer));
  }

  open(): void {
    for (const [id] of this.tables.rooms()) this.#load(id);
    this.#setTimer();
  }

  close(): void {
    for (const room of this.#rooms.values()) room.flush();
    this.#rooms.clear();
    this.#news.clear();
    this.#gossip.clear();
    this.#gaps.clear();
    this.#sync.forget();
    this.keys.forget();
    this.typing.forget();
    this.joining.forget();
    this.tables.forget();
    this.#parts.env.cancelTimer('rooms', '');
  }

  get(id: RoomId): Room | undefined {
    return this.#rooms.get(id);
  }

  all(): Room[] {
    return [...this.#rooms.values()];
  }

  /** Makes place for a room; the caller fills it. */
  add(id: RoomId): Room {
    return this.#rooms.get(id) ?? this.#load(id);
  }

  #load(id: RoomId): Room {
    const room = new Room(this.#parts, this.tables, id, { delivered: (in_, event, order) => this.#delivered(in_, event, order) });
    this.#rooms.set(id, room);
    return room;
  }

  /** Founds a room; the user is its owner and first member. */
  found(body: RoomEventBodies['create']): Room {
    const { env, session } = this.#parts;
    if (session.open === null) throw new Error('a room is founded by whoever is logged in');
    const stampMillis = Math.trunc(env.wallMillis);
    const event = signRoomEvent(env, session.open.identity, { room: '', parents: [], stampMillis, kind: 'create', body });
    const room = this.add(event.room);
    room.take(event as AnyRoomEvent, event.author);
    this.joining.announce(room);
    return room;
  }

  /** Forgets a room of which nothing is known. */
  drop(room: Room): void {
    this.#rooms.delete(room.id);
    this.#news.delete(room.id);
    this.#gossip.delete(room.id);
    this.#parts.env.store.delete('rooms', room.id);
  }

  /** Compares with somebody who has just come, or lost what they had. */
  greet(room: Room, link: Link): void {
    this.#sync.sendHeads(room, link, 1);
  }

  /** The same at the end of the turn, when the row says what is new. */
  greetSoon(room: Room, link: Link): void {
    this.#newsOf(room).greet.add(link);
  }

  #newsOf(room: Room): News {
    let news = this.#news.get(room.id);
    if (news === undefined) {
      news = { events: [], have: new Map(), changed: false, keysFrom: null, greet: new Set() };
      this.#news.set(room.id, news);
    }
    return news;
  }

  /** Says at the end of the turn that the room is other than before. */
  touched(room: Room): void {
    this.#newsOf(room).changed = true;
  }

  // --- writing ---

  /** Writes an event of the user into a room and passes it on; null, or why the room does not take it. */
  write<Kind extends RoomEventKind>(room: Room, kind: Kind, body: RoomEventBodies[Kind]): AnyRoomEvent | string {
    const before = [...(room.state?.members.keys() ?? [])];
    const event = room.next(kind, body);
    const outcome = room.take(event, event.author);
    if (typeof outcome !== 'string') return outcome.refused;
    this.#newsOf(room).events.push({ event, from: null, before });
    return event;
  }

  /** Members with whom there is a link now. */
  linked(room: Room): Link[] {
    const { session, connections } = this.#parts;
    const found: Link[] = [];
    for (const member of room.state?.members.keys() ?? []) {
      const link = member === session.userId ? null : connections.sessionLink(member);
      if (link !== null) found.push(link);
    }
    return found;
  }

  // --- what comes over links ---

  message(link: Link, message: RoomMessage): void {
    if (this.#parts.session.open === null) return;
    switch (message.type) {
      case 'room-envelope':
        return this.#envelope(link, message);
      case 'room-envelope-refused':
        if (link.userId !== null) this.#parts.secure.sessions.drop(link.userId, message.session);
        return;
      case 'room-ask':
        return this.joining.ask(link, message.room);
      case 'room-door':
        return this.joining.door(link, message);
      case 'room-cards':
        return this.joining.cards(link, message.cards);
      default: {
        const room = this.#rooms.get(message.room);
        if (room !== undefined) this.#roomMessage(room, link, message);
      }
    }
  }

  #roomMessage(
    room: Room,
    link: Link,
    message: Exclude<RoomMessage, { type: 'room-envelope' | 'room-envelope-refused' | 'room-ask' | 'room-door' | 'room-cards' }>,
  ): void {
    switch (message.type) {
      case 'room-events':
        return this.#events(room, link, message);
      case 'room-heads':
        return this.#sync.heads(room, link, message);
      case 'room-ranges':
        return this.#sync.ranges(room, link, message);
      case 'room-range':
        return this.#sync.range(room, link, message);
      case 'room-want':
        return this.#sync.wanted(room, link, message);
      case 'room-have':
        return this.#have(room, link, message);
      case 'room-key-ask':
        return this.keys.answer(room, link, message.chains);
      case 'room-typing':
        if (link.userId !== null && room.isMember(link.userId))
          this.typing.heard(room, link.userId, this.lines.nameOf(room, link.userId), message.typing === 1);
    }
  }

  #events(room: Room, link: Link, message: Of<'room-events'>): void {
    const { env } = this.#parts;
    if (this.#isFormer(room, link.userId)) return this.#parts.count('roomEventsRefused');
    const missing = new Set<string>();
    let parked = 0;
    for (const signed of message.events) {
      const event = readRoomEvent(env, signed);
      if (typeof event === 'string') {
        this.#parts.count('dropped:invalid');
        continue;
      }
      const before = [...(room.state?.members.keys() ?? [])];
      const under = room.isMember(event.author) ? event.author : (link.userId ?? '');
      const outcome = room.take(event, under);
      if (outcome === 'delivered' && message.live === 1) this.#newsOf(room).events.push({ event, from: link, before });
      if (outcome === 'known') this.#parts.count('roomEventsTwice');
      if (outcome !== 'parked') continue;
      parked += 1;
      this.#removedUs(room, event);
      for (const id of event.parents) if (!room.has(id) && !room.parked.has(id)) missing.add(id.slice(0, SHORT_ID_BYTES * 2));
    }
    this.#newsOf(room).keysFrom = link;
    if (message.live === 0) this.#sync.progress(room, link);
    if (missing.size > 0) this.#sync.want(room, link, [...missing]);
    if (parked > 0) {
      if (room.parked.size > EVENTS_MAX) this.#sync.sendHeads(room, link, 1);
      this.#setTimer();
    }
  }

  /** Who was removed or has left brings nothing any more: what they wrote before comes by members who took it. */
  #isFormer(room: Room, user: UserId | null): boolean {
    const { state } = room;
    if (state === null || user === null || state.members.has(user) || user === this.#parts.session.userId) return false;
    return state.departures.some((id) => {
      const event = room.graph.node(id)?.event;
      return event?.kind === 'remove' ? event.body.user === user : event?.author === user;
    });
  }

  /** Nobody answers whoever was removed, so the removal itself counts even while what was before it is missing. */
  #removedUs(room: Room, event: AnyRoomEvent): void {
    const { session } = this.#parts;
    const { state } = room;
    if (event.kind !== 'remove' || event.body.user !== session.userId || state === null || room.row.status !== 'member') return;
    const author = state.members.get(event.author);
    if (author !== undefined && author.role !== 'member') this.#ended(room, 'removed');
  }

  #envelope(link: Link, { part }: Of<'room-envelope'>): void {
    const { friends, links, session } = this.#parts;
    const from = link.userId;
    if (from === null || from === session.userId || friends.isBlocked(from)) return this.#parts.count('roomEnvelopesRefused');
    const confidence = this.pairwise.read(from, part);
    if (typeof confidence === 'string') {
      this.#parts.count('roomEnvelopesRefused');
      // They should begin another session, with the keys of ours that they know by now.
      return void links.send(link, { type: 'room-envelope-refused', session: part.session });
    }
    if (confidence.kind === 'invitation') return this.joining.invitation(from, confidence);
    const room = this.#rooms.get(confidence.room);
    if (room === undefined) return;
    for (const chain of this.keys.take(room, from, confidence)) this.#openWith(room, chain);
  }

  /** A chain has come: what waited for it is opened, in order. */
  #openWith(room: Room, chain: string): void {
    for (const key of this.tables.sealed(room.id, chain)) {
      const order = key.slice(key.indexOf('/') + 1);
      const signed = this.tables.event(room.id, order);
      const event = signed === undefined ? 'missing' : readRoomEvent(this.#parts.env, signed, true);
      if (typeof event !== 'string') this.#open(room, event, order);
    }
  }

  /** A member has stored these. */
  #have(room: Room, link: Link, message: Of<'room-have'>): void {
    const { userId } = link;
    if (userId === null || !room.isMember(userId)) return;
    for (const short of shortIds(message.ids).slice(0, EVENTS_MAX)) {
      for (const id of this.tables.idsLike(room.id, short)) this.#confirmed(room, this.tables.place(id)?.order ?? '', userId);
    }
  }

  #confirmed(room: Room, order: string, by: UserId): void {
    const line = this.tables.line(room.id, order);
    if (line === undefined || line.author !== this.#parts.session.userId || line.kind !== 'message') return;
    const known = this.tables.receipts(room.id, order);
    if (known.includes(by)) return;
    this.tables.putReceipts(room.id, order, [...known, by]);
    this.#traceState(line.id, 'delivered', this.lines.nameOf(room, by));
    this.#tellLine(room, order, line, false);
  }

  /** A peer has all that is here, own messages included that nobody had confirmed. */
  #confirmAll(room: Room, peer: UserId): void {
    if (!room.isMember(peer)) return;
    for (const order of this.tables.waiting(room.id, WAITING_MAX)) this.#confirmed(room, order, peer);
  }

  // --- what a room brings ---

  #delivered(room: Room, event: AnyRoomEvent, order: string): void {
    const { session } = this.#parts;
    const me = session.userId as UserId;
    const isVisible = event.author === me || (room.stateBefore(event.id)?.members.has(me) ?? false);
    this.#gossip.set(room.id, GOSSIP_ROUNDS);
    if (event.author !== me && isVisible && !this.inheritance.running) this.#haveDue(room, event);
    if (event.kind === 'sealed') {
      this.tables.firstUse(room.id, toHex(event.body.chain), event.id);
      if (isVisible || room.state?.history === 'all') this.#open(room, event, order);
      return;
    }
    const line = this.lines.authority(room, event, order);
    this.#shown(room, order, line, isVisible);
    this.touched(room);
    this.joining.authorityChanged(room, event);
    this.#reviewMembership(room);
  }

  #reviewMembership(room: Room): void {
    const me = this.#parts.session.userId as UserId;
    const isMember = room.isMember(me);
    if (isMember && room.row.status !== 'member') {
      room.change({ status: 'member', passwordMaster: new Uint8Array() });
      this.#parts.connections.reviewSoon();
      this.joining.joined(room);
    } else if (!isMember && room.row.status === 'member') {
      const last = room.state?.departures.map((id) => room.graph.node(id)?.event).find((event) => event?.kind === 'remove' && event.body.user === me);
      this.#ended(room, last === undefined ? 'left' : 'removed');
    } else this.#parts.connections.reviewSoon();
  }

  #ended(room: Room, reason: 'left' | 'removed'): void {
    room.change({ status: 'left' });
    this.#parts.connections.reviewSoon();
    if (!this.inheritance.running) this.#parts.tell({ type: 'room-left', room: room.row.name, roomId: room.id, reason });
  }

  /** Opens a sealed event, or lets it wait for its chain. */
  #open(room: Room, event: AnyRoomEvent, order: string): void {
    if (event.kind !== 'sealed') return;
    const me = this.#parts.session.userId as UserId;
    const chain = toHex(event.body.chain);
    const opened = this.keys.open(room, event);
    if (opened === null) {
      this.lines.sealed(room, event, order);
      this.tables.putSealed(room.id, chain, order);
      return this.#setTimer();
    }
    this.tables.dropSealed(room.id, chain, order);
    const content = asContent(opened);
    // A member of another version, or a wicked one: the line stays sealed.
    if (content === null) return this.lines.sealed(room, event, order);
    const found = this.lines.opened(room, event, order, content);
    const isVisible = event.author === me || (room.stateBefore(event.id)?.members.has(me) ?? false);
    if (content.kind === 'message' && event.author === me && this.tables.receipts(room.id, order).length === 0) this.tables.putWaiting(room.id, order);
    if (found === null) return;
    const line = this.tables.line(room.id, found.order) as StoredLine;
    if (!found.fresh) {
      if (isVisible) this.#tellLine(room, found.order, line, false);
      return;
    }
    room.change({ messages: room.row.messages + 1 });
    this.#shown(room, order, line, isVisible);
  }

  /** A line is there: counted, traced and told, unless it is of a time before the user joined. */
  #shown(room: Room, order: string, line: StoredLine, isVisible: boolean): void {
    const { env, session } = this.#parts;
    const me = session.userId as UserId;
    if (env.tracing) {
      const { name } = room.row;
      env.trace({ type: 'shown', what: 'room-message', id: line.id, data: { room: name, roomId: room.id, from: line.from, order, kind: line.kind } });
    }
    if (line.kind === 'message' && line.sentMillis >= room.row.lastMillis) {
      room.change({ lastText: line.text.slice(0, LAST_TEXT_CHARACTERS), lastFrom: line.from, lastMillis: line.sentMillis });
    }
    if (!isVisible || this.inheritance.running) return;
    if (line.kind === 'message' && line.author !== me) {
      const named = line.mentions.includes(me) ? 1 : 0;
      room.change({ unread: room.row.unread + 1, mentions: room.row.mentions + named });
      this.typing.heard(room, line.author, line.from, false);
    }
    this.#tellLine(room, order, line, true);
  }

  #tellLine(room: Room, order: string, line: StoredLine, fresh: boolean): void {
    if (this.inheritance.running || room.row.status === 'pending') return;
    this.#parts.tell({ type: fresh ? 'room-message' : 'room-message-changed', message: this.lines.view(room, order, line) });
  }

  #haveDue(room: Room, event: AnyRoomEvent): void {
    const { have } = this.#newsOf(room);
    const due = have.get(event.author);
    if (due === undefined) have.set(event.author, [event.id]);
    else due.push(event.id);
  }

  // --- end of a turn, and time ---

  endTurn(): void {
    if (this.#parts.session.open === null) return;
    for (const [id, news] of this.#news) {
      const room = this.#rooms.get(id);
      if (room === undefined) continue;
      if (news.events.length > 0) this.#passOn(room, news);
      for (const [author, ids] of news.have) this.#sendHave(room, author, ids);
      for (const link of news.greet) this.#sync.sendHeads(room, link, 1);
      if (news.keysFrom !== null) this.keys.ask(room, news.keysFrom);
      if (news.changed && room.row.status === 'member') this.#parts.tell({ type: 'room-changed', room: this.views.room(room) });
      this.#setTimer();
    }
    this.#news.clear();
    for (const room of this.#rooms.values()) room.flush();
  }

  /** Own events go to all linked members; those of others are passed on in large rooms, where not everybody is linked with everybody. */
  #passOn(room: Room, news: News): void {
    const { links, options, connections, session } = this.#parts;
    const members = new Set(room.state?.members.keys() ?? []);
    const large = members.size > options.roomDirectMembersMax;
    const batches = new Map<Link, SignedRoomEvent[]>();
    for (const { event, from, before } of news.events) {
      if (from !== null && !large) continue;
      // Who is no member any more by this very event hears of that.
      const receivers = event.kind === 'remove' || event.kind === 'leave' ? new Set([...members, ...before]) : members;
      for (const member of receivers) {
        const link = member === session.userId || member === event.author ? null : connections.sessionLink(member);
        if (link === null || link === from) continue;
        const batch = batches.get(link);
        if (batch === undefined) batches.set(link, [event.signed]);
        else batch.push(event.signed);
      }
    }
    for (const [link, events] of batches) {
      for (let at = 0; at < events.length; at += EVENTS_MAX) {
        links.send(link, { type: 'room-events', room: room.id, events: events.slice(at, at + EVENTS_MAX), live: 1 });
      }
    }
  }

  #sendHave(room: Room, author: UserId, ids: readonly string[]): void {
    const { links, connections } = this.#parts;
    const link = connections.sessionLink(author);
    for (let at = 0; link !== null && at < ids.length; at += EVENTS_MAX) {
      const shorts = ids.slice(at, at + EVENTS_MAX).map((id) => fromHex(id.slice(0, SHORT_ID_BYTES * 2)));
      links.send(link, { type: 'room-have', room: room.id, ids: concat(...shorts) });
    }
  }

  #setTimer(): void {
    const { env, options } = this.#parts;
    const hurried = this.#gossip.size > 0 || this.#sync.busy || this.joining.waiting || this.typing.any || this.all().some((room) => room.parked.size > 0);
    const idle = this.#rooms.size === 0 && !hurried;
    if (idle) return;
    if (hurried && this.#timerIs === 'hurried') return;
    if (!hurried && this.#timerIs !== 'none') return;
    this.#timerIs = hurried ? 'hurried' : 'idle';
    env.setTimer('rooms', '', hurried ? options.roomTickMillis : options.roomCompareMillis * (0.5 + env.random.fraction()));
  }

  #timerIs: 'none' | 'idle' | 'hurried' = 'none';

  /** Timer: compares with members, asks again for what is missing. */
  tick(): void {
    const { env, options } = this.#parts;
    this.#timerIs = 'none';
    if (this.#parts.session.open === null) return;
    const now = env.monotonicMillis;
    const compareAll = now - this.#compareMillis >= options.roomCompareMillis;
    if (compareAll) this.#compareMillis = now;
    this.#sync.tick();
    this.joining.tick();
    this.typing.tick();
    for (const room of this.#rooms.values()) this.#tickRoom(room, compareAll);
    this.#setTimer();
  }

  #tickRoom(room: Room, compare: boolean): void {
    const { env, options } = this.#parts;
    const now = env.monotonicMillis;
    const rounds = this.#gossip.get(room.id) ?? 0;
    if (rounds > 1) this.#gossip.set(room.id, rounds - 1);
    else this.#gossip.delete(room.id);
    room.parked.expire(now - options.roomParkedMillis);
    const missing = room.parked.missing(now - options.roomGapMillis);
    if ((this.#gaps.get(room.id) ?? 0) !== missing.length) {
      this.#gaps.set(room.id, missing.length);
      this.#parts.tell({ type: 'room-gap', room: room.row.name, roomId: room.id, missing: missing.length });
    }
    const links = this.linked(room);
    const link = links[Math.floor(env.random.fraction() * links.length)];
    if (link === undefined) return;
    if (rounds > 0 || compare || room.parked.size > 0) this.#sync.sendHeads(room, link, 1);
    if (missing.length > 0) {
      const shorts = missing.slice(0, options.roomWantsMax).map((id) => id.slice(0, SHORT_ID_BYTES * 2));
      this.#sync.want(room, link, shorts);
    }
    this.keys.ask(room, link);
  }

  gapsOf(room: Room): number {
    return room.parked.missing(this.#parts.env.monotonicMillis - this.#parts.options.roomGapMillis).length;
  }

  // --- people ---

  /** Whom rooms want to be linked with. */
  wanted(): Set<UserId> {
    const { options, session } = this.#parts;
    const wanted = new Set<UserId>(this.joining.wanted());
    for (const room of this.#rooms.values()) {
      if (room.row.status !== 'member' || room.state === null || session.userId === null) continue;
      for (const user of neighboursOf(room.state.members.keys(), session.userId, options.roomDirectMembersMax)) wanted.add(user);
    }
    return wanted;
  }

  /** Somebody whose record must not be forgotten. */
  knows(user: UserId): boolean {
    return this.all().some((room) => room.row.status === 'member' && room.isMember(user));
  }

  userLinkUp(user: UserId, link: Link): void {
    for (const room of this.#rooms.values()) if (room.isMember(user) && room.row.status !== 'pending') this.#sync.sendHeads(room, link, 1);
    this.joining.linkUp(user, link);
  }

  linkDown(nodeId: NodeId | null): void {
    if (nodeId !== null) this.#sync.linkDown(nodeId);
  }

  #traceState(id: string, to: string, peer: string): void {
    const { env } = this.#parts;
    if (env.tracing) env.trace({ type: 'state', subject: 'room-message', id: id as MessageId, to, data: { peer } });
  }
}
