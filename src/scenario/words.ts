import { createHash } from 'node:crypto';

/**
 * Message texts inside sentences are marked while a run goes on. The screen of the person who wrote the scenario may show
 * them; what is written down (JSON, trace) gets their size and hash instead.
 */
const OPEN = '\ufdd0';
const CLOSE = '\ufdd1';
const MARKED = /\ufdd0([^\ufdd1]*)\ufdd1/g;
const CONTROL = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;
const SHOWN_CHARACTERS_MAX = 60;

/** Marks a message text for use inside a sentence. */
export function quoted(text: string): string {
  return `${OPEN}${text.replaceAll(OPEN, '').replaceAll(CLOSE, '')}${CLOSE}`;
}

/** For the screen: texts in quotation marks, shortened, without control characters. */
export function revealed(sentence: string): string {
  return sentence.replace(MARKED, (_, text: string) => {
    const points = Array.from(text.replace(/\n/g, '⏎').replace(CONTROL, '·'));
    return points.length > SHOWN_CHARACTERS_MAX ? `"${points.slice(0, SHOWN_CHARACTERS_MAX).join('')}…" (${points.length} characters)` : `"${points.join('')}"`;
  });
}

/** For files: size and the first 8 hex digits of the SHA-256. */
export function concealed(sentence: string): string {
  return sentence.replace(MARKED, (_, text: string) => `[${Buffer.byteLength(text)} bytes, ${sha256Hex(text).slice(0, 8)}]`);
}

/** Hex SHA-256 of a text's UTF-8. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** `alice, bob and carol`; long lists say how many there are. */
export function listed(names: readonly string[], most = 6): string {
  if (names.length === 0) return 'nobody';
  if (names.length > most) return `${names[0]}, ${names[1]} … ${names.at(-1)} (${names.length})`;
  return names.length === 1 ? `${names[0]}` : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** `1 step`, `2 steps`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-GB')} ${noun}${count === 1 ? '' : 's'}`;
}

/** An English verb for one or several people: `start` -> `alice starts`, `alice and bob start`. */
export function does(names: readonly string[], singular: string, plural: string): string {
  return `${listed(names)} ${names.length === 1 ? singular : plural}`;
}
