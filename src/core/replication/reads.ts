import type { Contact } from '../ring/circle.ts';
import type { Inspected } from './kinds.ts';
import { nameOf, type Replica } from './replica-index.ts';
import type { Replicas } from './replicas.ts';
import type { Ask, ReplicaAnswer, ReplicationOptions, ReplicationPort, Stored } from './replication-port.ts';

export interface ReadValue {
  readonly value: Stored;
  readonly about: Replica['about'];
}

export interface ReadResult {
  /** The winner of each id, tombstones too, by id. Every one has been checked here. */
  readonly values: readonly ReadValue[];
  /** Who answered, owner first. Empty: nobody could be reached, and nothing follows from that there are no values. */
  readonly holders: readonly Contact[];
  /** Those of them who have something under the key. */
  readonly having: readonly Contact[];
}

/** Where to read. */
export interface ReadPlace {
  /** 64 hex digits. */
  readonly key: string;
  readonly kind: string;
}

interface Answered {
  readonly holder: Contact;
  readonly found: ReadonlyMap<string, { readonly replica: Replica; readonly value: Stored }>;
}

/** Values of one key in one answer, at most: a holder that goes on for ever is cut off. */
const PAGES_MAX = 64;

/** Reads keys from all their holders and repairs those that were behind. One valid signed copy is enough. */
export class Reads {
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

  /**
   * `early`: as soon as there is something from so many that one of them has whatever a majority was given (Gifford, SOSP 1979); the others
   * are asked only where those know nothing, are slow or silent. Else all have answered, or are silent. Calls back once.
   */
  get(where: { readonly key: string; readonly kind: string; readonly early: boolean }, done: (result: ReadResult) => void): void {
    this.#port.lookup(where.key, (result) => {
      const targets = result.owners.slice(0, this.#options.copies);
      /** Of any so many one is in each majority. */
      const enough = targets.length - Math.floor(targets.length / 2);
      const answered: Answered[] = [];
      let asked = 0;
      let open = 0;
      let told = false;
      const tell = (): void => {
        if (told) return;
        told = true;
        done(this.#merge(answered, targets));
      };
      const review = (): void => {
        const some = answered.some((each) => each.found.size > 0);
        if (asked < targets.length && !(some && answered.length === asked)) {
          if (open === 0 || answered.length + open < asked) askUntil(targets.length);
          return;
        }
        if (open === 0 || (where.early && some && answered.length >= enough)) tell();
        if (open === 0) this.#repair(answered);
      };
      const askUntil = (count: number): void => {
        const next = targets.slice(asked, count);
        asked = count;
        open += next.length;
        for (const target of next) {
          const answer = (one: Answered | null): void => {
            open -= 1;
            if (one !== null) answered.push(one);
            review();
          };
          this.#readAll(target, { ...where, live: false }, answer, count < targets.length ? () => askUntil(targets.length) : undefined);
        }
      };
      if (targets.length === 0) return tell();
      askUntil(where.early ? enough : targets.length);
    });
  }

