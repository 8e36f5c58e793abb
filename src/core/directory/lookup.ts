import type { Link } from '../link/link.ts';
import type { Message } from '../messages.ts';
import type { Parts } from '../parts.ts';
import { type SignedRecord, type VerifiedRecord, verifyRecord } from '../records.ts';
import type { UserId } from '../types.ts';

type Of<Type extends Message['type']> = Extract<Message, { type: Type }>;
type Answer = (user: VerifiedRecord<'user'> | null) => void;

interface Question {
  readonly name: string;
  /** Null: who bears the name. Else a node of somebody known is sought: a record of one with a sequence above this counts. */
  readonly after: number | null;
}

interface Search extends Question {
  readonly answers: Answer[];
  /** Who is linked and has not been asked yet; null: whoever is to be was. */
  rest: readonly Link[] | null;
  /** Peers were asked who pass the question on. */
  farAsked: boolean;
  /** Those who were asked later have their time, too. */
  lateUntilMillis: number;
  seedAsked: boolean;
  /** Who has said what they know, whose time is up, or who is not waited for. */
  peersDone: boolean;
  ringDone: boolean;
  seedDone: boolean;
}

/** `silent`: nobody there could be reached. */
type RingOutcome = 'found' | 'none' | 'silent';
type AskRing = (told: (outcome: RingOutcome) => void) => void;

/** Some of those who are linked, all of them (above full membership a few first, the rest where those and the ring do not know), or some who pass the question on. */
export type Reach = 'few' | 'all' | 'far';

const ROUTES_MAX = 512;
/** Peers who are asked later than others have at least this share of the time. */
const REST_SHARE = 0.5;

/**
 * Finds who bears a name, or a node of somebody: in the own view, then from peers and the ring, then from the seed server. Where those
 * do not help, peers pass the question on above full membership.
 * Answers carry signed records, so nobody on the way can invent a user.
 */
