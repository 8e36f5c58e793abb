import { type Contact, owns } from '../ring/circle.ts';
import type { LookupResult } from '../ring/ring-port.ts';
import type { NodeId } from '../types.ts';
import { Comparisons } from './comparisons.ts';
import { endOfKey, type Replica } from './replica-index.ts';
import type { Replicas } from './replicas.ts';
import type { ReplicationOptions, ReplicationPort } from './replication-port.ts';
import type { Transfer } from './transfer.ts';

/** Former owners that are remembered between two comparisons; the first of a great crowd gives way. */
const FORMER_OWNERS_MAX = 8;

/**
 * Keeps copies where they belong.
 *
 * Locally, each owner compares its range with the K-1 members after it every R, and on every change of neighbours with those who may
 * lack something of it.
 * Globally, a copy whose owner was not heard of for a lease is offered to whoever owns its key now: after many joins it may lie
 * far from its owner, where no neighbour would ever ask for it.
 *
 * Invariants
 * D2 a copy that does not belong here is dropped only after the owner and the K-1 members after it have confirmed theirs.
 * D5 no copy is without a lease for more than three times R, unless its owner cannot be reached.
 */
export class Upkeep {
  readonly #port: ReplicationPort;
  readonly #options: ReplicationOptions;
  readonly #replicas: Replicas;
  readonly #transfer: Transfer;
  readonly #comparisons: Comparisons;
  /** Who stood just behind us since the last comparison: what we own now was theirs, and more may have come between us since than there are holders. */
  readonly #formerOwners = new Map<NodeId, Contact>();
  #pushing = false;
  #pushAgain = false;
  /** What waits for the push that is under way. */
  #afterPush: Array<() => void> = [];
  #repairing = false;

  constructor(parts: { port: ReplicationPort; options: ReplicationOptions; replicas: Replicas; transfer: Transfer }) {
    this.#port = parts.port;
    this.#options = parts.options;
    this.#replicas = parts.replicas;
    this.#transfer = parts.transfer;
    this.#comparisons = new Comparisons(parts.replicas.index);
  }

  start(): void {
    this.#port.setTimer('replica-push', this.#options.settleMillis);
    this.#port.setTimer('replica-lease', this.#options.leaseCheckMillis * (0.5 + this.#port.fraction()));
  }

  /** Neighbours have changed. */
  ringChanged(): void {
    // At once: whoever goes and comes back before the next push may have lost what it had.
    this.#comparisons.keepOnly(new Set(this.#holders().map(({ id }) => id)));
    const [next] = this.#port.successors();
    if (next !== undefined && !this.#comparisons.knows(next.id)) this.#formerOwners.set(next.id, next);
    if (this.#formerOwners.size > FORMER_OWNERS_MAX) this.#formerOwners.delete(this.#formerOwners.keys().next().value as NodeId);
    if (this.#pushing) this.#pushAgain = true;
    else this.#port.setTimer('replica-push', this.#options.settleMillis * (0.5 + this.#port.fraction()));
  }

  // --- local: the owner and its holders ---

  pushTimer(): void {
    if (this.#pushing) {
      this.#pushAgain = true;
      return this.#nextPush(this.#port.monotonicMillis);
    }
    const now = this.#port.monotonicMillis;
    const { peers, sinceMillis } = this.#unsure(now);
    this.#nextPush(sinceMillis);
    const others = this.#port.owned() === null ? [] : [...this.#formerOwners.values()].filter(({ id }) => peers.every((peer) => peer.id !== id));
    if (peers.length + others.length > 0) this.#push([...peers, ...others], true, () => undefined);
  }

  /** So that no comparison becomes much older than R. */
  #nextPush(sinceMillis: number): void {
    const { pushMillis, settleMillis } = this.#options;
    const dueMillis = sinceMillis + pushMillis * (0.9 + 0.2 * this.#port.fraction());
    this.#port.setTimer('replica-push', Math.max(settleMillis, dueMillis - this.#port.monotonicMillis));
  }

  /** Who follows us and should have what we own. */
  #holders(): readonly Contact[] {
    return this.#port.successors().slice(0, this.#options.copies - 1);
  }

  /** Holders that may lack something of what we own, and since when all others are known to have it. */
  #unsure(now: number): { readonly peers: readonly Contact[]; readonly sinceMillis: number } {
    const owned = this.#port.owned();
    if (owned === null) return { peers: [], sinceMillis: now };
    let sinceMillis = now;
    const peers = this.#holders().filter(({ id }) => {
      const known = this.#comparisons.knownSince(id, owned);
      // Half of R and more ago is too long: with the next change of neighbours it would be asked anyway.
      if (known === null || now - known >= this.#options.pushMillis / 2) return true;
      sinceMillis = Math.min(sinceMillis, known);
      return false;
    });
    return { peers, sinceMillis };
  }

