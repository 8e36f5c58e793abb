import type { Parts } from '../parts.ts';
import type { VerifiedRecord } from '../records.ts';

/** Signs the user's record afresh, and tells it to everybody. */
export function changeProfile(parts: Parts, change: { readonly displayName?: string; readonly about?: string }): void {
  const { env, session, sync, seed, links, ownValues } = parts;
  const user = session.userRecord();
  if (user === null) return;
  const record = session.signAsUser('user', { ...user.body, ...change }, user.sequence);
  env.store.put('self', 'user', record.signed);
  sync.announce(record.signed);
  seed.publish(record as VerifiedRecord);
  ownValues.userChanged(record);
  links.refreshHello();
}

/** What was signed while the own clock was far ahead is refused by others: said again as soon as the clock is right. */
export function mendStamps(parts: Parts): void {
  const { env, options, session, view, secure } = parts;
  const user = session.userRecord();
  if (user === null || session.userId === null) return;
  const latestMillis = env.wallMillis + options.clockAheadMillisMax;
  if (user.wallMillis > latestMillis) changeProfile(parts, {});
  // Nobody could write to this user meanwhile.
  if ((view.prekeysOf(session.userId)?.wallMillis ?? 0) > latestMillis) secure.prekeys.publishAgain();
}
