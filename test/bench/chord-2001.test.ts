import test from 'ava';
import { requireBroken } from '../../bench/chord-2001.ts';

test('only the ring falling apart counts as the published rules being broken, not a run that crashes', (t) => {
  const fell = { verdict: 'fail', reason: 'ring-stays-whole: n50 has no live successor any more', broken: ['ring-stays-whole'] };
  t.notThrows(() => requireBroken({ seeds: 13, failures: 1, firstFailures: [fell] }));
  t.throws(() => requireBroken({ seeds: 2_000, failures: 0, firstFailures: [] }), { message: 'none of 2000 seeds broke it' });
  const crashed = { verdict: 'crash', reason: 'there is no step of that name', broken: [] };
  t.throws(() => requireBroken({ seeds: 1, failures: 1, firstFailures: [crashed] }), { message: /crash.*no step of that name/ });
  t.throws(() => requireBroken({ seeds: 2, failures: 2, firstFailures: [fell, crashed] }), { message: /crash/ });
});
