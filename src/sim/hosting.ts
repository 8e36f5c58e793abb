import { toHex } from '../core/bytes.ts';
import type { Codec, Crypto } from '../core/capabilities.ts';
import type { CommandResult } from '../core/env.ts';
import type { Address, Endpoint } from '../core/types.ts';
import { DatagramNet } from './datagram-net.ts';
import type { Latency } from './network.ts';
import { type RowSeal, sealedRows } from './sealed-rows.ts';
import type { Services } from './services.ts';
import type { World } from './world.ts';

/** How a run of a hosted node ended: in order, after its account was deleted, killed, or by failing again and again. */
export type HostedEnd = 'stopped' | 'retired' | 'killed' | 'crashed';

/** What hosted nodes tell whoever runs them. */
export interface HostingWatcher {
  emitted(node: string, event: unknown): void;
  /** A message, a datagram or a call of the seed server leaves; whoever keeps it must not change it. */
  sent?(node: string, message: unknown): void;
  replied(node: string, request: string, result: CommandResult): void;
  ended(node: string, end: HostedEnd, reason: string): void;
}

/** Encodes and decodes a message; a string says why it could not be decoded. */
export interface MessageCodec<Message> {
  encode(message: Message): Uint8Array;
  decode(bytes: Uint8Array): Message | string;
}

export interface HostingParts<Message> {
  readonly world: World;
  readonly crypto: Crypto;
  readonly codec: Codec;
  readonly services: Services;
  readonly watcher: HostingWatcher;
  /** Given: every message goes through bytes and back, which proves the codec. */
  readonly messageCodec?: MessageCodec<Message>;
  /** Given: values in stores are kept as bytes. */
  readonly storeCodec?: Codec;
  /** True: those of users as sealed bytes, as on a real disk; needs a storeCodec. */
  readonly storesSealed?: boolean;
  /** How a message is called in the trace, after `<node>/`. */
  readonly frameName?: (message: Message) => string;
  /** About how many bytes a message takes on a wire: for lines of limited bandwidth. */
  readonly bytesOf?: (message: Message) => number;
  /** How long a commit takes. Default 0.05 to 0.3 ms. */
  readonly commit?: Latency;
}

export const DEFAULT_COMMIT: Latency = { minMillis: 0.05, maxMillis: 0.3 };

/** What all hosted nodes of a world share: whose key is whose, and what they are made of. */
export class Hosting<Message> {
  readonly parts: HostingParts<Message>;
  readonly commit: Latency;
  readonly datagrams: DatagramNet;
  /** One for all disks, since nodes of one user share the key of the store. */
  readonly rowSeal: RowSeal | null;
  readonly #indexOfKey = new Map<string, Address>();
  /** Keys are compared as text; the same array, which is the usual case, is turned into text once. */
  readonly #textOfKey = new WeakMap<Uint8Array, string>();
  readonly #keys = new Map<Address, Uint8Array>();
  /** Handles of keys that belong to nobody here count down from -1. */
  #unknownCount = 0;

  constructor(parts: HostingParts<Message>) {
    this.parts = parts;
    this.commit = parts.commit ?? DEFAULT_COMMIT;
    this.datagrams = new DatagramNet(parts.world);
    this.rowSeal = parts.storesSealed === true ? sealedRows(parts.crypto) : null;
  }

  enter(index: Address, key: Uint8Array): void {
    this.#indexOfKey.set(this.#text(key), index);
    this.#keys.set(index, key);
  }

  /** The handle of the node with that key; equal keys give equal handles, known or not. */
  handleOf(key: Uint8Array): Address {
    let handle = this.#indexOfKey.get(this.#text(key));
    if (handle === undefined) {
      this.#unknownCount += 1;
      handle = -this.#unknownCount;
      this.enter(handle, key);
    }
    return handle;
  }

  #text(key: Uint8Array): string {
    let text = this.#textOfKey.get(key);
    if (text === undefined) {
      text = toHex(key);
      this.#textOfKey.set(key, text);
    }
    return text;
  }

  keyOf(address: Address): Uint8Array {
    const key = this.#keys.get(address);
    if (key === undefined) throw new Error(`no key is known for address ${address}`);
    return key;
  }

  /** As with CURVE, frames arrive only where the address is that of the one who holds the key. */
  reaches(handle: Address, endpoint: Endpoint): boolean {
    return handle >= 0 && endpoint.address === addressText(handle);
  }
}

export function addressText(index: Address): string {
  return `sim:${index}`;
}
