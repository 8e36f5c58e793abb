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
  /** The newest stamp of a peer, and when it came; a wall clock that jumps here leaves that alone. */
  readonly #said = new WeakMap<Link, { readonly signedMillis: WallMillis; readonly atMillis: MonotonicMillis }>();
  #quietUntilMillis: MonotonicMillis = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A record may have been signed a while ago; one from the future cannot. */
  get #toleranceMillis(): number {
    const { clockAheadMillisMax, announceMillis } = this.#parts.options;
    return clockAheadMillisMax + announceMillis;
  }

  /** Own time minus the peer's, ms, as far as it has told. */
  #aheadOf(link: Link): number | undefined {
    const said = this.#said.get(link);
    return said === undefined ? undefined : this.#parts.env.wallMillis - said.signedMillis - (this.#parts.env.monotonicMillis - said.atMillis);
  }

  /** What to call now towards this peer: our time, or theirs where our clock, or theirs, is far off and ours is ahead. */
  towards(link: Link | null): WallMillis {
    const ahead = link === null ? undefined : this.#aheadOf(link);
    return Math.trunc(this.#parts.env.wallMillis - (ahead !== undefined && ahead > this.#toleranceMillis ? ahead : 0));
  }

  compare(link: Link, signedMillis: WallMillis): void {
    const { env } = this.#parts;
    this.#said.set(link, { signedMillis, atMillis: env.monotonicMillis });
    const aheadMillis = env.wallMillis - signedMillis;
    if (Math.abs(aheadMillis) <= this.#toleranceMillis || env.monotonicMillis < this.#quietUntilMillis) return;
    const known = [...this.#parts.links.all()].flatMap((each) => this.#aheadOf(each) ?? []);
    if (known.filter((ahead) => Math.abs(ahead) > this.#toleranceMillis).length * 2 <= known.length) return;
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
