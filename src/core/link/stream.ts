import type { Frame, Message } from '../messages.ts';
import type { CoreOptions } from '../options.ts';
import type { Parts } from '../parts.ts';
import { BACKOFF_MAX } from './backoff.ts';
import { isAnswer, isCalm, turnUrgent } from './calm.ts';
import { approximateBytes, type Link, type Outgoing, type UnacknowledgedFrame } from './link.ts';
import { noteRoundTrip } from './round-trips.ts';

/**
 * The numbered stream of one link: packing, acknowledgement, reordering, resending. Pure bookkeeping on a `Link`;
 * links.ts sends and receives. The window of messages bounds what waits here for the peer, the option
 * `linkReorderFrames` what waits for its predecessors.
 */

/** Takes everything that waits and returns it as numbered frames, remembered until they are acknowledged. */
export function packFrames(link: Link, options: CoreOptions, nowMillis: number): UnacknowledgedFrame[] {
  const { outgoing } = link;
  const frames: UnacknowledgedFrame[] = [];
  let begin = 0;
  let bytes = 0;
  for (let at = 0; at < outgoing.length; at += 1) {
    const size = approximateBytes((outgoing[at] as Outgoing).message);
    if (at > begin && (bytes + size > options.frameBytesTarget || at - begin >= options.frameMessagesMax)) {
      frames.push(numbered(link, begin, at, nowMillis));
      begin = at;
      bytes = 0;
    }
    bytes += size;
  }
  if (begin < outgoing.length) frames.push(numbered(link, begin, outgoing.length, nowMillis));
  link.unacknowledgedMessages += outgoing.length;
  // What comes behind a lost frame waits for it, so none is calm any more before one that is not.
  if (frames.some((frame) => !frame.calm)) for (const frame of link.unacknowledged) unsettle(frame, nowMillis);
  for (const frame of frames) link.unacknowledged.push(frame);
  link.outgoing = [];
  return frames;
}

const NONE: readonly UnacknowledgedFrame[] = [];
const NOBODY: UnacknowledgedFrame['callbacks'] = [];
const messageOf = ({ message }: Outgoing): Message => message;
const callbackOf = ({ acknowledged }: Outgoing): Outgoing['acknowledged'] => acknowledged;
const isAwaited = ({ acknowledged }: Outgoing): boolean => acknowledged !== undefined;

/** What waits from `begin` up to `end`, as the next frame. */
function numbered(link: Link, begin: number, end: number, nowMillis: number): UnacknowledgedFrame {
  const { outgoing } = link;
  const whole = begin === 0 && end === outgoing.length ? outgoing : outgoing.slice(begin, end);
  const messages = whole.map(messageOf);
  // Few messages have anybody who waits for their arrival.
  const callbacks = whole.some(isAwaited) ? whole.map(callbackOf) : NOBODY;
  const sequence = link.nextSequence;
  link.nextSequence += 1;
  const calm = isCalm(messages);
  return { sequence, messages, callbacks, timed: !calm, calm, firstSentMillis: nowMillis, lastSentMillis: nowMillis, attempts: 1 };
}

function unsettle(frame: UnacknowledgedFrame, nowMillis: number): void {
  if (!frame.calm) return;
  frame.calm = false;
  frame.lastSentMillis = nowMillis;
}

/** The peer has everything up to `acknowledged`; measures the round trip and runs the callbacks of what arrived. */
export function acknowledge(link: Link, acknowledged: number, { options, answerTimes }: Pick<Parts, 'options' | 'answerTimes'>, nowMillis: number): void {
  const waiting = link.unacknowledged;
  let count = 0;
  while (count < waiting.length && (waiting[count] as UnacknowledgedFrame).sequence <= acknowledged) count += 1;
  const done = count === 0 ? NONE : waiting.splice(0, count);
  if (waiting.length > 0) turnUrgent(link, options.resendMillis, nowMillis);
  const last = done[count - 1];
  // Most frames acknowledge nothing new.
  if (last === undefined) return;
  if (last.attempts === 1 && last.timed) {
    noteRoundTrip(link, nowMillis - last.firstSentMillis, nowMillis);
    link.backoff = 1;
    answerTimes.took(nowMillis - last.firstSentMillis);
  }
  for (const frame of done) {
    link.unacknowledgedMessages -= frame.messages.length;
    for (const callback of frame.callbacks) callback?.();
  }
}

