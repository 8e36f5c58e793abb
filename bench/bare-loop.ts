import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Dealer } from 'zeromq';
import { quantile } from './statistics.ts';

const WARM_UP = 500;

export interface BareLoopOptions {
  readonly count: number;
  readonly latencyCount: number;
  readonly inFlight: number;
  readonly bytes: number;
}

export interface BareLoopOutcome {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** The least that two processes over the same package need: nothing stored, nothing sealed, an answer for each message. */
export async function bareLoop(options: BareLoopOptions): Promise<BareLoopOutcome> {
  const child = fork(fileURLToPath(new URL('./bare-router.js', import.meta.url)), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const dealer = new Dealer({ linger: 0 });
  try {
    const [address] = (await once(child, 'message')) as [string];
    dealer.connect(address);
    await roundTrips(dealer, WARM_UP, options.inFlight, options.bytes);
    const started = performance.now();
    await roundTrips(dealer, options.count, options.inFlight, options.bytes);
    const perSecond = (options.count * 1_000) / (performance.now() - started);
    await roundTrips(dealer, WARM_UP, 1, options.bytes);
    const latencies = await roundTrips(dealer, options.latencyCount, 1, options.bytes);
    return { perSecond, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
  } finally {
    dealer.close();
    const gone = once(child, 'exit');
    child.disconnect();
    await gone;
  }
}

/** Times from sending to the answer, ms; answers come in the order of sending. */
async function roundTrips(dealer: Dealer, count: number, inFlight: number, bytes: number): Promise<number[]> {
  const payload = Buffer.alloc(bytes, 120);
  const startedMillis: number[] = [];
  const tookMillis: number[] = [];
  let sent = 0;
  const send = async () => {
    sent += 1;
    startedMillis.push(performance.now());
    await dealer.send(payload);
  };
  while (sent < Math.min(inFlight, count)) await send();
  while (tookMillis.length < count) {
    await dealer.receive();
    tookMillis.push(performance.now() - (startedMillis[tookMillis.length] ?? 0));
    if (sent < count) await send();
  }
  return tookMillis;
}
