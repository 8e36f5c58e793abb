import type { Codec } from '../../core/capabilities.ts';
import { type Frame, type FrameKind, type Message, misfitOfFrame } from '../../core/messages.ts';
import { CORE_OPTIONS } from '../../core/options.ts';
import type { FrameCodec } from '../../ports/ports.ts';

/** A kind's number on the wire; the record makes the compiler ask for a new kind's number. */
const NUMBER_OF_KIND: Readonly<Record<FrameKind, number>> = { hello: 0, data: 1, ping: 2, goodbye: 3 };
const KIND_OF_NUMBER = new Map<unknown, string>(Object.entries(NUMBER_OF_KIND).map(([kind, number]) => [number, kind]));
/** version, network, kind, run, toRun, sequence, acknowledged, logical, count, messages. */
const FRAME_PARTS = 10;

/**
 * Frames on the wire: one CBOR array in a fixed order, because the names of ten fields would weigh more than most frames.
 * The kind travels as a number. Messages keep their field names, so that one of an unknown type can be
 * told apart and skipped.
 */
export class CborFrameCodec implements FrameCodec {
  readonly #codec: Codec;
  readonly #frameBytesMax: number;
  readonly #messagesMax: number;

  constructor(codec: Codec, options: { readonly frameBytesMax: number; readonly frameMessagesMax: number } = CORE_OPTIONS) {
    this.#codec = codec;
    this.#frameBytesMax = options.frameBytesMax;
    this.#messagesMax = options.frameMessagesMax;
  }

  /** Throws an Error when the frame is larger than `frameBytesMax`: packing has to keep below it. */
  encode(frame: Frame): Uint8Array {
    const bytes = this.#codec.encode([
      frame.version,
      frame.network,
      NUMBER_OF_KIND[frame.kind],
      frame.run,
      frame.toRun,
      frame.sequence,
      frame.acknowledged,
      frame.logical,
      frame.count,
      frame.messages,
    ]);
    if (bytes.length > this.#frameBytesMax) throw new Error(`a frame of ${bytes.length} bytes is larger than ${this.#frameBytesMax}`);
    return bytes;
  }

  decode(bytes: Uint8Array): Frame | string {
    if (bytes.length > this.#frameBytesMax) return `frame: ${bytes.length} bytes are more than ${this.#frameBytesMax}`;
    let parts: unknown;
    try {
      parts = this.#codec.decode(bytes);
    } catch {
      return 'frame: not CBOR';
    }
    if (!Array.isArray(parts) || parts.length !== FRAME_PARTS) return `frame: not of ${FRAME_PARTS} parts`;
    const [version, network, kind, run, toRun, sequence, acknowledged, logical, count, messages] = parts as unknown[];
    const frame = { version, network, kind: KIND_OF_NUMBER.get(kind), run, toRun, sequence, acknowledged, logical, count, messages };
    const wrong = misfitOfFrame(frame, this.#messagesMax);
    return wrong ?? (frame as Omit<Frame, 'messages'> & { readonly messages: readonly Message[] });
  }
}
