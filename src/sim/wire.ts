import type { Rule } from '../core/rules.ts';
import type { TraceDetail } from '../core/trace.ts';
import type { Address, Endpoint } from '../core/types.ts';
import type { Hosting } from './hosting.ts';

/** Whose wire it is. */
interface Owner {
  readonly index: number;
  readonly name: string;
  readonly rules: readonly Rule[] | null;
}

/** What a message counts before a line of limited bandwidth when nobody knows better. */
const MESSAGE_BYTES = 100;

/** A way to another node, as long as it is open. */
interface Connection {
  reaches: boolean;
  /** Frames of one connection do not overtake each other, unless a rule says so. */
  lastArrivalMillis: number;
}

/** What a hosted node has in place of sockets: connections that it opened, over the world's network. */
export class Wire<Message> {
  readonly #hosting: Hosting<Message>;
  readonly #owner: Owner;
  readonly #connections = new Map<Address, Connection>();

  constructor(hosting: Hosting<Message>, owner: Owner) {
    this.#hosting = hosting;
    this.#owner = owner;
  }

  open(endpoint: Endpoint): Address {
    const handle = this.#hosting.handleOf(endpoint.key);
    const reaches = this.#hosting.reaches(handle, endpoint);
    const connection = this.#connections.get(handle);
    if (connection === undefined) this.#connections.set(handle, { reaches, lastArrivalMillis: 0 });
    else connection.reaches = reaches;
    return handle;
  }

  close(address: Address): void {
    this.#connections.delete(address);
  }

  clear(): void {
    this.#connections.clear();
  }

  /** Puts a message on its way; the reason when it is dropped here. One to a wrong address or key vanishes without a word. */
  transmit(to: Address, message: Message): string | null {
    const connection = this.#connections.get(to);
    if (connection === undefined) return 'queue-full';
    if (!connection.reaches) return null;
    const { world } = this.#hosting.parts;
    const rules = this.#owner.rules ?? world.rules;
    let delayMillis = world.network.delayMillis();
    let copies = 1;
    let overtaken = false;
    if (rules.length > 0) {
      const verdict = world.judge(this.#owner.name, world.nameOf(to), this.#hosting.parts.bytesOf?.(message) ?? MESSAGE_BYTES, rules);
      if (verdict.action === 'drop') return `rule ${verdict.rule}`;
      if (verdict.action === 'deliver') {
        delayMillis += verdict.delayMillis;
        ({ copies, overtaken } = verdict);
      }
    }
    if (world.network.loses()) return 'loss';
    const carried = this.#throughBytes(message);
    if (typeof carried === 'string') return `invalid: ${carried}`;
    for (let copy = 0; copy < copies; copy += 1) this.#carry(to, connection, carried, { delayMillis, overtaken });
    return null;
  }

  #carry(to: Address, connection: Connection, message: Message, way: { readonly delayMillis: number; readonly overtaken: boolean }): void {
    const { world } = this.#hosting.parts;
    const atMillis = world.now + way.delayMillis;
    // An event at no time at all would never happen, and nobody would hear of it.
    if (!(way.delayMillis >= 0)) throw new Error(`a frame cannot be on its way for ${way.delayMillis} ms`);
    if (!way.overtaken) connection.lastArrivalMillis = Math.max(atMillis, connection.lastArrivalMillis);
    world.carry(this.#owner.index, to, message, way.overtaken ? atMillis : connection.lastArrivalMillis);
  }

  /** The line of the trace about a dropped message. */
  drop(to: Address, message: Message, reason: string): TraceDetail {
    const { world, frameName } = this.#hosting.parts;
    const peer = to >= 0 ? world.nameOf(to) : 'nobody';
    return frameName === undefined ? { type: 'drop', peer, reason } : { type: 'drop', frame: `${this.#owner.name}/${frameName(message)}`, peer, reason };
  }

  #throughBytes(message: Message): Message | string {
    const { messageCodec } = this.#hosting.parts;
    return messageCodec === undefined ? message : messageCodec.decode(messageCodec.encode(message));
  }
}