  /** Compares what we own with the members after us, once the push that is under way has ended. Calls back with how many of them have all of it. */
  pushOwn(peerCount: number, lease: boolean, done: (complete: number) => void): void {
    if (this.#pushing) return void this.#afterPush.push(() => this.pushOwn(peerCount, lease, done));
    this.#push(this.#port.successors().slice(0, peerCount), lease, done);
  }

  #push(peers: readonly Contact[], lease: boolean, done: (complete: number) => void): void {
    const owned = this.#port.owned();
    if (owned === null) return done(0);
    const range = { from: endOfKey(owned.from), to: endOfKey(owned.to), lease };
    const now = this.#port.monotonicMillis;
    for (const replica of this.#replicas.index.range(range.from, range.to)) replica.renewedMillis = now;
    if (peers.length === 0) return done(0);
    this.#pushing = true;
    const before = this.#replicas.index.changes;
    const digest = this.#comparisons.digestOf(owned);
    const holders = new Set(this.#holders().map(({ id }) => id));
    let complete = 0;
    let open = peers.length;
    // All at once: one that is dead and not yet known to be must not keep the others waiting.
    for (const peer of peers) {
      this.#formerOwners.delete(peer.id);
      // Who is no holder any more need not keep what it has.
      this.#transfer.reconcile(peer, { ...range, lease: lease && holders.has(peer.id) }, (outcome) => {
        if (outcome === 'failed') this.#comparisons.forget(peer.id);
        else {
          complete += 1;
          this.#comparisons.confirmed(peer.id, owned, digest, now);
        }
        open -= 1;
        if (open > 0) return;
        this.#pushing = false;
        // What one holder gave us the others must get.
        if (this.#pushAgain || this.#replicas.index.changes !== before) this.#port.setTimer('replica-push', this.#options.settleMillis);
        this.#pushAgain = false;
        done(complete);
        this.#afterPush.shift()?.();
      });
    }
  }

  // --- global: leases ---

  leaseTimer(): void {
    this.#port.setTimer('replica-lease', this.#options.leaseCheckMillis * (0.9 + 0.2 * this.#port.fraction()));
    this.#replicas.dropExpired();
    if (this.#repairing) return;
    const expired = this.#expired();
    if (expired.length > 0) this.#repair(expired);
  }

  /** Copies whose lease has run out, but for those that we own. */
  #expired(): Replica[] {
    const owned = this.#port.owned();
    const before = this.#port.monotonicMillis - this.#options.leaseMillis;
    return this.#replicas.index.all().filter((replica) => {
      if (replica.renewedMillis > before) return false;
      return owned === null || !(owned.from === owned.to || owns(owned.from, replica.about.key, owned.to));
    });
  }

  /** One owner after the other. The first copy is looked up, and those up to the owner's place belong to the same. */
  #repair(expired: readonly Replica[]): void {
    const [first] = expired;
    if (first === undefined) {
      this.#repairing = false;
      return;
    }
    this.#repairing = true;
    const found = (result: LookupResult): void => {
      const owners = result.owners.slice(0, this.#options.copies);
      const owner = owners[0];
      // Nobody found: later again. So too where we are told that we are the owner and do not know it yet.
      if (owner === undefined || owner.id === this.#port.self.id) return this.#repair(expired.slice(1));
      const sameOwner = (replica: Replica): boolean =>
        replica === first || (replica.about.key >= first.about.key && owns(first.about.key, replica.about.key, owner.id));
      const batch = expired.filter(sameOwner).slice(0, this.#options.offeredMax);
      const done = new Set(batch);
      this.#offer(owners, batch, () => this.#repair(expired.filter((replica) => !done.has(replica))));
    };
    this.#port.lookup(first.about.key, found, true);
  }

  #offer(owners: readonly Contact[], batch: readonly Replica[], done: () => void): void {
    const belongsHere = owners.some((owner) => owner.id === this.#port.self.id);
    // A proper holder reminds the owner only; its copy stays, and the owner renews the lease with its next push.
    const peers = belongsHere ? owners.slice(0, 1) : owners;
    let confirmedByAll = new Set(batch.map((replica) => replica.name));
    const next = (at: number): void => {
      const peer = peers[at];
      if (peer === undefined) {
        this.#settle(batch, confirmedByAll, belongsHere);
        return done();
      }
      this.#transfer.offer(peer, batch, (confirmed) => {
        confirmedByAll = new Set([...confirmedByAll].filter((name) => confirmed?.has(name) === true));
        next(at + 1);
      });
    };
    next(0);
  }

  #settle(batch: readonly Replica[], confirmed: ReadonlySet<string>, belongsHere: boolean): void {
    for (const replica of batch) {
      // It may have been replaced by a newer one meanwhile, which nobody has confirmed.
      if (!confirmed.has(replica.name) || this.#replicas.index.get(replica.name) !== replica) continue;
      if (belongsHere) replica.renewedMillis = this.#port.monotonicMillis;
      else this.#replicas.drop(replica);
    }
  }
}
