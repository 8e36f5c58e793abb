import type { NodeId } from '../types.ts';
import { type Contact, successorsAmong } from './circle.ts';
import type { Pointers } from './pointers.ts';
import type { Remembered } from './remembered.ts';
import { type RingAnswer, type RingPort, STATE } from './ring-port.ts';

export interface SmallRingHooks {
  /** There are members enough for Chord's rules. */
  grown(): void;
  /** A contact that we did not count among us belongs to a ring of full size. */
  metRing(contact: Contact): void;
}

/**
 * The ring below its minimum size (successor list plus one): everybody asks everybody, and the pointers are the sorted list
 * of those who answer. Zave's proof begins at the minimum size, and below it such rings do fall apart.
 * This is the only place in which lists are short.
 */
export class SmallRing {
  readonly #port: RingPort;
  readonly #pointers: Pointers;
  readonly #remembered: Remembered;
  readonly #hooks: SmallRingHooks;
  /** Null while the ring is not small, and while nobody is asked: most rings are small for a moment only. */
  #members: Map<NodeId, Contact> | null = null;
  #asking: Set<NodeId> | null = null;
  #counting = false;

  constructor(parts: { port: RingPort; pointers: Pointers; remembered: Remembered }, hooks: SmallRingHooks) {
    this.#port = parts.port;
    this.#pointers = parts.pointers;
    this.#remembered = parts.remembered;
    this.#hooks = hooks;
  }

  /** `members` have just answered; `candidates` are asked now. */
  begin(members: readonly Contact[], candidates: readonly Contact[]): void {
    this.#members = new Map();
    for (const member of members) if (member.id !== this.#port.self.id) this.#members.set(member.id, member);
    this.#follow();
    this.#askAll([...members, ...candidates]);
  }

  /** Asks all members, whoever the port names, and one who was remembered. */
  round(): void {
    const remembered = this.#remembered.all;
    const one = remembered[Math.floor(this.#port.fraction() * remembered.length)];
    this.#askAll([...this.#others(), ...this.#port.members(), ...(one === undefined ? [] : [one])]);
  }

  /**
   * Our successor's list says that the ring is below its minimum size. Lists are wrong now and then where many join or leave, so everybody
   * known is asked before we believe it. Until the last has answered nothing changes.
   */
  census(candidates: readonly Contact[]): void {
    if (this.#counting) return;
    const asked = new Map<NodeId, Contact>();
    for (const contact of [...candidates, ...this.#port.members(), ...this.#remembered.live])
      if (contact.id !== this.#port.self.id) asked.set(contact.id, contact);
    const live: Contact[] = [];
    const lists = new Map<Contact, readonly Contact[]>();
    let open = asked.size;
    this.#counting = open > 0;
    for (const contact of asked.values()) {
      this.#port.ask(contact, STATE, {
        answered: (answer) => {
          if (answer === null) this.#remembered.unheard(contact);
          if (answer?.answer === 'state' || answer?.answer === 'busy') live.push(contact);
          if (answer?.answer === 'state' && answer.small) lists.set(contact, answer.successors);
          open -= 1;
          if (open > 0) return;
          this.#counting = false;
          // Now that all are known: else those who have not heard of one of us stay small, and their lists make us count again and again.
          for (const [member, theirs] of lists) this.#gossip(member, theirs, live);
          if (this.#pointers.joined && !this.#pointers.small) this.begin(live, []);
        },
      });
    }
  }

  consider(contact: Contact): void {
    if (!this.#isMember(contact.id)) this.#askAll([contact]);
  }

  /** A member may be dead: it is asked now rather than in the next round. */
  check(id: NodeId): void {
    const member = this.#members?.get(id);
    if (member !== undefined) this.#askAll([member]);
  }

  #others(): Contact[] {
    return this.#members === null ? [] : Array.from(this.#members.values());
  }

  #isMember(id: NodeId): boolean {
    return this.#members?.has(id) ?? false;
  }

  forget(contact: Contact): void {
    if (this.#members?.delete(contact.id)) this.#follow();
  }

  #askAll(contacts: readonly Contact[]): void {
    for (const contact of contacts) {
      if (contact.id === this.#port.self.id || this.#asking?.has(contact.id)) continue;
      this.#asking ??= new Set();
      this.#asking.add(contact.id);
      this.#port.ask(contact, STATE, {
        answered: (answer) => {
          this.#asking?.delete(contact.id);
          if (this.#asking?.size === 0) this.#asking = null;
          this.#heard(contact, answer);
        },
      });
    }
  }

  #heard(contact: Contact, answer: RingAnswer | null): void {
    if (answer === null) this.#remembered.unheard(contact);
    if (!this.#pointers.small || !this.#pointers.joined) return;
    const isMember = this.#isMember(contact.id);
    if (answer?.answer === 'busy') return;
    if (answer?.answer !== 'state') {
      if (isMember) this.forget(contact);
      return;
    }
    if (!answer.small && !isMember && !this.#isOursGrown(answer)) return this.#hooks.metRing(contact);
    const theirs = [...answer.successors, ...(answer.predecessor === null ? [] : [answer.predecessor])];
    this.#gossip(contact, theirs, this.#others());
    if (!isMember) {
      this.#members ??= new Map();
      this.#members.set(contact.id, contact);
      this.#follow();
    }
    if (this.#pointers.small) for (const other of theirs) this.consider(other);
  }

  /**
   * Somebody counted one member more than we did, and that made the ring just large enough: its list goes round the whole ring and names us.
   * It is a member like the others; joining its ring would ask those who are as far as we are.
   */
  #isOursGrown(state: Extract<RingAnswer, { answer: 'state' }>): boolean {
    const { self } = this.#port;
    return state.successors.at(-1)?.id === state.predecessor?.id && state.successors.some((contact) => contact.id === self.id);
  }

  /** Tells a member of a small ring whom it does not know, ourselves first. */
  #gossip(contact: Contact, theirs: readonly Contact[], members: readonly Contact[]): void {
    if (!theirs.some((other) => other.id === this.#port.self.id)) this.#port.tell(contact, { tell: 'notify' });
    for (const member of members) {
      const unknown = member.id !== contact.id && !theirs.some((other) => other.id === member.id);
      if (unknown) this.#port.tell(contact, { tell: 'nearer', contact: member });
    }
  }

  #follow(): void {
    const { self, successorCount } = this.#pointers;
    const sorted = successorsAmong(this.#others(), self.id, this.#members?.size ?? 0);
    this.#pointers.set({
      successors: sorted.slice(0, successorCount),
      predecessor: sorted.at(-1) ?? null,
      joined: true,
      small: sorted.length < successorCount,
    });
    if (this.#pointers.small) return;
    this.#members = null;
    this.#hooks.grown();
  }
}
