import { concat, sameBytes, toHex, utf8 } from '../bytes.ts';
import type { Codec, Crypto, KeyPair } from '../capabilities.ts';
import { bytesOfDatagram, type DatagramContent, type UnwrittenDatagram } from '../datagram.ts';
import { DATAGRAM_BYTES_MAX } from '../env.ts';
import { type Message, misfitOfMessage } from '../messages.ts';
import { bytesOfUnlinked } from './unlinked-bytes.ts';

/**
 * A question or an answer without a link, at most DATAGRAM_BYTES_MAX bytes, numbers big-endian:
 *
 *   0  'CQ'          mark                       44  32  id of the node that is meant
 *   2  1             version                    76  6   number: names a question; the answer repeats it
 *   3  1             kind                       82  ..  zeros in short questions, then the message in deterministic CBOR; nothing in `by-link`
 *   4  8             mark of the network       end  64  Ed25519 signature over a label and all before it
 *  12  32            Ed25519 key of the sender
 */
export interface QuestionPacket {
  readonly kind: QuestionPacketKind;
  readonly senderKey: Uint8Array;
  /** Who is asked, or answered. Hex. */
  readonly target: string;
  readonly number: number;
  /** As on a link; null in `by-link`. */
  readonly message: UnlinkedAsk | UnlinkedAnswer | null;
}

/** by-link: the answer does not fit, or is not given without a link. */
export type QuestionPacketKind = 'ask' | 'answer' | 'by-link';

export type UnlinkedAsk = Extract<Message, { type: 'ring-ask' | 'replica-ask' }>;
export type UnlinkedAnswer = Extract<Message, { type: 'ring-answer' | 'replica-answer' }>;

const KINDS: readonly QuestionPacketKind[] = ['ask', 'answer', 'by-link'];
const ASKS: readonly string[] = ['ring-ask', 'replica-ask'];
const ANSWERS: readonly string[] = ['ring-answer', 'replica-answer'];
const MARK = [0x43, 0x51] as const;
const VERSION = 1;
const LABEL = utf8('confab/question/1\0');
const HEADER_BYTES = 82;
const SIGNATURE_BYTES = 64;
/**
 * The address that a question comes from may be forged, so no answer is more than three times as long (RFC 9000, section 8.1), counting
 * the header with the sender's name that a node puts before it. Shorter questions are filled up; nobody answers them.
 */
const ASK_BYTES_MIN = 430;

/** Whether a message may go without a link: bounded from above, since most are never written. */
export function fitsUnlinked(message: Message): boolean {
  return HEADER_BYTES + bytesOfUnlinked(message) + SIGNATURE_BYTES <= DATAGRAM_BYTES_MAX;
}

export function looksLikeQuestion(content: DatagramContent): boolean {
  return content instanceof Uint8Array ? content[0] === MARK[0] && content[1] === MARK[1] : content instanceof UnwrittenQuestion;
}

/** A packet of a node of this process: written and signed when it leaves the process (as in the membership protocol). */
export class UnwrittenQuestion implements UnwrittenDatagram {
  readonly network: Uint8Array;
  readonly packet: QuestionPacket;
  readonly length: number;
  readonly #tools: { readonly crypto: Crypto; readonly codec: Codec };
  readonly #key: KeyPair;
  #bytes: Uint8Array | null = null;

  /** `key` is that of the packet's sender. */
  constructor(tools: { readonly crypto: Crypto; readonly codec: Codec }, key: KeyPair, network: Uint8Array, packet: QuestionPacket) {
    this.network = network;
    this.packet = packet;
    const length = HEADER_BYTES + (packet.message === null ? 0 : bytesOfUnlinked(packet.message)) + SIGNATURE_BYTES;
    this.length = packet.kind === 'ask' ? Math.max(length, ASK_BYTES_MIN) : length;
    this.#tools = tools;
    this.#key = key;
  }

