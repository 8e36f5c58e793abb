import type { ControlClient } from '../control/protocol.ts';

/** A terminal's keyboard: stdin, or a stand-in for it. */
export interface TerminalInput extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
}

export interface TerminalOutput extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export interface TerminalOptions {
  /** Attaches to the node, starting it where need be; called again whenever the node has gone. Rejects with ConfabError. */
  readonly connect: () => Promise<ControlClient>;
  /** Whose terminal it is. */
  readonly user: string;
  readonly input: TerminalInput;
  readonly output: TerminalOutput;
  /** Lines instead of a screen, whatever the terminal can do. */
  readonly plain: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Whether the full screen can be used: a terminal on both sides that moves a cursor, and nobody asked for lines. */
export function usesFullScreen(options: Pick<TerminalOptions, 'input' | 'output' | 'plain' | 'env'>): boolean {
  return !options.plain && options.input.isTTY === true && options.output.isTTY === true && options.env['TERM'] !== 'dumb';
}

/** Runs a terminal until somebody leaves it. Resolves with the exit status. */
export async function runTerminal(options: TerminalOptions): Promise<number> {
  if (usesFullScreen(options)) {
    const { runFullScreen } = await import('./full-screen.ts');
    return await runFullScreen(options);
  }
  const { runLineMode } = await import('./line-mode.ts');
  return await runLineMode(options);
}
