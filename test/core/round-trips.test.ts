import test from 'ava';
import type { PeerView } from '../../src/core/commands.ts';
import { noteRoundTrip, type RoundTrips, shortestTripMillis } from '../../src/core/link/round-trips.ts';
import { SmallWorld } from './small-world.ts';

const WAY_MILLIS = 5;

test('the distance of a peer is shown, not how long acknowledgements wait for company', async (t) => {
  const world = new SmallWorld(3);
  await world.people('alice', 'bob');
  await world.engine.setRules([{ kind: 'delay', id: 'far', from: ['alice'], to: ['bob'], oneWay: false, delayMillis: WAY_MILLIS, jitterMillis: 0 }]);
  await world.befriend('alice', 'bob');
  // What is acknowledged by words of its own is so at once, all else later.
  await world.ask('alice', 'send', { to: 'bob', text: 'hello' });
  await world.engine.wait(40_000);
  await world.ask('alice', 'send', { to: 'bob', text: 'are you far away?' });
  await world.engine.wait(1_000);
  const { peers } = await world.ask<{ peers: readonly PeerView[] }>('alice', 'peers');
  const trip = peers.find(({ user }) => user === 'bob')?.roundTripMillis ?? -1;
  t.true(trip >= 2 * WAY_MILLIS && trip < 3 * WAY_MILLIS, `${trip} ms`);
  await world.engine.stop();
});

test('the shortest round trip is that of the last half minute', (t) => {
  const trips: RoundTrips = { roundTripMillis: null, leastTripMillis: Infinity, leastTripBeforeMillis: Infinity, leastTripSinceMillis: 0 };
  t.is(shortestTripMillis(trips), null);
  for (const [sample, at] of [
    [100, 10],
    [2, 20],
    [200, 30],
  ] as const)
    noteRoundTrip(trips, sample, at);
  t.is(shortestTripMillis(trips), 2);
  t.true((trips.roundTripMillis ?? 0) > 50, 'what frames are sent again by follows what they wait for');
  noteRoundTrip(trips, 40, 16_000);
  t.is(shortestTripMillis(trips), 2);
  noteRoundTrip(trips, 50, 32_000);
  t.is(shortestTripMillis(trips), 40);
  noteRoundTrip(trips, 90, 48_000);
  t.is(shortestTripMillis(trips), 50);
});
