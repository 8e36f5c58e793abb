import type { Crypto } from '../capabilities.ts';
import type { MonotonicMillis } from '../types.ts';
import { SetFingerprint } from './fingerprint.ts';
import type { Inspected } from './kinds.ts';
import type { RangeDigest } from './replication-port.ts';

/** A copy that lies here, without its bytes. */
export interface Replica {
  readonly name: string;
  readonly kind: string;
  readonly about: Inspected;
  readonly size: number;
  /** 32 bytes over name and value. */
  readonly hash: Uint8Array;
  /** The first half of it as hex: tells versions apart. */
  readonly version: string;
  /** When its owner last showed that it is the owner. */
  renewedMillis: MonotonicMillis;
}

/** `key/kind/id`: names are sorted as their keys lie on the ring. */
export function nameOf(key: string, kind: string, id: string): string {
  return `${key}/${kind}/${id}`;
}

/** As the end of a range: behind every name of the key. '~' sorts behind all that names are made of. */
export function endOfKey(key: string): string {
  return `${key}/~`;
}

/** All copies of a node, by name. Ranges are `from < name <= to` and may go round through zero; equal ends mean everything. */
export class ReplicaIndex {
  readonly #crypto: Pick<Crypto, 'sha256'>;
  readonly #byName = new Map<string, Replica>();
  #sorted: Replica[] = [];
  readonly #countOfKind = new Map<string, number>();
  bytes = 0;
  /** Grows with each change. */
  changes = 0;

  constructor(crypto: Pick<Crypto, 'sha256'>) {
    this.#crypto = crypto;
  }

  get count(): number {
    return this.#sorted.length;
  }

  get(name: string): Replica | undefined {
    return this.#byName.get(name);
  }

  /** Whether there is anything of a kind, tombstones too. Most nodes hold nothing of most kinds, and are asked for it all the same. */
  holds(kind: string): boolean {
    return this.#countOfKind.has(kind);
  }

  #count(kind: string, change: 1 | -1): void {
    const count = (this.#countOfKind.get(kind) ?? 0) + change;
    if (count === 0) this.#countOfKind.delete(kind);
    else this.#countOfKind.set(kind, count);
  }

  all(): readonly Replica[] {
    return this.#sorted;
  }

  set(replica: Replica): void {
    this.changes += 1;
    const at = this.#firstFrom(replica.name);
    const before = this.#byName.get(replica.name);
    if (before === undefined) {
      this.#sorted.splice(at, 0, replica);
      this.#count(replica.kind, 1);
    } else {
      this.#sorted[at] = replica;
      this.bytes -= before.size;
    }
    this.bytes += replica.size;
    this.#byName.set(replica.name, replica);
  }

  delete(name: string): void {
    const replica = this.#byName.get(name);
    if (replica === undefined) return;
    this.changes += 1;
    this.#sorted.splice(this.#firstFrom(name), 1);
    this.#count(replica.kind, -1);
    this.#byName.delete(name);
    this.bytes -= replica.size;
  }

  range(from: string, to: string): Replica[] {
    const first = this.#firstBehind(from);
    const end = this.#firstBehind(to);
    if (from < to) return this.#sorted.slice(first, end);
    return [...this.#sorted.slice(first), ...this.#sorted.slice(0, end)];
  }

  ofKey(key: string, kind: string): Replica[] {
    if (!this.holds(kind)) return [];
    return this.range(`${key}/${kind}/`, `${key}/${kind}/~`).concat(this.#byName.get(nameOf(key, kind, '')) ?? []);
  }

  digest(from: string, to: string): RangeDigest {
    return this.digestOf(this.range(from, to), to);
  }

  digestOf(replicas: readonly Replica[], to: string): RangeDigest {
    const fingerprint = new SetFingerprint();
    for (const replica of replicas) fingerprint.add(replica.hash);
    return { to, count: fingerprint.count, fingerprint: fingerprint.text(this.#crypto) };
  }

  /** Index of the first whose name is not before `name`. */
  #firstFrom(name: string): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] as Replica).name < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #firstBehind(name: string): number {
    const at = this.#firstFrom(name);
    return this.#sorted[at]?.name === name ? at + 1 : at;
  }
}
