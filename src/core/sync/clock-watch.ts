import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import type { MonotonicMillis, WallMillis } from '../types.ts';

/** Between two notices about the clock, ms. */
const NOTICE_MILLIS = 600_000;

/**
 * Notices that the wall clock of this node is off: records that a linked peer has just signed about itself bear its time.
 * Messages do not depend on clocks, but peers refuse records from the future and take old ones for signs of absence,
 * so whoever sits here is told when most of the linked peers have another time.
 */
export class ClockWatch {
  readonly #parts: Parts;
  /** Own time minus the peer's, ms. */
  readonly #aheadMillis = new WeakMap<Link, number>();
  #quietUntilMillis: MonotonicMillis = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  compare(link: Link, signedMillis: WallMillis): void {
    const { env, options } = this.#parts;
    const aheadMillis = env.wallMillis - signedMillis;
    this.#aheadMillis.set(link, aheadMillis);
    // A record may have been signed a while ago; one from the future cannot.
    const toleranceMillis = options.clockAheadMillisMax + options.announceMillis;
    if (Math.abs(aheadMillis) <= toleranceMillis || env.monotonicMillis < this.#quietUntilMillis) return;
    const known = [...this.#parts.links.all()].flatMap((each) => this.#aheadMillis.get(each) ?? []);
    if (known.filter((ahead) => Math.abs(ahead) > toleranceMillis).length * 2 <= known.length) return;
    this.#quietUntilMillis = env.monotonicMillis + NOTICE_MILLIS;
    this.#parts.count('clockOff');
    this.#parts.tell({
      type: 'notice',
      level: 'warning',
      text: `The clock of this computer is about ${inWords(Math.abs(aheadMillis))} ${aheadMillis > 0 ? 'ahead of' : 'behind'} that of the others. Messages go on; set it right, so that others see you.`,
    });
  }
}

function inWords(millis: number): string {
  const minutes = Math.round(millis / 60_000);
  if (minutes < 120) return `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}
