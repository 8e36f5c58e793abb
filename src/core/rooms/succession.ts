import type { UserId } from '../types.ts';
import type { RoomMember, RoomState } from './authority.ts';

/**
 * What becomes of a room whose owner is lost without having left.
 *
 * No clock says when somebody is lost: each has another, and all of them may be set. So people say it. The admins vote, since the owner
 * chose them, or where there are none the members; whoever a majority of them names is the owner. Two halves of a network cannot both
 * have a majority of the same electorate, and where admins change meanwhile the order in which events are folded decides for everybody
 * alike (authority-graph.ts). A vote counts in its term only. The owner's own word begins a new term, and an owner's word comes before
 * concurrent ones: so an owner who is there cannot be voted out by those who have not heard of it.
 */
export interface Vote {
  /** Whom the author wants to own the room; an owner who is there names itself. */
  readonly heir: UserId;
  readonly term: number;
}

export interface Election {
  /** Grows with each change of owner, and each time that the owner is found to be there. */
  readonly term: number;
  readonly votes: ReadonlyMap<UserId, UserId>;
}

export const NO_VOTES: ReadonlyMap<UserId, UserId> = new Map();

/** Those whose votes count. */
export function electorateOf(state: RoomState): UserId[] {
  const having = (role: RoomMember['role']): UserId[] => [...state.members].filter(([, member]) => member.role === role).map(([user]) => user);
  const admins = having('admin');
  return admins.length > 0 ? admins : having('member');
}

/** More than half of them. */
export function votesNeeded(state: RoomState): number {
  return Math.floor(electorateOf(state).length / 2) + 1;
}

/** Null when a member may vote so, else why not. */
export function mayNotVote(state: RoomState, author: UserId, { heir, term }: Vote): string | null {
  if (term !== state.term) return 'a vote of an earlier term';
  if (state.members.get(author)?.role === 'owner') {
    if (heir !== author) return 'the owner hands the room over by giving the role';
    return state.votes.size > 0 ? null : 'nobody has voted';
  }
  if (state.members.get(heir) === undefined) return 'no member';
  if (state.members.get(heir)?.role === 'owner') return 'the owner already';
  return electorateOf(state).includes(author) ? null : 'only admins vote where there are any';
}

/** The state after a vote that was allowed in it. */
export function voted(state: RoomState, author: UserId, { heir }: Vote): RoomState {
  if (state.members.get(author)?.role === 'owner') return newTerm(state);
  return settled({ ...state, votes: new Map(state.votes).set(author, heir) });
}

/** The owner is another one, or was found to be there. */
export function newTerm(state: RoomState): RoomState {
  return { ...state, term: state.term + 1, votes: NO_VOTES };
}

/** Members, roles or votes have changed: votes of and for those who are gone do not count, and somebody may have a majority now. */
export function settled(state: RoomState): RoomState {
  if (state.votes.size === 0) return state;
  const electorate = new Set(electorateOf(state));
  const votes = new Map([...state.votes].filter(([voter, heir]) => electorate.has(voter) && state.members.has(heir)));
  const counts = new Map<UserId, number>();
  for (const heir of votes.values()) counts.set(heir, (counts.get(heir) ?? 0) + 1);
  for (const [heir, count] of counts) if (count >= votesNeeded(state)) return succeeded({ ...state, votes }, heir);
  return { ...state, votes };
}

/** Who owned the room stays as a member: if it is lost its vote must not be waited for, and if it is not the new owner can give it a role. */
function succeeded(state: RoomState, heir: UserId): RoomState {
  const members = new Map(state.members);
  for (const [user, member] of members) if (member.role === 'owner') members.set(user, { ...member, role: 'member' });
  members.set(heir, { ...(members.get(heir) as RoomMember), role: 'owner' });
  return newTerm({ ...state, members });
}
