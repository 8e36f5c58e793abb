const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Text of a duration as a scenario writes it; also the pattern of the JSON Schema. */
export const DURATION_PATTERN = '^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$';

const DURATION = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)$/;

/** Milliseconds of `500ms`, `2s`, `1.5m`, `1h`; null when it is none of these. */
export function parseDuration(text: string): number | null {
  const parts = DURATION.exec(text);
  const factor = UNITS[parts?.[2] ?? ''];
  return parts === null || factor === undefined ? null : Number(parts[1]) * factor;
}

/** Milliseconds of a duration that the loader has accepted already. */
export function durationMillis(text: string): number {
  const millis = parseDuration(text);
  if (millis === null) throw new Error(`not a duration: ${text}`);
  return millis;
}

/** `840 ms`, `2.4 s`, `3 min 5 s`: short enough for a line of narration. */
export function sayMillis(millis: number): string {
  if (millis < 1_000) return `${Math.round(millis)} ms`;
  if (millis < 60_000) return `${(millis / 1_000).toFixed(1).replace(/\.0$/, '')} s`;
  const seconds = Math.round(millis / 1_000);
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `1 h`, `417000 h`: a limit, in its largest whole unit. */
export function sayLongest(millis: number): string {
  const [unit, factor] = (Object.entries(UNITS).findLast(([, each]) => millis % each === 0) ?? ['ms', 1]) as [string, number];
  return `${millis / factor} ${unit}`;
}
