import { randomBytes } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { DatagramTarget } from '../../core/env.ts';
import type { DatagramHandlers, Datagrams } from '../../ports/ports.ts';
import { broadcastAddressOf } from './interfaces.ts';

/** Administratively scoped (RFC 2365), so that no router carries it off the site. */
export const BEACON_GROUP = '239.255.67.70';
export const BEACON_PORT = 45_670;

export interface UdpDatagramsOptions {
  /** IPv4 address of the interface; `127.0.0.1` for the loopback. */
  readonly interfaceAddress: string;
  /** False: only datagrams to this node, nothing to or from whoever listens nearby. */
  readonly shared: boolean;
  /** For tests that must not hear each other. Default BEACON_PORT. */
  readonly port?: number;
}

/** How long the first packet to the group may take to come back before the group counts as unreachable, ms. */
const PROBE_MILLIS = 250;
const PROBE_BYTES = 16;
/** Larger packets are none of ours. */
const WIRE_BYTES_MAX = 1_400;
const LOOKUP = (host: string, _: unknown, done: (error: Error | null, address: string, family: number) => void) => done(null, host, 4);

/**
 * Datagrams over UDP: one socket of this node's own, from which everything is sent, and one on the port that all nodes
 * of the machine share, where what is meant for everybody arrives. Everybody is reached by multicast; where a packet of
 * our own does not come back from the group, by broadcast.
 *
 * Invariants
 * 1. Nothing that happens on a socket throws or ends the process.
 * 2. After `stop` no handler is called.
 */
export class UdpDatagrams implements Datagrams {
  readonly #options: Required<UdpDatagramsOptions>;
  readonly #probe = randomBytes(PROBE_BYTES);
  #own: Socket | null = null;
  #common: Socket | null = null;
  #handlers: DatagramHandlers | null = null;
  #address: string | null = null;
  #broadcast: string | null = null;
  #way: 'both' | 'multicast' | 'broadcast' = 'both';
  #probeTimer: NodeJS.Timeout | null = null;

  constructor(options: UdpDatagramsOptions) {
    this.#options = { port: BEACON_PORT, ...options };
  }

  get address(): string | null {
    return this.#address;
  }

  /** How whoever listens is reached; `both` until that is known. */
  get way(): 'both' | 'multicast' | 'broadcast' {
    return this.#way;
  }

  async start(handlers: DatagramHandlers): Promise<void> {
    this.#handlers = handlers;
    const { interfaceAddress, shared } = this.#options;
    this.#broadcast = broadcastAddressOf(interfaceAddress);
    try {
      this.#own = await bound({ host: interfaceAddress, port: 0, reuse: false });
    } catch (error) {
      return handlers.noted('warn', `no datagrams at ${interfaceAddress}: ${text(error)}`);
    }
    this.#address = `udp://${interfaceAddress}:${this.#own.address().port}`;
    this.#listen(this.#own);
    if (shared) await this.#openShared();
  }

  async #openShared(): Promise<void> {
    const { interfaceAddress, port } = this.#options;
    try {
      this.#common = await bound({ host: '0.0.0.0', port, reuse: true });
    } catch (error) {
      this.#handlers?.noted('warn', `nodes nearby are not heard, since port ${port} is not to be had: ${text(error)}`);
      return;
    }
    this.#listen(this.#common);
    try {
      this.#common.addMembership(BEACON_GROUP, interfaceAddress);
      this.#own?.setMulticastInterface(interfaceAddress);
      this.#own?.setMulticastLoopback(true);
      this.#own?.setMulticastTTL(1);
    } catch (error) {
      this.#chose('broadcast', text(error));
    }
    try {
      this.#own?.setBroadcast(true);
    } catch {
      // Then multicast has to do.
    }
    if (this.#way === 'both') this.#startProbe();
  }

  /** A packet that reaches the group comes back to its sender. Until it has, everything goes both ways. */
  #startProbe(): void {
    this.#sendTo(BEACON_GROUP, this.#options.port, this.#probe);
    this.#probeTimer = setTimeout(() => this.#chose('broadcast', 'nothing came back from the group'), PROBE_MILLIS);
  }

  #chose(way: 'multicast' | 'broadcast', why: string): void {
    if (this.#probeTimer !== null) clearTimeout(this.#probeTimer);
    this.#probeTimer = null;
    if (this.#handlers === null) return;
    this.#way = way;
    const { interfaceAddress, port } = this.#options;
    if (way === 'multicast') return this.#handlers.noted('info', `nodes nearby are reached by multicast to ${BEACON_GROUP}:${port} at ${interfaceAddress}`);
    if (this.#broadcast === null)
      return this.#handlers.noted('warn', `nodes nearby are not reached: no multicast (${why}), and ${interfaceAddress} has no broadcast address`);
    this.#handlers.noted('info', `nodes nearby are reached by broadcast to ${this.#broadcast}:${port}, since there is no multicast (${why})`);
  }

  #listen(socket: Socket): void {
    socket.on('message', (bytes, from) => this.#received(bytes, from));
    socket.on('error', (error) => this.#handlers?.noted('warn', `a datagram socket failed: ${text(error)}`));
  }

  #received(bytes: Buffer, from: RemoteInfo): void {
    const handlers = this.#handlers;
    if (handlers === null || bytes.length > WIRE_BYTES_MAX) return;
    if (bytes.length === PROBE_BYTES) {
      if (this.#way === 'both' && this.#probe.equals(bytes)) this.#chose('multicast', '');
      return;
    }
    const address = `udp://${from.address}:${from.port}`;
    if (address !== this.#address) handlers.datagram(address, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  }

  send(to: DatagramTarget, bytes: Uint8Array): void {
    if (to !== 'broadcast') {
      const [, host, port] = /^udp:\/\/([0-9.]{7,15}):([0-9]{1,5})$/.exec(to.address) ?? [];
      if (host !== undefined && port !== undefined) this.#sendTo(host, Number(port), bytes);
      return;
    }
    if (!this.#options.shared) return;
    if (this.#way !== 'broadcast') this.#sendTo(BEACON_GROUP, this.#options.port, bytes);
    if (this.#way !== 'multicast' && this.#broadcast !== null) this.#sendTo(this.#broadcast, this.#options.port, bytes);
  }

  #sendTo(host: string, port: number, bytes: Uint8Array): void {
    try {
      // A packet that cannot leave is lost, as it may be anywhere on its way.
      this.#own?.send(bytes, port, host, () => {});
    } catch {
      // An address or port that no socket takes.
    }
  }

  async stop(): Promise<void> {
    this.#handlers = null;
    if (this.#probeTimer !== null) clearTimeout(this.#probeTimer);
    this.#probeTimer = null;
    const sockets = [this.#own, this.#common];
    this.#own = null;
    this.#common = null;
    await Promise.all(sockets.map(closed));
  }
}

function bound(options: { readonly host: string; readonly port: number; readonly reuse: boolean }): Promise<Socket> {
  // Addresses are numbers here, and looking them up later than at once would lose what is sent just before the end.
  const socket = createSocket({ type: 'udp4', reuseAddr: options.reuse, lookup: LOOKUP });
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ port: options.port, address: options.host, exclusive: !options.reuse }, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

function closed(socket: Socket | null): Promise<void> {
  return socket === null ? Promise.resolve() : new Promise((resolve) => socket.close(() => resolve()));
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
