import test from 'ava';
import type { UserView } from '../../src/core/commands.ts';
import { SmallWorld } from './small-world.ts';

const NODES = 16;
const MEASURED_MILLIS = 20_000;

/** With four others kept, every record that came pushed out another, which was news when it came again: the network never rested. */
for (const [fullMembershipUsers, otherRecordsMax] of [
  [8, 4],
  [4, 4],
  [8, 12],
] as const) {
  test(`views of at most ${Math.max(fullMembershipUsers, otherRecordsMax)} users among ${NODES} are at rest soon, whichever of the two limits is the lower (${fullMembershipUsers}, ${otherRecordsMax})`, async (t) => {
    const world = new SmallWorld(1, { fullMembershipUsers, otherRecordsMax, lookupHops: 1, lookupFanout: 0 });
    await world.people(...Array.from({ length: NODES }, (_, index) => `user${index}`));
    await world.engine.wait(10_000);
    const before = world.engine.world.messageCount;
    await world.engine.wait(MEASURED_MILLIS);
    const messages = (world.engine.world.messageCount - before) / NODES / (MEASURED_MILLIS / 1_000);
    t.true(messages < 20, `${messages.toFixed(1)} messages a node and second`);
    const { users } = await world.ask<{ users: readonly UserView[] }>('user0', 'users');
    t.true(users.length <= Math.max(fullMembershipUsers, otherRecordsMax), `${users.length} users are kept`);
    await world.engine.stop();
  });
}
