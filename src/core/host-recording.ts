import { concat, utf8 } from './bytes.ts';
import type { Codec, Crypto, Random, StoreReader } from './capabilities.ts';
import type { CommandInput, Env, Program, ServiceResult } from './env.ts';
import { Host, type HostPorts } from './host.ts';
import { TABLES } from './tables.ts';
import type { TraceDetail } from './trace.ts';
import type { Address } from './types.ts';

/**
 * Everything that reaches a program from outside, in order: inputs, ends of turns, and what its ports answered (clocks, random
 * numbers, addresses). The same code fed with the same recording ends in the same state, wherever it runs.
 */
export type RecordedEntry =
  | readonly ['start' | 'stop' | 'leave' | 'turn']
  | readonly ['input', Address, unknown]
  | readonly ['datagram', string, Uint8Array]
  | readonly ['timer', string, string]
  | readonly ['command', CommandInput]
  | readonly ['answer', string, ServiceResult]
  | readonly ['observe', TraceDetail]
  | readonly ['crashed', string]
  | readonly ['monotonic' | 'wall' | 'fraction' | 'open', number]
  | readonly ['bytes' | 'key', Uint8Array]
  | readonly ['id', string];

export type InputSink = (entry: RecordedEntry) => void;

/** A host that writes down what it is given before it is handled. */
export class RecordedHost<Message> extends Host<Message> {
  readonly #sink: InputSink;
  /** Over every frame and packet that left, in order. */
  readonly sent: Chain;

  constructor(ports: HostPorts<Message>, make: (env: Env<Message>) => Program<Message>, sink: InputSink) {
    const sent = new Chain(ports.crypto, ports.codec);
    super(recordedPorts(chainedPorts(ports, sent), sink), make);
    this.#sink = sink;
    this.sent = sent;
  }

  override start(): void {
    this.#sink(['start']);
    super.start();
  }

  override input(from: Address, message: Message): void {
    this.#sink(['input', from, message]);
    super.input(from, message);
  }

  override datagram(from: string, bytes: Uint8Array): void {
    this.#sink(['datagram', from, bytes]);
    super.datagram(from, bytes);
  }

  override timer(kind: string, key: string): void {
    this.#sink(['timer', kind, key]);
    super.timer(kind, key);
  }

  override command(command: CommandInput): void {
    this.#sink(['command', command]);
    super.command(command);
  }

  override answer(request: string, result: ServiceResult): void {
    this.#sink(['answer', request, result]);
    super.answer(request, result);
  }

  override leave(): void {
    this.#sink(['leave']);
    super.leave();
  }

  override stop(): void {
    this.#sink(['stop']);
    super.stop();
  }

  override observe(detail: TraceDetail): void {
    this.#sink(['observe', detail]);
    super.observe(detail);
  }

  override crashed(reason: string): void {
    this.#sink(['crashed', reason]);
    super.crashed(reason);
  }

  override endTurn(): { release(): void } {
    this.#sink(['turn']);
    return super.endTurn();
  }
}

/** Ports that take what leaves into a chain. */
export function chainedPorts<Message>(ports: HostPorts<Message>, sent: Chain): HostPorts<Message> {
  return {
    ...ports,
    transmit: (to, message) => {
      sent.add([to, message]);
      ports.transmit(to, message);
    },
    sendDatagram: (to, bytes) => {
      sent.add([to, bytes]);
      ports.sendDatagram(to, bytes);
    },
  };
}

function recordedPorts<Message>(ports: HostPorts<Message>, sink: InputSink): HostPorts<Message> {
  const noted = <Value>(entry: (value: Value) => RecordedEntry, value: Value): Value => {
    sink(entry(value));
    return value;
  };
  const random: Random = {
    bytes: (length) => noted((value) => ['bytes', value], ports.random.bytes(length)),
    fraction: () => noted((value) => ['fraction', value], ports.random.fraction()),
    id: () => noted((value) => ['id', value], ports.random.id()),
  };
  return {
    ...ports,
    random,
    monotonicMillis: () => noted((value) => ['monotonic', value], ports.monotonicMillis()),
    wallMillis: () => noted((value) => ['wall', value], ports.wallMillis()),
    open: (endpoint, name) => noted((value) => ['open', value], ports.open(endpoint, name)),
    keyOf: (address) => noted((value) => ['key', value], ports.keyOf(address)),
  };
}

/** SHA-256 over a chain of values, each under the one before: equal for equal values in equal order. */
export class Chain {
  readonly #crypto: Crypto;
  readonly #codec: Codec;
  #hash: Uint8Array = new Uint8Array(32);

  constructor(crypto: Crypto, codec: Codec) {
    this.#crypto = crypto;
    this.#codec = codec;
  }

  add(value: unknown): void {
    const bytes = value instanceof Uint8Array ? value : this.#codec.encode(value);
    this.#hash = this.#crypto.sha256(concat(this.#hash, bytes));
  }

  get hash(): Uint8Array {
    return this.#hash;
  }
}

/** Hash over all that a node has stored: every table that is open, in order of tables and keys. */
export function stateHash(store: StoreReader & { readonly unlocked: boolean }, crypto: Crypto, codec: Codec): Uint8Array {
  const chain = new Chain(crypto, codec);
  for (const [table, { scope }] of Object.entries(TABLES).sort(([one], [other]) => (one < other ? -1 : 1))) {
    if (scope === 'user' && !store.unlocked) continue;
    chain.add(utf8(table));
    for (const [key, value] of store.scan(table)) chain.add([key, value]);
  }
  return chain.hash;
}
