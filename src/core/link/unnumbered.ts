import type { Message } from '../messages.ts';
import type { CoreOptions } from '../options.ts';
import { ANSWER_OTHERS } from '../rooms/room-messages.ts';
import { doubtedAnswer } from './calm.ts';
import { approximateBytes, type Link } from './link.ts';

/**
 * Messages that may travel outside the numbered stream, like a datagram: renewals, rumours of rooms, and questions at random whether a room is
 * alike. Whoever misses one hears a later one, from somebody else, or finds it by comparing; one that comes twice or late is an old record, or a comparison too many. So
 * nobody acknowledges or repeats them, and they hold nothing else up.
 */
export function isUnnumbered(message: Message | null): boolean {
  return message?.type === 'renewals' || message?.type === 'room-rumours' || (message?.type === 'room-heads' && message.wantAnswer === ANSWER_OTHERS);
}

/**
 * Whether all that waits for a peer may leave without a number. Where anything else goes as well, they go with it, in its order. Behind an
 * answer that may be lost they have one, too: each frame says what has arrived, so the question is settled and would not be asked again,
 * and only a number shows that something before it is missing.
 */
export function leaveUnnumbered(link: Link, nowMillis: number): boolean {
  return link.outgoing.every(({ message, acknowledged }) => acknowledged === undefined && isUnnumbered(message)) && doubtedAnswer(link, 0, nowMillis) === null;
}

/** Takes everything that waits, in as few frames as fit. */
export function unnumberedFrames(link: Link, options: CoreOptions): Message[][] {
  const frames: Message[][] = [];
  let room = 0;
  for (const { message } of link.outgoing) {
    const bytes = approximateBytes(message);
    let frame = frames.at(-1);
    if (frame === undefined || bytes > room || frame.length >= options.frameMessagesMax) {
      frame = [];
      frames.push(frame);
      room = options.frameBytesTarget;
    }
    frame.push(message);
    room -= bytes;
  }
  link.outgoing = [];
  return frames;
}

/** Of what came without a number, what may: it is untrusted. */
export function takenUnnumbered(messages: ReadonlyArray<Message | null>): ReadonlyArray<Message> {
  return messages.length === 0 ? NONE : (messages.filter(isUnnumbered) as Message[]);
}

const NONE: readonly Message[] = [];