  /** The same with another message. */
  saying(message: UnlinkedAsk | UnlinkedAnswer): UnwrittenQuestion {
    return new UnwrittenQuestion(this.#tools, this.#key, this.network, { ...this.packet, message });
  }

  write(): Uint8Array {
    this.#bytes ??= encodeQuestion(this.#tools, this.#key, this.network, this.packet);
    return this.#bytes;
  }

  unsigned(): Uint8Array {
    return encodeUnsigned(this.#tools.codec, this.network, this.packet);
  }
}

function encodeQuestion(
  { crypto, codec }: { readonly crypto: Crypto; readonly codec: Codec },
  key: KeyPair,
  network: Uint8Array,
  packet: QuestionPacket,
): Uint8Array {
  const said = encodeUnsigned(codec, network, packet);
  return concat(said, crypto.sign(key.secretKey, concat(LABEL, said)));
}

function encodeUnsigned(codec: Codec, network: Uint8Array, packet: QuestionPacket): Uint8Array {
  const body = packet.message === null ? new Uint8Array(0) : codec.encode(packet.message);
  const head = new Uint8Array(HEADER_BYTES);
  head.set([...MARK, VERSION, KINDS.indexOf(packet.kind)]);
  head.set(network, 4);
  head.set(packet.senderKey, 12);
  for (let at = 0; at < 32; at += 1) head[44 + at] = Number.parseInt(packet.target.slice(at * 2, at * 2 + 2), 16);
  let rest = packet.number;
  for (let at = 81; at >= 76; at -= 1) {
    head[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  const missing = packet.kind === 'ask' ? ASK_BYTES_MIN - HEADER_BYTES - body.length - SIGNATURE_BYTES : 0;
  return concat(head, new Uint8Array(Math.max(0, missing)), body);
}

/** What the bytes say, unproven, or why they are no question or answer of this network. Never throws. */
export function readQuestion(codec: Codec, network: Uint8Array, content: DatagramContent): QuestionPacket | 'malformed' | 'version' | 'foreign' {
  if (content instanceof UnwrittenQuestion) return sameBytes(content.network, network) ? content.packet : 'foreign';
  const bytes = bytesOfDatagram(content);
  if (!looksLikeQuestion(bytes) || bytes.length < HEADER_BYTES + SIGNATURE_BYTES || bytes.length > DATAGRAM_BYTES_MAX) return 'malformed';
  if (bytes[2] !== VERSION) return 'version';
  if (!sameBytes(bytes.subarray(4, 12), network)) return 'foreign';
  const kind = KINDS[bytes[3] as number];
  if (kind === undefined || (kind === 'ask' && bytes.length < ASK_BYTES_MIN)) return 'malformed';
  let number = 0;
  for (const byte of bytes.subarray(76, HEADER_BYTES)) number = number * 256 + byte;
  const head = { kind, senderKey: bytes.slice(12, 44), target: toHex(bytes.subarray(44, 76)), number };
  // A copy: the buffer belongs to the driver, and values of the message may be kept.
  const body = bytes.slice(HEADER_BYTES, bytes.length - SIGNATURE_BYTES);
  if (kind === 'by-link') return body.length === 0 ? { ...head, message: null } : 'malformed';
  const message = readMessage(codec, kind === 'ask' ? withoutFiller(body) : body);
  if (message === null || !(kind === 'ask' ? ASKS : ANSWERS).includes(message.type)) return 'malformed';
  return { ...head, message: message as UnlinkedAsk | UnlinkedAnswer };
}

/** No message begins with a zero, since it is a map. */
function withoutFiller(body: Uint8Array): Uint8Array {
  let from = 0;
  while (body[from] === 0) from += 1;
  return body.subarray(from);
}

function readMessage(codec: Codec, body: Uint8Array): Message | null {
  try {
    const message = codec.decode(body);
    return misfitOfMessage(message) === null ? (message as Message) : null;
  } catch {
    return null;
  }
}

/** The signature holds. */
export function questionProvesItself(crypto: Crypto, packet: QuestionPacket, content: DatagramContent): boolean {
  if (content instanceof UnwrittenQuestion) return true;
  const bytes = bytesOfDatagram(content);
  const signed = bytes.length - SIGNATURE_BYTES;
  return crypto.verify(packet.senderKey, concat(LABEL, bytes.subarray(0, signed)), bytes.slice(signed));
}
