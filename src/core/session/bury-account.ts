import type { Parts } from '../parts.ts';

/** Leaves nothing behind but the signed tombstone in the network; the node ends. False when nobody is logged in. */
export function buryAccount(parts: Parts, done: () => void): boolean {
  const { env, settings, session, sync, seed, rooms, ownValues, replication } = parts;
  const user = session.userRecord();
  if (user === null) return false;
  rooms.leaveAll();
  const empty = new Uint8Array(32);
  const nothing = { sealingKey: empty, authenticationKey: empty, salt: new Uint8Array(16), displayName: '', about: '', deleted: true };
  const tombstone = session.signAsUser('user', { ...user.body, ...nothing }, user.sequence);
  sync.announce(tombstone.signed);
  sync.endTurn();
  seed.call('publish', { records: [tombstone.signed] }, (result) => {
    if (!result.ok && settings.seedServer) parts.count('deletionNotAtSeed');
    // While the session is open, for only its keys can delete what lies on the ring.
    ownValues.bury(tombstone, () => {
      // What the node holds for others must not go with it.
      replication.leave(() => {
        if (env.tracing) env.trace({ type: 'state', subject: 'account', id: settings.user, to: 'deleted' });
        session.logout('The account was deleted.');
        env.store.wipe();
        session.disown();
        done();
        env.retire();
      });
    });
  });
  return true;
}
