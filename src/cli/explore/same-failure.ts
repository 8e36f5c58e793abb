import type { SeedOutcome } from './play-seed.ts';

const PLACE = /^step [0-9.]+ \(line [0-9]+\), /;
const EVENTS = / \(events [^()]*\)$/;

type Failing = Pick<SeedOutcome, 'verdict' | 'broken' | 'reason'>;

/**
 * Whether a run fails as another one does: the same property is broken, or the same step failed for the same reason but for numbers.
 * A property that breaks in a run whose steps go well must do so in the other run as well: one that was broken off breaks properties
 * of its own accord.
 */
export function isSameFailure(wanted: Failing, other: Failing): boolean {
  if (other.verdict === 'pass') return false;
  const [property] = wanted.broken;
  if (property !== undefined) return other.broken.includes(property) && (isAtStep(wanted) || !isAtStep(other));
  return other.broken.length === 0 && wanted.verdict === other.verdict && words(wanted) === words(other);
}

/** A reason without the place of its step, which is another one in every smaller file, and without the events of its evidence. */
export function withoutPlace(reason: string): string {
  return reason.replace(PLACE, '').replace(EVENTS, '');
}

function isAtStep({ verdict, reason }: Failing): boolean {
  return verdict === 'crash' || PLACE.test(reason ?? '');
}

function words({ reason }: Failing): string {
  return withoutPlace(reason ?? '').replace(/[0-9.]+/g, '#');
}
