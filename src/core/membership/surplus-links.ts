import type { Link } from '../link/link.ts';
import type { CoreOptions } from '../options.ts';
import type { MonotonicMillis } from '../types.ts';

/** Links younger than this stay: whoever opened them may want something of us that is still on its way. */
export const YOUNG_MILLIS = 10_000;
/** Beyond so many times `randomLinkCountMax` the links of others go, too. */
const CROWD_FACTOR = 4;

/**
 * Of links that nobody here needs, those to let go of, the oldest first.
 *
 * Who opened a link knows what for: the shortcuts of its ring and the people of its user are nothing that the other end could see.
 * So both ends count all of their links, and each closes only what it opened itself. If either closed the other's, the other would
 * open it again a moment later, and the links of a hundred nodes would never come to rest. Only an end that is crowded closes any.
 */
export function surplusLinks(idle: readonly Link[], options: Pick<CoreOptions, 'randomLinkCountMax'>, nowMillis: MonotonicMillis): readonly Link[] {
  const surplus = idle.length - options.randomLinkCountMax;
  if (surplus <= 0) return [];
  const old = idle.filter((link) => nowMillis - link.createdMillis > YOUNG_MILLIS);
  const ours = old.filter((link) => link.ours).slice(0, surplus);
  const crowd = idle.length - ours.length - CROWD_FACTOR * options.randomLinkCountMax;
  return crowd <= 0 ? ours : [...ours, ...old.filter((link) => !link.ours).slice(0, crowd)];
}
