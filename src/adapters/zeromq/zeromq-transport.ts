import { Router } from 'zeromq';
import type { Crypto, KeyPair } from '../../core/capabilities.ts';
import { ConfabError } from '../../core/errors.ts';
import { CORE_OPTIONS } from '../../core/options.ts';
import type { Address, Endpoint } from '../../core/types.ts';
import type { Transport, TransportHandlers } from '../../ports/ports.ts';
import { isIpv6Address, isUsableAddress, portOf } from './addresses.ts';
import { SharedContext, type ZapDomain } from './context.ts';
import { hexOf, idText, type PairIds, pairIds, toZ85 } from './keys.ts';
import type { Neighbourhood } from './neighbourhood.ts';
import { PeerLink } from './peer-link.ts';
import { untilFree } from './until-free.ts';

/** Beyond this libzmq cuts the connection by itself; between it and `frameBytesMax` we refuse, count and keep the link. */
const MESSAGE_BYTES_CUT = 16_777_216;
const BACKLOG = 4_096;
const KEY_BYTES = 32;
/** Messages have three parts at the inbox: routing id, introduction, frame. */
const PARTS = 3;
/** A stop waits this long at most for the port to be free. */
const UNBIND_MILLIS_MAX = 500;

export interface ZeroMqTransportOptions {
  /** `tcp://127.0.0.1:0` (0: any free port) or `ipc:///run/...`. */
  readonly listen: string;
  /** With a free port asked for: the one to take if nobody has it, so that peers find a restarted node where it was. 0 for none. */
  readonly portBefore?: number;
  /** 32-byte seed of the node's X25519 key, which is its CURVE key too. */
  readonly agreementSeed: Uint8Array;
  readonly crypto: Crypto;
  readonly frameBytesMax?: number;
  /** Bounds of the queue to one peer. Default 4 MiB and 4,096 frames. */
  readonly queueBytesMax?: number;
  readonly queueFramesMax?: number;
  /** Nodes that may be known in one run; strangers beyond it are refused. Default 65,536. */
  readonly peersMax?: number;
  /** Other nodes of this process, reached by a shorter way. */
  readonly neighbours?: Neighbourhood;
}

interface Peer {
  readonly address: Address;
  readonly key: Uint8Array;
  readonly name: string;
  /** Null for a key with which no secret can be shared. */
  readonly ids: PairIds | null;
  link: PeerLink | null;
}

/**
 * Frames over ZeroMQ: one ROUTER as inbox, one DEALER for each peer that was opened, each used one way only.
 *
 * Invariants
 * 1. A frame reaches the handlers only under a routing id that the key which it is handed out for must have computed.
 * 2. No peer, address or frame makes a method throw; what is refused goes to `handlers.refused`.
 * 3. A handle stands for one key for the life of the transport.
 * 4. All sockets are held by strong references until `stop`: an unreachable socket object would be closed by the collector.
 */
export class ZeroMqTransport implements Transport {
  readonly #options: Required<Omit<ZeroMqTransportOptions, 'neighbours'>>;
  readonly #neighbours: Neighbourhood | null;
  #forgetNeighbours: () => void = () => {};
  readonly #keys: KeyPair;
  readonly #curve: { readonly publicKey: string; readonly secretKey: string };
  readonly #peers: Peer[] = [];
  readonly #peerOfKey = new Map<string, Peer>();
  readonly #peerOfId = new Map<string, Peer>();
  #shared: SharedContext | null = null;
  #domain: ZapDomain | null = null;
  #router: Router | null = null;
  #receiving: Promise<void> = Promise.resolve();
  #handlers: TransportHandlers | null = null;
  #endpoint: Endpoint | null = null;
  #stopping: Promise<void> | null = null;
  #idleWaiters: Array<() => void> = [];
  /** Handshakes with this inbox that were completed, and those that were refused. */
  readonly handshakes = { accepted: 0, refused: 0 };

  constructor(options: ZeroMqTransportOptions) {
    this.#options = { frameBytesMax: CORE_OPTIONS.frameBytesMax, queueBytesMax: 4_194_304, queueFramesMax: 4_096, peersMax: 65_536, portBefore: 0, ...options };
    this.#neighbours = options.neighbours ?? null;
    this.#keys = options.crypto.agreementKeyPair(options.agreementSeed);
    this.#curve = { publicKey: toZ85(this.#keys.publicKey), secretKey: toZ85(this.#keys.secretKey) };
  }

