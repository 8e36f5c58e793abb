import { utf8 } from '../core/bytes.ts';
import { DATAGRAM_BYTES_MAX, type DatagramTarget } from '../core/env.ts';
import type { FaultGate } from './fault-gate.ts';

/** Addresses whose node's name is remembered. */
const NAMES_MAX = 1_024;
const NAME_BYTES_MAX = 80;
const HEADER_BYTES = 2;
const UNJUDGED = 0;
const JUDGED = 1;

/**
 * Fault rules on datagrams. Rules go by names of nodes, which an address does not tell: so each datagram carries the name
 * of its sender in a short header. Whom the sender knows by name is judged by the sender, as frames are; all else, what is
 * sent to whoever listens above all, is judged where it arrives. The name serves fault rules and nothing else: nobody is believed it.
 */
export class DatagramGate {
  readonly #gate: FaultGate;
  readonly #name: Uint8Array;
  readonly #names = new Map<string, string>();

  constructor(gate: FaultGate, name: string) {
    this.#gate = gate;
    this.#name = utf8(name).subarray(0, NAME_BYTES_MAX);
  }

  /** Calls `send` with the bytes for the wire, now, later or never; gives the reason when never. */
  outgoing(to: DatagramTarget, bytes: Uint8Array, send: (wire: Uint8Array) => void): string | null {
    if (bytes.length > DATAGRAM_BYTES_MAX) return 'too-large';
    const peer = to === 'broadcast' ? undefined : this.#names.get(to.address);
    const wire = new Uint8Array(HEADER_BYTES + this.#name.length + bytes.length);
    wire[0] = peer === undefined ? UNJUDGED : JUDGED;
    wire[1] = this.#name.length;
    wire.set(this.#name, HEADER_BYTES);
    wire.set(bytes, HEADER_BYTES + this.#name.length);
    if (peer !== undefined) return this.#gate.passPacket(peer, bytes.length, () => send(wire));
    send(wire);
    return null;
  }

  /** Calls `take` with what the sender's program sent, now, later or never; gives the reason when never. */
  incoming(from: string, wire: Uint8Array, take: (bytes: Uint8Array) => void): string | null {
    const nameLength = wire[1] ?? 0;
    if (wire.length <= HEADER_BYTES + nameLength || nameLength > NAME_BYTES_MAX || (wire[0] as number) > JUDGED) return 'invalid: no datagram of ours';
    const bytes = wire.subarray(HEADER_BYTES + nameLength);
    if (bytes.length > DATAGRAM_BYTES_MAX) return 'too-large';
    const name = Buffer.from(wire.subarray(HEADER_BYTES, HEADER_BYTES + nameLength)).toString('utf8');
    this.#learn(from, name);
    if (wire[0] === UNJUDGED) return this.#gate.passFrom(name, bytes.length, () => take(bytes));
    take(bytes);
    return null;
  }

  #learn(address: string, name: string): void {
    if (this.#names.get(address) === name) return;
    if (this.#names.size >= NAMES_MAX) this.#names.delete(this.#names.keys().next().value as string);
    this.#names.set(address, name);
  }
}
