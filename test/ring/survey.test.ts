import test from 'ava';
import fc from 'fast-check';
import { compareIds } from '../../src/core/ring/circle.ts';
import { ringPicture } from '../../src/core/ring/ring-picture.ts';
import { holdersOf, type SurveyedMember, surveyRing } from '../../src/core/ring/ring-survey.ts';

const L = 4;

function idAt(share: number): string {
  return Math.floor(share * 2 ** 48)
    .toString(16)
    .padStart(12, '0')
    .padEnd(64, '0');
}

/** Members n0, n1 … spread evenly, all pointers right. */
function idealRing(size: number): SurveyedMember[] {
  const named = Array.from({ length: size }, (_, at) => ({ node: `n${at}`, nodeId: idAt((at + 0.5) / size) }));
  return named.map((self, at) => ({
    ...self,
    member: true,
    predecessor: size === 1 ? null : (named[(at + size - 1) % size]?.node ?? null),
    successors: Array.from({ length: Math.min(L, size - 1) }, (_, step) => named[(at + 1 + step) % size] ?? self),
  }));
}

function change(ring: readonly SurveyedMember[], at: number, made: Partial<SurveyedMember>): SurveyedMember[] {
  return ring.map((member, index) => (index === at ? { ...member, ...made } : member));
}

const followers = (ring: readonly SurveyedMember[], at: number) => (ring[at] as SurveyedMember).successors;

test('R8: a ring whose pointers are all right is ideal, in whatever order its members are asked', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.infiniteStream(fc.nat()), (size, keys) => {
        const shuffled = idealRing(size)
          .map((member) => ({ member, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ member }) => member);
        const survey = surveyRing(shuffled, L);
        return survey.verdict === 'ideal' && survey.rings.length === 1 && survey.rings[0]?.length === size;
      }),
    ),
  );
});

test('R8: a wrong predecessor, a successor that is missing or dead leave a ring valid and not ideal', (t) => {
  const ring = idealRing(9);
  const wrong = [
    change(ring, 3, { predecessor: 'n7' }),
    change(ring, 3, { successors: followers(ring, 3).slice(0, 3) }),
    change(ring, 3, { successors: [...followers(ring, 3).slice(0, 2), ...followers(ring, 5).slice(0, 2)].slice(0, 3) }),
    ring.filter((_, at) => at !== 4),
  ];
  for (const each of wrong) {
    const survey = surveyRing(each, L);
    t.is(survey.verdict, 'valid', survey.broken.join());
    t.true(survey.unfinished.length > 0);
  }
});

test('R6: a member that leads into the ring and stands in none is an appendage', (t) => {
  const ring = idealRing(8);
  const skipping = change(ring, 2, { successors: followers(ring, 3) });
  const survey = surveyRing(skipping, L);
  t.is(survey.verdict, 'valid');
  t.deepEqual(survey.appendages, ['n3']);
});

test('R1, R4, R5: no live successor, two rings and a ring that winds twice are broken', (t) => {
  const ring = idealRing(10);
  const gone = { node: 'gone', nodeId: idAt(0.999) };
  t.regex(surveyRing(change(ring, 1, { successors: [gone] }), L).broken.join(), /n1 has no live successor/);
  const halves = ring.map((member, at) => ({ ...member, successors: [ring[(at + 2) % 10] as SurveyedMember] }));
  const two = surveyRing(halves, L);
  t.is(two.verdict, 'broken');
  t.is(two.rings.length, 2);
  const odd = idealRing(9).map((member, at, all) => ({ ...member, successors: [all[(at + 2) % 9] as SurveyedMember] }));
  t.regex(surveyRing(odd, L).broken.join(), /winds around the circle 2 times/);
});

test('a node outside is no member and no holder; without members nothing is right', (t) => {
  const ring = idealRing(6);
  const out = change(ring, 5, { member: false });
  t.deepEqual(surveyRing(out, L).outside, ['n5']);
  t.deepEqual(holdersOf(out, idAt(0.9), 2), ['n0', 'n1']);
  t.is(surveyRing([], L).verdict, 'broken');
  t.deepEqual(holdersOf([], idAt(0.9), 2), []);
});

test('holders of a key are the first members at or after it', (t) => {
  const ring = idealRing(7);
  for (const member of ring) t.is(holdersOf(ring, member.nodeId, 3)[0], member.node);
  t.deepEqual(holdersOf(ring, idAt(0.99), 4), ['n0', 'n1', 'n2', 'n3']);
  t.is(holdersOf(ring, idAt(0.2), 50).length, 7);
});

test('the picture shows every member once, in the order of the circle, and none where there are too many', (t) => {
  for (const size of [1, 2, 5, 12, 20]) {
    const members = idealRing(size).map(({ node, nodeId }) => ({ label: `${node}!`, id: nodeId }));
    const picture = ringPicture(members).join('\n');
    for (const { label } of members) t.is(picture.split(new RegExp(`\\b${label}`)).length, 2, `${label} of ${size}\n${picture}`);
  }
  t.deepEqual(ringPicture(idealRing(60).map(({ node, nodeId }) => ({ label: node, id: nodeId }))), []);
  t.true(compareIds(idAt(0.1), idAt(0.2)) < 0);
});
