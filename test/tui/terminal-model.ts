import type { NodeEvent } from '../../src/core/commands.ts';
import { type Key, type KeyName, key } from '../../src/tui/input/keys.ts';
import type { Action, Call, Effect } from '../../src/tui/model/actions.ts';
import { type Model, startModel } from '../../src/tui/model/model.ts';
import { update } from '../../src/tui/model/update.ts';
import { chat, friend, info, NOW } from './world.ts';

/** Drives the pure model: keys by name, typed text, events, answers. Keeps what it wanted done. */
export class ModelDriver {
  model: Model;
  effects: Effect[] = [];

  constructor(size: { readonly columns?: number; readonly rows?: number } = {}) {
    this.model = startModel({ user: 'alice', columns: size.columns ?? 80, rows: size.rows ?? 24, nowMillis: NOW, lineMode: false });
  }

  do(action: Action, nowMillis: number = this.model.nowMillis): this {
    const next = update(this.model, action, nowMillis);
    this.model = next.model;
    this.effects.push(...next.effects);
    return this;
  }

  /** `enter`, `C-n`, `S-up`; single characters need C- or M-. */
  press(...names: readonly string[]): this {
    for (const name of names) this.do({ type: 'key', key: keyOf(name) });
    return this;
  }

  type(text: string): this {
    for (const character of text) this.do({ type: 'key', key: { type: 'text', text: character } });
    return this;
  }

  event(event: NodeEvent): this {
    return this.do({ type: 'event', event });
  }

  answer(command: Call['command'], value: unknown): this {
    const at = this.effects.findIndex((effect) => effect.type === 'call' && effect.call.command === command);
    const [effect] = at < 0 ? [] : this.effects.splice(at, 1);
    const call = effect?.type === 'call' ? effect.call : { command, args: {}, purpose: 'refresh' as const };
    return this.do({ type: 'answer', call, value });
  }

  calls(): ReadonlyArray<readonly [string, unknown]> {
    return this.effects.flatMap((effect) => (effect.type === 'call' ? [[effect.call.command, effect.call.args] as const] : []));
  }

  forget(): this {
    this.effects = [];
    return this;
  }
}

function keyOf(name: string): Key {
  const match = /^((?:[CMS]-)*)(.+)$/u.exec(name);
  const word = match?.[2] ?? '';
  const modifiers = { ctrl: name.includes('C-'), alt: name.includes('M-'), shift: name.includes('S-') };
  return key((word.length === 1 ? `char:${word}` : word) as KeyName, modifiers);
}

/** alice is logged in; bob is here, carol is away with two unread messages, dave is offline. */
export function loggedIn(size: { readonly columns?: number; readonly rows?: number } = {}): ModelDriver {
  return new ModelDriver(size)
    .do({ type: 'connection', state: 'up' })
    .answer('info', info())
    .answer('friends', {
      friends: [
        friend('bob'),
        friend('carol', { presence: 'away', statusText: 'at lunch', unread: 2 }),
        friend('dave', { presence: 'offline', lastSeenMillis: NOW - 10 * 60_000 }),
      ],
    })
    .answer('requests', { incoming: ['erin'], outgoing: ['frank'], blocked: ['mallory'] })
    .answer('chats', {
      chats: [chat('carol', { unread: 2, lastText: 'are you there?' }), chat('bob', { lastText: 'see you', lastMillis: NOW - 2 * 3_600_000 })],
    })
    .answer('settings', { readReceipts: true, bell: false, unaskedMegabytes: 2 })
    .answer('users', { users: [], total: 0, online: 0 })
    .forget();
}
