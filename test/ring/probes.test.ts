import test from 'ava';
import { Chord } from '../../src/core/ring/chord.ts';
import type { Contact } from '../../src/core/ring/circle.ts';
import type { Lookups } from '../../src/core/ring/lookups.ts';
import { OtherRings } from '../../src/core/ring/other-rings.ts';
import { Pointers } from '../../src/core/ring/pointers.ts';
import { Remembered } from '../../src/core/ring/remembered.ts';
import type { RingAnswer, RingNotice, RingPort, RingQuestion } from '../../src/core/ring/ring-port.ts';
import { RING_OPTIONS } from '../../src/core/ring/ring-port.ts';
import { Stabiliser } from '../../src/core/ring/stabiliser.ts';
import type { MonotonicMillis, NodeId } from '../../src/core/types.ts';

function contact(digit: string): Contact {
  return { id: digit.repeat(64) as NodeId, endpoint: { address: `sim://${digit}`, key: new Uint8Array(32) }, name: digit };
}

const SELF = contact('5');
const LIST = ['6', '7', '8', '9'].map(contact);

/** A member that stands between 4 and 6; what it does is written down, and everybody who is asked answers at once. */
function member(answerOf: (to: Contact, question: RingQuestion) => RingAnswer | null) {
  const done: string[] = [];
  const delays: number[] = [];
  const port: RingPort = {
    self: SELF,
    ask: (to, question, asker) => {
      done.push(`asks ${to.name} ${question.ask}${asker.slow === undefined ? '' : ', in haste'}`);
      asker.answered(answerOf(to, question));
    },
    tell: (to: Contact, notice: RingNotice) => void done.push(`tells ${to.name} ${notice.tell}`),
    setTimer: (_kind, delayMillis) => void delays.push(delayMillis),
    cancelTimer: () => undefined,
    monotonicMillis: 0 as MonotonicMillis,
    fraction: () => 0,
    changed: () => undefined,
    members: () => [],
  };
  const pointers = new Pointers(SELF, 4, { waypoints: null, pointersChanged: () => undefined });
  pointers.set({ successors: LIST, predecessor: contact('4'), joined: true, small: false });
  const remembered = new Remembered(SELF.id, 40, { unheeded: 0 });
  return { done, delays, port, pointers, remembered, options: RING_OPTIONS };
}

function probed(answer: RingAnswer | null): readonly string[] {
  const { done, ...parts } = member(() => answer);
  const lookups = { walk: ({ contacts }: { contacts: readonly Contact[] }) => void done.push(`walks from ${contacts[0]?.name}`) } as unknown as Lookups;
  const hooks = { hint: ({ name }: Contact) => void done.push(`tries ${name}`), lookup: (key: string) => void done.push(`looks ${key.slice(0, 1)} up`) };
  new OtherRings({ ...parts, lookups }, hooks).probe(contact('c'));
  return done.slice(1);
}

test('a probe asks whom it means and nobody in its place', (t) => {
  const { done, ...parts } = member(() => null);
  const hooks = { hint: () => t.fail('nobody has been found'), lookup: () => t.fail('nobody has been found') };
  new OtherRings({ ...parts, lookups: null as unknown as Lookups }, hooks).probe(contact('c'));
  t.deepEqual(done, ['asks c next']);
  t.deepEqual(
    parts.remembered.lost.map(({ name }) => name),
    ['c'],
  );
});

test('a probe ends where it is clear that the ring is ours, and goes on where it may be another one', (t) => {
  const leadsTo = (...digits: string[]): RingAnswer => ({ answer: 'next', done: false, contacts: digits.map(contact), why: 'finger' });
  t.deepEqual(probed({ answer: 'outside' }), []);
  t.deepEqual(probed(leadsTo('5', '4')), [], 'it leads to us');
  t.deepEqual(probed(leadsTo('4', '3')), [], 'it leads to who says that we come next');
  t.deepEqual(probed(leadsTo('3', '1')), ['walks from 3']);
  const owns = (digit: string, rest: string): RingAnswer => ({
    answer: 'next',
    done: true,
    contacts: [{ ...contact(digit), id: `5${rest.repeat(63)}` as NodeId }],
    why: 'successor',
  });
  t.deepEqual(probed(owns('a', 'a')), ['tells c notify', 'tries a']);
  t.deepEqual(probed({ answer: 'next', done: true, contacts: LIST, why: 'successor' }), ['tells c notify'], 'it names our successor');
  t.deepEqual(probed({ answer: 'next', done: true, contacts: [contact('d')], why: 'successor' }), ['tells c notify', 'looks c up']);
});

test('who lives in another ring is named to the member of ours before its place, whoever of its own ring was met next to it', (t) => {
  const done = (...digits: string[]): RingAnswer => ({ answer: 'next', done: true, contacts: digits.map(contact), why: 'successor' });
  const says: Readonly<Record<string, RingAnswer>> = { c: done('d'), b: done('c', 'd'), 9: done('e', '1') };
  const probe = member((to) => says[to.name] ?? null);
  const chord = new Chord({ ...probe.port, closestBefore: () => contact('b') });
  chord.start({ predecessor: contact('4'), successors: LIST });
  chord.meet(contact('c'));
  t.is(probe.done.at(-1), 'tells 9 nearer');
});

test('a successor that stays busy is asked again after longer pauses, and after short ones once it has answered', (t) => {
  let answer: RingAnswer = { answer: 'busy' };
  const { delays, done, port, ...parts } = member(() => answer);
  const clock = { now: 0 };
  const timed: RingPort = {
    ...port,
    get monotonicMillis() {
      return clock.now as MonotonicMillis;
    },
  };
  const stabiliser = new Stabiliser({ ...parts, port: timed }, { lostAll: () => t.fail(), shrunk: () => t.fail() });
  for (let count = 0; count < 6; count += 1) {
    stabiliser.round();
    clock.now += 10_000;
  }
  t.deepEqual(delays, [30, 60, 60, 60, 60, 60]);
  answer = { answer: 'state', predecessor: SELF, successors: LIST.slice(1), small: false };
  stabiliser.round();
  answer = { answer: 'busy' };
  stabiliser.round();
  t.is(delays.at(-1), 30);
  t.true(done.every((line) => line === 'asks 6 state'));
});

test('what the new successor says of who is before it is not asked for again', (t) => {
  const [far, near] = [
    { ...contact('5'), id: `5${'b'.repeat(63)}` as NodeId, name: 'far' },
    { ...contact('5'), id: `5${'a'.repeat(63)}` as NodeId, name: 'near' },
  ];
  const states = new Map<string, RingAnswer>([
    ['far', { answer: 'state', predecessor: near, successors: LIST, small: false }],
    ['near', { answer: 'state', predecessor: SELF, successors: [far, ...LIST], small: false }],
  ]);
  const { done, ...parts } = member(({ name }) => states.get(name) ?? null);
  const stabiliser = new Stabiliser(parts, { lostAll: () => t.fail(), shrunk: () => t.fail() });
  stabiliser.hint(far);
  t.deepEqual(
    parts.pointers.successors.map(({ name }) => name),
    ['near', 'far', '6', '7'],
  );
  t.deepEqual(
    done.filter((line) => line.startsWith('asks')),
    ['asks far state', 'asks near state'],
  );
  t.false(done.includes('tells near notify'), 'it knows of us');
});
