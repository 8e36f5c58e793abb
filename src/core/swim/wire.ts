import { concat, sameBytes, utf8 } from '../bytes.ts';
import type { Crypto, KeyPair } from '../capabilities.ts';
import { bytesOfDatagram, type DatagramContent, type UnwrittenDatagram } from '../datagram.ts';
import { DATAGRAM_BYTES_MAX } from '../env.ts';

/**
 * The packets of the membership protocol, at most DATAGRAM_BYTES_MAX bytes, numbers big-endian:
 *
 *   0  'CS'          mark                       50  6   stamp, grows with each packet of a sender
 *   2  1             version                    56  4   sequence: names a probe; the answer repeats it
 *   3  1             kind                       60  32  id of the node that is meant (see Packet.target)
 *   4  8             mark of the network        92  text  address of the sender (a length byte, then characters)
 *  12  32            Ed25519 key of the sender   ..  text  address of the target, empty but in requests
 *  44  6             incarnation of the sender   ..  1   number of updates, then each of them
 *                                               end  64  Ed25519 signature over a label and all before it
 *
 * An update: 32 id, 1 state, 6 incarnation, 4 first bytes of the accuser's id (zero but for suspects), text address.
 */
export interface Packet {
  readonly kind: PacketKind;
  readonly senderKey: Uint8Array;
  readonly incarnation: number;
  readonly stamp: number;
  readonly sequence: number;
  /** ping: who is asked; request: who is to be asked; ack and nack: who answered or did not. Hex. */
  readonly target: string;
  /** Where the sender takes datagrams. */
  readonly address: string;
  /** Where the target of a request takes them. */
  readonly targetAddress: string;
  readonly updates: readonly Update[];
}

export type PacketKind = 'ping' | 'request' | 'ack' | 'nack';
export type MemberState = 'alive' | 'suspect' | 'dead' | 'left';

/** What is said of a member. */
export interface Update {
  readonly id: string;
  readonly state: MemberState;
  readonly incarnation: number;
  /** Eight hex digits of whoever suspects it; empty otherwise. */
  readonly accuser: string;
  readonly address: string;
}

/** All of them are made here and so are alike to the engine: each packet has a dozen, and they are looked at in many places. */
export function updateOf(id: string, state: MemberState, incarnation: number, accuser: string, address: string): Update {
  return { id, state, incarnation, accuser, address };
}

const KINDS: readonly PacketKind[] = ['ping', 'request', 'ack', 'nack'];
const STATES: readonly MemberState[] = ['alive', 'suspect', 'dead', 'left'];
const MARK = [0x43, 0x53] as const;
const VERSION = 1;
const LABEL = utf8('confab/swim/1\0');
const HEADER_BYTES = 92;
const SIGNATURE_BYTES = 64;
const ADDRESS_CHARACTERS_MAX = 48;
const NO_ACCUSER = '00000000';
const ADDRESS = /^udp:\/\/([0-9.]{7,15}|sim):[0-9]{1,9}$/;

/** Room for updates in a packet with these addresses, bytes. */
export function roomFor(address: string, targetAddress: string): number {
  return DATAGRAM_BYTES_MAX - HEADER_BYTES - 1 - address.length - 1 - targetAddress.length - 1 - SIGNATURE_BYTES;
}

/** Bytes that an update takes. */
export function updateBytes(update: Update): number {
  return 44 + update.address.length;
}

export function looksLikePacket(content: DatagramContent): boolean {
  return content instanceof Uint8Array ? content[0] === MARK[0] && content[1] === MARK[1] : content instanceof UnwrittenPacket;
}

/**
 * A packet of a node of this process. Written and signed when it leaves the process; whoever gets the object itself, as the nodes of
 * a simulation do, need neither read nor prove it.
 */
export class UnwrittenPacket implements UnwrittenDatagram {
  readonly network: Uint8Array;
  readonly packet: Packet;
  readonly length: number;
  readonly #crypto: Crypto;
  readonly #key: KeyPair;
  #bytes: Uint8Array | null = null;

  /** `key` is that of the packet's sender. */
  constructor(crypto: Crypto, key: KeyPair, network: Uint8Array, packet: Packet) {
    this.network = network;
    this.packet = packet;
    this.length = unsignedBytes(packet) + SIGNATURE_BYTES;
    this.#crypto = crypto;
    this.#key = key;
  }

  write(): Uint8Array {
    this.#bytes ??= encodePacket(this.#crypto, this.#key, this.network, this.packet);
    return this.#bytes;
  }

  unsigned(): Uint8Array {
    const { bytes } = encodeUnsigned(this.network, this.packet);
    return bytes.subarray(LABEL.length, bytes.length - SIGNATURE_BYTES);
  }
}

/** Bytes of all but the signature. */
function unsignedBytes(packet: Packet): number {
  let length = HEADER_BYTES + 3 + packet.address.length + packet.targetAddress.length;
  for (const update of packet.updates) length += updateBytes(update);
  return length;
}

export function encodePacket(crypto: Crypto, key: KeyPair, network: Uint8Array, packet: Packet): Uint8Array {
  const writer = encodeUnsigned(network, packet);
  writer.raw(crypto.sign(key.secretKey, writer.bytes.subarray(0, writer.bytes.length - SIGNATURE_BYTES)));
  return writer.bytes.subarray(LABEL.length);
}