  /** Everything that is no tombstone, each holder's as soon as it has told all. Repairs nothing, since it hears nothing of tombstones. */
  collect(where: ReadPlace, each: (from: Contact, values: readonly ReadValue[]) => void, done: (holders: readonly Contact[]) => void): void {
    this.#port.lookup(where.key, (result) => {
      const targets = result.owners.slice(0, this.#options.copies);
      const holders: Contact[] = [];
      let open = targets.length;
      if (open === 0) return done([]);
      for (const target of targets) {
        this.collectFrom(target, where, (values) => {
          open -= 1;
          if (values !== null) {
            holders.push(target);
            each(target, values);
          }
          if (open === 0) done(holders);
        });
      }
    });
  }

  collectFrom(holder: Contact, where: ReadPlace, done: (values: readonly ReadValue[] | null) => void): void {
    this.#readAll(holder, { ...where, live: true }, (answered) =>
      done(answered === null ? null : [...answered.found.values()].filter(({ replica }) => !replica.about.deleted).map(asRead)),
    );
  }

  /** Looks for values whose ids are known, at all holders. */
  find(where: ReadPlace & { readonly ids: readonly string[] }, done: (result: ReadResult) => void): void {
    const names = where.ids.slice(0, this.#options.pageValuesMax).map((id) => nameOf(where.key, where.kind, id));
    this.#port.lookup(where.key, (result) => {
      const targets = result.owners.slice(0, this.#options.copies);
      const answered: Answered[] = [];
      let open = targets.length;
      if (open === 0) return done({ values: [], holders: [], having: [] });
      for (const target of targets) {
        this.#fetchAll(target, names, (one) => {
          open -= 1;
          if (one !== null) answered.push(one);
          if (open > 0) return;
          done(this.#merge(answered, targets));
          this.#repair(answered);
        });
      }
    });
  }

  /** A page may be full before all names were in it; the rest is asked for again. */
  #fetchAll(holder: Contact, names: readonly string[], done: (answered: Answered | null) => void): void {
    const found = new Map<string, { replica: Replica; value: Stored }>();
    const wanted = new Set(names);
    const fetch = (rest: readonly string[]): void => {
      this.#ask(holder, { ask: 'fetch', names: rest }, (answer) => {
        if (answer?.answer !== 'page') return done(null);
        for (const value of answer.page.values) {
          const about = this.#replicas.inspect(value);
          if (typeof about === 'string') {
            this.#port.refusedFrom?.(holder, about);
            continue;
          }
          const replica = this.#replicas.describe(value, about);
          if (wanted.has(replica.name)) found.set(replica.name, { replica, value });
        }
        const next = answer.more === null ? -1 : rest.indexOf(answer.more);
        if (next <= 0) return done({ holder, found });
        fetch(rest.slice(next));
      });
    };
    fetch(names);
  }

  /** `slow`: there is no answer yet. */
  #readAll(holder: Contact, where: ReadPlace & { readonly live: boolean }, done: (answered: Answered | null) => void, slow?: () => void): void {
    const found = new Map<string, { replica: Replica; value: Stored }>();
    const read = (after: string | null, pages: number): void => {
      const page = (answer: ReplicaAnswer | null): void => {
        if (answer?.answer !== 'page') return done(null);
        for (const value of answer.page.values) {
          const about = this.#replicas.inspect(value);
          const wrong = typeof about === 'string' ? about : about.key !== where.key || value.kind !== where.kind ? 'a value of another key' : null;
          if (wrong !== null) {
            this.#port.refusedFrom?.(holder, wrong);
            continue;
          }
          const replica = this.#replicas.describe(value, about as Inspected);
          found.set(replica.name, { replica, value });
        }
        if (answer.more === null || pages >= PAGES_MAX || (after !== null && answer.more <= after)) return done({ holder, found });
        read(answer.more, pages + 1);
      };
      this.#ask(holder, { ask: 'read', key: where.key, kind: where.kind, after, live: where.live }, page, slow);
    };
    read(null, 1);
  }

  #winners(answered: readonly Answered[]): Map<string, { replica: Replica; value: Stored }> {
    const winners = new Map<string, { replica: Replica; value: Stored }>();
    for (const { found } of answered) {
      for (const [name, one] of found) {
        const present = winners.get(name);
        if (present === undefined || this.#replicas.compare(one.replica, present.replica) > 0) winners.set(name, one);
      }
    }
    return winners;
  }

  #merge(answered: readonly Answered[], targets: readonly Contact[]): ReadResult {
    const winners = [...this.#winners(answered).entries()].sort(([a], [b]) => (a < b ? -1 : 1));
    const holders = targets.filter((target) => answered.some((each) => each.holder.id === target.id));
    const having = holders.filter((holder) => answered.some((each) => each.holder.id === holder.id && each.found.size > 0));
    return { values: winners.map(([, winner]) => asRead(winner)), holders, having };
  }

  /** Read repair: whoever answered with less gets what it lacks, a page of it; anti-entropy does the rest. */
  #repair(answered: readonly Answered[]): void {
    const winners = this.#winners(answered);
    for (const { holder, found } of answered) {
      const lacking = [...winners.entries()].filter(([name, { replica }]) => found.get(name)?.replica.version !== replica.version);
      const values = lacking.slice(0, this.#options.pageValuesMax).map(([, { value }]) => value);
      if (values.length > 0) this.#ask(holder, { ask: 'push', page: { values, hash: this.#replicas.pageHash(values) } }, () => undefined);
    }
  }
}

function asRead({ value, replica }: { readonly value: Stored; readonly replica: Replica }): ReadValue {
  return { value, about: replica.about };
}
