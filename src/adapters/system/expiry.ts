/** Pieces that a time is waited for in; each counts no longer than its own length, however late this process comes to look. */
const PIECES = 8;

export interface Expiry {
  /** Aborted when the time is over. */
  readonly signal: AbortSignal;
  /** Takes the timer back. */
  end(): void;
}

/**
 * A time-out in time that this process has lived, ms. While a process stands still, because the disk or the processor is taken or a
 * hundred nodes share it, answers lie unread in its sockets: a timer on the wall clock would be due before they are looked at, would
 * take whoever answered for away, and what is then asked again would make the process later still.
 */
export function expiry(millis: number): Expiry {
  const controller = new AbortController();
  let left = PIECES;
  let timer: NodeJS.Timeout | null = null;
  let last: NodeJS.Immediate | null = null;
  const next = () => {
    left -= 1;
    if (left >= 0) timer = setTimeout(next, millis / PIECES).unref();
    // What has come meanwhile is read before this runs.
    else last = setImmediate(() => controller.abort());
  };
  next();
  return {
    signal: controller.signal,
    end: () => {
      if (timer !== null) clearTimeout(timer);
      if (last !== null) clearImmediate(last);
    },
  };
}
