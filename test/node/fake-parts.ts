import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { CborFrameCodec } from '../../src/adapters/codec/frame-codec.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import type { Frame } from '../../src/core/messages.ts';
import type { TraceEvent } from '../../src/core/trace.ts';
import type { Address, Endpoint, NodeName } from '../../src/core/types.ts';
import type { DriverParts } from '../../src/node/driver.ts';
import type { NodeLog } from '../../src/node/log.ts';
import type { Transport, TransportHandlers } from '../../src/ports/ports.ts';
import { MemoryDisk, MemoryStore } from '../../src/sim/disk.ts';
import { SeededRandom } from '../../src/sim/random.ts';

/** A transport whose wire the test holds. */
export class FakeTransport implements Transport {
  readonly endpoint: Endpoint = { address: 'sim:0', key: new Uint8Array(32) };
  readonly sent: Array<{ readonly to: Address; readonly frame: Uint8Array }> = [];
  handlers: TransportHandlers | null = null;
  stopped = 0;
  full = false;
  #opened = 0;

  async start(handlers: TransportHandlers): Promise<void> {
    this.handlers = handlers;
  }
  open(): Address {
    this.#opened += 1;
    return this.#opened as Address;
  }
  close: (address: Address) => void = () => {};
  keyOf(): Uint8Array {
    return new Uint8Array(32);
  }
  send(to: Address, frame: Uint8Array): boolean {
    if (!this.full) this.sent.push({ to, frame });
    return !this.full;
  }
  async flush(): Promise<void> {}
  async stop(): Promise<void> {
    this.stopped += 1;
  }
}

export class FakeLog implements NodeLog {
  readonly lines: string[] = [];
  info(_: unknown, text: string): void {
    this.lines.push(text);
  }
  warn(_: unknown, text: string): void {
    this.lines.push(text);
  }
  error(_: unknown, text: string): void {
    this.lines.push(text);
  }
  close(): void {}
}

export interface FakeParts extends DriverParts {
  readonly transport: FakeTransport;
  readonly log: FakeLog;
  readonly disk: MemoryDisk;
  readonly events: TraceEvent[];
}

export function fakeParts(more: Partial<DriverParts> = {}): FakeParts {
  const codec = new CborCodec();
  const disk = new MemoryDisk();
  const events: TraceEvent[] = [];
  return {
    name: 'alice' as NodeName,
    crypto: new NodeCrypto(),
    codec,
    random: new SeededRandom('driver'),
    store: new MemoryStore(disk),
    nodeKeys: { signingSeed: new Uint8Array(32), agreementSeed: new Uint8Array(32) },
    run: 1,
    clock: systemClock,
    transport: new FakeTransport(),
    frames: new CborFrameCodec(codec),
    keyDeriver: { derive: async () => new Uint8Array(32) },
    signatureChecker: new NodeCrypto(),
    seedClient: null,
    traceSink: { write: (event) => events.push(event) },
    log: new FakeLog(),
    disk,
    events,
    ...more,
  } as FakeParts;
}

export function frameOf(count: number): Frame {
  return { version: 1, network: 'test', kind: 'data', run: 1, toRun: 1, sequence: count, acknowledged: 0, logical: 0, count, messages: [] };
}
