import type { Codec, Crypto, Random } from '../core/capabilities.ts';
import type { Env, NodeKeys, Program } from '../core/env.ts';
import { Host, type HostPorts } from '../core/host.ts';
import { chainedPorts, type RecordedEntry } from '../core/host-recording.ts';
import { Chain, stateHash } from '../core/state-hash.ts';
import type { Endpoint, NodeName } from '../core/types.ts';
import type { MemoryDisk } from './disk.ts';
import { ReplayedStore } from './replayed-store.ts';

export interface ReplayedParts {
  readonly name: NodeName;
  readonly crypto: Crypto;
  readonly codec: Codec;
  readonly disk: MemoryDisk;
  readonly endpoint: Endpoint;
  readonly nodeKeys: NodeKeys;
  readonly run: number;
  readonly datagramAddress: string | null;
  /** Lamport clocks only run where a trace is written. */
  readonly traced: boolean;
  readonly traceFrames: boolean;
  /** The node was killed: the recording may end anywhere, and that is no divergence. */
  readonly torn: boolean;
}

export interface Replayed {
  readonly state: Uint8Array;
  /** Over every frame and packet that left. */
  readonly sent: Uint8Array;
  readonly inputs: number;
  /** What may lie on the disk now, the likelier state first: a node that was killed may have died on either side of its last commit. */
  readonly left: readonly MemoryDisk[];
}

/** The program asked for something else than it did when it was recorded: it is not the same code, or it is not deterministic. */
export class ReplayDivergence extends Error {
  /** Number of the entry, from 0. */
  readonly at: number;

  constructor(at: number, wanted: string, found: string) {
    super(`entry ${at}: the program has "${wanted}", the recording "${found}"`);
    this.at = at;
  }
}

type Answer = Extract<RecordedEntry, readonly ['monotonic' | 'wall' | 'fraction' | 'open' | 'bytes' | 'key' | 'id' | 'failed', unknown]>;
type AnswerKind = Answer[0] | 'unlocked' | 'commit' | 'kept' | 'written';

/**
 * Feeds a recording to a program over the simulator's disk: the same host and the same program as on sockets and SQLite.
 * Throws ReplayDivergence where the program takes another way than it did.
 */
export function replayInputs<Message>(parts: ReplayedParts, entries: readonly RecordedEntry[], make: (env: Env<Message>) => Program<Message>): Replayed {
  const replay = new Replay<Message>(parts, entries, make);
  return replay.play();
}

class Replay<Message> {
  readonly #parts: ReplayedParts;
  readonly #entries: readonly RecordedEntry[];
  readonly #sent: Chain;
  readonly #store: ReplayedStore;
  readonly #host: Host<Message>;
  #at = 0;

  constructor(parts: ReplayedParts, entries: readonly RecordedEntry[], make: (env: Env<Message>) => Program<Message>) {
    this.#parts = parts;
    this.#entries = entries;
    this.#sent = new Chain(parts.crypto, parts.codec);
    this.#store = new ReplayedStore(parts.disk, parts, {
      peek: () => this.#entries[this.#at],
      take: (kind) => this.#takeEntry(kind),
      differ: (wanted, found) => {
        throw new ReplayDivergence(this.#at - 1, wanted, found);
      },
    });
    this.#host = new Host<Message>(chainedPorts(this.#ports(), this.#sent), make);
  }

  play(): Replayed {
    let inputs = 0;
    while (this.#at < this.#entries.length) {
      const entry = this.#entries[this.#at] as RecordedEntry;
      this.#at += 1;
      inputs += 1;
      try {
        this.#hand(entry);
      } catch (error) {
        if (!this.#isExpected(error)) throw error;
      }
    }
    const { crypto, codec } = this.#parts;
    const state = stateHash(this.#store, crypto, codec);
    const left = this.#store.end(this.#parts.torn && this.#entries.at(-1)?.[0] === 'commit');
    return { state, sent: this.#sent.hash, inputs, left };
  }

  /** The process was killed in the middle of what the last entry began, or the program threw as it did when it was recorded. */
  #isExpected(error: unknown): boolean {
    const next = this.#entries[this.#at];
    if (error instanceof ReplayDivergence) return this.#parts.torn && next === undefined;
    return next?.[0] === 'crashed' && next[1] === (error instanceof Error ? error.message : String(error));
  }

  #hand(entry: RecordedEntry): void {
    const host = this.#host;
    switch (entry[0]) {
      case 'start':
        return host.start();
      case 'stop':
        return host.stop();
      case 'leave':
        return host.leave();
      case 'turn':
        return host.endTurn().release();
      case 'input':
        return host.input(entry[1], entry[2] as Message);
      case 'datagram':
        return host.datagram(entry[1], entry[2]);
      case 'timer':
        return host.timer(entry[1], entry[2]);
      case 'command':
        return host.command(entry[1]);
      case 'answer':
        return host.answer(entry[1], entry[2]);
      case 'observe':
        return host.observe(entry[1]);
      case 'crashed':
        return host.crashed(entry[1]);
      case 'monotonic':
      case 'wall':
      case 'fraction':
      case 'open':
      case 'bytes':
      case 'key':
      case 'id':
      case 'unlocked':
      case 'commit':
      case 'failed':
      case 'kept':
      case 'written':
        throw new ReplayDivergence(this.#at - 1, 'nothing', entry[0]);
    }
  }

  #takeEntry(kind: AnswerKind): RecordedEntry {
    const entry = this.#entries[this.#at];
    if (entry?.[0] !== kind) throw new ReplayDivergence(this.#at, kind, entry?.[0] ?? 'its end');
    this.#at += 1;
    return entry;
  }

  #take(kind: Answer[0]): unknown {
    return this.#takeEntry(kind)[1];
  }

  #ports(): HostPorts<Message> {
    const { name, crypto, codec, endpoint, nodeKeys, run, datagramAddress, traced, traceFrames } = this.#parts;
    const random: Random = {
      bytes: () => this.#take('bytes') as Uint8Array,
      fraction: () => this.#take('fraction') as number,
      id: () => this.#take('id') as string,
    };
    const nothing = (): void => undefined;
    return {
      name,
      crypto,
      codec,
      endpoint,
      nodeKeys,
      run,
      datagramAddress,
      random,
      store: this.#store,
      traceFrames,
      monotonicMillis: () => this.#take('monotonic') as number,
      wallMillis: () => this.#take('wall') as number,
      open: () => this.#take('open') as number,
      keyOf: () => this.#take('key') as Uint8Array,
      close: nothing,
      transmit: nothing,
      sendDatagram: nothing,
      schedule: nothing,
      unschedule: nothing,
      unscheduleAll: nothing,
      emit: nothing,
      reply: nothing,
      request: nothing,
      left: nothing,
      retire: nothing,
      traceSink: traced ? nothing : null,
    };
  }
}
