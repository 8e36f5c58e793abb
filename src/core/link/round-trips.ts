/** A shortest round trip is forgotten after twice this long at the latest, where there are others, ms. */
const WINDOW_MILLIS = 15_000;

/**
 * Round trips of a link as its acknowledgements tell them. Those wait for company (acknowledgements.ts), so a sample is the way there and
 * back and up to 200 ms of waiting. What frames are sent again by needs both, smoothed; how far away a peer is says the shortest of late,
 * since something is answered at once now and then (after the minimum filter of BBR; Cardwell et al., "BBR: Congestion-Based
 * Congestion Control", ACM Queue 14(5), 2016, in two halves of a window).
 */
export interface RoundTrips {
  /** With the waiting, smoothed; null: none was measured. */
  roundTripMillis: number | null;
  /** The least since the third of these, and in the half of the window before. */
  leastTripMillis: number;
  leastTripBeforeMillis: number;
  leastTripSinceMillis: number;
}

export function noteRoundTrip(trips: RoundTrips, sampleMillis: number, nowMillis: number): void {
  trips.roundTripMillis = trips.roundTripMillis === null ? sampleMillis : trips.roundTripMillis * 0.8 + sampleMillis * 0.2;
  if (nowMillis - trips.leastTripSinceMillis >= WINDOW_MILLIS) {
    trips.leastTripBeforeMillis = trips.leastTripMillis;
    trips.leastTripMillis = sampleMillis;
    trips.leastTripSinceMillis = nowMillis;
  } else if (sampleMillis < trips.leastTripMillis) trips.leastTripMillis = sampleMillis;
}

/** How far away the peer is; null while nothing was measured. */
export function shortestTripMillis({ leastTripMillis, leastTripBeforeMillis }: RoundTrips): number | null {
  const least = Math.min(leastTripMillis, leastTripBeforeMillis);
  return Number.isFinite(least) ? least : null;
}