  /** Rejects with ConfabError `port-taken` or `bad-endpoint`. */
  async start(handlers: TransportHandlers): Promise<void> {
    if (this.#handlers !== null) throw new Error('the transport was started already');
    this.#handlers = handlers;
    const { listen } = this.#options;
    this.#shared = SharedContext.get();
    this.#domain = await this.#shared.join(
      () => {
        this.handshakes.accepted += 1;
      },
      () => {
        this.handshakes.refused += 1;
        handlers.refused('handshake', 'unknown');
      },
    );
    try {
      const router = new Router({
        context: this.#shared.context,
        linger: 0,
        // Routing ids prove themselves, so the newest connection of an id is a peer that came back.
        handover: true,
        // Dropping at a high-water mark loses the tail of Unix sockets; the link layer's window bounds what can come.
        receiveHighWaterMark: 0,
        backlog: BACKLOG,
        maxMessageSize: MESSAGE_BYTES_CUT,
        curveServer: true,
        curveSecretKey: this.#curve.secretKey,
        zapDomain: this.#domain.name,
        zapEnforceDomain: true,
        ipv6: isIpv6Address(listen),
      });
      this.#router = router;
      await this.#bind(router);
      const address = router.lastEndpoint ?? listen;
      this.#endpoint = { address, key: this.#keys.publicKey };
      await this.#joinNeighbours(router, address);
      this.#receiving = this.#receive(router);
    } catch (error) {
      await this.stop();
      throw bindError(listen, error);
    }
  }

