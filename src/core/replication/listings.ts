import type { Contact } from '../ring/circle.ts';
import { SetFingerprint } from './fingerprint.ts';
import type { ReadPlace, ReadValue } from './reads.ts';
import { endOfKey } from './replica-index.ts';
import type { Replicas } from './replicas.ts';
import type { Ask, ReplicationOptions, ReplicationPort } from './replication-port.ts';

/** Questions about one key that one holder is asked: one that answers with ever more parts is left at that. */
const QUESTIONS_MAX = 64;
/** Names of one key that are looked at. */
const NAMES_MAX = 1_024;

type Item = readonly [name: string, version: string];

/** What lies under a key, as its holders list it. */
export interface Listing {
  /** Holders that listed all they have. Empty: nothing follows. */
  readonly holders: number;
  /** Names that at least one of them has. */
  readonly names: ReadonlySet<string>;
}

/**
 * Reads what is not known yet of keys with many values: each holder lists names and versions, and each version that is new is fetched
 * once, from the first that named it. So a holder that keeps something to itself hides nothing, and what is known costs no more than its name.
 */
export class Listings {
  readonly #port: ReplicationPort;
  readonly #options: ReplicationOptions;
  readonly #replicas: Replicas;
  readonly #ask: Ask;

  constructor(parts: { port: ReplicationPort; options: ReplicationOptions; replicas: Replicas }, ask: Ask) {
    this.#port = parts.port;
    this.#options = parts.options;
    this.#replicas = parts.replicas;
    this.#ask = ask;
  }

  /** `known`: whether this version of a value needs no fetching. Calls `each` with what comes, then `done` once. */
  read(
    where: ReadPlace,
    known: (name: string, version: string) => boolean,
    each: (value: ReadValue, version: string) => void,
    done: (listing: Listing) => void,
  ): void {
    this.#port.lookup(where.key, (result) => {
      const targets = result.owners.slice(0, this.#options.copies);
      const names = new Set<string>();
      const claimed = new Set<string>();
      let holders = 0;
      let open = targets.length;
      const end = (complete: boolean): void => {
        open -= 1;
        if (complete) holders += 1;
        if (open === 0) done({ holders, names });
      };
      if (open === 0) return done({ holders: 0, names });
      for (const target of targets) {
        this.#list(target, where, (items) => {
          if (items === null) return end(false);
          const wanted: string[] = [];
          for (const [name, version] of items) {
            names.add(name);
            if (claimed.has(`${name}@${version}`) || known(name, version)) continue;
            claimed.add(`${name}@${version}`);
            wanted.push(name);
          }
          this.#fetch(target, where, wanted, each, end);
        });
      }
    });
  }

  #list(holder: Contact, where: ReadPlace, done: (items: readonly Item[] | null) => void): void {
    const items: Item[] = [];
    const own = `${where.key}/${where.kind}/`;
    const open = [{ from: where.key, to: endOfKey(where.key) }];
    let questions = 0;
    const next = (): void => {
      const range = open.shift();
      if (range === undefined || items.length >= NAMES_MAX) return done(items);
      questions += 1;
      if (questions > QUESTIONS_MAX) return done(null);
      // As somebody who has nothing: all of it differs.
      const digest = { to: range.to, count: 0, fingerprint: new SetFingerprint().text(this.#port.crypto) };
      this.#ask(holder, { ask: 'digest', from: range.from, range: digest, lease: false }, (answer) => {
        if (answer?.answer === 'items') for (const item of answer.items) if (item[0].startsWith(own)) items.push(item);
        if (answer?.answer === 'parts') {
          let { from } = range;
          for (const { to } of answer.parts) {
            open.push({ from, to });
            from = to;
          }
        }
        if (answer?.answer === 'items' || answer?.answer === 'parts' || answer?.answer === 'same') return next();
        done(null);
      });
    };
    next();
  }

  #fetch(
    holder: Contact,
    where: ReadPlace,
    names: readonly string[],
    each: (value: ReadValue, version: string) => void,
    done: (complete: boolean) => void,
  ): void {
    if (names.length === 0) return done(true);
    const asked = names.slice(0, this.#options.pageValuesMax);
    this.#ask(holder, { ask: 'fetch', names: asked }, (answer) => {
      if (answer?.answer !== 'page') return done(false);
      for (const value of answer.page.values) {
        const about = this.#replicas.inspect(value);
        if (typeof about === 'string' || about.key !== where.key || value.kind !== where.kind) continue;
        each({ value, about }, this.#replicas.describe(value, about).version);
      }
      // A page may be full before all were in it; `more` names the first that is missing.
      const missing = answer.more === null ? asked.length : names.indexOf(answer.more);
      if (missing <= 0) return done(false);
      this.#fetch(holder, where, names.slice(missing), each, done);
    });
  }
}
