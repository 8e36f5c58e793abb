import { sameBytes, toHex } from '../bytes.ts';
import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import type { Services } from '../services.ts';
import type { UserId } from '../types.ts';
import type { Confidence } from './pairwise.ts';
import type { Room } from './room.ts';
import { type Attempt, everybodySaidNo, isTurnOf, type JoinOutcome, newAttempt } from './room-attempt.ts';
import { HOSTS_MAX, hostsOf, RoomCards } from './room-cards.ts';
import type { RoomId, RoomsView } from './room-commands.ts';
import { type AnyRoomEvent, fromHex, readRoomEvent, type SignedRoomEvent, signRoomEvent } from './room-event.ts';
import type { RoomMessage } from './room-messages.ts';
import { passwordKeyPair, passwordProof } from './room-password.ts';
import { linkOf } from './room-views.ts';
import type { Rooms } from './rooms.ts';

type Door = Extract<RoomMessage, { type: 'room-door' }>;

/** An invitation as it is stored. */
interface InvitationRow {
  readonly create: SignedRoomEvent;
  readonly topic: string;
  readonly from: string;
  readonly hosts: readonly string[];
}

const ASK_AGAIN_MILLIS = 1_500;
const JOINS_MAX = 16;
const JOIN_TRIES_MAX = 3;
const INVITATIONS_MAX = 256;

/** How people come into rooms: links, invitations, cards, passwords. */
export class RoomJoining {
  readonly #parts: Parts;
  readonly #rooms: Rooms;
  readonly #services: Services;
  readonly #attempts = new Map<RoomId, Attempt>();
  readonly cards: RoomCards;

  constructor(parts: Parts, rooms: Rooms, services: Services) {
    this.#parts = parts;
    this.#rooms = rooms;
    this.cards = new RoomCards(parts, rooms);
    this.#services = services;
  }

  forget(): void {
    this.#attempts.clear();
    this.cards.forget();
  }

  get waiting(): boolean {
    return this.#attempts.size > 0 || this.#pending().length > 0;
  }

