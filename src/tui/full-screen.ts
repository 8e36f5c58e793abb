import { PassThrough } from 'node:stream';
import { ConfabError, ERRORS } from '../core/errors.ts';
import { InputParser } from './input/parser.ts';
import type { TerminalInput, TerminalOptions } from './main.ts';
import type { Effect } from './model/actions.ts';
import { startModel } from './model/model.ts';
import { renderFrame } from './render/frame.ts';
import { Screen } from './screen.ts';
import { Session } from './session.ts';

/** Two frames are never painted closer than this, ms: what comes at once is seen at once. */
const FRAME_MILLIS = 16;
/** A lone ESC becomes the Escape key after this long, ms. */
const ESCAPE_MILLIS = 50;
const SUSPEND_MILLIS = 100;

/** Runs the full screen until somebody leaves. Resolves with the exit status; the terminal is as it was before. */
export function runFullScreen(options: TerminalOptions): Promise<number> {
  return new Promise((resolve) => new FullScreen(options, resolve).start());
}

/** Owns the terminal: raw input, the painted screen, signals. Whatever ends it, the terminal is restored first. */
class FullScreen {
  private readonly options: TerminalOptions;
  private readonly resolve: (status: number) => void;
  private readonly input: TerminalInput;
  private readonly parser = new InputParser();
  private readonly dummyInput = new PassThrough();
  private readonly screen: Screen;
  private readonly session: Session;
  private frameTimer: NodeJS.Timeout | null = null;
  private escapeTimer: NodeJS.Timeout | null = null;
  private paintedMillis = 0;
  /** Bare text is on the screen; Enter comes back. */
  private bare = false;
  private ended = false;

  constructor(options: TerminalOptions, resolve: (status: number) => void) {
    this.options = options;
    this.resolve = resolve;
    this.input = options.input;
    const { columns = 80, rows = 24 } = options.output;
    this.screen = new Screen({ output: options.output, dummyInput: this.dummyInput, colour: (options.env['NO_COLOR'] ?? '') === '' });
    this.session = new Session(startModel({ user: options.user, columns, rows, nowMillis: Date.now(), lineMode: false }), {
      connect: options.connect,
      nowMillis: () => Date.now(),
      changed: (effects) => this.changed(effects),
      failed: (error) => this.end(0, error),
    });
  }

  start(): void {
    this.input.setRawMode?.(true);
    this.input.on('data', this.onData);
    this.input.on('end', this.onHangup);
    this.input.resume();
    this.options.output.on('resize', this.onResize);
    process.on('SIGTERM', this.onTerminate);
    process.on('SIGINT', this.onTerminate);
    process.on('SIGHUP', this.onHangup);
    process.on('SIGCONT', this.onContinue);
    process.on('exit', this.onExit);
    process.on('uncaughtException', this.onException);
    process.on('unhandledRejection', this.onException);
    this.session.start();
    this.schedule();
  }

  private readonly onData = (chunk: Uint8Array): void => {
    if (this.escapeTimer !== null) clearTimeout(this.escapeTimer);
    this.escapeTimer = null;
    this.press(this.parser.push(chunk));
    if (this.parser.pending) {
      this.escapeTimer = setTimeout(() => {
        this.escapeTimer = null;
        this.press(this.parser.flush());
      }, ESCAPE_MILLIS);
    }
  };

  private press(keys: ReturnType<InputParser['push']>): void {
    for (const key of keys) {
      if (this.ended) return;
      if (this.bare) this.endBare();
      else this.session.dispatch({ type: 'key', key });
    }
  }

  private readonly onResize = (): void => {
    const { columns = 80, rows = 24 } = this.options.output;
    this.session.dispatch({ type: 'resize', columns, rows });
    this.screen.resize(columns, rows);
    this.schedule();
  };

  private changed(effects: readonly Effect[]): void {
    for (const effect of effects) this.perform(effect);
    this.schedule();
  }

  private perform(effect: Effect): void {
    switch (effect.type) {
      case 'quit':
        this.end(0, null);
        return;
      case 'bell':
        this.screen.bell();
        return;
      case 'redraw':
        this.screen.redraw();
        return;
      case 'suspend':
        this.suspend();
        return;
      case 'bare':
        this.showBare(effect.lines);
        return;
      case 'call':
        return;
    }
  }

  /** Coalesces paints: the first change paints at once, those within a frame's time together. */
  private schedule(): void {
    if (this.frameTimer !== null || this.ended) return;
    const wait = Math.max(0, FRAME_MILLIS - (Date.now() - this.paintedMillis));
    this.frameTimer = setTimeout(() => {
      this.frameTimer = null;
      this.paintedMillis = Date.now();
      if (!this.ended && !this.bare) this.screen.paint(renderFrame(this.session.model));
    }, wait);
  }

  private showBare(lines: readonly string[]): void {
    this.bare = true;
    this.screen.leave();
    this.options.output.write(`${lines.join('\r\n')}\r\n\r\n-- any key goes back --\r\n`);
  }

  private endBare(): void {
    this.bare = false;
    this.screen.enter();
    this.schedule();
  }

  /** Ctrl-Z: the shell gets a clean terminal; `fg` sends SIGCONT, which takes it back. */
  private suspend(): void {
    this.screen.leave();
    this.input.setRawMode?.(false);
    process.kill(process.pid, 'SIGTSTP');
    // Without a shell that takes over, the system ignores the signal: then the screen comes back by itself.
    setTimeout(this.onContinue, SUSPEND_MILLIS);
  }

  private readonly onContinue = (): void => {
    if (this.ended || this.bare) return;
    this.input.setRawMode?.(true);
    this.screen.enter();
    this.screen.redraw();
    this.onResize();
  };

  private readonly onTerminate = (): void => this.end(0, null);
  private readonly onHangup = (): void => this.end(0, null);
  private readonly onExit = (): void => this.restore();

  private readonly onException = (reason: unknown): void => {
    const text = reason instanceof Error ? reason.message : String(reason);
    this.end(3, reason instanceof ConfabError ? reason : new ConfabError('internal', { reason: text }));
  };

  private restore(): void {
    this.screen.destroy();
    try {
      this.input.setRawMode?.(false);
    } catch {
      // The terminal is gone; there is nothing left to restore.
    }
  }

  private end(status: number, error: ConfabError | null): void {
    if (this.ended) return;
    this.ended = true;
    if (this.frameTimer !== null) clearTimeout(this.frameTimer);
    if (this.escapeTimer !== null) clearTimeout(this.escapeTimer);
    this.session.stop();
    this.restore();
    this.input.off('data', this.onData);
    this.input.off('end', this.onHangup);
    this.input.pause();
    this.options.output.off('resize', this.onResize);
    process.off('SIGTERM', this.onTerminate);
    process.off('SIGINT', this.onTerminate);
    process.off('SIGHUP', this.onHangup);
    process.off('SIGCONT', this.onContinue);
    process.off('exit', this.onExit);
    process.off('uncaughtException', this.onException);
    process.off('unhandledRejection', this.onException);
    this.dummyInput.destroy();
    if (error !== null) this.options.output.write(`${error.message} ${error.advice}\n`);
    this.resolve(error === null ? status : Math.max(status, ERRORS[error.code].exitStatus));
  }
}
