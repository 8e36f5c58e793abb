import test from 'ava';
import fc from 'fast-check';
import { type Claim, compareClaims, judgeClaim, nextClaim } from '../../src/core/session/claim.ts';
import type { NodeId } from '../../src/core/types.ts';

const claim = fc.record({
  epoch: fc.integer({ min: 0, max: 3 }),
  claimedMillis: fc.integer({ min: 0, max: 3 }),
  node: fc.constantFrom('a', 'b', 'c').map((name) => name as NodeId),
});

test('S1: claims are in one total order, the same from either side', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(claim, claim, claim, (a, b, c) => {
        t.is(Math.sign(compareClaims(a, b)), -Math.sign(compareClaims(b, a)) + 0);
        if (compareClaims(a, b) > 0 && compareClaims(b, c) > 0) t.true(compareClaims(a, c) > 0);
        if (compareClaims(a, b) === 0) t.deepEqual(a, b);
      }),
    ),
  );
});

test('the epoch decides, then the time of the login, then the node', (t) => {
  const own: Claim = { epoch: 2, claimedMillis: 10, node: 'b' as NodeId };
  t.true(compareClaims(own, { epoch: 1, claimedMillis: 99, node: 'c' as NodeId }) > 0);
  t.true(compareClaims(own, { epoch: 2, claimedMillis: 9, node: 'c' as NodeId }) > 0);
  t.true(compareClaims(own, { epoch: 2, claimedMillis: 10, node: 'a' as NodeId }) > 0);
});

test('a login claims more than all that is known, also where its clock is behind', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(claim, { maxLength: 4 }), fc.integer({ min: 0, max: 3 }), (known, wallMillis) => {
        const next = nextClaim(known, { node: 'a' as NodeId, wallMillis });
        for (const other of known) {
          t.true(compareClaims(next, other) > 0);
          t.is(judgeClaim(next, other), 'keep');
          t.not(judgeClaim(other, next), 'keep');
        }
      }),
    ),
  );
});

test('S1: of two sessions that meet exactly one goes on, however they learn of each other', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(claim, claim, (a, b) => {
        if (a.node === b.node) return;
        let [left, right] = [a, b];
        for (let round = 0; round < 4; round += 1) {
          const verdicts = [judgeClaim(left, right), judgeClaim(right, left)];
          if (verdicts.includes('yield')) return void t.deepEqual([...verdicts].sort(), ['keep', 'yield']);
          if (verdicts[0] === 'raise') left = nextClaim([left, right], { node: left.node, wallMillis: 0 });
          if (verdicts[1] === 'raise') right = nextClaim([left, right], { node: right.node, wallMillis: 0 });
        }
        t.fail('they go on both');
      }),
    ),
  );
});
