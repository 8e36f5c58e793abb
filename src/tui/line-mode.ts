import { type ConfabError, ERRORS } from '../core/errors.ts';
import { type Editor, EMPTY_EDITOR, editKey } from './input/editor.ts';
import { chord } from './input/keys.ts';
import { InputParser } from './input/parser.ts';
import type { TerminalInput, TerminalOptions } from './main.ts';
import type { Effect } from './model/actions.ts';
import { conversationOf, isMasked, type Model, screenOf, startModel } from './model/model.ts';
import { isRoomKey } from './model/room-chat.ts';
import { promptOf } from './render/editor-rows.ts';
import { hangOf } from './render/frame.ts';
import { reachability } from './render/people.ts';
import { spokenMessage } from './render/plain-text.ts';
import { screenLines, screenTitle } from './render/views.ts';
import { Session } from './session.ts';
import { lineText, wrapLine } from './text/styled.ts';

/** Messages of a conversation that are printed when it is opened; the unread ones always. */
const SHOWN_MESSAGES = 20;
/** At the end of a script, messages to friends who are here get this long to leave, ms. */
const LINGER_MILLIS = 3_000;
const COLUMNS = 100;

/** Runs line mode until its input ends or somebody leaves. Resolves with the exit status. */
export function runLineMode(options: TerminalOptions): Promise<number> {
  return new Promise((resolve) => new LineMode(options, resolve).start());
}

/**
 * The whole terminal without a screen: numbered menus and words, the newest line last, nothing ever redrawn.
 * It serves pipes, dumb terminals and screen readers. A line is taken only when the one before it has had its answer,
 * so a script needs no pauses.
 */
class LineMode {
  private readonly options: TerminalOptions;
  private readonly resolve: (status: number) => void;
  private readonly input: TerminalInput;
  private readonly interactive: boolean;
  private readonly session: Session;
  private readonly decoder = new TextDecoder();
  private readonly parser = new InputParser();
  private readonly lines: string[] = [];
  private partial = '';
  private secret: Editor = EMPTY_EDITOR;
  private raw = false;
  private inputEnded = false;
  private lingerTimer: NodeJS.Timeout | null = null;
  private ended = false;
  private printedNotice = 0;
  private printedView = 0;
  private readonly printedMessages = new Set<string>();
  private openChat = '';
  /** A prompt stands on the last line, which has no end yet. */
  private atPrompt = false;

  constructor(options: TerminalOptions, resolve: (status: number) => void) {
    this.options = options;
    this.resolve = resolve;
    this.input = options.input;
    this.interactive = options.input.isTTY === true && options.output.isTTY === true;
    const size = { columns: options.output.columns ?? COLUMNS, rows: options.output.rows ?? 24 };
    this.session = new Session(startModel({ user: options.user, ...size, nowMillis: Date.now(), lineMode: true }), {
      connect: options.connect,
      nowMillis: () => Date.now(),
      changed: (effects) => this.changed(effects),
      failed: (error) => this.end(error),
    });
  }

  start(): void {
    this.input.on('data', this.onData);
    this.input.on('end', this.onEnd);
    this.input.resume();
    process.on('SIGINT', this.onInterrupt);
    process.on('SIGTERM', this.onTerminate);
    process.on('SIGHUP', this.onTerminate);
    process.on('exit', this.onExit);
    this.session.start();
  }

  private readonly onData = (chunk: Uint8Array): void => {
    if (this.raw) {
      this.secretKeys(chunk);
      return;
    }
    this.partial += this.decoder.decode(chunk, { stream: true });
    const parts = this.partial.split(/\r\n|\n/u);
    this.partial = parts.pop() ?? '';
    this.lines.push(...parts);
    if (parts.length > 0) this.atPrompt = false;
    this.pump();
  };

  /** A password on a terminal: keys one by one, nothing echoed. */
  private secretKeys(chunk: Uint8Array): void {
    for (const pressed of this.parser.push(chunk)) {
      const name = chord(pressed);
      if (name === 'enter') {
        const { text } = this.secret;
        this.secret = EMPTY_EDITOR;
        this.write('\n');
        this.atPrompt = false;
        this.session.dispatch({ type: 'line', text });
      } else if (name === 'C-c') {
        this.secret = EMPTY_EDITOR;
        this.onInterrupt();
      } else if (name === 'C-d') {
        if (this.secret.text === '') this.onEnd();
      } else {
        this.secret = editKey(this.secret, pressed) ?? this.secret;
      }
    }
  }

  private readonly onEnd = (): void => {
    if (this.partial !== '') this.lines.push(this.partial);
    this.partial = '';
    this.inputEnded = true;
    this.pump();
  };

  private readonly onInterrupt = (): void => this.session.dispatch({ type: 'interrupt' });
  private readonly onTerminate = (): void => this.end(null);
  private readonly onExit = (): void => this.setRaw(false);

  /** Nothing is on its way, so the next line finds the world that the one before it made. */
  private get settled(): boolean {
    const { connection, info, pending } = this.session.model;
    return connection === 'up' && info !== null && pending === 0;
  }

