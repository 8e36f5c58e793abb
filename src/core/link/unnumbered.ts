import type { Message } from '../messages.ts';
import { ANSWER_OTHERS } from '../rooms/room-messages.ts';
import type { Outgoing } from './link.ts';
import { approximateBytes } from './link.ts';

/**
 * Messages that may travel outside the numbered stream, like a datagram: renewals, and questions at random whether a room is alike. Whoever
 * misses one hears a later one, or finds it by comparing; one that comes twice or late is an old record, or a comparison too many. So nobody acknowledges or repeats them, and they hold nothing else up.
 */
export function isUnnumbered(message: Message | null): boolean {
  return message?.type === 'renewals' || (message?.type === 'room-heads' && message.wantAnswer === ANSWER_OTHERS);
}

/** Whether all that waits for a peer may leave without a number. Where anything else goes as well, they go with it, in its order. */
export function onlyUnnumbered(outgoing: readonly Outgoing[]): boolean {
  return outgoing.every(({ message, acknowledged }) => acknowledged === undefined && isUnnumbered(message));
}

/** What waits as the messages of one frame, or of a frame each where one would be too large. */
export function unnumberedFrames(outgoing: readonly Outgoing[], frameBytesTarget: number): ReadonlyArray<readonly Message[]> {
  const messages = outgoing.map(({ message }) => message);
  const bytes = messages.reduce((sum, message) => sum + approximateBytes(message), 0);
  return bytes <= frameBytesTarget ? [messages] : messages.map((message) => [message]);
}

/** Of what came without a number, what may: it is untrusted. */
export function takenUnnumbered(messages: ReadonlyArray<Message | null>): ReadonlyArray<Message> {
  return messages.length === 0 ? NONE : (messages.filter(isUnnumbered) as Message[]);
}

const NONE: readonly Message[] = [];
