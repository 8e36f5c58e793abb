import test from 'ava';
import fc from 'fast-check';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import { type Member, Members } from '../../src/core/swim/members.ts';
import { NewsSpread } from '../../src/core/swim/news-spread.ts';
import type { SwimEnv } from '../../src/core/swim/swim-parts.ts';
import type { Update } from '../../src/core/swim/wire.ts';
import type { NodeId } from '../../src/core/types.ts';

interface Told {
  readonly by: NodeId;
  readonly to: NodeId;
  readonly news: Update;
}

const idOf = (index: number): NodeId => `${((index * 40_503) % 65_536).toString(16).padStart(4, '0')}${'0'.repeat(60)}` as NodeId;

/** A member that knows `ids`, with a clock and timers that the test moves. */
function memberWith(nodeId: NodeId, ids: readonly NodeId[], told: Told[], most: number = CORE_OPTIONS.swimMembersMax, looks: NodeId[] = []) {
  const clock = { millis: 10_000, timerMillis: null as number | null };
  const env = {
    get monotonicMillis() {
      return clock.millis;
    },
    random: { fraction: () => 0.999 },
    setTimer: (_kind: string, _key: string, delayMillis: number) => {
      clock.timerMillis = clock.millis + delayMillis;
    },
  } as unknown as SwimEnv;
  const members = new Members(most, () => 0.5);
  for (const id of ids) if (id !== nodeId) members.add(id, `udp://sim:${ids.indexOf(id) + 1}`);
  for (const member of members.present()) member.incarnation = 1;
  const spread = new NewsSpread(env, CORE_OPTIONS, members, {
    nodeId,
    tell: (other, news) => told.push({ by: nodeId, to: other.id, news }),
    look: () => looks.push(nodeId),
  });
  return { spread, members, clock };
}

function newsOf(member: Member): Update {
  return { id: member.id, state: 'dead', incarnation: member.incarnation, accuser: '', address: member.address };
}

test('where all know all, news reach everybody, and nobody is told more often than everybody tells', (t) => {
  const sizes = fc.record({ count: fc.integer({ min: 2, max: 80 }), incarnation: fc.nat({ max: 2 ** 40 }), subject: fc.nat(), origin: fc.nat() });
  fc.assert(
    fc.property(sizes, ({ count, incarnation, subject, origin }) => {
      const ids = Array.from({ length: count + 1 }, (_, index) => idOf(index));
      const dead = ids[subject % ids.length] as NodeId;
      const live = ids.filter((id) => id !== dead);
      const told: Told[] = [];
      const nodes = new Map(live.map((id) => [id, memberWith(id, ids, told)]));
      const heard = new Set<NodeId>();
      const waiting = [live[origin % live.length] as NodeId];
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        if (heard.has(id)) continue;
        heard.add(id);
        const { spread, members } = nodes.get(id) as ReturnType<typeof memberWith>;
        const member = members.get(dead) as Member;
        members.setState(member, 'dead', 0);
        member.incarnation = incarnation;
        spread.heard(member, newsOf(member));
        spread.passOn();
        waiting.push(...told.filter((each) => each.by === id).map((each) => each.to));
      }
      t.is(heard.size, live.length);
      for (const id of live) {
        t.true(told.filter((each) => each.by === id).length <= CORE_OPTIONS.swimSpreadCount);
        t.true(told.filter((each) => each.to === id).length <= CORE_OPTIONS.swimSpreadCount);
        t.false(told.some((each) => each.by === each.to));
      }
    }),
    { seed: 11, numRuns: 120 },
  );
});