  async #bind(router: Router): Promise<void> {
    const { listen, portBefore } = this.#options;
    if (portBefore > 0 && listen.endsWith(':0')) {
      try {
        return await router.bind(listen.replace(/:0$/, `:${portBefore}`));
      } catch {
        // Somebody else has it by now: any free one will do.
      }
    }
    await router.bind(listen.replace(/:0$/, ':*'));
  }

  async #joinNeighbours(router: Router, address: string): Promise<void> {
    const neighbours = this.#neighbours;
    if (neighbours === null) return;
    const inproc = neighbours.freshName();
    await router.bind(inproc);
    this.#forgetNeighbours = neighbours.onChange((key) => this.#relink(key));
    neighbours.join(this.#keys.publicKey, { address, inproc });
  }

  /** The peer came into this process or left it: what had not been written yet takes the other way. An inproc link never heals by itself. */
  #relink(key: string): void {
    const peer = this.#peerOfKey.get(key);
    const link = peer?.link;
    if (peer === undefined || link === null || link === undefined || peer.ids === null || this.#shared === null || this.#stopping !== null) return;
    if (this.#wayTo(peer, link.address) === link.way) return;
    const waiting = link.close();
    peer.link = null;
    try {
      peer.link = this.#connect(this.#shared, peer, peer.ids, link.address, waiting);
    } catch {
      this.#refuse('no-socket', peer.name);
    }
  }

  #wayTo(peer: Peer, address: string): string {
    return this.#neighbours?.wayTo(peer.name, address) ?? address;
  }

  get endpoint(): Endpoint {
    if (this.#endpoint === null) throw new Error('the transport has not been started');
    return this.#endpoint;
  }

  open(endpoint: Endpoint): Address {
    const peer = this.#peerOf(endpoint.key);
    if (peer.link?.address === endpoint.address || this.#shared === null || this.#stopping !== null) return peer.address;
    if (peer.ids === null || !isUsableAddress(endpoint.address)) {
      this.#refuse('bad-address', peer.name);
      return peer.address;
    }
    const waiting = peer.link?.close() ?? [];
    peer.link = null;
    try {
      peer.link = this.#connect(this.#shared, peer, peer.ids, endpoint.address, waiting);
    } catch {
      this.#refuse('no-socket', peer.name);
    }
    return peer.address;
  }

  close(address: Address): void {
    const peer = this.#peers[address];
    if (peer === undefined) return;
    peer.link?.close();
    peer.link = null;
    this.#wakeIdleWaiters();
  }

  keyOf(address: Address): Uint8Array {
    const peer = this.#peers[address];
    if (peer === undefined) throw new Error(`${address} is no handle of this transport`);
    return peer.key;
  }

  send(address: Address, frame: Uint8Array): boolean {
    const link = this.#peers[address]?.link;
    if (link === null || link === undefined || frame.length > this.#options.frameBytesMax) return false;
    return link.send(frame);
  }

  async flush(millis: number): Promise<void> {
    const deadline = performance.now() + millis;
    while (this.#peers.some(({ link }) => link !== null && !link.idle)) {
      const left = deadline - performance.now();
      if (left <= 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#idleWaiters.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#forgetNeighbours();
    // Those who are linked with us here must let go before the inbox closes.
    this.#neighbours?.leave(this.#keys.publicKey);
    for (const peer of this.#peers) {
      peer.link?.close(true);
      peer.link = null;
    }
    this.#wakeIdleWaiters();
    const router = this.#router;
    this.#router = null;
    // Never unbound before: libzmq would then end pipes of peers that are just leaving twice, and abort the process.
    router?.close();
    await this.#receiving;
    if (router !== null && this.#endpoint !== null) await untilFree(this.#endpoint.address, UNBIND_MILLIS_MAX);
    if (this.#domain !== null) await this.#shared?.leave(this.#domain);
    this.#domain = null;
  }

  #connect(shared: SharedContext, peer: Peer, ids: PairIds, address: string, waiting: readonly Uint8Array[]): PeerLink {
    return new PeerLink(
      {
        context: shared.context,
        address,
        way: this.#wayTo(peer, address),
        routingId: ids.outgoing,
        introduction: this.#keys.publicKey,
        serverKey: toZ85(peer.key),
        publicKey: this.#curve.publicKey,
        secretKey: this.#curve.secretKey,
        queueBytesMax: this.#options.queueBytesMax,
        queueFramesMax: this.#options.queueFramesMax,
        onIdle: () => this.#wakeIdleWaiters(),
        onSendFailed: (reason) => this.#refuse(`send-failed: ${reason}`, peer.name),
      },
      waiting,
    );
  }

  /** The peer with that key, known from now on. */
  #peerOf(key: Uint8Array): Peer {
    const name = hexOf(key);
    let peer = this.#peerOfKey.get(name);
    if (peer === undefined) {
      const own = new Uint8Array(key);
      const ids = own.length === KEY_BYTES ? pairIds(this.#options.crypto, this.#keys, own) : null;
      peer = { address: this.#peers.length, key: own, name, ids, link: null };
      this.#peers.push(peer);
      this.#peerOfKey.set(name, peer);
      if (ids !== null) this.#peerOfId.set(idText(ids.incoming), peer);
    }
    return peer;
  }

  async #receive(router: Router): Promise<void> {
    try {
      for await (const parts of router) this.#take(parts);
    } catch (error) {
      // Closing ends the loop without an error; anything else is a mistake of a handler and must be seen.
      if (this.#stopping === null) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  #take(parts: readonly Buffer[]): void {
    const [id, introduction, frame] = parts;
    if (this.#stopping !== null) return;
    if (parts.length !== PARTS || id === undefined || introduction === undefined || frame === undefined) {
      this.#refuse('malformed', 'unknown');
      return;
    }
    const peer = this.#peerOfId.get(idText(id)) ?? this.#prove(id, introduction);
    if (peer === null) return;
    if (frame.length > this.#options.frameBytesMax) this.#refuse('too-large', peer.name);
    else this.#handlers?.frame(peer.address, new Uint8Array(frame.buffer, frame.byteOffset, frame.length));
  }

  /** The stranger whose key the introduction names, if only the holder of that key can have come by this id. */
  #prove(id: Buffer, introduction: Buffer): Peer | null {
    const claimed = hexOf(introduction);
    if (introduction.length !== KEY_BYTES) {
      this.#refuse('unproven', 'unknown');
      return null;
    }
    const ids = this.#peerOfKey.has(claimed) ? null : pairIds(this.#options.crypto, this.#keys, introduction);
    if (ids === null || !id.equals(ids.incoming)) {
      this.#refuse('unproven', claimed);
      return null;
    }
    if (this.#peers.length >= this.#options.peersMax) {
      this.#refuse('too-many-peers', claimed);
      return null;
    }
    return this.#peerOf(introduction);
  }

  #refuse(reason: string, peer: string): void {
    this.#handlers?.refused(reason, peer);
  }

  #wakeIdleWaiters(): void {
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const wake of waiters) wake();
  }
}

function bindError(listen: string, error: unknown): ConfabError {
  if (error instanceof ConfabError) return error;
  const code = (error as { code?: unknown }).code;
  return code === 'EADDRINUSE' ? new ConfabError('port-taken', { port: portOf(listen) || listen }) : new ConfabError('bad-endpoint', { endpoint: listen });
}