/** Whether a frame, whose messages nobody has looked at yet, says who the peer is. */
export function tellsHello({ messages }: Frame): boolean {
  for (let at = 0; at < messages.length; at += 1) if ((messages[at] as Message | null)?.type === 'hello') return true;
  return false;
}

/** The next frame, while none waits for its predecessors, which is the usual case: counted as received, nothing need be filed. */
export function isNextInOrder(link: Link, frame: Frame): boolean {
  if (frame.sequence !== link.received + 1 || link.early.size > 0) return false;
  link.received += 1;
  return true;
}

/** Files a numbered frame; false when it was here before. What can be handed up now comes from `nextInOrder`. */
export function fileNumbered(link: Link, frame: Frame, reorderFrames: number): boolean {
  if (frame.sequence <= link.received || link.early.has(frame.sequence)) return false;
  const next = frame.sequence === link.received + 1;
  if (next || link.early.size < reorderFrames) link.early.set(frame.sequence, frame.messages);
  return true;
}

/** The messages of the next frame in order, counted as received; null when it is not here. */
export function nextInOrder(link: Link): readonly Message[] | null {
  const messages = link.early.get(link.received + 1);
  if (messages === undefined) return null;
  link.received += 1;
  link.early.delete(link.received);
  return messages;
}

/** When the first of the frames under way has waited long enough to be sent again; infinite when none is. */
export function resendAtMillis(link: Link, options: CoreOptions): number {
  const first = link.unacknowledged[0];
  if (first === undefined) return Number.POSITIVE_INFINITY;
  return first.lastSentMillis + patienceOf(first, link, options);
}

function patienceOf(frame: UnacknowledgedFrame, link: Link, options: CoreOptions): number {
  if (frame.calm) return options.resendCalmMillis;
  const base = Math.max(options.resendMillis, (link.roundTripMillis ?? 0) * 2);
  // Most are sent once, and a power is dear.
  const factor = frame.attempts === 1 ? link.backoff : Math.max(link.backoff, 2 ** (frame.attempts - 1));
  return Math.min(base * factor, options.resendMillisMax);
}

/** Frames that have waited for their acknowledgement long enough to be sent again, oldest first; counted as sent now. */
export function dueForResend(link: Link, options: CoreOptions, nowMillis: number): UnacknowledgedFrame[] {
  const due: UnacknowledgedFrame[] = [];
  for (const frame of link.unacknowledged) {
    if (nowMillis - frame.lastSentMillis < patienceOf(frame, link, options)) break;
    due.push(sentAgain(frame, nowMillis));
    // Whether the frame or its acknowledgement is late cannot be told, so the round trip is not either: what follows is as patient (RFC 6298, 5.5).
    link.backoff = Math.max(link.backoff, Math.min(BACKOFF_MAX, 2 ** (frame.attempts - 1)));
  }
  return due;
}

/** The frame, counted as sent now. */
export function sentAgain(frame: UnacknowledgedFrame, nowMillis: number): UnacknowledgedFrame {
  frame.lastSentMillis = nowMillis;
  frame.attempts += 1;
  frame.calm = false;
  return frame;
}

/**
 * The peer's end is new: our unacknowledged messages are numbered afresh, and what the old end had sent is forgotten.
 * Hellos are left out, since the opening of the link tells the present state, and so are answers: whoever asked is no more.
 */
export function startOver(link: Link): void {
  link.confirmed = false;
  link.received = 0;
  link.early.clear();
  const again = link.unacknowledged.flatMap((frame) => frame.messages.map((message, index) => ({ message, acknowledged: frame.callbacks[index] })));
  link.outgoing = [...again, ...link.outgoing].filter(({ message }) => message.type !== 'hello' && !isAnswer(message));
  link.unacknowledged = [];
  link.unacknowledgedMessages = 0;
  link.nextSequence = 1;
}
