import type { Link } from '../link/link.ts';
import type { Message } from '../messages.ts';
import type { Parts } from '../parts.ts';
import { type SignedRecord, type VerifiedRecord, verifyRecord } from '../records.ts';
import type { UserId } from '../types.ts';

type Of<Type extends Message['type']> = Extract<Message, { type: Type }>;
type Answer = (user: VerifiedRecord<'user'> | null) => void;

interface Search {
  readonly name: string;
  readonly answers: Answer[];
  peersAsked: boolean;
  seedAsked: boolean;
  /** The time of the peers is up. */
  peersDone: boolean;
  /** The holders of the name's key have said what they know, or are not waited for. */
  ringDone: boolean;
}

const ROUTES_MAX = 512;

/**
 * Finds who bears a name: in the own view, then from peers (who pass the question on above full membership) and from the ring, then
 * from the seed server.
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

  /** Calls back once, now, or when the peers had `nameQueryMillis` and the seed server has answered; null when nobody knows the name. */
  find(name: string, answer: Answer, options: { readonly waitForPeersMillis?: number } = {}): void {
    const known = this.#parts.view.userNamed(name);
    if (known !== null) return answer(known);
    this.#search(name, answer, options.waitForPeersMillis);
  }

  /** Asks afresh for somebody who is known, but not where: what comes back goes into the view. `widely`: everybody who is linked, else a few. */
  seek(name: string, widely: boolean): void {
    const up = this.#parts.links.upLinks();
    this.#search(name, () => {}, this.#parts.options.nameQueryMillis, widely ? up : this.#someOf(up));
  }

  #someOf(up: readonly Link[]): Link[] {
    const { env, options } = this.#parts;
    const rest = Array.from(up);
    const chosen: Link[] = [];
    while (chosen.length < options.lookupFanout && rest.length > 0) chosen.push(...rest.splice(Math.floor(env.random.fraction() * rest.length), 1));
    return chosen;
  }

  #search(name: string, answer: Answer, waitForPeersMillis = this.#parts.options.nameQueryMillis, asked: readonly Link[] = this.#parts.links.upLinks()): void {
    for (const search of this.#searches.values()) {
      if (search.name === name) {
        search.answers.push(answer);
        return;
      }
    }
    const { env, links, settings, seed } = this.#parts;
    const id = env.random.id();
    const search: Search = { name, answers: [answer], peersAsked: false, seedAsked: false, peersDone: false, ringDone: true };
    this.#searches.set(id, search);
    for (const link of asked) search.peersAsked = links.send(link, this.#question(id, name)) || search.peersAsked;
    if (search.peersAsked) {
      env.setTimer('lookup', id, waitForPeersMillis);
      this.#askRing(id, search);
    } else if (settings.seedServer) this.#askSeed(id, search);
    else env.setTimer('lookup', id, seed.joining ? waitForPeersMillis : 1);
  }

  #question(id: string, name: string): Message {
    return { type: 'lookup', id, name, hops: this.#parts.view.full ? 1 : this.#parts.options.lookupHops };
  }

  #askSeed(id: string, search: Search): void {
    search.seedAsked = true;
    this.#parts.seed.call('user', { name: search.name }, (result) => {
      if (!this.#searches.has(id)) return;
      if (result.ok) this.#take((result.value as { records: readonly SignedRecord[] }).records, null);
      if (this.#searches.has(id)) this.#settle(id, search);
    });
  }

  #askRing(id: string, search: Search): void {
    search.ringDone = false;
    this.#parts.directory.findName(search.name, ({ user }) => {
      if (!this.#searches.has(id)) return;
      search.ringDone = true;
      if (user !== null) this.#take([user.signed], null);
      if (this.#parts.view.userNamed(search.name) !== null) this.#settle(id, search);
      else if (search.peersDone) this.#afterPeers(id, search);
    });
  }

  /** Timer: the peers had their time, or the ring had. */
  timer(id: string): void {
    const search = this.#searches.get(id);
    if (search === undefined) return;
    const ringHasTime = !search.ringDone && !search.peersDone;
    search.peersDone = true;
    if (ringHasTime) this.#parts.env.setTimer('lookup', id, this.#parts.options.ringNameMillis);
    else this.#afterPeers(id, search);
  }

  #afterPeers(id: string, search: Search): void {
    if (this.#parts.settings.seedServer && !search.seedAsked) this.#askSeed(id, search);
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
    const known = view.userNamed(message.name);
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
    if (this.#parts.view.userNamed(search.name) !== null) this.#settle(message.id, search);
  }
}
