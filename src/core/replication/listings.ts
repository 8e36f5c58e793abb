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
  /** These are as many as hold each key, or as there are members to do so, as far as this node can tell. */
  readonly byAll: boolean;
  /** Names of which a value came or is known: a name that is only claimed is nothing. */
  readonly names: ReadonlySet<string>;
  /** Every version that anybody listed came or is known. */
  readonly complete: boolean;
}

/** A version that holders list and that is not known. */
interface Wanted {
  readonly name: string;
  came: boolean;
  asking: boolean;
  /** Holders that listed it and were not asked for it. */
  readonly others: Contact[];
}

type Came = (name: string, value: ReadValue, version: string) => void;

/**
 * Reads what is not known yet of keys with many values: each holder lists names and versions, and each version that is new is fetched
 * once, from the first that named it, or from the next one when that does not give it. So a holder that keeps something to itself, or
 * promises it and dies, hides nothing, and what is known costs no more than its name.
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
      const wanted = new Map<string, Wanted>();
      let holders = 0;
      let open = targets.length;
      if (open === 0) return done({ holders, byAll: false, names, complete: false });
      const end = (): void => {
        open -= 1;
        if (open > 0) return;
        done({ holders, byAll: holders >= this.#holdersOfEach(), names, complete: [...wanted.values()].every((item) => item.came) });
      };
      const came: Came = (name, value, version) => {
        const item = wantedOf(wanted, name, version);
        names.add(name);
        if (item.came) return;
        item.came = true;
        each(value, version);
      };
      const fetch = (holder: Contact, items: readonly Wanted[]): void => {
        const asked = items.map((item) => item.name);
        this.#fetch(holder, where, asked, came, () => {
          for (const [next, lacking] of nextAsked(items)) {
            open += 1;
            fetch(next, lacking);
          }
          end();
        });
      };
      for (const target of targets) {
        this.#list(target, where, (items) => {
          if (items === null) return end();
          holders += 1;
          const asked: Wanted[] = [];
          for (const [name, version] of items) {
            if (known(name, version)) names.add(name);
            else asked.push(wantedOf(wanted, name, version));
          }
          fetch(target, claimed(target, asked));
        });
      }
    });
  }

  /** The way to a key may name fewer while rings merge or close over somebody who died. Who is no member knows of no smaller ring. */
  #holdersOfEach(): number {
    const { copies } = this.#options;
    return this.#port.owned() === null ? copies : Math.min(copies, this.#port.successors().length + 1);
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

  /** What it gives of these. */
  #fetch(holder: Contact, where: ReadPlace, names: readonly string[], came: Came, done: () => void): void {
    if (names.length === 0) return done();
    const asked = names.slice(0, this.#options.pageValuesMax);
    this.#ask(holder, { ask: 'fetch', names: asked }, (answer) => {
      if (answer?.answer !== 'page') return done();
      for (const value of answer.page.values) {
        const about = this.#replicas.inspect(value);
        if (typeof about === 'string' || about.key !== where.key || value.kind !== where.kind) continue;
        const { name, version } = this.#replicas.describe(value, about);
        came(name, { value, about }, version);
      }
      // A page may be full before all were in it; `more` names the first that is missing.
      const missing = answer.more === null ? asked.length : names.indexOf(answer.more);
      if (missing <= 0) return done();
      this.#fetch(holder, where, names.slice(missing), came, done);
    });
  }
}

function wantedOf(wanted: Map<string, Wanted>, name: string, version: string): Wanted {
  const id = `${name}@${version}`;
  const item = wanted.get(id) ?? { name, came: false, asking: false, others: [] };
  wanted.set(id, item);
  return item;
}

/** What this holder is asked for at once; for the rest it is one of the others, in case who is being asked does not give it. */
function claimed(holder: Contact, listed: readonly Wanted[]): Wanted[] {
  const free: Wanted[] = [];
  for (const item of new Set(listed)) {
    if (item.came) continue;
    if (item.asking) item.others.push(holder);
    else free.push(item);
    item.asking = true;
  }
  return free;
}

/** Whom to ask for what a holder listed and did not give. What nobody is left for is free for who lists it later. */
function nextAsked(items: readonly Wanted[]): Map<Contact, Wanted[]> {
  const next = new Map<Contact, Wanted[]>();
  for (const item of items) {
    if (item.came) continue;
    const holder = item.others.shift();
    item.asking = holder !== undefined;
    if (holder !== undefined) next.set(holder, [...(next.get(holder) ?? []), item]);
  }
  return next;
}
