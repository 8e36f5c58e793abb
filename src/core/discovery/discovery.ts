import type { KeyPair } from '../capabilities.ts';
import type { Parts } from '../parts.ts';
import { idOfKey } from '../records.ts';
import type { NodeId } from '../types.ts';
import { portOfTransport, transportBeside } from './addresses.ts';
import { type Beacon, encodeBeacon, networkMark, provesItself, readBeacon } from './beacon.ts';
import { SourceBudget } from './budget.ts';

/** A node nearby that proved itself. */
interface Neighbour {
  readonly stamp: number;
  readonly heardMillis: number;
  /** Beacons that were believed since it was last tried. */
  readonly count: number;
}

const STAMP_MAX = 2 ** 48 - 1;

/**
 * Nodes of one local network find each other without anybody's help: each says by a signed beacon who it is and where,
 * at once, often at first, and then for as long as it lives, since the other one may come late.
 *
 * Invariants
 * 1. Only a beacon of this network, newer than the last one of that node and rightly signed, has an effect.
 * 2. Signatures are checked only where it would change something, and only so many a second, in all and for each source.
 * 3. A beacon says where to try, no more: who is there, the link's hello has to prove.
 */
export class Discovery {
  readonly #parts: Parts;
  readonly #key: KeyPair;
  readonly #network: Uint8Array;
  readonly #budget: SourceBudget;
  readonly #neighbours = new Map<NodeId, Neighbour>();
  #startMillis = 0;
  #stamp = 0;

  constructor(parts: Parts) {
    const { env, settings, options } = parts;
    this.#parts = parts;
    this.#key = env.crypto.signingKeyPair(env.nodeKeys.signingSeed);
    this.#network = networkMark(env.crypto, settings.network);
    this.#budget = new SourceBudget({ perSecond: options.beaconChecksPerSecond, perSourceAndSecond: options.beaconChecksPerSource });
  }

  get #active(): boolean {
    const { env, settings } = this.#parts;
    return settings.beacon === true && env.datagramAddress !== null && portOfTransport(env.endpoint.address) !== null;
  }

  start(): void {
    if (!this.#active) return;
    this.#startMillis = this.#parts.env.monotonicMillis;
    this.tick();
  }

  /** Timer: the next beacon, and a look at what has become old. */
  tick(): void {
    const { env, options } = this.#parts;
    const now = env.monotonicMillis;
    const fast = now - this.#startMillis < options.beaconFastForMillis;
    const period = fast ? options.beaconFastMillis : options.beaconMillis;
    env.setTimer('beacon', '', period * (0.67 + 0.66 * env.random.fraction()));
    this.#send(portOfTransport(env.endpoint.address) ?? 0);
    for (const [id, neighbour] of this.#neighbours) if (now - neighbour.heardMillis > options.beaconMemoryMillis) this.#neighbours.delete(id);
  }

  /** The last beacon: this node leaves. */
  stop(): void {
    if (this.#active) this.#send(0);
  }

  #send(port: number): void {
    const { env } = this.#parts;
    this.#stamp = Math.min(STAMP_MAX, Math.max(this.#stamp + 1, Math.trunc(env.wallMillis)));
    const beacon = { nodeKey: this.#key.publicKey, agreementKey: env.endpoint.key, port, run: env.run % 2 ** 48, stamp: this.#stamp };
    this.#parts.count('beaconsOut');
    env.sendDatagram('broadcast', encodeBeacon(env.crypto, this.#key, this.#network, beacon));
  }

  /** Anything may be in it. */
  receive(from: string, bytes: Uint8Array): void {
    if (!this.#active) return;
    const { env, session, connections } = this.#parts;
    const beacon = readBeacon(this.#network, bytes);
    if (typeof beacon === 'string') return this.#refuse(beacon, from);
    const id = idOfKey(env.crypto, beacon.nodeKey) as NodeId;
    if (id === session.nodeId) return;
    const known = this.#neighbours.get(id);
    if (known !== undefined && beacon.stamp <= known.stamp) return this.#refuse('repeated', from);
    const leaves = beacon.port === 0;
    const interest = leaves ? 'none' : connections.interestIn(id);
    if (leaves ? known === undefined : interest === 'none') return this.#parts.count('beaconsIdle');
    if (!this.#budget.take(from, env.monotonicMillis)) return this.#refuse('flood', from);
    if (!provesItself(env.crypto, beacon, bytes)) return this.#refuse('unsigned', from);
    const neighbour = this.#remember(id, beacon, (known?.count ?? 0) + 1);
    if (leaves) connections.departed(id);
    else if (interest === 'keen' || neighbour.count >= this.#parts.options.beaconStrangerCount) this.#meet(id, from, beacon);
  }

  #meet(id: NodeId, from: string, beacon: Beacon): void {
    const address = transportBeside(from, beacon.port);
    if (address === null) return this.#refuse('malformed', from);
    const { env, connections } = this.#parts;
    this.#parts.count('beaconsUsed');
    if (env.tracing) env.trace({ type: 'state', subject: 'peer', id: address, to: 'discovered' });
    this.#remember(id, beacon, 0);
    connections.discovered(id, { address, key: beacon.agreementKey });
  }

  #remember(id: NodeId, beacon: Beacon, count: number): Neighbour {
    const { env, options } = this.#parts;
    const neighbour = { stamp: beacon.stamp, heardMillis: env.monotonicMillis, count };
    this.#neighbours.delete(id);
    this.#neighbours.set(id, neighbour);
    if (this.#neighbours.size > options.beaconNeighboursMax) this.#neighbours.delete(this.#neighbours.keys().next().value as NodeId);
    return neighbour;
  }

  /** Networks side by side and packets that come twice are everyday matters; what else is wrong is worth a line in the trace. */
  #refuse(reason: 'malformed' | 'version' | 'foreign' | 'repeated' | 'flood' | 'unsigned', from: string): void {
    const { env } = this.#parts;
    this.#parts.count(`beaconsRefused:${reason}`);
    if (env.tracing && (reason === 'malformed' || reason === 'unsigned')) env.trace({ type: 'drop', peer: from, reason: `${reason}: beacon` });
  }
}
