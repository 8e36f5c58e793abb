import type { NodeId } from '../types.ts';
import { type Contact, owns, successorsAmong } from './circle.ts';
import { type Asker, type Hop, type LookupResult, type RingQuestion, STATE } from './ring-port.ts';

/** Members that are asked about one claim: each must lie nearer to the key than the one before. */
const OPINIONS_MAX = 4;
const OWNERS_MAX = 4;

export interface SecondOpinionPort {
  readonly self: Contact;
  ask(to: Contact, question: RingQuestion, asker: Asker): void;
  /** Who is linked with this node and heard of at this moment. */
  linked(): readonly Contact[];
  /** Who is up by signed records, linked or not. */
  known(): readonly Contact[];
  /** A member that lies nearer to the key than the owner who was claimed has answered. */
  contradicted(claim: Claim, nearer: Contact): void;
}

/** Who is said to own a key, and who says so. */
export interface Claim {
  readonly by: Contact;
  readonly key: string;
  /** The owner and the members after it. */
  readonly owners: readonly Contact[];
}

/**
 * A member of the ring can say that anybody owns anything. Whoever we are linked with is known to live, and where it is, for its id
 * is the hash of its key: if such a one lies between the key and the owner that is claimed, it is asked, and if it is a member the
 * claim was wrong, out of date or a lie. An honest member names its successor; who names itself is checked against everybody whose
 * record says that they are up, which opens a link. Sybils, and liars far from everybody we are linked with, are not found out like that.
 *
 * Who names nobody but itself although we know of others does not get to be the only holder of a value, nor the only one beside us.
 */
export class SecondOpinion {
  readonly #port: SecondOpinionPort;

  constructor(port: SecondOpinionPort) {
    this.#port = port;
  }

  /** The result of a look-up, or a better one. Calls back once, at once where nothing speaks against the claim. */
  judge(key: string, result: LookupResult, done: (result: LookupResult) => void): void {
    const claim = { by: result.hops.at(-1)?.asked ?? this.#port.self, key, owners: result.owners };
    const asked = new Set<NodeId>([claim.by.id, this.#port.self.id]);
    const hops: Hop[] = [];
    const servesItself = (owner: Contact | undefined): boolean => owner?.id === claim.by.id && claim.by.id !== this.#port.self.id;
    const judge = (owners: readonly Contact[], hint: Contact | null = null): void => {
      const nearer = hops.length >= OPINIONS_MAX ? null : (hint ?? this.#nearer({ key, owner: owners[0], servesItself: servesItself(owners[0]) }, asked));
      if (nearer === null) return done({ owners: this.#padded(owners), hops: [...result.hops, ...hops] });
      asked.add(nearer.id);
      this.#port.ask(nearer, STATE, {
        answered: (answer) => {
          const isMember = answer?.answer === 'state' || answer?.answer === 'busy';
          hops.push({ asked: nearer, why: isMember ? 'owner' : 'dead' });
          if (!isMember) return judge(owners);
          const before = answer.answer === 'state' ? answer.predecessor : null;
          const isOwner = before !== null && owns(before.id, key, nearer.id);
          // Where nothing was claimed, being near is not enough: many may lie between the key and whom we happen to know.
          if (owners.length > 0) this.#port.contradicted(claim, nearer);
          const next = owners.length > 0 || isOwner ? distinct([nearer, ...(answer.answer === 'state' ? answer.successors : owners)]) : owners;
          judge(next, before !== null && !isOwner ? this.#hint(before, asked) : null);
        },
      });
    };
    judge(distinct(claim.owners));
  }

  /** Somebody's predecessor, if we know that it lives: a member may name one that is not there. */
  #hint(before: Contact, asked: ReadonlySet<NodeId>): Contact | null {
    return asked.has(before.id) ? null : (this.#port.known().find(({ id }) => id === before.id) ?? null);
  }

  /** The first live node at or after the key, and before the owner where one is claimed. */
  #nearer(
    { key, owner, servesItself }: { readonly key: string; readonly owner: Contact | undefined; readonly servesItself: boolean },
    asked: ReadonlySet<NodeId>,
  ): Contact | null {
    // Nobody is nearer than a node exactly at the key; as an interval of the ring, from there to there is everybody.
    if (owner?.id === key) return null;
    const between = (servesItself ? this.#port.known() : this.#port.linked()).filter(({ id }) => {
      if (asked.has(id)) return false;
      return owner === undefined || (id !== owner.id && (id === key || owns(key, id, owner.id)));
    });
    // A node exactly at the key owns it.
    return between.find(({ id }) => id === key) ?? successorsAmong(between, key, 1)[0] ?? null;
  }

  #padded(owners: readonly Contact[]): readonly Contact[] {
    const [owner, second] = owners;
    if (owner === undefined || owners.length > 2) return owners;
    // Of two, the other may be the one who hides the rest: it is where our own list ends.
    if (second !== undefined && owner.id !== this.#port.self.id) return owners;
    const last = second ?? owner;
    const others = this.#port.linked().filter(({ id }) => id !== owner.id && id !== last.id);
    return [...owners, ...successorsAmong(others, last.id, OWNERS_MAX - owners.length)];
  }
}

/** One that is named twice counts once. */
function distinct(contacts: readonly Contact[]): readonly Contact[] {
  const seen = new Set<NodeId>();
  return contacts.filter(({ id }) => !seen.has(id) && seen.add(id) !== undefined);
}
