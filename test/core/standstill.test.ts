import test from 'ava';
import { LinkNet } from './link-net.ts';

test('a process that stood still takes nobody for dead whose answer it has not read yet, although it has read the frames of others', (t) => {
  const net = new LinkNet(1);
  const [alice, carol, bob] = [net.add('alice'), net.add('carol'), net.add('bob')];
  for (const peer of [carol, bob]) {
    alice.connect(peer);
    t.true(net.run(5_000, () => alice.isUp(peer) && peer.isUp(alice)));
  }
  const link = alice.linkTo(bob);
  if (link === undefined) return t.fail();
  link.watched = true;
  alice.links.watch.reconsider(link);
  t.true(net.run(5_000, () => link.askedMillis !== null));
  alice.standStill(5_500);
  net.run(1_000);
  t.true(carol.say(alice, 'are you there?'));
  net.run(10_000);
  t.deepEqual(alice.received, ['are you there?']);
  t.deepEqual(alice.downs, []);
  t.is(alice.counters.get('stalls'), 1);
});

test('a process that stood still for a moment, right after it asked, suspects nobody whose answer it has not read yet', (t) => {
  for (let stallMillis = 200; stallMillis <= 2_000; stallMillis += 50) {
    const net = new LinkNet(1);
    net.delayMillisMax = 5;
    const [alice, , bob] = [net.add('alice'), net.add('carol'), net.add('bob')];
    alice.connect(bob);
    t.true(net.run(5_000, () => alice.isUp(bob) && bob.isUp(alice)));
    const link = alice.linkTo(bob);
    if (link === undefined) return t.fail();
    link.watched = true;
    alice.links.watch.reconsider(link);
    t.true(net.run(5_000, () => link.askedMillis !== null));
    alice.standStill(stallMillis);
    t.false(
      net.run(6_000, () => link.state === 'suspect'),
      `stood still for ${stallMillis} ms`,
    );
  }
});