/** The label and the packet, with room for the signature. */
function encodeUnsigned(network: Uint8Array, packet: Packet): Writer {
  // The label is signed with the packet but does not travel: it lies before it in the same memory.
  const writer = new Writer(LABEL.length + unsignedBytes(packet) + SIGNATURE_BYTES);
  writer.raw(LABEL);
  writer.raw(MARK);
  writer.byte(VERSION);
  writer.byte(KINDS.indexOf(packet.kind));
  writer.raw(network);
  writer.raw(packet.senderKey);
  writer.uint48(packet.incarnation);
  writer.uint48(packet.stamp);
  writer.uint32(packet.sequence);
  writer.hex(packet.target);
  writer.text(packet.address);
  writer.text(packet.targetAddress);
  writer.byte(packet.updates.length);
  for (const update of packet.updates) {
    writer.hex(update.id);
    writer.byte(STATES.indexOf(update.state));
    writer.uint48(update.incarnation);
    writer.hex(update.accuser === '' ? NO_ACCUSER : update.accuser);
    writer.text(update.address);
  }
  return writer;
}

/** What the bytes say, unproven, or why they are no packet of this network. Never throws. */
export function readPacket(network: Uint8Array, content: DatagramContent): Packet | 'malformed' | 'version' | 'foreign' {
  if (content instanceof UnwrittenPacket) return sameBytes(content.network, network) ? content.packet : 'foreign';
  const bytes = bytesOfDatagram(content);
  if (!looksLikePacket(bytes) || bytes.length < HEADER_BYTES + 3 + SIGNATURE_BYTES || bytes.length > DATAGRAM_BYTES_MAX) return 'malformed';
  if (bytes[2] !== VERSION) return 'version';
  if (!sameBytes(bytes.subarray(4, 12), network)) return 'foreign';
  const kind = KINDS[bytes[3] as number];
  const reader = new Reader(bytes, 12, bytes.length - SIGNATURE_BYTES);
  const senderKey = reader.raw(32);
  const head = { incarnation: reader.uint48(), stamp: reader.uint48(), sequence: reader.uint32(), target: reader.hex(32) };
  const addresses = { address: reader.text(), targetAddress: reader.text() };
  const count = reader.raw(1)[0] ?? 0;
  const updates: Update[] = [];
  for (let each = 0; each < count && !reader.torn; each += 1) {
    const id = reader.hex(32);
    const state = STATES[reader.raw(1)[0] ?? 255];
    const incarnation = reader.uint48();
    const accuser = reader.hex(4);
    const address = reader.text();
    if (state === undefined || !ADDRESS.test(address)) return 'malformed';
    updates.push(updateOf(id, state, incarnation, accuser === NO_ACCUSER ? '' : accuser, address));
  }
  const { address, targetAddress } = addresses;
  if (kind === undefined || reader.torn || !reader.atEnd || !ADDRESS.test(address)) return 'malformed';
  if (kind === 'request' ? !ADDRESS.test(targetAddress) : targetAddress !== '') return 'malformed';
  return { kind, senderKey, ...head, ...addresses, updates };
}

/** The signature holds. */
export function packetProvesItself(crypto: Crypto, packet: Packet, content: DatagramContent): boolean {
  if (content instanceof UnwrittenPacket) return true;
  const bytes = bytesOfDatagram(content);
  const signed = bytes.length - SIGNATURE_BYTES;
  return crypto.verify(packet.senderKey, concat(LABEL, bytes.subarray(0, signed)), bytes.slice(signed));
}

class Writer {
  readonly bytes: Uint8Array;
  #at = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
  }

  raw(bytes: Uint8Array | readonly number[]): void {
    this.bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  byte(value: number): void {
    this.bytes[this.#at++] = value;
  }

  uint16(value: number): void {
    this.bytes[this.#at++] = value >>> 8;
    this.bytes[this.#at++] = value;
  }

  uint32(value: number): void {
    this.uint16(value >>> 16);
    this.uint16(value & 0xffff);
  }

  uint48(value: number): void {
    this.uint16(Math.floor(value / 2 ** 32) & 0xffff);
    this.uint32(value % 2 ** 32);
  }

  hex(text: string): void {
    this.raw(bytesOfHex(text));
  }

  text(text: string): void {
    this.byte(text.length);
    for (let index = 0; index < text.length; index += 1) this.byte(text.charCodeAt(index));
  }
}

/** Ids of members are written again and again. */
const hexRead = new Map<string, Uint8Array>();
const HEX_READ_MAX = 4_096;

function bytesOfHex(text: string): Uint8Array {
  let bytes = hexRead.get(text);
  if (bytes === undefined) {
    bytes = new Uint8Array(text.length / 2);
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = digitOf(text, at * 2) * 16 + digitOf(text, at * 2 + 1);
    if (hexRead.size >= HEX_READ_MAX) hexRead.clear();
    hexRead.set(text, bytes);
  }
  return bytes;
}

/** Of lower case, as ids are. */
function digitOf(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code < 0x40 ? code - 0x30 : code - 0x57;
}

/** Reads up to a limit; past it everything is zero and `torn` is set. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;
  torn = false;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  get atEnd(): boolean {
    return this.#at === this.#end;
  }

  /** A copy: the packet's buffer belongs to the driver. */
  raw(length: number): Uint8Array {
    if (this.#at + length > this.#end) {
      this.torn = true;
      return new Uint8Array(length);
    }
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  #number(length: number): number {
    let value = 0;
    for (const byte of this.raw(length)) value = value * 256 + byte;
    return value;
  }

  uint32(): number {
    return this.#number(4);
  }

  uint48(): number {
    return this.#number(6);
  }

  hex(length: number): string {
    let text = '';
    for (const byte of this.raw(length)) text += HEX[byte];
    return text;
  }

  text(): string {
    const length = this.raw(1)[0] ?? 0;
    if (length > ADDRESS_CHARACTERS_MAX) this.torn = true;
    return this.torn ? '' : String.fromCharCode(...this.raw(length));
  }
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => (byte < 16 ? '0' : '') + byte.toString(16));
