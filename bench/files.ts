import { readFile } from 'node:fs/promises';
import type { LocalEngine } from '../src/engine/local.ts';
import { stream } from '../src/sim/random.ts';
import type { Benchmark, BenchOptions, Figure } from './benchmark.ts';
import { befriend, EventWatch, registerAll, startAll, withNetwork } from './live-network.ts';
import { MessageDriver } from './messages.ts';
import { quantile } from './statistics.ts';

const FILE_BYTES = 16_777_216;
const MEGABYTE = 1e6;
const DEADLINE_MILLIS = 60_000;
const SAMPLE_MILLIS = 5;
const MESSAGES_BESIDE = 5;

export const files: Benchmark = {
  name: 'files',
  about: 'a file of 16 MiB between two processes: read in, fetched (sealed and durable at both ends), saved; memory and chat beside it (reads /proc: Linux)',
  command: 'npm run bench -- files',
  async measure(options: BenchOptions): Promise<readonly Figure[]> {
    return await withNetwork(async (engine) => {
      await startAll(engine, ['alice', 'bob']);
      await registerAll(engine, ['alice', 'bob']);
      await befriend(engine, 'alice', 'bob');
      const bytes = options.quick ? FILE_BYTES / 4 : FILE_BYTES;
      const warm = await transfer(engine, 'warm.bin', bytes / 4, null);
      options.say(`${(warm.bytes / MEGABYTE / (warm.fetchMillis / 1_000)).toFixed(0)} MB/s while it is warmed up`);
      const plain = await transfer(engine, 'film.bin', bytes, null);
      const driver = new MessageDriver(engine);
      await driver.send(100, 1);
      const beside = await transfer(engine, 'other.bin', bytes, driver);
      const [alice = 0, bob = 0] = plain.growthMegabytes;
      return [
        { row: 'file of 16 MiB, fetched by a friend, durable at both ends', value: rate(bytes, plain.fetchMillis), unit: 'MB/s' },
        { row: 'file of 16 MiB, read in, sealed and durable at the sender', value: rate(bytes, plain.sendMillis), unit: 'MB/s' },
        { row: 'file of 16 MiB, saved', value: rate(bytes, plain.saveMillis), unit: 'MB/s' },
        { row: 'file of 16 MiB, memory that the sender takes more meanwhile', value: alice, unit: 'MB' },
        { row: 'file of 16 MiB, memory that the receiver takes more meanwhile', value: bob, unit: 'MB' },
        { row: 'direct message beside a file, to the delivered tick, p50', value: quantile(beside.messageMillis, 0.5), unit: 'ms' },
      ] satisfies Figure[];
    });
  },
};

interface Transfer {
  readonly bytes: number;
  readonly sendMillis: number;
  readonly fetchMillis: number;
  readonly saveMillis: number;
  /** Resident memory at its highest less that before, by node. */
  readonly growthMegabytes: readonly number[];
  readonly messageMillis: readonly number[];
}

function rate(bytes: number, millis: number): number {
  return bytes / MEGABYTE / (millis / 1_000);
}

async function transfer(engine: LocalEngine, name: string, bytes: number, driver: MessageDriver | null): Promise<Transfer> {
  const watch = new EventWatch(engine);
  const path = await engine.peopleFiles.put(name, stream('bench', name).bytes(bytes));
  const pids = await Promise.all(['alice', 'bob'].map(async (user) => ((await engine.command(user, 'ping', {})) as { pid: number }).pid));
  const before = await Promise.all(pids.map(residentMegabytes));
  const offered = watch.next('the offer', (node, event) => node === 'bob' && event.type === 'file-changed' && event.file.name === name, DEADLINE_MILLIS);
  const sending = performance.now();
  const { file } = (await engine.command('alice', 'file-send', { to: 'bob', path }, DEADLINE_MILLIS)) as { file: string };
  const sendMillis = performance.now() - sending;
  await offered;
  const complete = watch.next(
    'the whole file',
    (node, event) => node === 'bob' && event.type === 'file-changed' && event.file.id === file && event.file.state === 'complete',
    DEADLINE_MILLIS,
  );
  const peaks = [...before];
  const sampling = setInterval(() => {
    for (const [index, pid] of pids.entries()) void residentMegabytes(pid).then((now) => (peaks[index] = Math.max(peaks[index] ?? 0, now)));
  }, SAMPLE_MILLIS);
  const started = performance.now();
  await engine.command('bob', 'file-accept', { id: file }, DEADLINE_MILLIS);
  const messageMillis = driver === null ? [] : await driver.send(MESSAGES_BESIDE, 1);
  const fetchMillis = (await complete) - started;
  clearInterval(sampling);
  const saving = performance.now();
  await engine.command('bob', 'file-save', { id: file, path: await engine.peopleFiles.placeFor('bob', name), overwrite: true }, DEADLINE_MILLIS);
  const saveMillis = performance.now() - saving;
  return { bytes, sendMillis, fetchMillis, saveMillis, growthMegabytes: peaks.map((peak, index) => peak - (before[index] ?? 0)), messageMillis };
}

/** Of 10^6 bytes. */
async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024) / MEGABYTE;
}
