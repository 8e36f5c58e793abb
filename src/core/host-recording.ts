import type { Random } from './capabilities.ts';
import { bytesOfDatagram, type DatagramContent } from './datagram.ts';
import type { Effects } from './effects.ts';
import type { CommandInput, Env, Program, ServiceResult } from './env.ts';
import type { UnlockOutcome } from './forwarding-store.ts';
import { Host, type HostPorts } from './host.ts';
import { RecordedStore } from './recorded-store.ts';
import { Chain } from './state-hash.ts';
import type { TraceDetail } from './trace.ts';
import type { Address } from './types.ts';

/**
 * Everything that reaches a program from outside, in order: inputs, ends of turns, and what its ports answered (clocks, random
 * numbers, addresses, the store). The same code fed with the same recording ends in the same state, wherever it runs.
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
  | readonly ['id', string]
  /** The store was opened: how that came out, and a hash over what was in it. */
  | readonly ['unlocked', UnlockOutcome, Uint8Array]
  /** A commit begins; when it fails, the reason follows. */
  | readonly ['commit']
  | readonly ['failed', string]
  /** What a commit that failed was taken back to: hashes over the node's rows, the vaults, and the user's rows where they are open. */
  | readonly ['kept', node: Uint8Array, vault: Uint8Array, user: Uint8Array | null]
  /** The program that was made after that has written as well, so that what it wants waits for a commit of its own. */
  | readonly ['written'];

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

  override datagram(from: string, content: DatagramContent): void {
    const bytes = bytesOfDatagram(content);
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

  override endTurn(): Effects {
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
    sendDatagram: (to, content) => {
      const bytes = bytesOfDatagram(content);
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
    store: new RecordedStore(ports.store, ports, sink),
    monotonicMillis: () => noted((value) => ['monotonic', value], ports.monotonicMillis()),
    wallMillis: () => noted((value) => ['wall', value], ports.wallMillis()),
    open: (endpoint, name) => noted((value) => ['open', value], ports.open(endpoint, name)),
    keyOf: (address) => noted((value) => ['key', value], ports.keyOf(address)),
  };
}
