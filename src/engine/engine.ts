import type { FaultKind, NodeFaults } from '../core/faults.ts';
import type { Rule } from '../core/rules.ts';
import type { TraceDetail, TraceEvent } from '../core/trace.ts';
import type { PeopleFiles } from './people-files.ts';
import type { SearchFor, SearchResult } from './search.ts';

/**
 * What runs nodes. The scenario runner knows only this: the same file plays on every engine.
 * All waiting goes through the engine, because in the simulator waiting is what makes virtual time pass.
 */
export interface Engine {
  readonly name: 'local' | 'sim';
  /** Milliseconds since the start of the run, real or virtual. */
  now(): number;
  start(): Promise<void>;
  /** Ends everything; idempotent; leaves no process behind. */
  stop(): Promise<void>;

  /** Starts a node's process (or restarts it on its disk). Resolves when its control interface answers. */
  startNode(node: string, options?: StartNodeOptions): Promise<void>;
  /** Ends a node in order: goodbye, commit, exit. */
  stopNode(node: string): Promise<void>;
  /** kill -9. */
  killNode(node: string): Promise<void>;
  isRunning(node: string): boolean;
  /** Makes a node end as if by itself, without the engine being told; proves that the runner notices. Not every engine can. */
  crashNode?(node: string): Promise<void>;
  /** Told once when the run can no longer be trusted: a node ended by itself other than in order. `reason` is a sentence. */
  onCrash?(listener: (reason: string) => void): void;
  nodes(): readonly string[];

  /** A command of the registry at a node; rejects with ConfabError. Ends at the deadline with `timeout`. */
  command(node: string, name: string, args: Readonly<Record<string, unknown>>, deadlineMillis?: number): Promise<unknown>;
  /** Events of a node, since its start, in order. */
  onEvent(listener: (node: string, event: unknown) => void): void;

  /** `conduct`: a way to behave of src/lab/lying-seed-server.ts, for one that does not play by the rules. */
  startSeedServer(conduct?: string | null): Promise<void>;
  stopSeedServer(): Promise<void>;
  /** Counts and names held by the seed server, or null when it is down. */
  seedServerState(): Promise<SeedServerState | null>;

  /** Why this engine cannot do something to nodes or lines, as a sentence; null when it can. Asked before anything is started. */
  refusal?(kind: FaultKind): string | null;
  setRules(rules: readonly Rule[]): Promise<void>;
  /** Replaces what is wrong with a node, running or not; all but a pause outlasts its process. Writes nothing into the trace. */
  setFaults(node: string, faults: NodeFaults): Promise<void>;
  /** Endpoint text `tcp://...#key` of a node, to be given to another by hand. */
  endpointOf(node: string): Promise<string>;

  /** Lets `millis` pass. */
  wait(millis: number): Promise<void>;
  /**
   * Asks `check` again and again (after events, at least every 100 ms) until it says null or the deadline passes.
   * Resolves with null, or with the last thing that `check` said was seen instead.
   */
  until(check: () => Promise<string | null>, deadlineMillis: number): Promise<string | null>;
  /** Runs several strands side by side and waits for all. */
  parallel(strands: ReadonlyArray<() => Promise<void>>): Promise<void>;

  /** Files of the people at the nodes. */
  readonly peopleFiles: PeopleFiles;
  /** Adds a line of the runner to the trace. */
  note(text: string): void;
  /** Adds what the runner did or was told to the trace: facts that checkers need and no node can write. */
  record(detail: TraceDetail): void;
  /** Looks for what must be readable nowhere, private keys included, in what nodes sent and stored. Works before and after `stop`. */
  search?(wanted: SearchFor): Promise<SearchResult>;
  /** All events of the run so far, in order of time. */
  trace(): Promise<readonly TraceEvent[]>;
  /** SHA-256 over the trace lines (in the simulator: equal for equal seeds). */
  traceSummary(): Promise<{ readonly events: number; readonly sha256: string }>;
}

export interface StartNodeOptions {
  /** Endpoint texts of peers known by hand. */
  readonly peers?: readonly string[];
  /** False: this node does not know of the seed server. Default true. */
  readonly seedServer?: boolean;
  /** Throw the disk away first. */
  readonly emptyDisk?: boolean;
  /** True: it says by beacons that it is there and listens to those of others. Default: what the engine was told. */
  readonly beacon?: boolean;
  /** A way to behave of src/lab/conducts.ts, for a chat node that does not play by the rules. */
  readonly conduct?: string;
}

export interface SeedServerState {
  readonly users: readonly string[];
  readonly online: readonly string[];
  readonly vaults: number;
  readonly facts: number;
}