test('news of one packet share what is sent on, and what comes soon after waits for the next', (t) => {
  const ids = Array.from({ length: 12 }, (_, index) => idOf(index));
  const told: Told[] = [];
  const { spread, members, clock } = memberWith(idOf(0), ids, told);
  const others = ids.slice(1).map((id) => members.get(id) as Member);
  for (const member of others.slice(0, 4)) spread.heard(member, newsOf(member));
  spread.passOn();
  t.is(told.length, CORE_OPTIONS.swimSpreadCount);
  clock.millis += 50;
  for (const member of others.slice(4, 7)) {
    spread.heard(member, newsOf(member));
    spread.passOn();
  }
  t.is(told.length, CORE_OPTIONS.swimSpreadCount, 'nothing more until the pause is over');
  t.is(clock.timerMillis, 10_000 + 1_000 / CORE_OPTIONS.swimSpreadsPerSecond);
  clock.millis = clock.timerMillis as number;
  spread.timer();
  t.is(told.length, 2 * CORE_OPTIONS.swimSpreadCount);
  t.is(told.at(-1)?.news.id, others[6]?.id);
  clock.millis += 1_000;
  spread.passOn();
  t.is(told.length, 2 * CORE_OPTIONS.swimSpreadCount, 'nothing is said twice');
});

test('whoever is under suspicion is passed over, and where each knows a part only, others are drawn', (t) => {
  const ids = Array.from({ length: 12 }, (_, index) => idOf(index));
  const told: Told[] = [];
  const { spread, members } = memberWith(idOf(0), ids, told, 11);
  const [subject, ...rest] = ids.slice(1).map((id) => members.get(id) as Member);
  for (const member of rest.slice(0, 5)) members.setState(member, 'suspect', 0);
  t.true(members.isPart);
  spread.heard(subject as Member, newsOf(subject as Member));
  spread.passOn();
  const full = memberWith(idOf(0), ids, told);
  for (const member of rest.slice(0, 5)) full.members.setState(full.members.get(member.id) as Member, 'suspect', 0);
  full.spread.heard(subject as Member, newsOf(subject as Member));
  full.spread.passOn();
  t.true(told.length > CORE_OPTIONS.swimSpreadCount);
  const suspects = new Set(rest.slice(0, 5).map((member) => member.id));
  t.deepEqual(
    told.filter((each) => suspects.has(each.to) || each.to === subject?.id),
    [],
  );
});

test('what was overtaken while it waited is told as it is known by then', (t) => {
  const ids = Array.from({ length: 12 }, (_, index) => idOf(index));
  const told: Told[] = [];
  const { spread, members, clock } = memberWith(idOf(0), ids, told);
  const [first, doubted] = ids.slice(1).map((id) => members.get(id) as Member) as [Member, Member];
  spread.heard(first, newsOf(first));
  spread.passOn();
  told.length = 0;
  members.setState(doubted, 'dead', clock.millis);
  spread.heard(doubted, newsOf(doubted));
  spread.passOn();
  members.setState(doubted, 'alive', clock.millis);
  doubted.incarnation += 1;
  clock.millis = clock.timerMillis as number;
  spread.timer();
  t.is(told.length, CORE_OPTIONS.swimSpreadCount);
  for (const { news } of told)
    t.deepEqual({ id: news.id, state: news.state, incarnation: news.incarnation }, { id: doubted.id, state: 'alive', incarnation: 2 });
});

test('where all know all, four look at whoever is suspected, and four who live where some do not', (t) => {
  const sizes = fc.record({ count: fc.integer({ min: 6, max: 60 }), accuser: fc.nat(), subject: fc.nat(), dead: fc.nat({ max: 3 }) });
  fc.assert(
    fc.property(sizes, ({ count, accuser, subject, dead }) => {
      const ids = Array.from({ length: count }, (_, index) => idOf(index)).sort();
      const suspect = ids[subject % count] as NodeId;
      const others = ids.filter((id) => id !== suspect);
      const by = others[accuser % others.length] as NodeId;
      const gone = others.filter((id) => id !== by).slice(0, Math.min(dead, others.length - 5));
      const looks: NodeId[] = [];
      for (const id of others) {
        if (id === by || gone.includes(id)) continue;
        const { spread, members } = memberWith(id, ids, [], CORE_OPTIONS.swimMembersMax, looks);
        for (const each of gone) members.setState(members.get(each) as Member, 'dead', 0);
        const member = members.get(suspect) as Member;
        members.setState(member, 'suspect', 0);
        spread.heard(member, { ...newsOf(member), state: 'suspect', accuser: by.slice(0, 8) });
      }
      t.is(looks.length, 4);
      t.is(new Set(looks).size, 4);
    }),
    { seed: 12, numRuns: 100 },
  );
});
