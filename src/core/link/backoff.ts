import type { Parts } from '../parts.ts';
import type { Link } from './link.ts';

/** Frames wait this many times longer at most because one before them, or a hello, was sent again. */
export const BACKOFF_MAX = 8;

/** A peer of whom no answer is expected gets hellos at longer distances: it will be there at any moment rather than the next. */
const DOUBTFUL_FACTOR = 4;

/** How long a hello waits for its answer before it is repeated, ms. */
export function helloPatience(link: Link, { options, answerTimes }: Pick<Parts, 'options' | 'answerTimes'>): number {
  const firstMillis = Math.max(options.helloMillis * (link.doubtful ? DOUBTFUL_FACTOR : 1), answerTimes.meanMillis * 2);
  return Math.min(firstMillis * 2 ** link.helloAttempts, options.helloMillisMax);
}

/**
 * The backoff of a link that has just come up, of whose round trips nothing is known yet: others' are a first guess, and hellos that had
 * to be repeated are a sign that they are long (RFC 6298, 5.7).
 */
export function firstBackoff(link: Link, { options, answerTimes }: Pick<Parts, 'options' | 'answerTimes'>): number {
  const guess = (answerTimes.meanMillis * 2) / options.resendMillis;
  return Math.max(1, Math.min(BACKOFF_MAX, Math.max(guess, 2 ** (link.helloAttempts - 1))));
}
