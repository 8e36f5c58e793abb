import type { CommandName } from '../../core/commands.ts';
import type { Editor } from '../input/editor.ts';
import type { Effect, Purpose } from './actions.ts';
import { type Conversation, conversationOf, type Model, NOTICES_MAX, type Notice, type Screen, screenOf } from './model.ts';

/** One update on its way: the model so far and what is to be done. Lives only inside `update`, which stays pure. */
export class Turn {
  model: Model;
  readonly effects: Effect[] = [];

  constructor(model: Model) {
    this.model = model;
  }

  set(patch: Partial<Model>): void {
    this.model = { ...this.model, ...patch };
  }

  call(command: CommandName, args: Readonly<Record<string, unknown>>, purpose: Purpose): void {
    this.effects.push({ type: 'call', call: { command, args, purpose } });
    this.set({ pending: this.model.pending + 1 });
  }

  notice(level: Notice['level'], text: string): void {
    const number = this.model.noticeCount + 1;
    const notice: Notice = { number, level, text, atMillis: this.model.nowMillis };
    this.set({ noticeCount: number, notices: [...this.model.notices, notice].slice(-NOTICES_MAX) });
  }

  get screen(): Screen {
    return screenOf(this.model);
  }

  /** Opens a screen above the present one. */
  push(screen: Screen): void {
    this.show([...this.model.screens, screen]);
  }

  /** Puts a screen in the place of the present one. */
  replace(screen: Screen): void {
    this.show([...this.model.screens.slice(0, -1), screen]);
  }

  /** One level back; the lowest stays. */
  back(): void {
    if (this.model.screens.length > 1) this.show(this.model.screens.slice(0, -1));
    else this.shown();
  }

  show(screens: readonly Screen[]): void {
    this.set({ screens, viewTop: 0, completion: null, editor: { ...this.model.editor, text: '', cursor: 0 } });
    this.shown();
  }

  /** The view is to be seen again: line mode prints it. */
  shown(): void {
    this.set({ viewCount: this.model.viewCount + 1 });
  }

  conversation(name: string, patch: Partial<Conversation>): void {
    const next = { ...conversationOf(this.model, name), ...patch };
    this.set({ conversations: { ...this.model.conversations, [name]: next } });
  }

  edit(editor: Editor): void {
    const screen = this.screen;
    if (screen.type === 'chat') this.conversation(screen.with, { draft: editor });
    else this.set({ editor });
  }
}
