import type { LabAnswer, LabEnv, LabProgram } from '../../src/lab/program.ts';
import { Calls, type Wire } from './calls.ts';
import { between, placeOf } from './identifiers.ts';
import { RING_STAYS_WHOLE, SUCCESSORS } from './invariant.ts';

/**
 * Chord as it was first published (Stoica et al., SIGCOMM 2001, figures 6 and 7, with the successor lists of section 5.2):
 * its authors said that these rules keep the ring together. Each rule is a command here, so that a scenario says who does what when:
 * `join`, `stabilise` (with `notify`), `check-predecessor`. A node that fails is a node that is killed.
 */

type Question =
  | { readonly ask: 'find'; readonly place: number; readonly hops: number }
  | { readonly ask: 'pointers' }
  | { readonly ask: 'notify' }
  | { readonly ask: 'alive' };

type Answer = { readonly found: string | null } | { readonly predecessor: string | null; readonly successors: readonly string[] } | { readonly heard: true };

type Message = Wire<Question, Answer>;

const HOPS_MAX = 64;

class Chord implements LabProgram<Message> {
  readonly #env: LabEnv<Message>;
  readonly #calls: Calls<Question, Answer>;
  #predecessor: string | null = null;
  #successors: readonly string[] = [];
  /** It has joined, or was told where it stands; until then it answers nobody. */
  #joined = false;

  constructor(env: LabEnv<Message>) {
    this.#env = env;
    this.#calls = new Calls(env);
  }

  command(name: string, args: Readonly<Record<string, unknown>>, answer: LabAnswer): void {
    switch (name) {
      case 'stand':
        return this.#stand(args['ring'] as readonly string[], answer);
      case 'join':
        return this.#join(String(args['through']), answer);
      case 'stabilise':
        return this.#stabilise(answer);
      case 'notify':
        return this.#tellSuccessor(answer);
      case 'check-predecessor':
        return this.#checkPredecessor(answer);
      default:
        return answer.refuse(`there is no command ${name}`);
    }
  }

  receive(from: string, message: Message): void {
    if (message.type === 'answer') return this.#calls.answer(from, message.call, message.body);
    if (this.#joined) this.#reply(from, message.body, (body) => this.#env.send(from, { type: 'answer', call: message.call, body }));
  }

  timer(_kind: string, key: string): void {
    this.#calls.timeout(key);
  }

  #reply(from: string, question: Question, answer: (body: Answer) => void): void {
    switch (question.ask) {
      case 'find':
        return this.#find(question.place, question.hops, (found) => answer({ found }));
      case 'pointers':
        return answer({ predecessor: this.#predecessor, successors: this.#successors });
      case 'notify':
        this.#notify(from);
        return answer({ heard: true });
      case 'alive':
        return answer({ heard: true });
    }
  }

  /** Takes its place in a ring that is whole already, in the order of the list. */
  #stand(ring: readonly string[], answer: LabAnswer): void {
    const at = ring.indexOf(this.#env.name);
    if (at < 0 || ring.length <= SUCCESSORS)
      return answer.refuse(`a ring with lists of ${SUCCESSORS} has at least ${SUCCESSORS + 1} members, this one among them`);
    this.#predecessor = ring.at(at - 1) ?? null;
    this.#set([...ring.slice(at + 1), ...ring.slice(0, at)]);
    answer.done();
  }

  /** n.find_successor(id), without fingers: they only make it faster. */
  #find(place: number, hops: number, found: (name: string | null) => void): void {
    const [successor] = this.#successors;
    if (successor === undefined || hops > HOPS_MAX) return found(null);
    if (place === placeOf(successor) || between(placeOf(this.#env.name), place, placeOf(successor))) return found(successor);
    this.#calls.ask(successor, { ask: 'find', place, hops: hops + 1 }, (body) => found(body !== null && 'found' in body ? body.found : null));
  }

  /** n.join(n'): predecessor = nil; successor = n'.find_successor(n). */
  /** Whoever is named to it must be there: charitably, since the paper does not ask. */
  #join(through: string, answer: LabAnswer): void {
    this.#calls.ask(through, { ask: 'find', place: placeOf(this.#env.name), hops: 0 }, (body) => {
      const successor = body !== null && 'found' in body ? body.found : null;
      if (successor === null || successor === this.#env.name) return answer.refuse('nobody found its successor');
      this.#calls.ask(successor, { ask: 'alive' }, (alive) => {
        if (alive === null) return answer.refuse(`its successor would be ${successor}, which is dead`);
        this.#predecessor = null;
        this.#set([successor]);
        answer.done();
      });
    });
  }

  /** n.stabilize(): x = successor.predecessor; if x lies between, it is the successor; then successor.notify(n). */
  #stabilise(answer: LabAnswer): void {
    if (!this.#joined) return answer.refuse('it has not joined');
    const [successor, ...others] = this.#successors;
    if (successor === undefined) return answer.refuse('it has no successor left');
    this.#calls.ask(successor, { ask: 'pointers' }, (body) => {
      if (body === null || !('successors' in body)) {
        // "If the successor fails, the first live entry of the list takes its place."
        this.#set(others);
        return others.length === 0 ? answer.refuse('it has no successor left') : this.#stabilise(answer);
      }
      const x = body.predecessor;
      const isCloser = x !== null && x !== this.#env.name && between(placeOf(this.#env.name), placeOf(x), placeOf(successor));
      // The list is that of the successor behind the successor itself.
      this.#set(isCloser ? [x, successor, ...body.successors] : [successor, ...body.successors]);
      answer.done();
    });
  }

  /** The end of n.stabilize(): successor.notify(n). The message may be late, so it is a step of its own. */
  #tellSuccessor(answer: LabAnswer): void {
    const [successor] = this.#successors;
    if (successor === undefined) return answer.refuse('it has no successor');
    this.#calls.ask(successor, { ask: 'notify' }, () => answer.done());
  }

  /** n.notify(n'): if predecessor is nil or n' lies between it and n, n' is the predecessor. */
  #notify(from: string): void {
    if (this.#predecessor !== null && !between(placeOf(this.#predecessor), placeOf(from), placeOf(this.#env.name))) return;
    this.#predecessor = from;
    this.#trace();
  }

  #checkPredecessor(answer: LabAnswer): void {
    const predecessor = this.#predecessor;
    if (predecessor === null) return answer.done();
    this.#calls.ask(predecessor, { ask: 'alive' }, (body) => {
      if (body === null && this.#predecessor === predecessor) {
        this.#predecessor = null;
        this.#trace();
      }
      answer.done();
    });
  }

  #set(successors: readonly string[]): void {
    this.#joined = true;
    this.#successors = successors.filter((name) => name !== this.#env.name).slice(0, SUCCESSORS);
    this.#trace();
  }

  #trace(): void {
    this.#env.state('ring', this.#env.name, 'member', { successors: this.#successors.join(' '), predecessor: this.#predecessor ?? '' });
  }
}

export const program = (env: LabEnv): LabProgram => new Chord(env as LabEnv<Message>) as LabProgram;

export const checks = [RING_STAYS_WHOLE];