  #pending(): Room[] {
    return this.#rooms.all().filter((room) => room.row.status === 'pending');
  }

  // --- joining ---

  /** Begins to join; `answer` comes when it is done, refused, or takes longer than people wait. */
  join(target: { readonly room: RoomId; readonly host: string | null }, password: string | undefined, answer: (outcome: JoinOutcome) => void): void {
    const { env } = this.#parts;
    const known = this.#rooms.get(target.room);
    if (known?.row.status === 'member') return answer({ code: 'room-joined-already' });
    if (known === undefined && this.#rooms.all().length >= this.#parts.options.roomsMax) return answer({ code: 'rooms-full' });
    const invitation = env.store.get<InvitationRow>('roomInvitations', target.room);
    const card = this.cards.get(target.room);
    // Anybody can tell of a room, and say that only they can be asked; who made it is signed.
    const founder = card === undefined ? undefined : this.#parts.view.user(card.create.author)?.body.name;
    const named = [target.host, ...(invitation?.hosts ?? []), founder, ...(card?.card.hosts ?? []), ...(known?.row.hosts ?? [])];
    // Whoever comes back to a room of their own stands in its link and its card, and has nothing to ask of themselves.
    const hosts = [...new Set(named.filter((host) => typeof host === 'string' && host !== this.#parts.settings.user))] as string[];
    const room = this.#rooms.add(target.room);
    const name = room.row.name === '' ? (card?.create.body.name ?? `room-${target.room.slice(0, 8)}`) : room.row.name;
    room.change({ status: 'pending', hosts: hosts.slice(0, HOSTS_MAX), passwordMaster: new Uint8Array(), name, joins: [], returning: room.state !== null });
    const given = password === undefined || password === '' ? null : password;
    const attempt = newAttempt(env.monotonicMillis, { password: given, answers: [answer], create: card?.create ?? null, sought: hosts.length });
    this.#attempts.set(target.room, attempt);
    for (const host of hosts) this.#parts.lookup.find(host, () => this.#hostSought(room, attempt));
    this.#parts.connections.reviewSoon();
    this.#rooms.outgoing.of(room).changed = true;
    this.#askAround(room);
  }

  #hostSought(room: Room, attempt: Attempt): void {
    attempt.sought -= 1;
    this.#parts.connections.reviewSoon();
    if (this.#attempts.get(room.id) === attempt && room.row.status === 'pending') this.#askAround(room);
  }

  #attemptOf(room: Room): Attempt {
    let attempt = this.#attempts.get(room.id);
    if (attempt === undefined) {
      attempt = newAttempt(this.#parts.env.monotonicMillis);
      this.#attempts.set(room.id, attempt);
    }
    return attempt;
  }

  #hostsNamed(room: Room): UserId[] {
    return [...new Set(room.row.hosts.flatMap((name) => (this.#parts.view.userNamed(name)?.authorId as UserId | undefined) ?? []))];
  }

  /** Asks members that are known, or everybody who is linked when none is and none of those who are named could be found. */
  #askAround(room: Room): void {
    const { env, links, connections } = this.#parts;
    const attempt = this.#attemptOf(room);
    if (env.monotonicMillis - attempt.askedMillis < ASK_AGAIN_MILLIS) return;
    const members = [...this.#hostsNamed(room), ...(room.state?.members.keys() ?? [])];
    if (members.length === 0 && attempt.sought > 0) return;
    const linked =
      members.length > 0 ? [...new Set(members)].map((id) => connections.sessionLink(id)) : links.upLinks().filter(({ sessionOpen }) => sessionOpen);
    for (const link of linked) {
      if (link === null || link.userId === null || !links.send(link, { type: 'room-ask', room: room.id })) continue;
      attempt.askedMillis = env.monotonicMillis;
      if (!attempt.saidNo.has(link.userId)) attempt.saidNo.set(link.userId, null);
    }
  }

  /** Somebody asks us how to join. */
  ask(link: Link, id: RoomId): void {
    const { links } = this.#parts;
    const room = this.#rooms.get(id);
    const state = room?.state;
    const user = link.userId;
    if (room?.row.status !== 'member' || state === null || state === undefined || user === null) return;
    const first = room.firstEvent();
    if (first === undefined) return;
    const open = state.invited.has(user) || (state.policy !== 'invite' && !state.banned.has(user));
    // Somebody who lost what they had.
    if (state.members.has(user)) return this.#rooms.sync.compare(room, link);
    // What the room is called is nobody's business who may not come in.
    if (!open) return void links.send(link, { type: 'room-door', room: id, create: null, heads: [], open: 0 });
    const heads = room.parentsOfNext().map(fromHex);
    links.send(link, { type: 'room-door', room: id, create: first, heads, open: 1 });
  }

  /** A member shows the way in, or that there is none. */
  door(link: Link, message: Door): void {
    const room = this.#rooms.get(message.room);
    if (room?.row.status !== 'pending') return;
    const attempt = this.#attemptOf(room);
    // Whoever was not asked shows no way in, and none out.
    if (link.userId === null || !attempt.saidNo.has(link.userId)) return this.#parts.count('dropped:unasked');
    attempt.saidNo.set(link.userId, message.open === 0);
    if (message.open === 0) return this.#turnedAway(room);
    const create = message.create === null ? 'none' : readRoomEvent(this.#parts.env, message.create);
    if (typeof create === 'string' || create.kind !== 'create' || create.room !== room.id) return this.#parts.count('dropped:invalid');
    attempt.create = create;
    room.change({ name: create.body.name, topic: create.body.topic });
    const isInvited = this.#parts.env.store.get('roomInvitations', room.id) !== undefined;
    if (create.body.policy !== 'password' || isInvited) return this.#sendJoin(room, link, message, new Uint8Array());
    if (room.row.passwordMaster.length > 0) return this.#proveAndJoin(room, link, message, room.row.passwordMaster);
    if (attempt.deriving) return;
    if (attempt.password === null) return this.#refused(room, 'room-needs-password');
    attempt.deriving = true;
    const derivation = this.#parts.options.derivation;
    const salt = create.body.passwordSalt;
    this.#services.call({ service: 'derive-key', password: attempt.password, salt, derivation }, (result) => {
      attempt.deriving = false;
      if (room.row.status !== 'pending' || this.#parts.session.open === null) return;
      if (!result.ok || !(result.value instanceof Uint8Array)) return this.#refused(room, 'internal');
      this.#proveAndJoin(room, link, message, result.value);
    });
  }

  /**
   * One who says no does not speak for the others who were asked: they have as long as people wait. So has everybody where the user was
   * invited, who knows better than a member who has not heard of it yet.
   */
  #turnedAway(room: Room): void {
    const { env, options } = this.#parts;
    const attempt = this.#attemptOf(room);
    const isInvited = env.store.get('roomInvitations', room.id) !== undefined;
    const isOver = env.monotonicMillis - attempt.sinceMillis >= options.roomJoinMillis;
    if (isOver || (!isInvited && everybodySaidNo(attempt, this.#hostsNamed(room)))) return this.#refused(room, 'room-refused');
    attempt.turnedAway = true;
  }

  #proveAndJoin(room: Room, link: Link, message: Door, master: Uint8Array): void {
    const { env, session } = this.#parts;
    const create = this.#attemptOf(room).create;
    if (create === null || session.userId === null) return;
    const pair = passwordKeyPair(env.crypto, master, create.body.passwordSalt);
    if (!sameBytes(pair.publicKey, create.body.passwordKey)) return this.#refused(room, 'room-wrong-password');
    room.change({ passwordMaster: master });
    this.#sendJoin(room, link, message, passwordProof(env.crypto, pair, room.id, session.userId));
  }

  /** A join follows what the member has; they take it in and pass it on. */
  #sendJoin(room: Room, link: Link, message: Door, proof: Uint8Array): void {
    const { env, session, links } = this.#parts;
    const card = session.userRecord();
    const { userId } = link;
    if (session.open === null || card === null || userId === null || message.heads.length === 0) return;
    const attempt = this.#attemptOf(room);
    const now = env.monotonicMillis;
    if (!isTurnOf(attempt, userId, now)) return;
    // What one member showed may be no way for another; and with the same it is made anew when it gets nowhere.
    const sent = attempt.sent?.to === userId && attempt.sent.times < JOIN_TRIES_MAX ? attempt.sent : null;
    let event = sent?.event;
    if (event === undefined) {
      const parents = message.heads.map(toHex);
      const stampMillis = Math.trunc(env.wallMillis);
      const join = signRoomEvent(env, session.open.identity, { room: room.id, parents, stampMillis, kind: 'join', body: { card: card.signed, proof } });
      room.change({ joins: [...room.row.joins, join.id].slice(-JOINS_MAX) });
      event = join.signed;
    }
    attempt.sent = { event, to: userId, millis: now, times: (sent?.times ?? 0) + 1 };
    attempt.shown.set(userId, (attempt.shown.get(userId) ?? 0) + 1);
    links.send(link, { type: 'room-events', room: room.id, events: [event], live: 1 });
  }

  #refused(room: Room, code: string): void {
    const answers = this.#attempts.get(room.id)?.answers ?? [];
    this.#attempts.delete(room.id);
    if (room.state === null) this.#rooms.drop(room);
    else room.change({ status: 'left' });
    this.#parts.connections.reviewSoon();
    for (const answer of answers) answer({ code, name: room.row.name });
    if (answers.length === 0) this.#parts.tell({ type: 'room-left', room: room.row.name, roomId: room.id, reason: 'refused' });
  }

  /** The user is a member now. */
  joined(room: Room): void {
    const { env } = this.#parts;
    env.store.delete('roomInvitations', room.id);
    const answers = this.#attempts.get(room.id)?.answers ?? [];
    this.#attempts.delete(room.id);
    for (const answer of answers) answer({ state: 'joined' });
    if (env.tracing) env.trace({ type: 'state', subject: 'room', id: room.id, to: 'member', data: { room: room.row.name } });
    const [member] = this.#rooms.linked(room);
    if (member !== undefined) this.#rooms.copies.keys.ask(room, member);
    if (!this.#rooms.inheritance.running) this.#parts.tell({ type: 'room-joined', room: this.#rooms.views.room(room) });
  }

  /** Timer. */
  tick(): void {
    const { env, options } = this.#parts;
    for (const room of this.#pending()) {
      this.#askAround(room);
      const attempt = this.#attemptOf(room);
      if (attempt.answers.length === 0 || env.monotonicMillis - attempt.sinceMillis < options.roomJoinMillis) continue;
      if (attempt.turnedAway) this.#refused(room, 'room-refused');
      else for (const answer of attempt.answers.splice(0)) answer({ state: 'pending' });
    }
  }

  // --- invitations ---

  /** Somebody was invited, or is no longer: they hear of it as soon as they are linked. */
  authorityChanged(room: Room, event: AnyRoomEvent): void {
    const { connections, session } = this.#parts;
    if (event.kind === 'invite') {
      const link = connections.sessionLink(event.body.user);
      if (link !== null && event.author === session.userId) this.#invite(room, link);
      connections.reviewSoon();
    }
    if (event.kind === 'join' && event.author !== session.userId && room.row.status === 'member') {
      const link = connections.sessionLink(event.author);
      if (link !== null) this.#rooms.outgoing.of(room).greet.add(link);
    }
  }

  #invite(room: Room, link: Link): void {
    const create = room.firstEvent();
    if (create === undefined) return;
    this.#rooms.pairwise.tell(link, { kind: 'invitation', room: room.id, create, topic: room.row.topic, hosts: hostsOf(this.#parts, room) });
  }

  linkUp(user: UserId, link: Link): void {
    const { session } = this.#parts;
    for (const room of this.#rooms.all()) {
      const { state } = room;
      if (room.row.status === 'pending') this.#askAround(room);
      if (room.row.status !== 'member' || state === null || !state.invited.has(user)) continue;
      const role = session.userId === null ? undefined : state.members.get(session.userId)?.role;
      if (role !== 'member' || state.policy !== 'invite') this.#invite(room, link);
    }
    this.cards.linkUp(user, link);
  }

  invitation(from: UserId, confidence: Confidence & { readonly kind: 'invitation' }): void {
    const { env, view } = this.#parts;
    const create = readRoomEvent(env, confidence.create);
    if (typeof create === 'string' || create.kind !== 'create' || create.room !== confidence.room) return this.#parts.count('dropped:invalid');
    const known = this.#rooms.get(create.room);
    if (known?.row.status === 'member' || known?.row.status === 'pending') return;
    if (env.store.get('roomInvitations', create.id) !== undefined || env.store.count('roomInvitations') >= INVITATIONS_MAX) return;
    const inviter = view.user(from)?.body.name ?? `user-${from.slice(0, 8)}`;
    const hosts = [...new Set([inviter, ...confidence.hosts])].slice(0, HOSTS_MAX);
    env.store.put('roomInvitations', create.id, { create: confidence.create, topic: confidence.topic, from: inviter, hosts } satisfies InvitationRow);
    this.#parts.tell({ type: 'room-invited', room: create.body.name, roomId: create.room, from: inviter, link: linkOf(create.room, inviter) });
  }

  invitations(): Array<RoomsView['invitations'][number]> {
    const found: Array<RoomsView['invitations'][number]> = [];
    for (const [id, row] of this.#parts.env.store.scan<InvitationRow>('roomInvitations')) {
      const create = readRoomEvent(this.#parts.env, row.create, true);
      if (typeof create === 'string' || create.kind !== 'create') continue;
      found.push({ room: create.body.name, roomId: id, topic: row.topic, from: row.from, link: linkOf(id, ...row.hosts, row.from) });
    }
    return found;
  }

  /** Whom to be linked with: those through whom a room is joined, and those who were invited. */
  wanted(): UserId[] {
    const { view, session } = this.#parts;
    const found: UserId[] = [];
    for (const room of this.#rooms.all()) {
      if (room.row.status === 'pending') {
        for (const name of room.row.hosts) {
          const user = view.userNamed(name);
          if (user !== null) found.push(user.authorId as UserId);
        }
      }
      if (room.row.status === 'member') found.push(...(room.state?.invited.keys() ?? []));
    }
    return found.filter((user) => user !== session.userId);
  }
}
