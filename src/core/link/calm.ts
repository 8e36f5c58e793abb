import type { Message } from '../messages.ts';
import type { Link, UnacknowledgedFrame } from './link.ts';

/**
 * Frames whose acknowledgement may wait for company, however long: all that they carry are answers, renewals, and what several say.
 * Whoever misses an answer has a question that was not acknowledged either, and sends it again; whoever misses a renewal hears a later
 * one. Both ends judge by the messages, so nothing is said about it on the wire.
 *
 * That a calm frame was lost shows by the next frame of the peer, since every frame tells what has arrived (`turnUrgent`).
 */
export function isCalm(messages: ReadonlyArray<Message | null>): boolean {
  return messages.length > 0 && messages.every((message) => isAnswer(message) || isSaidBySeveral(message));
}

/**
 * Others tell the same, or it is said again before long: renewals and what they are passed on as, rooms that anybody may join, of which
 * several peers tell, and where somebody is, for which several peers are asked, less and less often, until there is a link.
 */
function isSaidBySeveral(message: Message | null): boolean {
  switch (message?.type) {
    case 'renewals':
    case 'room-cards':
      return true;
    case 'lookup':
      return message.after !== undefined;
    default:
      return false;
  }
}

/** Of use only to the life of the peer that asked for it. Messages are untrusted here. */
export function isAnswer(message: Message | null): boolean {
  switch (message?.type) {
    case 'ring-answer':
    case 'replica-answer':
      return true;
    case 'records':
      return message.final === 1;
    default:
      return false;
  }
}

/** The peer would have acknowledged these calm frames if it had them: they are missed like any other from now on. */
export function turnUrgent(link: Link, resendMillis: number, nowMillis: number): void {
  const crossingMillis = link.roundTripMillis === null ? resendMillis : link.roundTripMillis * 2;
  for (const frame of link.unacknowledged) if (frame.calm && nowMillis - frame.lastSentMillis >= crossingMillis) frame.calm = false;
}

/** So long somebody may wait for an answer, ms. */
const ANSWER_MILLIS = 3_000;

/**
 * An answer that the peer may have missed, under way for at least `ageMillis`: it would not ask for it again once it hears that
 * its question has arrived.
 */
export function doubtedAnswer(link: Link, ageMillis: number, nowMillis: number): UnacknowledgedFrame | null {
  for (const frame of link.unacknowledged) {
    const age = nowMillis - frame.lastSentMillis;
    if (frame.calm && age >= ageMillis && age < ANSWER_MILLIS && frame.messages.some(isAnswer)) return frame;
  }
  return null;
}
