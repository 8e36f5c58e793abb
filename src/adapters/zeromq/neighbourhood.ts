import { hexOf } from './keys.ts';

/** Told when the node of a key came into this process or left it. */
type Listener = (key: string) => void;

interface Neighbour {
  /** Where others outside this process reach it: a link that was given another address must not find it. */
  readonly address: string;
  readonly inproc: string;
}

let count = 0;

/**
 * The inboxes of one process, by transport key: nodes in it are linked over `inproc`, without system calls, descriptors and CURVE.
 *
 * CURVE would hide and prove frames between two ends of the same memory. What it proves elsewhere stands here, too: a frame is
 * taken only under a routing id that the holders of both keys alone can compute (keys.ts), and whoever could read an inproc
 * queue could read the keys of both nodes beside it. Messages between people stay sealed end to end.
 */
export class Neighbourhood {
  readonly #neighbours = new Map<string, Neighbour>();
  readonly #listeners = new Set<Listener>();

  /** A name to bind an inbox to that nobody in this process has or had. */
  freshName(): string {
    count += 1;
    return `inproc://confab-inbox-${count}`;
  }

  join(key: Uint8Array, neighbour: Neighbour): void {
    this.#neighbours.set(hexOf(key), neighbour);
    this.#tell(hexOf(key));
  }

  leave(key: Uint8Array): void {
    if (this.#neighbours.delete(hexOf(key))) this.#tell(hexOf(key));
  }

  /** What to connect to for a node at an address: its inbox in this process if it lives here, else the address itself. */
  wayTo(key: string, address: string): string {
    const neighbour = this.#neighbours.get(key);
    return neighbour !== undefined && neighbour.address === address ? neighbour.inproc : address;
  }

  /** Returns what ends the listening. */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #tell(key: string): void {
    for (const listener of this.#listeners) listener(key);
  }
}
