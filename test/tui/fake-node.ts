import type { ControlClient } from '../../src/control/protocol.ts';
import type { FriendView, MessageView, NodeEvent } from '../../src/core/commands.ts';
import { ConfabError } from '../../src/core/errors.ts';
import { friend, info, message } from './world.ts';

/** A node in a few lines: one account, one friend, messages that arrive at once. Scripts the terminal's client. */
export class FakeNode {
  readonly calls: Array<readonly [string, Readonly<Record<string, unknown>>]> = [];
  registered = false;
  loggedIn = false;
  password = '';
  friends: FriendView[] = [friend('bob')];
  incoming: string[] = ['erin'];
  messages: MessageView[] = [];
  up = true;
  private readonly clients = new Set<{ readonly event: Array<(event: unknown) => void>; readonly close: Array<() => void> }>();

  readonly connect = async (): Promise<ControlClient> => {
    if (!this.up) throw new ConfabError('unavailable', { what: 'The node' });
    const listeners = { event: [] as Array<(event: unknown) => void>, close: [] as Array<() => void> };
    this.clients.add(listeners);
    return {
      call: async (command, args = {}) => {
        this.calls.push([command, args]);
        return this.answer(command, args);
      },
      onEvent: (listener) => void listeners.event.push(listener),
      onClose: (listener) => void listeners.close.push(listener),
      close: () => void this.clients.delete(listeners),
    };
  };

  emit(event: NodeEvent): void {
    for (const client of this.clients) for (const listener of client.event) listener(event);
  }

  /** As kill -9 would: connections end, the next process has nobody logged in. */
  crash(): void {
    this.loggedIn = false;
    this.up = false;
    const ended = [...this.clients];
    this.clients.clear();
    for (const client of ended) for (const listener of client.close) listener();
  }

  receive(name: string, text: string): void {
    const received = message(name, text, { sentMillis: Date.now() });
    this.messages.push(received);
    this.emit({ type: 'message-received', message: received });
  }

  private answer(command: string, args: Readonly<Record<string, unknown>>): unknown {
    switch (command) {
      case 'info':
        return info({ registered: this.registered, loggedIn: this.loggedIn });
      case 'register':
        this.registered = true;
        this.loggedIn = true;
        this.password = String(args['password']);
        return { user: 'alice', userId: 'id', recoveryWords: `${'abandon '.repeat(23)}art` };
      case 'login':
        if (args['password'] !== this.password) throw new ConfabError('wrong-password', { name: 'alice' });
        this.loggedIn = true;
        return { user: 'alice', userId: 'id', unread: 0 };
      case 'friends':
        return { friends: this.friends };
      case 'requests':
        return { incoming: this.incoming, outgoing: [], blocked: [] };
      case 'friend-accept':
        this.incoming = [];
        this.friends = [...this.friends, friend(String(args['user']))];
        return { user: args['user'], relation: 'friend' };
      case 'chats':
        return { chats: [] };
      case 'rooms':
        return { rooms: [], invitations: [], others: [] };
      case 'settings':
        return { readReceipts: args['readReceipts'] ?? true, bell: args['bell'] ?? false };
      case 'users':
        return { users: [], total: 0, online: 0 };
      case 'history':
        return { messages: this.messages.filter((each) => each.with === args['with']), more: false };
      case 'read':
        return { count: 1, unread: 0 };
      case 'send':
        return this.send(String(args['to']), String(args['text']));
      default:
        throw new ConfabError('bad-command', { name: command, hint: '' });
    }
  }

  private send(to: string, text: string): unknown {
    const sent = message(to, text, { fromMe: true, state: 'queued', sentMillis: Date.now() });
    this.messages.push(sent);
    this.emit({ type: 'message-sent', message: sent });
    setImmediate(() => {
      this.messages = this.messages.map((each) => (each.id === sent.id ? { ...each, state: 'delivered' } : each));
      this.emit({ type: 'message-changed', id: sent.id, with: to, state: 'delivered' });
    });
    return { id: sent.id, state: 'queued' };
  }
}
