import test from 'ava';
import type { NodeInfo, PeerView } from '../../src/core/commands.ts';
import { PASSWORD, SmallWorld } from './small-world.ts';

const NAMES = Array.from({ length: 14 }, (_, index) => `user${index}`);
const RESTARTED = 'user0';

/** Who has a link to that node that looks well from their side. */
async function holders(world: SmallWorld): Promise<string[]> {
  const found: string[] = [];
  for (const name of NAMES.slice(1)) {
    const { peers } = await world.ask<{ peers: readonly PeerView[] }>(name, 'peers');
    if (peers.some(({ user, state }) => user === RESTARTED && state === 'up')) found.push(name);
  }
  return found;
}

async function linksOf(world: SmallWorld): Promise<Set<string>> {
  const { peers } = await world.ask<{ peers: readonly PeerView[] }>(RESTARTED, 'peers');
  return new Set(peers.filter(({ state }) => state === 'up').map(({ user }) => user));
}

test('a node that was killed, and comes back while its line to some is cut, is linked again with whoever had a link to it once the line is whole', async (t) => {
  const world = new SmallWorld(5);
  await world.people(...NAMES);
  await world.engine.wait(30_000);
  const before = await holders(world);
  t.true(before.length > 2, `${before.length} had links`);
  await world.engine.killNode(RESTARTED);
  await world.engine.wait(500);
  // Its hellos to these are lost, so it gives them up; they still believe in their links, since others vouch for it.
  await world.engine.setRules([{ id: 'c', kind: 'cut', from: [RESTARTED], to: before.slice(0, Math.ceil(before.length / 2)), oneWay: false }]);
  await world.engine.startNode(RESTARTED);
  await world.ask(RESTARTED, 'login', { password: PASSWORD });
  await world.engine.wait(8_000);
  await world.engine.setRules([]);
  // What they say to it is answered as soon as they say anything: within a round of renewals.
  await world.engine.wait(16_000);
  const dropped = async (): Promise<number> => (await world.ask<NodeInfo>(RESTARTED, 'info')).counters['dropped:no-link'] ?? 0;
  const early = await dropped();
  const linked = await linksOf(world);
  const halfOpen = (await holders(world)).filter((name) => !linked.has(name));
  t.deepEqual(halfOpen, [], 'nobody sends into the void');
  await world.engine.wait(10_000);
  t.is((await dropped()) - early, 0);
  await world.engine.stop();
});
