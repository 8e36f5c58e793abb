import type { CommandResult } from '../core/env.ts';

/**
 * The control socket: a Unix socket in a 0700 folder, lines of JSON both ways.
 * Every surface (terminal, bot, scenario, command line, page) speaks it; nothing else reaches into a node.
 */
export type ControlRequest =
  /** A command of the registry: either one of the core (core/commands.ts) or one of the driver's below. */
  { readonly id: number; readonly command: string; readonly args: Readonly<Record<string, unknown>> };

/**
 * Commands that the driver answers itself:
 * `subscribe {}` (events follow), `ping {}`, `set-rules {rules}`,
 * `set-faults {diskFull, skewMillis, driftMillisPerSecond}`, `faults {}`, `fault {words}` (an order for the whole network of the data root), `stop {}` (end in order), `trace {from}`.
 */
export type ControlMessage = { readonly id: number; readonly result: ControlResult } | { readonly event: unknown };

export type ControlResult =
  | { readonly ok: true; readonly value: unknown }
  /** `message` and `advice` are the sentences of the error table, filled in. */
  | { readonly ok: false; readonly code: string; readonly message: string; readonly advice: string; readonly details: Readonly<Record<string, unknown>> };

export type { CommandResult };

/** What a client of a node can do; the socket client and the simulator's in-process one both give it. */
export interface ControlClient {
  /** Resolves with the value, or rejects with ConfabError. */
  call(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Events from now on; call `close` to end. */
  onEvent(listener: (event: unknown) => void): void;
  onClose(listener: () => void): void;
  close(): void;
}
