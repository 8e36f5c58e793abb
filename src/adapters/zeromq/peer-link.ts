import { type Context, Dealer } from 'zeromq';
import { isIpv6Address } from './addresses.ts';

/** First wait before a lost connection is tried again, and the longest one. */
const RECONNECT_MILLIS = 50;
const RECONNECT_MILLIS_MAX = 1_000;
/** Frames inside ZeroMQ on top of our own queue, once connected. */
const SEND_HIGH_WATER_MARK = 256;
/** An orderly stop lets ZeroMQ finish writing to peers that are there, but never waits longer for one that is not. */
const STOP_LINGER_MILLIS = 500;

export interface PeerLinkOptions {
  readonly context: Context;
  readonly address: string;
  /** What to connect to: the address, or a shorter way to the same node. */
  readonly way: string;
  readonly routingId: Uint8Array;
  /** Sent with every frame, see PeerLink. */
  readonly introduction: Uint8Array;
  readonly serverKey: string;
  readonly publicKey: string;
  readonly secretKey: string;
  readonly queueBytesMax: number;
  readonly queueFramesMax: number;
  onIdle(): void;
  onSendFailed(reason: string): void;
}

/**
 * The DEALER to one peer's inbox and the bounded queue in front of it. It is only ever written to.
 *
 * 1. One writer: ZeroMQ allows a single waiting `send` on a socket.
 * 2. `immediate`: without a finished handshake ZeroMQ takes nothing, so frames for a peer that is away wait here, under our
 *    bounds, and not in a pipe of its own. A `send` that waits (`sendTimeout` -1) continues in the instant in which the
 *    peer is there; with a timeout of 0 we would have to ask by a timer.
 * 3. Every frame is preceded by a part with our 32-byte key. ZeroMQ reconnects silently, and the process at the other end
 *    may be a new one that never heard of us, so an introduction sent once could be lost without a sign. The part costs
 *    about a microsecond, and frames are packed: one a turn.
 */
export class PeerLink {
  readonly address: string;
  readonly way: string;
  readonly #options: PeerLinkOptions;
  readonly #dealer: Dealer;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #pumping = false;
  #closed = false;

  /** Throws the system's error when no socket can be had or the address is not understood. */
  constructor(options: PeerLinkOptions, waiting: readonly Uint8Array[] = []) {
    this.address = options.address;
    this.way = options.way;
    this.#options = options;
    this.#dealer = new Dealer({
      context: options.context,
      // A Buffer reaches the wire as it is; the declared type knows texts only.
      routingId: Buffer.from(options.routingId) as unknown as string,
      curveServerKey: options.serverKey,
      curvePublicKey: options.publicKey,
      curveSecretKey: options.secretKey,
      linger: 0,
      immediate: true,
      sendTimeout: -1,
      sendHighWaterMark: SEND_HIGH_WATER_MARK,
      reconnectInterval: RECONNECT_MILLIS,
      reconnectMaxInterval: RECONNECT_MILLIS_MAX,
      ipv6: isIpv6Address(options.address),
    });
    try {
      this.#dealer.connect(options.way);
    } catch (error) {
      this.#dealer.close();
      throw error;
    }
    for (const frame of waiting) this.send(frame);
  }

  /** False when the queue is full. */
  send(frame: Uint8Array): boolean {
    if (this.#closed || this.#queue.length >= this.#options.queueFramesMax || this.#queuedBytes + frame.length > this.#options.queueBytesMax) return false;
    this.#queue.push(frame);
    this.#queuedBytes += frame.length;
    if (!this.#pumping) void this.#pump();
    return true;
  }

  get idle(): boolean {
    return this.#queue.length === 0;
  }

  /** Returns the frames that had not left. With `linger` ZeroMQ may still write those that had. */
  close(linger = false): readonly Uint8Array[] {
    if (this.#closed) return [];
    this.#closed = true;
    const left = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    if (linger) this.#dealer.linger = STOP_LINGER_MILLIS;
    this.#dealer.close();
    return left;
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    for (;;) {
      const frame = this.#queue[0];
      if (frame === undefined) break;
      try {
        await this.#dealer.send([this.#options.introduction, frame]);
      } catch (error) {
        if (this.#closed) break;
        this.#options.onSendFailed(error instanceof Error ? error.message : String(error));
      }
      if (this.#closed) break;
      this.#queue.shift();
      this.#queuedBytes -= frame.length;
    }
    this.#pumping = false;
    if (!this.#closed) this.#options.onIdle();
  }
}
