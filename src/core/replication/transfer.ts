import type { Contact } from '../ring/circle.ts';
import type { Replica } from './replica-index.ts';
import type { Replicas } from './replicas.ts';
import type { RangeDigest, ReplicationOptions, ReplicationPort } from './replication-port.ts';

/** same: nothing differed. settled: what differed was exchanged. failed: cut off; the next comparison goes on where this one ended. */
export type Outcome = 'same' | 'settled' | 'failed';

/** Questions that one reconciliation may take: a peer that answers with ever more parts is left at that. */
const COMPARISONS_MAX = 4_096;
/** Entries of one list that are looked at. */
const LISTED_MAX = 1_024;

interface Range {
  readonly from: string;
  readonly to: string;
  readonly lease: boolean;
  readonly budget: { left: number };
}

type Done = (outcome: Outcome) => void;

/**
 * Makes the values of a range the same here and at a peer, moving only what differs. Everything goes in bounded pages, each acknowledged
 * with its hash, so a transfer may be cut off anywhere: what has arrived is found to be the same next time.
 */
export class Transfer {
  readonly #port: ReplicationPort;
  readonly #options: ReplicationOptions;
  readonly #replicas: Replicas;

  constructor(port: ReplicationPort, options: ReplicationOptions, replicas: Replicas) {
    this.#port = port;
    this.#options = options;
    this.#replicas = replicas;
  }

  /** Values with `from < name <= to`. With `lease`, as the owner of the range. */
  reconcile(peer: Contact, range: { readonly from: string; readonly to: string; readonly lease: boolean }, done: Done): void {
    this.#compare(peer, { ...range, budget: { left: COMPARISONS_MAX } }, done);
  }

  #compare(peer: Contact, range: Range, done: Done): void {
    const { from, to, lease, budget } = range;
    budget.left -= 1;
    if (budget.left < 0) return done('failed');
    const digest = this.#replicas.index.digest(from, to);
    this.#port.ask(peer, { ask: 'digest', from, range: digest, lease }, (answer) => {
      switch (answer?.answer) {
        case 'same':
          return done('same');
        case 'parts':
          return this.#parts(peer, range, answer.parts, done);
        case 'items':
          return this.#items(peer, this.#replicas.index.range(from, to), answer.items.slice(0, LISTED_MAX), done);
        default:
          return done('failed');
      }
    });
  }

  /** One part after the other, those that differ. */
  #parts(peer: Contact, whole: Range, parts: readonly RangeDigest[], done: Done): void {
    // A peer whose last part does not end where the range ends would have us skip something.
    if (parts.length < 2 || parts.at(-1)?.to !== whole.to) return done('failed');
    let at = 0;
    let from = whole.from;
    const next = (): void => {
      const part = parts[at];
      if (part === undefined) return done('settled');
      const range = { ...whole, from, to: part.to };
      at += 1;
      from = part.to;
      // Leases are renewed part by part, so with one every part is asked for.
      const own = this.#replicas.index.digest(range.from, range.to);
      if (!whole.lease && own.count === part.count && own.fingerprint === part.fingerprint) return next();
      this.#compare(peer, range, (outcome) => (outcome === 'failed' ? done('failed') : next()));
    };
    next();
  }

  #items(peer: Contact, own: readonly Replica[], theirs: ReadonlyArray<readonly [string, string]>, done: Done): void {
    const versions = new Map(theirs);
    const push = own.filter((replica) => versions.get(replica.name) !== replica.version);
    const ours = new Map(own.map((replica) => [replica.name, replica.version]));
    const fetch = theirs.filter(([name, version]) => ours.get(name) !== version).map(([name]) => name);
    this.push(peer, push, (confirmed) => {
      if (confirmed === null) return done('failed');
      this.#fetch(peer, fetch, done);
    });
  }

  /** Pushes page after page. Calls back with the names that the peer has now in this version or a newer one; null when it was cut off. */
  push(peer: Contact, replicas: readonly Replica[], done: (confirmed: ReadonlySet<string> | null) => void): void {
    const confirmed = new Set<string>();
    const pushFrom = (rest: readonly Replica[]): void => {
      if (rest.length === 0) return done(confirmed);
      const { page, taken } = this.#replicas.page(rest);
      if (page.values.length === 0) return pushFrom(rest.slice(taken));
      this.#port.ask(peer, { ask: 'push', page }, (answer) => {
        if (answer?.answer !== 'taken' || answer.hash !== page.hash || answer.results.length !== page.values.length) return done(null);
        for (const [index, value] of page.values.entries()) {
          const about = this.#replicas.inspect(value);
          if (answer.results[index]?.result !== 'refused' && typeof about !== 'string') confirmed.add(this.#replicas.describe(value, about).name);
        }
        pushFrom(rest.slice(taken));
      });
    };
    pushFrom(replicas);
  }

  #fetch(peer: Contact, names: readonly string[], done: Done): void {
    if (names.length === 0) return done('settled');
    const asked = names.slice(0, this.#options.pageValuesMax);
    this.#port.ask(peer, { ask: 'fetch', names: asked }, (answer) => {
      if (answer?.answer !== 'page' || this.#replicas.pageHash(answer.page.values) !== answer.page.hash) return done('failed');
      for (const value of answer.page.values) this.#replicas.take(value, 'holder');
      // A page may be full before all were in it; `more` names the first that is missing.
      const missing = answer.more === null ? -1 : names.indexOf(answer.more);
      if (missing === 0) return done('failed');
      this.#fetch(peer, names.slice(missing > 0 ? missing : asked.length), done);
    });
  }

  /** Asks which of the replicas a peer lacks, and pushes those. Calls back with the names that it has for certain, or null. */
  offer(peer: Contact, replicas: readonly Replica[], done: (confirmed: ReadonlySet<string> | null) => void): void {
    const items = replicas.map((replica) => [replica.name, replica.version] as const);
    this.#port.ask(peer, { ask: 'offer', items }, (answer) => {
      if (answer?.answer !== 'wanted') return done(null);
      const wanted = new Set(answer.names);
      const has = replicas.filter((replica) => !wanted.has(replica.name)).map((replica) => replica.name);
      const lacking = replicas.filter((replica) => wanted.has(replica.name));
      this.push(peer, lacking, (pushed) => done(pushed === null ? null : new Set([...has, ...pushed])));
    });
  }
}
