/** What `confab bench w1` and `confab bench ring` print of one engine. */
export interface Measured {
  readonly workload: 'w1' | 'ring';
  /** What played it: confab, bare (a JavaScript loop), simgrid; beside the ring also w1, which is W1 played by confab. */
  readonly engine: string;
  readonly nodes: number;
  /** Messages handed to a node, timers that fired. */
  readonly messages: number;
  readonly timers: number;
  readonly lookups: number;
  readonly meanHops: number;
  readonly rightSuccessors: number;
  /** From the first line of setting up to the last event, by the clock of the wall and by that of the processor. */
  readonly wallMillis: number;
  /** Null where the engine is not ours to ask. */
  readonly processorMillis: number | null;
  readonly messagesPerSecond: number;
  /** Of the process that played it and did nothing else. */
  readonly peakMemoryBytes: number;
  readonly traced: boolean;
  /** Events of the trace; 0 when it is off. */
  readonly traceEvents: number;
  /** False: stopped before the end of the virtual time, because it took too long; the rate is that of the part that was played. */
  readonly complete: boolean;
  /** Whether the counts are those of the check values; null where there are none for these settings. */
  readonly asChecked: boolean | null;
}

/** An engine that is not there, and why. */
export interface NotMeasured {
  readonly engine: string;
  readonly reason: string;
}

/** What a measuring process is told, as its one argument. */
export interface Assignment {
  readonly workload: 'w1' | 'ring';
  /** `w1` only beside the ring: the same growth by bare Chord, to compare with. */
  readonly engine: 'confab' | 'bare' | 'w1';
  readonly nodes: number;
  readonly growthMillis: number;
  readonly durationMillis: number;
  readonly seed: number;
  readonly traced: boolean;
}

export type ChildMessage = { readonly type: 'measured'; readonly measured: Measured } | { readonly type: 'broke'; readonly reason: string };
