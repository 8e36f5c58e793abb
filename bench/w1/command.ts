import { parseArgs } from 'node:util';
import type { Assignment, Measured, NotMeasured } from './measured.ts';
import { measureAlone } from './run.ts';
import { measureSimGrid } from './simgrid.ts';
import { STATEMENT } from './workload.ts';

const USAGE = `confab bench w1 --nodes <n> [--engines confab,bare,simgrid] [--growth-seconds 500] [--seconds 1000] [--seed 1] [--traced] [--json]

Plays W1 (bench/w1/W1.md): <n> nodes join a bare Chord ring and use it for 1,000 virtual seconds. Fault rules are looked at for each
message, none is set; the trace is off without --traced. \`confab bench ring --nodes <n>\` plays the same growth with the product's ring,
its heap limited to 256 MiB and 8 KiB a node, and with --engines confab,w1 bare Chord beside it. With --json and one engine one object is printed, with several a list.`;

const ENGINES = ['confab', 'bare', 'simgrid', 'w1'] as const;
type EngineName = (typeof ENGINES)[number];
const NODES_MAX = 4_000_000;

interface Arguments {
  readonly engines: readonly EngineName[];
  readonly assignment: Omit<Assignment, 'engine'>;
  readonly json: boolean;
}

/** Null: the help has been printed. */
function readArguments(workload: 'w1' | 'ring', words: readonly string[]): Arguments | null {
  const { values } = parseArgs({
    args: [...words],
    options: {
      nodes: { type: 'string' },
      engines: { type: 'string', default: 'confab' },
      'growth-seconds': { type: 'string', default: String(STATEMENT.growthMillis / 1_000) },
      seconds: { type: 'string', default: String(STATEMENT.durationMillis / 1_000) },
      seed: { type: 'string', default: String(STATEMENT.seed) },
      traced: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return null;
  }
  if (values.nodes === undefined) throw new Error(`--nodes is missing: how many nodes shall the ring have?\n\n${USAGE}`);
  const engines = values.engines.split(',').map((name) => {
    const engine = ENGINES.find((each) => each === name);
    if (engine === undefined) throw new Error(`There is no engine ${name}; there are ${ENGINES.join(', ')}.`);
    return engine;
  });
  const assignment = {
    workload,
    nodes: wholeNumber('--nodes', values.nodes, 2, NODES_MAX),
    growthMillis: wholeNumber('--growth-seconds', values['growth-seconds'], 1, 1_000_000) * 1_000,
    durationMillis: wholeNumber('--seconds', values.seconds, 1, 1_000_000) * 1_000,
    seed: wholeNumber('--seed', values.seed, 0, 2 ** 31 - 1),
    traced: values.traced,
  };
  const { growthMillis, durationMillis, seed, traced } = assignment;
  const asStated = growthMillis === STATEMENT.growthMillis && seed === STATEMENT.seed && !traced && durationMillis === STATEMENT.durationMillis;
  if (engines.includes('simgrid') && !asStated) throw new Error('SimGrid plays W1 as it is stated: no other growth, time or seed, and no trace.');
  if (workload === 'ring' && engines.some((engine) => engine === 'bare' || engine === 'simgrid')) {
    throw new Error('Only Confab plays the ring of its own; the engine w1 plays W1 beside it.');
  }
  if (workload === 'w1' && engines.includes('w1')) throw new Error('The engine w1 stands beside the ring: confab bench ring --engines confab,w1.');
  if (engines.includes('bare') && traced) throw new Error('The bare loop has no trace.');
  return { engines, assignment, json: values.json };
}

export function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new Error(`${option} must be a whole number from ${min.toLocaleString('en')} to ${max.toLocaleString('en')}, not ${text}.`);
  }
  return value;
}

/** `confab bench w1` and `confab bench ring`: one engine after the other, each in a process of its own. Returns the exit status. */
export async function benchWorkload(workload: 'w1' | 'ring', words: readonly string[]): Promise<number> {
  const given = readArguments(workload, words);
  if (given === null) return 0;
  const results: Array<Measured | NotMeasured> = [];
  for (const engine of given.engines) {
    const result = engine === 'simgrid' ? await measureSimGrid(given.assignment) : await measureAlone({ ...given.assignment, engine });
    results.push(result);
    if (!given.json) process.stdout.write(`${sentence(result, results[0])}\n`);
  }
  if (given.json) process.stdout.write(`${JSON.stringify(results.length === 1 ? results[0] : results)}\n`);
  return results.some((result) => 'asChecked' in result && result.asChecked === false) ? 1 : 0;
}

/** One line about one engine, with the ratio to the first. */
export function sentence(result: Measured | NotMeasured, first: Measured | NotMeasured | undefined): string {
  if ('reason' in result) return `${result.engine.padEnd(8)} not measured: ${result.reason}`;
  const seconds = (millis: number): string => (millis / 1_000).toFixed(2);
  const number = (value: number): string => Math.round(value).toLocaleString('en');
  const checked = result.asChecked === null ? 'no check values for this' : result.asChecked ? 'as the check values say' : 'NOT what the check values say';
  const ratio =
    first !== undefined && 'messagesPerSecond' in first && first !== result
      ? `; ${first.engine} is ${(first.messagesPerSecond / result.messagesPerSecond).toFixed(2)} times as fast`
      : '';
  return (
    `${result.engine.padEnd(8)} ${number(result.messagesPerSecond)} messages/s: ${number(result.nodes)} nodes, ${number(result.messages)} messages, ${number(result.timers)} timers, ` +
    `${number(result.lookups)} look-ups of ${result.meanHops} hops in ${seconds(result.wallMillis)} s (processor ${result.processorMillis === null ? 'unknown' : `${seconds(result.processorMillis)} s`}), peak ${number(result.peakMemoryBytes / 2 ** 20)} MiB; ` +
    `${result.complete ? checked : 'stopped before the end'}; ${result.traced ? `whole trace on (${number(result.traceEvents)} events)` : 'trace off'}${ratio}`
  );
}
