import { type Benchmark, type BenchOptions, commandOf, type Figure } from '../benchmark.ts';
import type { Measured } from './measured.ts';
import { measureAlone } from './run.ts';
import { STATEMENT } from './workload.ts';

const MEGABYTE = 1e6;
const QUICK_DIVISOR = 10;

interface Size {
  readonly nodes: number;
  /** W1 plays beside it, for the ratio. */
  readonly besideW1: boolean;
  readonly memoryAim?: string;
  readonly runsMax?: number;
}

const SIZES: readonly Size[] = [
  { nodes: 1_000, besideW1: true },
  { nodes: 10_000, besideW1: true },
  { nodes: 100_000, besideW1: false, memoryAim: 'under 2,000 MB', runsMax: 1 },
];

function ring(size: Size): Benchmark {
  const { nodes, besideW1, runsMax } = size;
  const name = `ring-${nodes}`;
  return {
    name,
    about: `the growth and the timers of W1 by the product's ring, ${nodes} members: messages a second and memory${besideW1 ? ', W1 beside it' : ''}`,
    command: commandOf(name),
    ...(runsMax === undefined ? {} : { runsMax }),
    measure: async (options) => await measure(size, options),
  };
}

async function measure({ nodes: fullCount, besideW1, memoryAim }: Size, options: BenchOptions): Promise<readonly Figure[]> {
  const nodes = options.quick && fullCount > 1_000 ? fullCount / QUICK_DIVISOR : fullCount;
  const play = async (engine: 'confab' | 'w1'): Promise<Measured> => {
    const measured = await measureAlone({ ...STATEMENT, workload: 'ring', engine, nodes, traced: false });
    options.say(`${engine === 'w1' ? 'W1' : 'the ring'}: ${measured.messagesPerSecond} messages a second`);
    return measured;
  };
  const members = await play('confab');
  const what = `the product's ring at the pace of W1, ${nodes} members`;
  const aim = memoryAim === undefined ? {} : { aim: memoryAim };
  const alone: readonly Figure[] = [
    { row: `${what}, messages`, value: members.messagesPerSecond, unit: '/s' },
    { row: `${what}, peak memory`, value: members.peakMemoryBytes / MEGABYTE, unit: 'MB', ...aim },
    { row: `${what}, hops of a look-up`, value: members.meanHops, unit: 'hops' },
    { row: `${what}, right successors in the end`, value: members.rightSuccessors, unit: 'nodes' },
  ];
  if (!besideW1) return alone;
  const bare = await play('w1');
  const ratio = members.messagesPerSecond / bare.messagesPerSecond;
  return [...alone, { row: `${what}, to W1 in the same run`, value: ratio, unit: 'times', aim: 'over 0.25 times' }];
}

export const RING_ROWS: readonly Benchmark[] = SIZES.map(ring);