export class Lookup {
  readonly #parts: Parts;
  readonly #searches = new Map<string, Search>();
  /** Questions of others that we passed on, and where the answer goes; bounded, oldest forgotten. */
  readonly #routes = new Map<string, Link>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Calls back once, now, or when all peers who were asked had `nameQueryMillis` and the seed server has answered; null when nobody knows the name. */
  find(name: string, answer: Answer): void {
    const known = this.#parts.view.userNamed(name);
    if (known !== null) return answer(known);
    for (const search of this.#searches.values()) if (search.name === name && search.after === null) return void search.answers.push(answer);
    const askRing: AskRing = (told) =>
      this.#parts.directory.findName(name, ({ user, heard }) => {
        if (user !== null) this.#take([user.signed], null);
        told(user !== null ? 'found' : heard ? 'none' : 'silent');
      });
    this.#search({ name, after: null }, answer, { reach: 'all', askRing });
  }

  /**
   * Looks for a node of somebody of whom none is known, or none that answers: asks peers, the ring if `byRing`, then the seed server.
   * Records that come go into the view, of which only newer ones than are known end the search; the ring leads to a link.
   */
  seek(userId: UserId, { reach, byRing }: { readonly reach: Reach; readonly byRing: boolean }): void {
    const { view, directory } = this.#parts;
    const user = view.user(userId);
    if (user === null) return directory.reach(userId, () => {});
    const { name } = user.body;
    for (const search of this.#searches.values()) if (search.name === name && search.after !== null) return;
    const askRing: AskRing = (told) => directory.reach(userId, (found) => told(found ? 'found' : 'none'));
    this.#search({ name, after: this.#latestNode(userId) }, () => {}, { reach, askRing: byRing ? askRing : null });
  }

  /** Sequence of the youngest record of a node of theirs that may be up; 0: none. */
  #latestNode(id: UserId): number {
    const { view } = this.#parts;
    let latest = 0;
    for (const nodeId of view.nodesOf(id)) {
      const record = view.node(nodeId);
      if (record !== undefined && !record.body.gone) latest = Math.max(latest, record.sequence);
    }
    return latest;
  }

  /** Whether what is known here answers the question: the record of the user, or null. */
  #known({ name, after }: Question): VerifiedRecord<'user'> | null {
    const user = this.#parts.view.userNamed(name);
    return user === null || after === null || this.#latestNode(user.authorId as UserId) > after ? user : null;
  }

  #someOf(up: readonly Link[]): Link[] {
    const { env, options } = this.#parts;
    const rest = Array.from(up);
    const chosen: Link[] = [];
    while (chosen.length < options.lookupFanout && rest.length > 0) chosen.push(...rest.splice(Math.floor(env.random.fraction() * rest.length), 1));
    return chosen;
  }

  #search(question: Question, answer: Answer, how: { readonly reach: Reach; readonly askRing: AskRing | null }): void {
    const { env, settings, options, seed } = this.#parts;
    const id = env.random.id();
    const done = { peersDone: false, ringDone: true, seedDone: true };
    const search: Search = { ...question, ...done, answers: [answer], rest: null, farAsked: how.reach === 'far', lateUntilMillis: 0, seedAsked: false };
    this.#searches.set(id, search);
    if (this.#askFirst(id, search, how)) {
      env.setTimer('lookup', id, options.nameQueryMillis);
      if (how.askRing !== null) this.#askRing(id, search, how.askRing);
    } else if (settings.seedServer) {
      search.peersDone = true;
      this.#askSeed(id, search);
    } else env.setTimer('lookup', id, seed.joining ? options.nameQueryMillis : 1);
  }

  /** In a crowd few peers know somebody, and the ring nearly always does: the others are spared until it has answered. False: there is nobody to ask. */
  #askFirst(id: string, search: Search, { reach, askRing }: { readonly reach: Reach; readonly askRing: AskRing | null }): boolean {
    const up = this.#parts.links.upLinks();
    if (reach !== 'all') return this.#ask(id, search, this.#someOf(up), reach);
    if (askRing === null || !this.#parts.sync.crowd) return this.#ask(id, search, up, reach);
    const first = new Set(this.#someOf(up));
    if (first.size === 0) return this.#ask(id, search, up, reach);
    search.rest = up.filter((link) => !first.has(link));
    return this.#ask(id, search, [...first], reach);
  }

  /** False: nobody took the question. */
  #ask(id: string, { name, after }: Question, peers: readonly Link[], reach: Reach): boolean {
    const { links, options } = this.#parts;
    const message: Message = { type: 'lookup', id, name, hops: reach === 'far' ? options.lookupHops : 1, ...(after === null ? {} : { after }) };
    let asked = false;
    for (const link of peers) asked = links.send(link, message) || asked;
    return asked;
  }

  /** Whoever was spared until now, and has at least half of the time that those before them had. */
  #askRest(id: string, search: Search): void {
    const { env, options } = this.#parts;
    const rest = search.rest?.filter(({ established }) => established) ?? [];
    search.rest = null;
    if (rest.length === 0 || this.#known(search) !== null || !this.#ask(id, search, rest, 'all')) return;
    search.lateUntilMillis = Math.max(search.lateUntilMillis, env.monotonicMillis + options.nameQueryMillis * REST_SHARE);
  }

  #askSeed(id: string, search: Search): void {
    if (!this.#parts.settings.seedServer || search.seedAsked) return;
    search.seedAsked = true;
    search.seedDone = false;
    this.#parts.seed.call('user', { name: search.name }, (result) => {
      if (!this.#searches.has(id)) return;
      search.seedDone = true;
      if (result.ok) this.#take((result.value as { records: readonly SignedRecord[] }).records, null);
      else this.#askOn(id, search);
      this.#settleIfDone(id, search);
    });
  }

  #askRing(id: string, search: Search, askRing: AskRing): void {
    search.ringDone = false;
    askRing((outcome) => {
      if (!this.#searches.has(id)) return;
      search.ringDone = true;
      // Where a node was sought, a link to it is being opened.
      if (outcome === 'found' && search.after !== null) return this.#settle(id, search);
      // What was put there a moment ago may not be at its holders yet: others are asked at once, not when the peers' time is up.
      if (outcome === 'silent' || !this.#parts.settings.seedServer) this.#askOn(id, search);
      if (this.#known(search) === null) this.#askSeed(id, search);
      this.#settleIfDone(id, search);
    });
  }

  /** Neither the ring nor those who were asked first know: everybody else is asked. */
  #askOn(id: string, search: Search): void {
    this.#askRest(id, search);
    this.#askFar(id, search);
  }

  /** Above full membership peers pass the question on. */
  #askFar(id: string, search: Search): void {
    const { env, options, sync, links } = this.#parts;
    if (search.farAsked || !sync.crowd || this.#known(search) !== null) return;
    search.farAsked = true;
    const peers = this.#someOf(links.upLinks());
    if (this.#ask(id, search, peers, 'far')) search.lateUntilMillis = env.monotonicMillis + options.nameQueryMillis;
  }

  /** Timer: the peers had their time, or the ring had. The seed server is not kept waiting for a slow ring. */
  timer(id: string): void {
    const { env, options } = this.#parts;
    const search = this.#searches.get(id);
    if (search === undefined) return;
    if (search.peersDone) search.ringDone = true;
    else if (!search.ringDone) this.#askFar(id, search);
    this.#askRest(id, search);
    search.peersDone = true;
    if (this.#known(search) === null) this.#askSeed(id, search);
    if (!search.ringDone) env.setTimer('lookup', id, options.ringNameMillis);
    this.#settleIfDone(id, search);
  }

  /** Somebody knew, or everybody who was asked had their time. */
  #settleIfDone(id: string, search: Search): void {
    if (!this.#searches.has(id)) return;
    if (this.#known(search) !== null) return this.#settle(id, search);
    if (!search.peersDone || !search.ringDone || !search.seedDone) return;
    const { env } = this.#parts;
    const lateMillis = search.lateUntilMillis - env.monotonicMillis;
    if (lateMillis > 0) env.setTimer('lookup', id, lateMillis);
    else this.#settle(id, search);
  }

  #settle(id: string, search: Search): void {
    this.#searches.delete(id);
    this.#parts.env.cancelTimer('lookup', id);
    const found = this.#parts.view.userNamed(search.name);
    for (const answer of search.answers) answer(found);
  }

  #take(records: readonly SignedRecord[], from: Link | null): void {
    for (const signed of records) this.#parts.sync.take(signed, from);
  }

  // --- questions and answers of peers ---

  question(link: Link, message: Of<'lookup'>): void {
    const { options, view, links } = this.#parts;
    if (this.#routes.has(message.id) || this.#searches.has(message.id)) return;
    const known = this.#known({ name: message.name, after: message.after ?? null });
    if (known !== null) {
      links.send(link, { type: 'lookup-answer', id: message.id, records: view.recordsOf(known.authorId as UserId).slice(0, 8) });
      return;
    }
    if (message.hops <= 1) return;
    this.#routes.set(message.id, link);
    if (this.#routes.size > ROUTES_MAX) this.#routes.delete(this.#routes.keys().next().value as string);
    const hops = Math.min(message.hops, options.lookupHops) - 1;
    for (const other of this.#someOf(links.upLinks().filter((each) => each !== link))) links.send(other, { ...message, hops });
  }

  answer(link: Link, message: Of<'lookup-answer'>): void {
    const { env, links } = this.#parts;
    const route = this.#routes.get(message.id);
    if (route !== undefined) {
      this.#routes.delete(message.id);
      links.send(route, message);
      return;
    }
    const search = this.#searches.get(message.id);
    if (search === undefined) return;
    const fits = message.records.some((signed) => {
      const record = verifyRecord(env, signed);
      return typeof record !== 'string' && record.type === 'user' && record.body.name === search.name;
    });
    if (!fits) return this.#parts.count('lookupAnswersWrong');
    this.#take(message.records, link);
    this.#settleIfDone(message.id, search);
  }
}
