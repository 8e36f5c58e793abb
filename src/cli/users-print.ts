import { didYouMean } from '../control/nearest.ts';
import { ConfabError } from '../core/errors.ts';
import type { CliContext } from './context.ts';
import { cellText, dateText, showPairs } from './show.ts';
import type { UserDirectory, UserRow } from './users.ts';

const isOnline = (user: UserRow): boolean => user.presence !== 'offline';

/** A table of users with the counts below it. */
export function showUsers(context: CliContext, directory: UserDirectory, onlineOnly: boolean): void {
  const users = onlineOnly ? directory.users.filter(isOnline) : directory.users;
  if (context.json) return context.printJson({ source: directory.source, total: directory.total, online: directory.online, users });
  context.printTable({
    columns: [{ title: 'NAME' }, { title: 'PRESENCE' }, { title: 'STATUS' }, { title: 'DISPLAY NAME' }, { title: 'REGISTERED' }, { title: 'LAST SEEN' }],
    rows: users.map((user) => [
      user.name,
      user.suspect ? `${user.presence}?` : user.presence,
      user.statusText === '' ? '-' : user.statusText,
      user.displayName === '' ? '-' : user.displayName,
      dateText(user.createdMillis),
      user.lastSeenMillis === null ? '-' : dateText(user.lastSeenMillis),
    ]),
  });
  context.print(`\n${directory.total} registered, ${directory.online} on line (as ${directory.source} knows)`);
}

/** All that is known of one user. Throws `unknown-user`. */
export function showUser(context: CliContext, directory: UserDirectory, name: string): void {
  const user = directory.users.find((each) => each.name === name);
  if (user === undefined) {
    const hint = didYouMean(
      name,
      directory.users.map((each) => each.name),
    );
    throw new ConfabError('unknown-user', { name: `${name}${hint === '' ? '' : ` (${hint.trim()})`}` });
  }
  if (context.json) return context.printJson({ source: directory.source, user });
  showPairs(
    context,
    Object.entries(user).map(([name, value]) => [titleOf(name), value === '' ? '-' : cellText(value, name)]),
  );
  context.print(`\n(as ${directory.source} knows)`);
}

/** `lastSeenMillis`: `last seen` */
function titleOf(name: string): string {
  return name.replace(/Millis$/u, '').replace(/[A-Z]/gu, (capital) => ` ${capital.toLowerCase()}`);
}
