import test from 'ava';
import { type RoomState, rankOf } from '../../src/core/rooms/authority.ts';
import { AuthorityGraph } from '../../src/core/rooms/authority-graph.ts';
import type { RoomEventId, RoomId, RoomRole } from '../../src/core/rooms/room-commands.ts';
import { type AnyRoomEvent, type RoomEventBodies, type RoomEventKind, signRoomEvent } from '../../src/core/rooms/room-event.ts';
import { electorateOf, mayNotVote, NO_VOTES, settled, voted, votesNeeded } from '../../src/core/rooms/succession.ts';
import type { UserId } from '../../src/core/types.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { type Somebody, somebody, tools, userRecord, WALL_MILLIS } from '../core/tools.ts';

function stateOf(roles: readonly RoomRole[]): RoomState {
  const members = new Map(roles.map((role, index) => [`user${index}` as UserId, { name: `user${index}`, role }]));
  const common = { name: 'r', topic: '', policy: 'open', history: 'all', passwordKey: new Uint8Array(), passwordSalt: new Uint8Array() } as const;
  return { ...common, members, invited: new Map(), banned: new Set(), departures: [], term: 0, votes: NO_VOTES };
}

const ownersOf = (state: RoomState): string[] => [...state.members].filter(([, member]) => member.role === 'owner').map(([user]) => user);

test('whatever is voted, there is one owner, and another one only by a majority of the electorate', (t) => {
  const random = new SeededRandom('votes');
  for (let round = 0; round < 300; round += 1) {
    const roles: RoomRole[] = [
      'owner',
      ...Array.from({ length: 1 + random.below(7) }, () => (random.below(3) === 0 ? ('admin' as const) : ('member' as const))),
    ];
    let state = stateOf(roles);
    for (let step = 0; step < 20; step += 1) {
      const users = [...state.members.keys()];
      const author = users[random.below(users.length)] as UserId;
      const vote = { heir: users[random.below(users.length)] as UserId, term: state.term - (random.below(4) === 0 ? 1 : 0) };
      const before = state;
      if (mayNotVote(state, author, vote) !== null) continue;
      state = voted(state, author, vote);
      t.is(ownersOf(state).length, 1);
      const votes = new Map(before.votes).set(author, vote.heir);
      const count = [...votes].filter(([voter, heir]) => heir === vote.heir && electorateOf(before).includes(voter)).length;
      const changed = ownersOf(state)[0] !== ownersOf(before)[0];
      t.is(changed, rankOf(before, author) < 2 && count >= votesNeeded(before));
      t.is(state.term, before.term + (changed || rankOf(before, author) === 2 ? 1 : 0));
    }
  }
});

test('a vote that waited counts as soon as fewer are needed', (t) => {
  const state = voted(stateOf(['owner', 'admin', 'admin']), 'user1' as UserId, { heir: 'user1' as UserId, term: 0 });
  t.deepEqual(ownersOf(state), ['user0']);
  const members = new Map(state.members);
  members.delete('user2' as UserId);
  t.deepEqual(ownersOf(settled({ ...state, members })), ['user1']);
});

/** A room of people whose events are given out and put together by hand. */
class Court {
  readonly people: readonly Somebody[];
  readonly graph: AuthorityGraph;
  readonly #depths = new Map<RoomEventId, number>();
  readonly room: RoomId;
  heads: RoomEventId[];

