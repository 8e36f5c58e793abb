import type { Crypto } from '../capabilities.ts';
import type { UserId } from '../types.ts';
import type { RoomEventId, RoomHistoryPolicy, RoomPolicy, RoomRole } from './room-commands.ts';
import type { AnyRoomEvent } from './room-event.ts';
import { passwordProofHolds } from './room-password.ts';
import { type Election, mayNotVote, NO_VOTES, newTerm, settled, voted } from './succession.ts';

export interface RoomMember {
  readonly name: string;
  readonly role: RoomRole;
}

/** What a set of events says of a room: a plain value, never changed in place. */
export interface RoomState extends Election {
  readonly name: string;
  readonly topic: string;
  readonly policy: RoomPolicy;
  readonly history: RoomHistoryPolicy;
  readonly passwordKey: Uint8Array;
  readonly passwordSalt: Uint8Array;
  /** In the order in which they joined. */
  readonly members: ReadonlyMap<UserId, RoomMember>;
  /** Who was invited and has not joined, by name. */
  readonly invited: ReadonlyMap<UserId, string>;
  /** Who was removed and not invited again. */
  readonly banned: ReadonlySet<UserId>;
  /** Events by which somebody ceased to be a member: keys of senders are renewed when these change. */
  readonly departures: readonly RoomEventId[];
}

const RANK: Readonly<Record<RoomRole, number>> = { member: 0, admin: 1, owner: 2 };

/** The room as its first event founds it. */
export function foundedState(event: AnyRoomEvent & { readonly kind: 'create' }, founder: string): RoomState {
  const { name, topic, policy, history, passwordKey, passwordSalt } = event.body;
  const members = new Map([[event.author, { name: founder, role: 'owner' as const }]]);
  const nobody = { invited: new Map(), banned: new Set<UserId>(), departures: [], term: 0, votes: NO_VOTES };
  return { name, topic, policy, history, passwordKey, passwordSalt, members, ...nobody };
}

export function rankOf(state: RoomState, user: UserId): number {
  const member = state.members.get(user);
  return member === undefined ? -1 : RANK[member.role];
}

/** Null when the author may do this in that state, else why not. */
export function forbidden(crypto: Crypto, state: RoomState, event: AnyRoomEvent): string | null {
  const rank = rankOf(state, event.author);
  if (event.kind === 'create') return 'a room is founded once';
  if (event.kind === 'join') return mayNotJoin(crypto, state, event, rank);
  if (rank < 0) return 'the author is no member';
  switch (event.kind) {
    case 'leave':
    case 'sealed':
    case 'history-key':
      return null;
    case 'vote':
      return mayNotVote(state, event.author, event.body);
    case 'topic':
      return rank >= RANK.admin ? null : 'only admins change the topic';
    case 'invite':
      if (state.members.has(event.body.user)) return 'a member already';
      if (rank >= RANK.admin) return null;
      if (state.banned.has(event.body.user)) return 'only admins invite somebody who was removed';
      return state.policy === 'invite' ? 'only admins invite' : null;
    case 'remove':
      if (rank < RANK.admin) return 'only admins remove members';
      return rankOf(state, event.body.user) < rank && state.members.has(event.body.user) ? null : 'somebody of the same or a higher role, or no member';
    case 'role': {
      const before = rankOf(state, event.body.user);
      if (before < 0) return 'no member';
      const stepsDown = event.body.user === event.author && RANK[event.body.role] < rank && rank < RANK.owner;
      return rank === RANK.owner && event.body.user !== event.author ? null : stepsDown ? null : 'only the owner gives roles';
    }
  }
}

function mayNotJoin(crypto: Crypto, state: RoomState, event: AnyRoomEvent & { readonly kind: 'join' }, rank: number): string | null {
  if (rank >= 0) return 'a member already';
  if (state.invited.has(event.author)) return null;
  if (state.banned.has(event.author)) return 'removed from the room';
  switch (state.policy) {
    case 'open':
      return null;
    case 'invite':
      return 'not invited';
    case 'password':
      return passwordProofHolds(crypto, state.passwordKey, event.room, event.author, event.body.proof) ? null : 'wrong password';
  }
}

/** The state after an event that is allowed in it. `name`: what the author is called, for those that join. */
export function applied(state: RoomState, event: AnyRoomEvent, name: string): RoomState {
  switch (event.kind) {
    case 'create':
    case 'sealed':
    case 'history-key':
      return state;
    case 'vote':
      return voted(state, event.author, event.body);
    case 'topic':
      return { ...state, topic: event.body.topic };
    case 'join': {
      const members = new Map(state.members).set(event.author, { name, role: 'member' });
      const invited = new Map(state.invited);
      const banned = new Set(state.banned);
      invited.delete(event.author);
      banned.delete(event.author);
      return { ...state, members, invited, banned };
    }
    case 'invite': {
      const banned = new Set(state.banned);
      banned.delete(event.body.user);
      return { ...state, banned, invited: new Map(state.invited).set(event.body.user, event.body.name) };
    }
    case 'leave':
      return settled(without(state, event.author, event.id));
    case 'remove': {
      const rest = without(state, event.body.user, event.id);
      return settled({ ...rest, banned: new Set(rest.banned).add(event.body.user) });
    }
    case 'role': {
      const members = new Map(state.members);
      const { user, role } = event.body;
      members.set(user, { ...(members.get(user) as RoomMember), role });
      if (role === 'owner') members.set(event.author, { ...(members.get(event.author) as RoomMember), role: 'admin' });
      const changed = { ...state, members };
      return role === 'owner' ? newTerm(changed) : settled(changed);
    }
  }
}

/** Without that member. Where the owner goes, the admin who has been there longest takes over, or else that member. */
function without(state: RoomState, user: UserId, event: RoomEventId): RoomState {
  const members = new Map(state.members);
  const gone = members.get(user);
  members.delete(user);
  if (gone?.role === 'owner') {
    const heir = [...members].find(([, member]) => member.role === 'admin') ?? [...members][0];
    if (heir !== undefined) members.set(heir[0], { ...heir[1], role: 'owner' });
  }
  const invited = new Map(state.invited);
  invited.delete(user);
  const rest = { ...state, members, invited, departures: [...state.departures, event].sort() };
  return gone?.role === 'owner' ? newTerm(rest) : rest;
}
