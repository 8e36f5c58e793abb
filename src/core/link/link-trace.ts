import type { Env } from '../env.ts';
import { type Frame, type FrameKind, type Message, misfitOfMessage } from '../messages.ts';
import type { MessageTrace } from '../trace.ts';
import { approximateBytes, type Link } from './link.ts';

/** What the links write into the trace. Ids and sizes, never texts. */
export const FRAME_OVERHEAD_BYTES = 48;

export function traceSend(env: Env<Frame>, link: Link, kind: FrameKind, count: number, messages: readonly Message[]): void {
  if (!env.tracingFrames) return;
  env.trace({ type: 'send', frame: `${env.name}/${link.localRun}/f${count}`, to: link.name, kind, messages: messages.map(traceOf), bytes: bytesOf(messages) });
}

/** The frame's messages are untrusted; what does not fit is not shown. */
export function traceReceive(env: Env<Frame>, link: Link, frame: Frame): void {
  if (!env.tracingFrames) return;
  const fitting = frame.messages.filter((message) => misfitOfMessage(message) === null);
  env.trace({
    type: 'receive',
    frame: `${link.name}/${frame.run}/f${frame.count}`,
    from: link.name,
    kind: frame.kind,
    messages: fitting.map(traceOf),
    bytes: bytesOf(fitting),
  });
}

export function traceState(env: Env<Frame>, link: Link, to: string): void {
  if (env.tracing) env.trace({ type: 'state', subject: 'link', id: link.name, to });
}

export function traceDrop(env: Env<Frame>, link: Link | undefined, reason: string): void {
  if (env.tracing) env.trace({ type: 'drop', peer: link?.name ?? 'unknown', reason: reason.slice(0, 200) });
}

/** About how many bytes a frame with these messages takes on a wire. */
export function bytesOf(messages: readonly Message[]): number {
  return messages.reduce((sum, message) => sum + approximateBytes(message), FRAME_OVERHEAD_BYTES);
}

function traceOf(message: Message): MessageTrace {
  switch (message.type) {
    case 'envelope':
      return { type: message.type, id: message.envelope.id, bytes: message.envelope.part.sealed.length };
    case 'receipt':
    case 'refusal':
      return message.ids[0] === undefined ? { type: message.type } : { type: message.type, id: message.ids[0] };
    default:
      return { type: message.type };
  }
}
