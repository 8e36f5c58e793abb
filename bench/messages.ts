import type { NodeEvent } from '../src/core/commands.ts';
import type { LocalEngine } from '../src/engine/local.ts';
import { type BareLoopOutcome, bareLoop } from './bare-loop.ts';
import type { Benchmark, BenchOptions, Figure } from './benchmark.ts';
import { befriend, registerAll, startAll, withNetwork } from './live-network.ts';
import { peerLibraryRows } from './peer-libraries.ts';
import { pidsOf, pinToTwoCores, processorMillis, unpin } from './processes.ts';
import { quantile } from './statistics.ts';

const IN_FLIGHT = 64;
const MANY_IN_FLIGHT = 256;
/** Characters, all ASCII, so that this is the size in bytes too. */
const TEXT_LENGTH = 100;
const WARM_UP = 500;
const COMMAND_MILLIS = 30_000;

interface Throughput {
  readonly perSecond: number;
  /** Processor of each node while it lasted, percent of one core. */
  readonly senderPercent: number;
  readonly recipientPercent: number;
}

interface Measured {
  /** ` on two cores`, or empty where they were not pinned. */
  readonly where: string;
  readonly some: Throughput;
  readonly many: Throughput;
  readonly p50: number;
  readonly p99: number;
}

export const messages: Benchmark = {
  name: 'messages',
  about: 'direct messages between two processes, durable at both ends before they count, beside a bare DEALER/ROUTER loop',
  command: 'npm run bench -- messages',
  async measure(options: BenchOptions): Promise<readonly Figure[]> {
    const count = options.quick ? 2_000 : 20_000;
    const latencyCount = options.quick ? 300 : 2_000;
    const confab = await withNetwork((engine) => measureNodes(engine, count, latencyCount));
    const bare = await bareLoop({ count, latencyCount, inFlight: IN_FLIGHT, bytes: TEXT_LENGTH });
    const bareMany = await bareLoop({ count, latencyCount, inFlight: MANY_IN_FLIGHT, bytes: TEXT_LENGTH });
    return figuresOf(confab, bare, bareMany);
  },
};

async function measureNodes(engine: LocalEngine, count: number, latencyCount: number): Promise<Measured> {
  await startAll(engine, ['alice', 'bob']);
  await registerAll(engine, ['alice', 'bob']);
  await befriend(engine, 'alice', 'bob');
  const pids = await pidsOf(engine, ['alice', 'bob']);
  const where = pinToTwoCores(pids);
  try {
    const driver = new MessageDriver(engine);
    const throughput = async (inFlight: number): Promise<Throughput> => {
      await driver.send(WARM_UP, inFlight);
      const before = await Promise.all(pids.map(processorMillis));
      const started = performance.now();
      await driver.send(count, inFlight);
      const tookMillis = performance.now() - started;
      const after = await Promise.all(pids.map(processorMillis));
      const [senderPercent = Number.NaN, recipientPercent = Number.NaN] = after.map((millis, index) => (100 * (millis - (before[index] ?? 0))) / tookMillis);
      return { perSecond: (count * 1_000) / tookMillis, senderPercent, recipientPercent };
    };
    const some = await throughput(IN_FLIGHT);
    const many = await throughput(MANY_IN_FLIGHT);
    await driver.send(WARM_UP / 5, 1);
    const latencies = await driver.send(latencyCount, 1);
    return { where, some, many, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
  } finally {
    unpin();
  }
}

function figuresOf({ where, some, many, p50, p99 }: Measured, bare: BareLoopOutcome, bareMany: BareLoopOutcome): Figure[] {
  return [
    { row: `direct messages, ${IN_FLIGHT} in flight${where}, durable and receipted`, value: some.perSecond, unit: '/s', aim: '5,000 /s or more' },
    { row: `direct messages, ${MANY_IN_FLIGHT} in flight${where}, durable and receipted`, value: many.perSecond, unit: '/s', aim: '10,000 /s or more' },
    { row: 'the same, processor of the sender, of one core', value: many.senderPercent, unit: '%' },
    { row: 'the same, processor of the recipient, of one core', value: many.recipientPercent, unit: '%' },
    { row: 'direct message, one at a time, to the delivered tick, p50', value: p50, unit: 'ms', aim: 'under 1.5 ms' },
    { row: 'direct message, one at a time, to the delivered tick, p99', value: p99, unit: 'ms' },
    { row: `bare DEALER/ROUTER loop, ${IN_FLIGHT} in flight`, value: bare.perSecond, unit: '/s' },
    { row: `bare DEALER/ROUTER loop, ${MANY_IN_FLIGHT} in flight`, value: bareMany.perSecond, unit: '/s' },
    { row: `direct messages as a share of the bare loop, ${MANY_IN_FLIGHT} in flight`, value: (100 * many.perSecond) / bareMany.perSecond, unit: '%' },
    { row: 'bare DEALER/ROUTER loop, one at a time, p50', value: bare.p50, unit: 'ms' },
    { row: 'bare DEALER/ROUTER loop, one at a time, p99', value: bare.p99, unit: 'ms' },
    ...peerLibraryRows(),
  ];
}

/** Writes as alice to bob through the control interface, and takes a message as done when its tick turns to delivered. */
export class MessageDriver {
  readonly #engine: LocalEngine;
  readonly #startedOf = new Map<string, number>();
  /** Ticks that came before the answer that names the message. */
  readonly #early = new Map<string, number>();
  #delivered: (id: string, atMillis: number) => void = () => {};

  constructor(engine: LocalEngine) {
    this.#engine = engine;
    engine.onEvent((node, event) => {
      const seen = event as NodeEvent;
      if (node === 'alice' && seen.type === 'message-changed' && seen.state === 'delivered') this.#delivered(seen.id, performance.now());
    });
  }

  /** The times from command to tick, ms. */
  send(count: number, inFlight: number): Promise<number[]> {
    return new Promise((resolve, reject) => {
      const tookMillis: number[] = [];
      let sent = 0;
      const finish = (id: string, startedMillis: number, atMillis: number) => {
        this.#startedOf.delete(id);
        tookMillis.push(atMillis - startedMillis);
        if (tookMillis.length === count) resolve(tookMillis);
        else next();
      };
      this.#delivered = (id, atMillis) => {
        const startedMillis = this.#startedOf.get(id);
        if (startedMillis === undefined) this.#early.set(id, atMillis);
        else finish(id, startedMillis, atMillis);
      };
      const next = () => {
        if (sent === count) return;
        sent += 1;
        const startedMillis = performance.now();
        this.#engine.command('alice', 'send', { to: 'bob', text: `${sent} `.padEnd(TEXT_LENGTH, 'x') }, COMMAND_MILLIS).then((answer) => {
          const { id } = answer as { id: string };
          const early = this.#early.get(id);
          this.#early.delete(id);
          if (early === undefined) this.#startedOf.set(id, startedMillis);
          else finish(id, startedMillis, early);
        }, reject);
      };
      for (let started = 0; started < Math.min(inFlight, count); started += 1) next();
    });
  }
}
