import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import type { UserId } from '../types.ts';

/** Links over which users are logged in who fit. A node has few links, while a room may have thousands of members. */
export function linksOfUsers({ links, session }: Parts, fits: (user: UserId) => boolean): Link[] {
  const found: Link[] = [];
  for (const link of links.all()) {
    const { userId } = link;
    if (userId !== null && userId !== session.userId && link.established && link.sessionOpen && fits(userId)) found.push(link);
  }
  return found;
}
