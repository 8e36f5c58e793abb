import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BENCHMARKS } from './all.ts';
import type { Benchmark, Figure } from './benchmark.ts';
import { leaveNothingBehind } from './children.ts';
import { factsLine, machineFacts } from './machine.ts';
import { markdownTable, plainTable, type Results, type Row, toRows } from './report.ts';
import { benchWorkload } from './w1/command.ts';

const USAGE = `npm run bench -- [names...] [--runs 5] [--quick] [--json] [--list] [--write | --no-write]

Measures Confab on this machine; nothing here passes or fails. Without names everything is measured (more than an hour).
Figures go to bench/results/latest.json and latest.md unless names or --quick are given or --no-write is;
with names and --write they replace those of the named benchmarks there.

Workloads that are compared with other simulators have options of their own: w1 --help.`;

const RESULTS_FOLDER = fileURLToPath(new URL('../../bench/results/', import.meta.url));
const RUNS_DEFAULT = 5;

interface Arguments {
  readonly chosen: readonly Benchmark[];
  readonly runs: number;
  readonly quick: boolean;
  readonly json: boolean;
  readonly write: boolean;
}

/** Null: what was asked for has been printed. Throws an Error whose message is a sentence. */
function readArguments(): Arguments | null {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      'no-write': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return null;
  }
  if (values.list) {
    for (const { name, about } of BENCHMARKS) process.stdout.write(`${name.padEnd(16)} ${about}\n`);
    return null;
  }
  const unknown = positionals.find((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
  if (unknown !== undefined) throw new Error(`There is no benchmark ${unknown}; --list shows them.`);
  const runs = Number(values.runs ?? (values.quick ? 1 : RUNS_DEFAULT));
  if (!Number.isInteger(runs) || runs < 1 || runs > 100) throw new Error('--runs must be a whole number from 1 to 100.');
  const chosen = positionals.length === 0 ? BENCHMARKS : BENCHMARKS.filter((benchmark) => positionals.includes(benchmark.name));
  const write = values.write || (positionals.length === 0 && !values.quick && !values['no-write']);
  return { chosen, runs, quick: values.quick, json: values.json, write };
}

async function measureAll({ chosen, runs, quick, write }: Arguments): Promise<Results> {
  const machine = await machineFacts();
  process.stderr.write(`${factsLine(machine)}\n`);
  const rows: Row[] = [];
  const failures: Array<{ benchmark: string; reason: string }> = [];
  for (const benchmark of chosen) {
    const figures: Array<readonly Figure[]> = [];
    const count = Math.min(runs, benchmark.runsMax ?? runs);
    for (let run = 1; run <= count; run += 1) {
      const say = (text: string) => void process.stderr.write(`${benchmark.name} ${run}/${count}: ${text}\n`);
      try {
        const startedMillis = performance.now();
        figures.push(await benchmark.measure({ quick, run, say }));
        say(`${((performance.now() - startedMillis) / 1_000).toFixed(1)} s`);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        failures.push({ benchmark: benchmark.name, reason });
        say(`broke: ${reason}`);
      }
    }
    rows.push(...toRows(benchmark.name, figures));
    // A long run that is cut short keeps what it has measured.
    if (write) await writeResults({ machine, quick, runs, rows, failures });
  }
  return { machine, quick, runs, rows, failures };
}

/** Rows of benchmarks that were not measured now are kept, in the order of the table. */
async function writeResults(results: Results): Promise<void> {
  const before = await earlierRows();
  const measured = new Set(results.rows.map((row) => row.benchmark));
  const rows = BENCHMARKS.flatMap(({ name }) => (measured.has(name) ? results.rows : before).filter((row) => row.benchmark === name));
  await mkdir(RESULTS_FOLDER, { recursive: true });
  await writeFile(`${RESULTS_FOLDER}latest.json`, `${JSON.stringify({ ...results, rows }, null, 1)}\n`);
  await writeFile(`${RESULTS_FOLDER}latest.md`, markdownTable({ ...results, rows }));
}

async function earlierRows(): Promise<readonly Row[]> {
  try {
    return (JSON.parse(await readFile(`${RESULTS_FOLDER}latest.json`, 'utf8')) as Results).rows;
  } catch {
    return [];
  }
}

async function main(): Promise<number> {
  process.title = 'confab bench';
  leaveNothingBehind();
  const workload = process.argv[2];
  if (workload === 'w1' || workload === 'ring') return benchWorkload(workload, process.argv.slice(3));
  const given = readArguments();
  if (given === null) return 0;
  const results = await measureAll(given);
  process.stdout.write(given.json ? `${JSON.stringify(results)}\n` : `\n${plainTable(results)}\n\n${factsLine(results.machine)}\n`);
  for (const { benchmark, reason } of results.failures) process.stderr.write(`${benchmark} broke: ${reason}\n`);
  return results.failures.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
