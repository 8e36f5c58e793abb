import { readFile } from 'node:fs/promises';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { version as zeromqVersion } from 'zeromq';
import { Database } from '../src/adapters/sqlite/binding.ts';

/** What the figures were measured on. */
export interface MachineFacts {
  readonly date: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  readonly node: string;
  readonly sqlite: string;
  readonly libzmq: string;
  readonly zeromqPackage: string;
  readonly confab: string;
  /** Of the last minute, before anything was measured: of an idle machine it is near 0. */
  readonly loadBefore: number;
}

export async function machineFacts(): Promise<MachineFacts> {
  const processors = cpus();
  const database = new Database(':memory:');
  const sqlite = database.prepare('select sqlite_version() as version').get() as { version: string };
  database.close();
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGib: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    sqlite: sqlite.version,
    libzmq: zeromqVersion,
    zeromqPackage: await packageVersion('../../node_modules/zeromq/package.json'),
    confab: await packageVersion('../../package.json'),
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

async function packageVersion(path: string): Promise<string> {
  try {
    return (JSON.parse(await readFile(new URL(path, import.meta.url), 'utf8')) as { version: string }).version;
  } catch {
    return 'unknown';
  }
}

export function factsLine(facts: MachineFacts): string {
  const { processor, cores, memoryGib, system, node, sqlite, libzmq, zeromqPackage, date, loadBefore } = facts;
  return (
    `${processor}, ${cores} cores, ${memoryGib} GiB, ${system}; Node.js ${node}, SQLite ${sqlite}, ` +
    `zeromq ${zeromqPackage} (libzmq ${libzmq}); ${date}, load before ${loadBefore}`
  );
}
