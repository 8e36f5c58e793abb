/** One measured figure of one run. */
export interface Figure {
  /** What was measured, as the table says it. */
  readonly row: string;
  readonly value: number;
  readonly unit:
    | 'ms'
    | 's'
    | 'MB'
    | 'MB/s'
    | '%'
    | '/s'
    | '/min'
    | 'times'
    | 'of 20'
    | 'events/s'
    | 'nodes'
    | 'files'
    | 'hops'
    | 'in 10,000'
    | 'look-ups'
    | 'keys'
    | 'deaths'
    | 'violations'
    | 'steps'
    | 'messages';
  /** Stands in place of the value where there is none, and says why. */
  readonly note?: string;
  /** What it should be, as the table says it; absent where none was set. */
  readonly aim?: string;
}

export interface BenchOptions {
  /** Smaller workloads, for a look; such figures are marked. */
  readonly quick: boolean;
  /** From 1 on: what is simulated takes it as its seed, so that runs differ. */
  readonly run: number;
  /** A word to whoever watches. */
  readonly say: (text: string) => void;
}

/** What repeats one benchmark. */
export function commandOf(name: string): string {
  return `npm run bench -- ${name}`;
}

export interface Benchmark {
  readonly name: string;
  readonly about: string;
  /** The command that repeats it. */
  readonly command: string;
  /** Runs at most this often, since one run takes minutes. */
  readonly runsMax?: number;
  measure(options: BenchOptions): Promise<readonly Figure[]>;
}
