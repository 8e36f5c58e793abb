import { concat, sameBytes, utf8 } from '../bytes.ts';
import type { Crypto, KeyPair } from '../capabilities.ts';

/**
 * The beacon by which nodes of a local network find each other, 155 bytes, numbers big-endian:
 *
 *   0  'CB'           mark
 *   2  1              version
 *   3  32 bytes       Ed25519 key of the node
 *  35  32 bytes       X25519 key, by which its transport proves itself
 *  67  8 bytes        first bytes of SHA-256 of the network's name
 *  75  4 bytes        port of its transport; 0: the node leaves
 *  79  6 bytes        run of its process
 *  85  6 bytes        stamp: grows with each beacon, near the wall clock
 *  91  64 bytes       Ed25519 signature over a label and all that is before it
 */
export interface Beacon {
  readonly nodeKey: Uint8Array;
  readonly agreementKey: Uint8Array;
  readonly port: number;
  readonly run: number;
  readonly stamp: number;
}

export const BEACON_VERSION = 1;
export const BEACON_BYTES = 155;
const SIGNED_BYTES = 91;
const MARK = [0x43, 0x42] as const;
const LABEL = utf8('confab/beacon/1\0');
const NETWORK_BYTES = 8;

/** What stands for the name of a network in beacons: 8 bytes. */
export function networkMark(crypto: Crypto, network: string): Uint8Array {
  return crypto.sha256(utf8(`confab/network/1\0${network}`)).slice(0, NETWORK_BYTES);
}

/** First byte of anything that could be a beacon. */
export function looksLikeBeacon(bytes: Uint8Array): boolean {
  return bytes[0] === MARK[0] && bytes[1] === MARK[1];
}

export function encodeBeacon(crypto: Crypto, key: KeyPair, network: Uint8Array, beacon: Beacon): Uint8Array {
  const bytes = new Uint8Array(BEACON_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MARK, 0);
  bytes[2] = BEACON_VERSION;
  bytes.set(beacon.nodeKey, 3);
  bytes.set(beacon.agreementKey, 35);
  bytes.set(network, 67);
  view.setUint32(75, beacon.port);
  setUint48(view, 79, beacon.run);
  setUint48(view, 85, beacon.stamp);
  bytes.set(crypto.sign(key.secretKey, concat(LABEL, bytes.subarray(0, SIGNED_BYTES))), SIGNED_BYTES);
  return bytes;
}

/** What the bytes say, unproven, or why they are no beacon of this network. Never throws. */
export function readBeacon(network: Uint8Array, bytes: Uint8Array): Beacon | 'malformed' | 'version' | 'foreign' {
  if (!looksLikeBeacon(bytes)) return 'malformed';
  if (bytes[2] !== BEACON_VERSION) return 'version';
  if (bytes.length !== BEACON_BYTES) return 'malformed';
  if (!sameBytes(bytes.subarray(67, 67 + NETWORK_BYTES), network)) return 'foreign';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  // Copies: the packet's buffer belongs to the driver.
  return { nodeKey: bytes.slice(3, 35), agreementKey: bytes.slice(35, 67), port: view.getUint32(75), run: uint48(view, 79), stamp: uint48(view, 85) };
}

/** The signature holds. */
export function provesItself(crypto: Crypto, beacon: Beacon, bytes: Uint8Array): boolean {
  return crypto.verify(beacon.nodeKey, concat(LABEL, bytes.subarray(0, SIGNED_BYTES)), bytes.slice(SIGNED_BYTES));
}

function setUint48(view: DataView, at: number, value: number): void {
  view.setUint16(at, Math.floor(value / 2 ** 32) & 0xffff);
  view.setUint32(at + 2, value % 2 ** 32);
}

function uint48(view: DataView, at: number): number {
  return view.getUint16(at) * 2 ** 32 + view.getUint32(at + 2);
}
