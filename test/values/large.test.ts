import test from 'ava';
import type { LookupView, NodeInfo, UserView } from '../../src/core/commands.ts';
import { PASSWORD, SmallWorld } from '../core/small-world.ts';

const USERS = 24;
/** Full membership ends early, so that a small network plays a large one; nobody passes questions on. */
const LARGE = { fullMembershipUsers: 8, otherRecordsMax: 12, lookupHops: 1, lookupFanout: 0 };

// In the second world the one who is asked for friendship was linked already, and their records had made room for others.
for (const seed of [11, 511]) {
  test(`above full membership people are found through the ring, befriended and written to, and a name that is taken there is taken (seed ${seed})`, async (t) => {
    t.timeout(60_000);
    const world = new SmallWorld(seed, LARGE);
    const names = Array.from({ length: USERS }, (_, index) => `user${index}`);
    await world.people(...names);
    await world.engine.wait(30_000);
    // Somebody of whom `asker` has no record.
    const strangers: Array<readonly [asker: string, name: string]> = [];
    for (const asker of names.slice(0, 6)) {
      const { users } = await world.ask<{ users: readonly UserView[] }>(asker, 'users');
      const known = new Set(users.map((user) => user.name));
      const stranger = names.find((name) => name !== asker && !known.has(name));
      if (stranger !== undefined) strangers.push([asker, stranger]);
    }
    t.true(strangers.length >= 3, 'views are bounded');
    for (const [asker, name] of strangers) {
      const { userId } = await world.ask<NodeInfo>(name, 'info');
      t.true((await world.ask<LookupView>(asker, 'lookup', { name })).userId === userId, `the ring tells ${asker} who ${name} is`);
      t.true((await world.ask<UserView>(asker, 'user', { user: name })).userId === userId, `${asker} finds ${name}`);
    }
    const [asker, stranger] = strangers[0] as readonly [string, string];
    await world.befriend(asker, stranger);
    await world.ask(asker, 'send', { to: stranger, text: 'found you' });
    await world.soon('the message arrives', async () => (await world.texts(stranger, asker)).includes('found you'), 30_000);
    t.is(await world.outcome(asker, 'user', { user: 'nobody-at-all' }), 'unknown-user');

    await world.engine.startNode(`${stranger}@other`, { peers: [await world.engine.endpointOf('user7')] });
    await world.soon('it has met somebody', async () => (await world.ask<NodeInfo>(`${stranger}@other`, 'info')).peers > 0);
    t.is(await world.outcome(`${stranger}@other`, 'register', { password: PASSWORD }), 'name-taken');
    await world.engine.stop();
  });
}