  constructor(names: readonly string[]) {
    this.people = names.map(somebody);
    this.graph = new AuthorityGraph(tools);
    const [founder] = this.people as readonly [Somebody];
    const nothing = new Uint8Array();
    const create = this.#signed(founder, '', [], 'create', {
      name: 'court',
      topic: '',
      policy: 'open',
      history: 'all',
      passwordSalt: nothing,
      passwordKey: nothing,
      nonce: new Uint8Array(16),
      card: userRecord(founder).signed,
    });
    this.room = create.room;
    this.add(create, []);
    this.heads = [create.id];
    for (const who of this.people.slice(1)) {
      this.next(who, 'join', { card: userRecord(who).signed, proof: nothing });
      this.next(founder, 'role', { user: who.userId as UserId, role: 'admin' });
    }
  }

  #signed<Kind extends RoomEventKind>(
    who: Somebody,
    room: RoomId | '',
    parents: readonly RoomEventId[],
    kind: Kind,
    body: RoomEventBodies[Kind],
  ): AnyRoomEvent {
    return signRoomEvent(tools, who.identity, { room, parents, stampMillis: WALL_MILLIS, kind, body }) as AnyRoomEvent;
  }

  add(event: AnyRoomEvent, parents: readonly RoomEventId[]): RoomEventId {
    const wrong = this.graph.judge(event, parents);
    if (wrong !== null) throw new Error(wrong);
    const depth = parents.reduce((most, id) => Math.max(most, (this.#depths.get(id) ?? 0) + 1), 0);
    this.#depths.set(event.id, depth);
    this.graph.add(event, parents, depth);
    return event.id;
  }

  /** An event behind these. */
  after<Kind extends RoomEventKind>(parents: readonly RoomEventId[], who: Somebody, kind: Kind, body: RoomEventBodies[Kind]): RoomEventId {
    return this.add(this.#signed(who, this.room, parents, kind, body), [...parents].sort());
  }

  next<Kind extends RoomEventKind>(who: Somebody, kind: Kind, body: RoomEventBodies[Kind]): void {
    this.heads = [this.after(this.heads, who, kind, body)];
  }

  owner(heads: readonly RoomEventId[]): string {
    const state = this.graph.stateAt([...heads].sort());
    return [...state.members.values()].filter((member) => member.role === 'owner').map((member) => member.name)[0] as string;
  }

  who(name: string): Somebody {
    return this.people.find((each) => each.name === name) as Somebody;
  }
}

test('an owner who says that it is there stays, also where enough others had voted before they heard of it', (t) => {
  const court = new Court(['alice', 'bob', 'carol', 'dave']);
  const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => court.who(name)) as [Somebody, Somebody, Somebody];
  const heir = carol.userId as UserId;
  const first = court.after(court.heads, bob, 'vote', { heir, term: 0 });
  const second = court.after([first], carol, 'vote', { heir, term: 0 });
  t.is(court.owner([second]), 'carol', 'two of three, as far as carol knows');
  const word = court.after([first], alice, 'vote', { heir: alice.userId as UserId, term: 0 });
  t.is(court.owner([second, word]), 'alice');
  t.is(court.owner([word, second]), 'alice');
});

test('an owner who was away finds the room in other hands, and a new term has begun', (t) => {
  const court = new Court(['alice', 'bob', 'carol', 'dave']);
  const [alice, bob, carol, dave] = ['alice', 'bob', 'carol', 'dave'].map((name) => court.who(name)) as [Somebody, Somebody, Somebody, Somebody];
  const vote = { heir: carol.userId as UserId, term: 0 };
  const first = court.after(court.heads, bob, 'vote', vote);
  const second = court.after([first], dave, 'vote', vote);
  // Meanwhile alice, who knew nothing of it, changed the topic: an owner's deed, but no word on the votes.
  const deed = court.after(court.heads, alice, 'topic', { topic: 'tea' });
  t.is(court.owner([second, deed]), 'carol');
  t.is(court.graph.stateAt([deed, second].sort()).topic, 'tea');
  t.throws(() => court.after([second], alice, 'vote', { heir: alice.userId as UserId, term: 1 }), { message: /admins vote/ });
  t.throws(() => court.after([second], bob, 'vote', vote), { message: /earlier term/ });
});

test('whoever was the only one to vote once, and was removed, cannot vote in that past', (t) => {
  const court = new Court(['alice', 'mallory']);
  const [alice, mallory] = ['alice', 'mallory'].map((name) => court.who(name)) as [Somebody, Somebody];
  const early = court.heads;
  const bob = somebody('bob');
  court.next(bob, 'join', { card: userRecord(bob).signed, proof: new Uint8Array() });
  court.next(alice, 'remove', { user: mallory.userId as UserId });
  const vote = court.after(early, mallory, 'vote', { heir: mallory.userId as UserId, term: 0 });
  t.is(court.owner([vote]), 'mallory', 'a majority of one, where nothing else is known');
  const both = [...court.heads, vote].sort();
  t.is(court.owner(both), 'alice');
  t.false(court.graph.stateAt(both).members.has(mallory.userId as UserId));
});

test('votes on two sides of a cut that are not enough on either are enough together, whichever is folded first', (t) => {
  const court = new Court(['alice', 'bob', 'carol', 'dave', 'erin']);
  const [bob, carol, dave] = ['bob', 'carol', 'dave'].map((name) => court.who(name)) as [Somebody, Somebody, Somebody];
  const vote = { heir: dave.userId as UserId, term: 0 };
  const here = court.after(court.heads, bob, 'vote', vote);
  const there = court.after([court.after(court.heads, carol, 'vote', vote)], dave, 'vote', vote);
  t.is(court.owner([here]), 'alice');
  t.is(court.owner([there]), 'alice', 'two of four are no majority');
  t.is(court.owner([here, there]), 'dave');
  t.is(court.owner([there, here]), 'dave');
});
