/**
 * The control socket: a Unix socket in a 0700 folder, lines of JSON both ways.
 * Every surface (terminal, bot, scenario, command line) speaks it; nothing else reaches into a node.
 * A request is `{id, command, args}`, of the registry (registry.ts); this is what comes back: answers, and events after `subscribe`.
 */
export type ControlMessage = { readonly id: number; readonly result: ControlResult } | { readonly event: unknown };

export type ControlResult =
  | { readonly ok: true; readonly value: unknown }
  /** `message` and `advice` are the sentences of the error table, filled in. */
  | { readonly ok: false; readonly code: string; readonly message: string; readonly advice: string; readonly details: Readonly<Record<string, unknown>> };

/** What a client of a node can do; the socket client and the simulator's in-process one both give it. */
export interface ControlClient {
  /** Resolves with the value, or rejects with ConfabError. */
  call(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Events from now on; call `close` to end. */
  onEvent(listener: (event: unknown) => void): void;
  onClose(listener: () => void): void;
  close(): void;
}