  private pump(): void {
    while (!this.ended && this.settled) {
      const line = this.lines.shift();
      if (line === undefined) break;
      this.session.dispatch({ type: 'line', text: line });
    }
    if (this.ended || !this.inputEnded || this.lines.length > 0 || !this.settled) return;
    if (!this.interactive && hasUnsent(this.session.model)) this.lingerTimer ??= setTimeout(() => this.end(null), LINGER_MILLIS);
    else this.end(null);
  }

  private changed(effects: readonly Effect[]): void {
    for (const effect of effects) this.perform(effect);
    if (this.ended) return;
    this.printNews();
    this.setRaw(this.interactive && isMasked(this.session.model));
    // Not from within a dispatch: the queue of the session is still being worked off.
    queueMicrotask(() => this.pump());
  }

  private perform(effect: Effect): void {
    switch (effect.type) {
      case 'quit':
        this.end(null);
        return;
      case 'bell':
        if (this.interactive) this.write('\u0007');
        return;
      case 'bare':
        for (const line of effect.lines) this.print(line);
        return;
      case 'redraw':
      case 'suspend':
      case 'call':
        return;
    }
  }

  private printNews(): void {
    const { model } = this.session;
    for (const notice of model.notices) {
      if (notice.number > this.printedNotice) this.print(`${notice.level === 'info' ? '*' : '!'} ${notice.text}`);
    }
    this.printedNotice = model.noticeCount;
    // A view waits until its numbers are in.
    if (model.viewCount > this.printedView && this.settled) {
      this.printedView = model.viewCount;
      this.printView(model);
    }
    const screen = screenOf(model);
    if (screen.type === 'chat' && this.openChat === screen.with) this.printMessages(model, screen.with);
    this.prompt(model);
  }

  private printView(model: Model): void {
    const screen = screenOf(model);
    if (screen.type === 'chat') {
      this.openConversation(model, screen.with);
      return;
    }
    this.openChat = '';
    this.print('');
    this.print(`== ${screenTitle(model, screen)} ==`);
    const columns = Math.max(40, model.columns);
    for (const line of screenLines(model, screen, columns)) {
      // A terminal breaks a long line in the middle of a word; whoever reads a pipe wants it whole.
      const rows = this.interactive ? wrapLine(line, columns, hangOf(line, columns)) : [line];
      for (const row of rows) this.print(lineText(row).trimEnd());
    }
  }

  private openConversation(model: Model, name: string): void {
    if (this.openChat === name) return;
    this.openChat = name;
    this.print('');
    this.print(`== ${screenTitle(model, screenOf(model))} == type a message; /back leaves`);
    const { messages, unreadKey } = conversationOf(model, name);
    const unread = unreadKey === null ? 0 : messages.length - messages.findIndex((message) => message.key === unreadKey);
    const from = Math.max(0, messages.length - Math.max(SHOWN_MESSAGES, unread));
    for (const message of messages.slice(0, from)) this.printedMessages.add(message.id);
    for (const message of messages.slice(from)) this.printedMessages.delete(message.id);
    const sentence = reachability(model, name);
    if (sentence !== '') this.print(`* ${sentence}`);
  }

  private printMessages(model: Model, name: string): void {
    const { messages, unreadKey } = conversationOf(model, name);
    for (const message of messages) {
      if (this.printedMessages.has(message.id)) continue;
      this.printedMessages.add(message.id);
      if (message.key === unreadKey) this.print('-- unread --');
      this.print(spokenMessage(message));
    }
  }

  private prompt(model: Model): void {
    if (!this.interactive || this.atPrompt || !this.settled || this.ended) return;
    this.write(promptOf(model));
    this.atPrompt = true;
  }

  private print(line: string): void {
    this.write(`${this.atPrompt ? '\n' : ''}${line}\n`);
    this.atPrompt = false;
  }

  private write(text: string): void {
    this.options.output.write(text);
  }

  private setRaw(raw: boolean): void {
    if (this.raw === raw) return;
    this.raw = raw;
    this.input.setRawMode?.(raw);
  }

  private end(error: ConfabError | null): void {
    if (this.ended) return;
    this.printNews();
    this.ended = true;
    if (this.lingerTimer !== null) clearTimeout(this.lingerTimer);
    this.session.stop();
    this.setRaw(false);
    this.input.off('data', this.onData);
    this.input.off('end', this.onEnd);
    this.input.pause();
    process.off('SIGINT', this.onInterrupt);
    process.off('SIGTERM', this.onTerminate);
    process.off('SIGHUP', this.onTerminate);
    process.off('exit', this.onExit);
    if (this.atPrompt) this.write('\n');
    if (error !== null) this.write(`${error.message} ${error.advice}\n`);
    this.resolve(error === null ? 0 : ERRORS[error.code].exitStatus);
  }
}

/** Messages that could leave at once, because whom they are for is here. */
function hasUnsent(model: Model): boolean {
  const here = new Set(model.friends.filter((friend) => friend.presence !== 'offline').map((friend) => friend.name));
  return Object.entries(model.conversations).some(
    ([name, conversation]) => (here.has(name) || isRoomKey(name)) && conversation.messages.some((message) => message.fromMe && message.state === 'queued'),
  );
}
