import type { Parts } from '../parts.ts';
import type { VerifiedRecord } from '../records.ts';

const UNTOLD_TEXT = 'The account was deleted, and nobody could be told yet. This node goes on without it until it has told somebody, and then it ends.';

/** Leaves nothing behind but the signed tombstone in the network; the node ends, or stays until it has told somebody. False when nobody is logged in. */
export function buryAccount(parts: Parts, done: () => void): boolean {
  const { settings, session, sync, seed, rooms, ownValues, links } = parts;
  const user = session.userRecord();
  if (user === null) return false;
  rooms.leaveAll();
  const empty = new Uint8Array(32);
  const nothing = { sealingKey: empty, authenticationKey: empty, salt: new Uint8Array(16), displayName: '', about: '', deleted: true };
  const tombstone = session.signAsUser('user', { ...user.body, ...nothing }, user.sequence);
  let told = links.upLinks().some(({ state }) => state === 'up') || nobodyKnows(parts);
  sync.announce(tombstone.signed);
  sync.rumours.endTurn();
  seed.call('publish', { records: [tombstone.signed] }, (result) => {
    if (result.ok) told = true;
    else if (settings.seedServer) parts.count('deletionNotAtSeed');
    // While the session is open, for only its keys can delete what lies on the ring.
    ownValues.bury(tombstone, () => (told ? end(parts, done) : endLater(parts, tombstone, done)));
  });
  return true;
}

/** It never met anybody, so there is nobody to be told. */
function nobodyKnows({ env, settings, view }: Parts): boolean {
  return !settings.seedServer && view.users().length <= 1 && env.store.scan('contacts', { limit: 1 }).length === 0;
}

function end(parts: Parts, done: () => void): void {
  const { env, settings, session, replication } = parts;
  // What the node holds for others must not go with it.
  replication.leave(() => {
    if (env.tracing) env.trace({ type: 'state', subject: 'account', id: settings.user, to: 'deleted' });
    session.logout('The account was deleted.');
    env.store.wipe();
    session.disown();
    done();
    env.retire();
  });
}

/** Nobody is there: what could say that the account is gone would go with its keys, and its records would live on without an owner. */
function endLater(parts: Parts, tombstone: VerifiedRecord<'user'>, done: () => void): void {
  const { env, settings, session, ownValues, burial } = parts;
  const values = ownValues.tombstones(tombstone);
  if (env.tracing) env.trace({ type: 'state', subject: 'account', id: settings.user, to: 'deleted', data: { told: 'nobody' } });
  session.logout(UNTOLD_TEXT);
  env.store.wipe();
  env.store.delete('self', 'user');
  burial.keep({ tombstone: tombstone.signed, values });
  parts.tell({ type: 'notice', level: 'warning', text: UNTOLD_TEXT });
  done();
}
