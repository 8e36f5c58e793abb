import { type Benchmark, type BenchOptions, commandOf, type Figure } from '../benchmark.ts';
import type { Measured } from './measured.ts';
import { measureAlone } from './run.ts';
import { measureSimGrid } from './simgrid.ts';
import { STATEMENT, type WorkloadSettings } from './workload.ts';

const MEGABYTE = 1e6;
const QUICK_DIVISOR = 10;
/** A million join within this, since its timers could not follow the pace of the statement; and a little more is played, ms. */
const MILLION_GROWTH_MILLIS = 2_000_000;
const MILLION_DURATION_MILLIS = 2_020_000;
/** SimGrid needs minutes for more than this many, so it plays in the first run only. */
const SIMGRID_EACH_RUN_MAX = 1_000;

/** What is aimed at for one number of nodes, as the table says it. */
interface Aims {
  readonly messages?: string;
  readonly overSimGrid?: string;
  readonly ofBareLoop?: string;
  readonly traced?: string;
  readonly memory?: string;
}

interface Size {
  readonly nodes: number;
  readonly engines: ReadonlyArray<'bare' | 'simgrid' | 'traced'>;
  readonly aims: Aims;
  readonly growthMillis?: number;
  readonly durationMillis?: number;
  readonly runsMax?: number;
}

const SIZES: readonly Size[] = [
  { nodes: 1_000, engines: ['bare', 'simgrid'], aims: { messages: 'over 4,100,000 /s, as PeerSim', overSimGrid: 'over 10 times' } },
  {
    nodes: 10_000,
    engines: ['bare', 'simgrid', 'traced'],
    aims: { overSimGrid: 'over 50 times', ofBareLoop: 'over 0.5 times', traced: 'over 1,000,000 /s' },
  },
  { nodes: 100_000, engines: ['bare'], aims: { ofBareLoop: 'over 0.5 times' }, runsMax: 1 },
  {
    nodes: 1_000_000,
    engines: [],
    aims: { memory: 'under 4,000 MB' },
    growthMillis: MILLION_GROWTH_MILLIS,
    durationMillis: MILLION_DURATION_MILLIS,
    runsMax: 1,
  },
];

function w1(size: Size): Benchmark {
  const { nodes, engines, runsMax } = size;
  const name = `w1-${nodes}`;
  const beside = [...(engines.includes('bare') ? ['a bare loop'] : []), ...(engines.includes('simgrid') ? ['SimGrid'] : [])];
  return {
    name,
    about: `workload W1 (bench/w1/W1.md), ${nodes} nodes: messages a second and memory${beside.length === 0 ? '' : `, ${beside.join(' and ')} beside it`}`,
    command: commandOf(name),
    ...(runsMax === undefined ? {} : { runsMax }),
    measure: async (options) => await measure(size, options),
  };
}

async function measure(size: Size, options: BenchOptions): Promise<readonly Figure[]> {
  const nodes = options.quick && size.nodes > 1_000 ? size.nodes / QUICK_DIVISOR : size.nodes;
  const { growthMillis = STATEMENT.growthMillis, durationMillis = STATEMENT.durationMillis } = size;
  const settings = { nodes, seed: STATEMENT.seed, growthMillis, durationMillis };
  const play = async (engine: 'confab' | 'bare', traced: boolean): Promise<Measured> => {
    const measured = await measureAlone({ workload: 'w1', engine, traced, ...settings });
    options.say(`${engine}${traced ? ', traced' : ''}: ${measured.messagesPerSecond} messages a second`);
    return measured;
  };
  const { engines, aims } = size;
  const what = `W1, ${nodes} nodes`;
  const confab = await play('confab', false);
  const bare = engines.includes('bare') ? await play('bare', false) : null;
  const traced = engines.includes('traced') ? await play('confab', true) : null;
  return [
    { row: `${what}, Confab, fault rules in place, trace off, messages`, value: confab.messagesPerSecond, unit: '/s', ...aimOf(aims.messages) },
    { row: `${what}, Confab, peak memory`, value: confab.peakMemoryBytes / MEGABYTE, unit: 'MB', ...aimOf(aims.memory) },
    ...(bare === null ? [] : besideBareLoop(what, confab, bare, aims)),
    ...(engines.includes('simgrid') && (nodes <= SIMGRID_EACH_RUN_MAX || options.run === 1) ? await besideSimGrid(what, confab, settings, aims) : []),
    ...(traced === null
      ? []
      : [{ row: `${what}, Confab, whole trace on, messages`, value: traced.messagesPerSecond, unit: '/s' as const, ...aimOf(aims.traced) }]),
  ];
}

function besideBareLoop(what: string, confab: Measured, bare: Measured, { ofBareLoop }: Aims): readonly Figure[] {
  return [
    { row: `${what}, bare JavaScript loop, messages`, value: bare.messagesPerSecond, unit: '/s' },
    { row: `${what}, Confab to the bare loop`, value: confab.messagesPerSecond / bare.messagesPerSecond, unit: 'times', ...aimOf(ofBareLoop) },
  ];
}

async function besideSimGrid(what: string, confab: Measured, settings: WorkloadSettings, { overSimGrid }: Aims): Promise<readonly Figure[]> {
  const simGrid = await measureSimGrid(settings);
  if ('reason' in simGrid) return [{ row: `${what}, SimGrid, messages`, value: Number.NaN, unit: '/s', note: `not measured: ${simGrid.reason}` }];
  if (simGrid.asChecked === false) throw new Error('SimGrid does not give the check values');
  const stopped = simGrid.complete ? '' : ' (stopped before the end)';
  return [
    { row: `${what}, SimGrid${stopped}, messages`, value: simGrid.messagesPerSecond, unit: '/s' },
    { row: `${what}, Confab to SimGrid`, value: confab.messagesPerSecond / simGrid.messagesPerSecond, unit: 'times', ...aimOf(overSimGrid) },
  ];
}

/** Absent rather than undefined, as figures want it. */
function aimOf(aim: string | undefined): { readonly aim?: string } {
  return aim === undefined ? {} : { aim };
}

export const W1_ROWS: readonly Benchmark[] = SIZES.map(w1);
