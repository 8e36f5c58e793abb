const DAY_MILLIS = 86_400_000;
const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** `2026-11-21 13:29:07` in universal time; the core has no clock and no calendar of a platform. */
export function utcText(wallMillis: number): string {
  let days = Math.floor(wallMillis / DAY_MILLIS);
  const seconds = Math.floor((wallMillis - days * DAY_MILLIS) / 1_000);
  let year = 1970;
  for (let length = daysOfYear(year); days >= length; length = daysOfYear(year)) {
    days -= length;
    year += 1;
  }
  let month = 0;
  for (let length = daysOfMonth(month, year); days >= length; length = daysOfMonth(month, year)) {
    days -= length;
    month += 1;
  }
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${year}-${two(month + 1)}-${two(days + 1)} ${two(Math.floor(seconds / 3_600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function daysOfYear(year: number): number {
  return isLeap(year) ? 366 : 365;
}

function daysOfMonth(month: number, year: number): number {
  return (DAYS_OF_MONTH[month] ?? 31) + (month === 1 && isLeap(year) ? 1 : 0);
}
