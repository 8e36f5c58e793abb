/**
 * Time as a diagram shows it: long where much happens, short where nothing does. Half a second in which thirty messages
 * cross each other gets more room than the three seconds of silence behind it; order and simultaneity stay as they are.
 */
export interface StretchedTime {
  /** Where a moment stands, from 0 to 1; never decreases. */
  share(millis: number): number;
  /** The moment that stands there. */
  millisAt(share: number): number;
}

/** The rest belongs to real time, so that silence can still be seen. */
const SHARE_OF_EVENTS = 0.75;

/** `moments`: when something happened, ms, in any order. */
export function stretchedTime(moments: readonly number[], endMillis: number): StretchedTime {
  const end = Math.max(endMillis, 1e-9);
  const inside = moments.filter((millis) => millis > 0 && millis < end);
  const times = [0, ...[...new Set(inside)].sort((one, other) => one - other), end];
  const last = times.length - 1;
  const shareOf = (index: number, millis: number): number => (SHARE_OF_EVENTS * index) / last + ((1 - SHARE_OF_EVENTS) * millis) / end;
  const shares = times.map((millis, index) => shareOf(index, millis));
  return {
    share: (millis) => interpolate(times, shares, millis),
    millisAt: (share) => interpolate(shares, times, share),
  };
}

/** Straight lines between the points (`from[i]`, `to[i]`); `from` grows. Beyond the ends their values hold. */
function interpolate(from: readonly number[], to: readonly number[], value: number): number {
  let [low, high] = [0, from.length - 1];
  if (value <= (from[low] as number)) return to[low] as number;
  if (value >= (from[high] as number)) return to[high] as number;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((from[middle] as number) <= value) low = middle;
    else high = middle;
  }
  const part = (value - (from[low] as number)) / ((from[high] as number) - (from[low] as number));
  return (to[low] as number) + part * ((to[high] as number) - (to[low] as number));
}
