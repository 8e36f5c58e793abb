import type { Parts } from '../parts.ts';
import type { SignedRecord } from '../records.ts';
import type { UserId } from '../types.ts';

/** Puts the own user record back into the view where it was lost; false when somebody else has the name by now. */
export function nameIsOurs(parts: Parts, userId: UserId): boolean {
  const { env, settings, view } = parts;
  const kept = env.store.get<SignedRecord>('self', 'user');
  if (kept !== undefined && view.user(userId) === null) view.put(kept);
  const holder = view.userNamed(settings.user);
  return holder === null || holder.authorId === userId;
}

/** The seed server knows somebody else by our name: their record, once it is here, decides who came first. */
export function askWhoseName(parts: Parts): void {
  const { seed, settings, sync, session } = parts;
  seed.call('user', { name: settings.user }, (result) => {
    if (result.ok) for (const signed of (result.value as { records: readonly SignedRecord[] }).records) sync.take(signed, null);
    if (session.open === null) return;
    parts.tell({
      type: 'notice',
      level: 'error',
      text: `The seed server knows somebody else by the name ${settings.user}, who came there first. Peers go by who registered first of all: you.`,
    });
  });
}

/** Two halves of a network have met, and in the other one the name was registered first. */
export function tellNameLost(parts: Parts): void {
  parts.tell({
    type: 'notice',
    level: 'error',
    text: `The name ${parts.settings.user} belongs to somebody who registered it earlier, while the two of you could not meet. Register under another name.`,
  });
}
