import type { Link } from '../link/link.ts';
import type { CoreOptions } from '../options.ts';
import type { NodeId } from '../types.ts';
import type { RoomId } from './room-commands.ts';

/**
 * Who asked this node for sender keys that it awaits itself: they are answered when the keys come. In large rooms an event
 * travels over several members and its key is asked for the other way; if nobody remembered the question, each hop of the
 * answer would wait until somebody asks again.
 *
 * In memory only and bounded: who is forgotten asks again by itself.
 */
export class OwedKeys {
  readonly #options: Pick<CoreOptions, 'roomKeysOwedMax'>;
  readonly #owed = new Map<string, Set<Link>>();
  #size = 0;

  constructor(options: Pick<CoreOptions, 'roomKeysOwedMax'>) {
    this.#options = options;
  }

  get size(): number {
    return this.#size;
  }

  remember(room: RoomId, chain: string, link: Link): void {
    const key = keyOf(room, chain);
    const waiting = this.#owed.get(key) ?? new Set<Link>();
    if (waiting.has(link) || this.#size >= this.#options.roomKeysOwedMax) return;
    waiting.add(link);
    this.#owed.set(key, waiting);
    this.#size += 1;
  }

  /** The key has come: who asked for it, once. */
  take(room: RoomId, chain: string): Iterable<Link> {
    const waiting = this.#owed.get(keyOf(room, chain)) ?? new Set<Link>();
    this.#owed.delete(keyOf(room, chain));
    this.#size -= waiting.size;
    return waiting;
  }

  linkDown(nodeId: NodeId): void {
    for (const [key, waiting] of this.#owed) {
      for (const link of waiting) if (link.nodeId === nodeId && waiting.delete(link)) this.#size -= 1;
      if (waiting.size === 0) this.#owed.delete(key);
    }
  }

  clear(): void {
    this.#owed.clear();
    this.#size = 0;
  }
}

function keyOf(room: RoomId, chain: string): string {
  return `${room}/${chain}`;
}
