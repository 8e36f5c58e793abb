import test from 'ava';
import fc from 'fast-check';
import { awayOf, between, type Contact, owns, prefixOf } from '../../src/core/ring/circle.ts';
import { Remembered } from '../../src/core/ring/remembered.ts';
import { ownsKey, stepAround, stepTo, waypointsOf } from '../../src/core/ring/waypoints.ts';
import type { NodeId } from '../../src/core/types.ts';

const SEED = 20_261_122;

/** Few prefixes, so that many ids share one, and few ends, so that many lie side by side. */
const anyId = fc.tuple(
  fc.constantFrom('0000000', '0000001', '7fffffe', '8000000', 'fffffff'),
  fc.constantFrom('0', '1', '8', 'f'),
  fc.constantFrom('0', '7', 'f'),
);
const anyHexId = anyId.map(([prefix, next, rest]) => `${prefix}${next}`.padEnd(64, rest) as NodeId);

function contactOf(id: NodeId): Contact {
  return { id, endpoint: { address: `sim:${id}`, key: new Uint8Array(0) }, name: id.slice(0, 10) };
}

/** Contacts in the order in which they are met going clockwise from an id, which is left out. */
function clockwise(from: string, ids: readonly NodeId[]): NodeId[] {
  const sorted = [...new Set(ids)].filter((id) => id !== from).sort();
  return [...sorted.filter((id) => id > from), ...sorted.filter((id) => id < from)];
}

interface Member {
  readonly self: NodeId;
  readonly others: readonly NodeId[];
  readonly listed: number;
  /** The list leaves out every other one, and those are fingers. */
  readonly gaps: boolean;
  readonly key: NodeId;
  readonly avoided: readonly NodeId[];
}

const anyMember = fc.record({
  self: anyHexId,
  others: fc.array(anyHexId, { minLength: 1, maxLength: 12 }),
  listed: fc.integer({ min: 1, max: 4 }),
  gaps: fc.boolean(),
  key: anyHexId,
  avoided: fc.array(anyHexId, { maxLength: 3 }),
});

/** The ways of a member whose list names those who follow it, and who has all others as fingers. */
function waysOf({ self, others, listed, gaps }: Member) {
  const order = clockwise(self, others);
  const isListed = (at: number): boolean => at < listed && !(gaps && at % 2 === 1);
  const successors = order.filter((_, at) => isListed(at)).map(contactOf);
  const fingers = order.filter((_, at) => !isListed(at)).map(contactOf);
  const predecessor = order.length === 0 ? null : contactOf(order.at(-1) as NodeId);
  const aways = fingers.map(({ id }) => awayOf(id, self, prefixOf(self)));
  const place = { self: contactOf(self), successors, predecessor };
  return { order, successors, predecessor, ways: waypointsOf(place, { contacts: fingers, aways }) };
}

test('whoever lies further beyond an id never has less, however many share its prefix', (t) => {
  fc.assert(
    fc.property(anyHexId, fc.array(anyHexId, { minLength: 2, maxLength: 12 }), (from, ids) => {
      const aways = [...clockwise(from, ids), from].map((id) => awayOf(id, from, prefixOf(from)));
      t.deepEqual(
        aways,
        aways.toSorted((a, b) => a - b),
      );
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test('the ways from a member name those between it and a key, the closest to the key first, as the ids themselves do', (t) => {
  fc.assert(
    fc.property(anyMember, (member) => {
      const { self, key, avoided } = member;
      const { order, successors, predecessor, ways } = waysOf(member);
      fc.pre(order.length > 0);
      const head = successors[0] as Contact;
      const step = stepTo(ways, key);
      t.is(step.done, owns(self, key, head.id), 'the first successor owns it');
      t.is(ownsKey(ways, key) ?? owns((predecessor as Contact).id, key, self), owns((predecessor as Contact).id, key, self), 'we own it');
      if (step.done) return t.deepEqual(step.contacts, successors);
      const isBetween = (id: NodeId): boolean => key === self || between(self, id, key);
      const closest = order.filter((id) => isBetween(id)).reverse();
      t.deepEqual(
        step.contacts.map(({ id }) => id),
        closest.slice(0, 4),
      );
      t.is(step.why, successors.some(({ id }) => id === closest[0]) ? 'successor' : 'finger');
      const around = stepAround(ways, key, avoided);
      t.deepEqual(
        around.contacts.map(({ id }) => id),
        closest.filter((id) => !avoided.includes(id)).slice(0, 4),
      );
    }),
    { seed: SEED, numRuns: 600 },
  );
});

test('of many strangers one in 32 is remembered once there are enough, and everybody is heeded while somebody is missing', (t) => {
  const hooks = { unheeded: 0 };
  const stranger = (number: number): Contact => contactOf(number.toString(16).padStart(64, '0') as NodeId);
  const remembered = new Remembered(stranger(0).id, 4, hooks);
  let told = 0;
  const meet = (contact: Contact): void => {
    if (hooks.unheeded > 0) hooks.unheeded -= 1;
    else {
      told += 1;
      remembered.heard(contact);
    }
  };
  for (let number = 1; number <= 4 + 31; number += 1) meet(stranger(number));
  t.deepEqual(
    remembered.live.map(({ id }) => id),
    [1, 2, 3, 4].map((number) => stranger(number).id),
  );
  t.is(told, 4);
  meet(stranger(100));
  t.true(remembered.has(stranger(100).id), 'the 32nd');
  t.false(remembered.has(stranger(1).id), 'the longest known gives way');
  for (let number = 0; number < 7; number += 1) meet(stranger(200 + number));
  remembered.unheard(stranger(2));
  meet(stranger(300));
  t.true(remembered.has(stranger(300).id), 'there is room again');
  meet(stranger(2));
  t.deepEqual(remembered.lost, [], 'who was missing is heard at once');
  const before = told;
  for (let number = 0; number < 32 - 1 - 7; number += 1) meet(stranger(400 + number));
  t.is(told, before);
  meet(stranger(500));
  t.is(told, before + 1);
  t.true(remembered.has(stranger(500).id), 'those who were passed before somebody was missing count');
});
