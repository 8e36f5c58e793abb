import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { endsWithUs, goesWithUs } from '../children.ts';
import { differences } from './check-values.ts';
import type { Measured, NotMeasured } from './measured.ts';
import type { WorkloadSettings } from './workload.ts';

const run = promisify(execFile);
const DRIVER = fileURLToPath(new URL('../../../bench/w1/simgrid/w1_simgrid.cpp', import.meta.url));
/** It stops by itself after this long and reports what it reached, s. */
const CAP_SECONDS = 280;
const COMPILE_MILLIS = 180_000;
const MEMORY_LOOK_MILLIS = 50;
/** The network whose messages take the same time always, which is W1's; actors are small, since there is one a node. */
const OPTIONS = [
  '--cfg=network/model:Constant',
  '--cfg=network/latency-factor:0.05',
  '--cfg=contexts/stack-size:16',
  '--cfg=contexts/guard-size:0',
  '--log=root.thres:critical',
];

/** What the driver prints. */
interface Printed {
  readonly capped: number;
  readonly wall: number;
  readonly msgs: number;
  readonly timers: number;
  readonly lookups: number;
  readonly avg_hops: number;
  readonly succ_ok: number;
}

/** Compiles the driver and plays W1 by it; says why not where compiler or library are absent. */
export async function measureSimGrid(settings: WorkloadSettings): Promise<Measured | NotMeasured> {
  const folder = await mkdtemp(join(tmpdir(), 'confab-simgrid-'));
  goesWithUs(folder);
  try {
    const program = join(folder, 'w1');
    try {
      await run('g++', ['-O2', '-DNDEBUG', '-std=c++17', DRIVER, '-lsimgrid', '-o', program], { timeout: COMPILE_MILLIS });
    } catch {
      return { engine: 'simgrid', reason: 'the driver cannot be compiled here; on Debian: apt-get install libsimgrid-dev g++' };
    }
    return await measureWith(program, settings);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureWith(program: string, settings: WorkloadSettings): Promise<Measured> {
  const { nodes, durationMillis } = settings;
  const args = [String(nodes), String(durationMillis / 1_000), String(CAP_SECONDS), 'const', ...OPTIONS];
  const { printed, peakMemoryBytes } = await played(program, args);
  const { msgs: messages, timers, lookups, wall, succ_ok: rightSuccessors } = printed;
  const complete = printed.capped === 0;
  const wrong = complete ? differences(settings, { messages, timers, lookups, hops: printed.avg_hops * lookups, rightSuccessors }) : null;
  return {
    workload: 'w1',
    engine: 'simgrid',
    nodes,
    messages,
    timers,
    lookups,
    meanHops: printed.avg_hops,
    rightSuccessors,
    wallMillis: Math.round(wall * 1_000),
    processorMillis: null,
    messagesPerSecond: Math.round(messages / wall),
    peakMemoryBytes,
    traced: false,
    traceEvents: 0,
    complete,
    asChecked: wrong === null ? null : wrong.length === 0,
  };
}

/** Runs the driver and looks at its memory meanwhile. */
async function played(program: string, args: readonly string[]): Promise<{ readonly printed: Printed; readonly peakMemoryBytes: number }> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  endsWithUs(child);
  let peakKibibytes = 0;
  const look = setInterval(() => {
    try {
      const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
      peakKibibytes = Math.max(peakKibibytes, Number(peak ?? 0));
    } catch {
      // It has just ended, or this system has no such file: the figure stays what it is.
    }
  }, MEMORY_LOOK_MILLIS);
  let text = '';
  child.stdout.on('data', (part: Buffer) => {
    text += part.toString();
  });
  await once(child, 'close');
  clearInterval(look);
  if (text === '') throw new Error(`SimGrid ended with status ${child.exitCode ?? child.signalCode} and printed nothing.`);
  return { printed: JSON.parse(text) as Printed, peakMemoryBytes: peakKibibytes * 1_024 };
}
