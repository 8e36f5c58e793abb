import { type Benchmark, type BenchOptions, commandOf, type Figure } from '../benchmark.ts';
import type { Measured } from './measured.ts';
import { measureAlone } from './run.ts';
import { STATEMENT } from './workload.ts';

const NAME = 'ring-largest';
const BYTES_MAX = 16e9;
/** Tried from the largest on, until one fits. Of 1,600,000 it is known that they do not: the heap was full after two hours, at 13.4 GB with all else. */
const CANDIDATES = [1_200_000, 800_000, 400_000];
const QUICK_DIVISOR = 100;
/** The number of members doubles as often as it does with a hundred thousand in the statement; then it rests for more than a round of its timers, ms. */
const GROWTH_MILLIS = 600_000;
const DURATION_MILLIS = 630_000;

/** How many members of the product's ring one process holds in 16 GB, found by playing them. */
export const largestRing: Benchmark = {
  name: NAME,
  about: "the largest of a few sizes of the product's ring that one process simulates in 16 GB: members, memory, right successors",
  command: commandOf(NAME),
  runsMax: 1,
  async measure(options: BenchOptions): Promise<readonly Figure[]> {
    const what = "largest simulated ring of the product's members in 16 GB";
    const availableBytes = process.availableMemory();
    if (!options.quick && availableBytes < BYTES_MAX) {
      const note = `not measured: ${(availableBytes / 1e9).toFixed(1)} GB were free`;
      return [{ row: `${what}, members`, value: Number.NaN, unit: 'nodes', note }];
    }
    for (const candidate of CANDIDATES) {
      const measured = await attempt(options.quick ? candidate / QUICK_DIVISOR : candidate, options);
      if (measured === null) continue;
      const { nodes, peakMemoryBytes, messagesPerSecond, rightSuccessors } = measured;
      return [
        { row: `${what}, members`, value: nodes, unit: 'nodes' },
        { row: `${what}, peak memory`, value: peakMemoryBytes / 1e6, unit: 'MB', aim: 'under 16,000 MB' },
        { row: `${what}, right successors half a minute after the last has started`, value: (100 * rightSuccessors) / nodes, unit: '%' },
        { row: `${what}, messages`, value: messagesPerSecond, unit: '/s' },
      ];
    }
    throw new Error(`not even ${CANDIDATES.at(-1)} members fit into 16 GB`);
  },
};

/** Null: so many do not fit. */
async function attempt(nodes: number, { say }: BenchOptions): Promise<Measured | null> {
  try {
    const measured = await measureAlone({
      workload: 'ring',
      engine: 'confab',
      nodes,
      growthMillis: GROWTH_MILLIS,
      durationMillis: DURATION_MILLIS,
      seed: STATEMENT.seed,
      traced: false,
    });
    say(`${nodes} members: ${Math.round(measured.peakMemoryBytes / 1e6)} MB`);
    return measured.peakMemoryBytes < BYTES_MAX ? measured : null;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return null;
  }
}
