/** What times of a report are told in: short runs in milliseconds, else half of the marks of an axis would read alike. */
export interface TimeScale {
  readonly unit: 'ms' | 's';
  readonly millis: 1 | 1_000;
}

const SECONDS_FROM_MILLIS = 2_000;

export function timeScale(endMillis: number): TimeScale {
  return endMillis < SECONDS_FROM_MILLIS ? { unit: 'ms', millis: 1 } : { unit: 's', millis: 1_000 };
}
