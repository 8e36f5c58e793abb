import test from 'ava';
import type { Link } from '../../src/core/link/link.ts';
import { type LinkEnd, LinkNet } from './link-net.ts';

/** A linked pair who are friends, and for whom everybody vouches. */
function friends(seed: number): { net: LinkNet; alice: LinkEnd; bob: LinkEnd; link: Link } {
  const net = new LinkNet(seed);
  const [alice, bob] = [net.add('alice'), net.add('bob')];
  alice.connect(bob);
  net.run(5_000, () => alice.isUp(bob) && bob.isUp(alice));
  const link = alice.linkTo(bob) as Link;
  link.watched = true;
  for (const end of [alice, bob]) end.word = 'alive';
  net.run(20_000, () => alice.linkTo(bob)?.lastHeardMillis === net.now);
  return { net, alice, bob, link };
}

test('where deaths come together a friend who was not heard since is asked as if nobody vouched for them, once', (t) => {
  const { net, alice, link } = friends(1);
  const heardMillis = link.lastHeardMillis;
  net.run(200);
  const before = net.frameCount;
  alice.links.watch.alarm();
  t.is(net.frameCount, before, 'somebody who was heard a moment ago has time');
  t.true(net.run(2_000, () => net.frameCount > before));
  t.true(net.now - heardMillis < 1_100, `asked after ${net.now - heardMillis} ms`);
  net.run(4_000);
  t.is(net.frameCount - before, 2, 'the question and the answer');

  net.run(1_000);
  alice.links.watch.alarm();
  t.is(net.frameCount - before, 3, 'who was not heard for long is asked at once');
});

test('a friend who dies with others is suspect within two seconds of the alarm', (t) => {
  for (let seed = 1; seed <= 8; seed += 1) {
    const { net, alice, link } = friends(seed);
    net.run(100 * seed);
    net.lossProbability = 1;
    alice.links.watch.alarm();
    const begun = net.now;
    t.true(net.run(3_000, () => link.state === 'suspect'));
    t.true(net.now - begun < 2_000, `seed ${seed}: suspect after ${net.now - begun} ms`);
  }
});

test('nobody wakes up for a question that was answered', (t) => {
  const { net, alice, link } = friends(3);
  net.run(200);
  alice.word = 'suspect';
  alice.links.watch.doubted(link);
  t.not(link.askedMillis, null);
  alice.word = 'alive';
  const ticks: number[] = [];
  const tick = alice.links.watch.tick.bind(alice.links.watch);
  alice.links.watch.tick = () => {
    ticks.push(net.now);
    tick();
  };
  net.run(3_000);
  t.deepEqual(ticks, []);
});

test('hellos to a peer who is taken for dead come at longer distances, and it is met as soon as one arrives', (t) => {
  const hellos = (doubtful: boolean): number => {
    const net = new LinkNet(4);
    const [alice, bob] = [net.add('alice'), net.add('bob')];
    net.lossProbability = 1;
    alice.links.connect(bob.endpoint, 'bob', doubtful);
    net.run(4_100, () => alice.downs.length > 0);
    t.deepEqual(alice.downs, ['dead']);
    const sent = net.frameCount;
    net.lossProbability = 0;
    alice.links.connect(bob.endpoint, 'bob', doubtful);
    t.true(net.run(500, () => alice.isUp(bob)));
    return sent;
  };
  t.is(hellos(false), 4);
  t.is(hellos(true), 3);
});
