import type { ControlClient } from '../../src/control/protocol.ts';
import type { MessageView, NodeEvent } from '../../src/core/commands.ts';
import { ConfabError, type ErrorCode } from '../../src/core/errors.ts';

/** Time that passes only when it is told to, with timers in order. */
export class VirtualTime {
  millis = 1_000_000;
  #timers: Array<{ readonly atMillis: number; readonly act: () => void }> = [];

  nowMillis(): number {
    return this.millis;
  }

  text(): string {
    return '14:05';
  }

  after(delayMillis: number, act: () => void): () => void {
    const timer = { atMillis: this.millis + delayMillis, act };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  get timerCount(): number {
    return this.#timers.length;
  }

  /** Lets time pass, timer by timer; what they start is let finish in between. */
  async pass(delayMillis: number): Promise<void> {
    const endMillis = this.millis + delayMillis;
    await settle();
    for (;;) {
      const next = this.#timers.toSorted((a, b) => a.atMillis - b.atMillis)[0];
      if (next === undefined || next.atMillis > endMillis) break;
      this.#timers = this.#timers.filter((each) => each !== next);
      this.millis = Math.max(this.millis, next.atMillis);
      next.act();
      await settle();
    }
    this.millis = endMillis;
  }
}

/** Promises that are settled already have run their callbacks. */
async function settle(): Promise<void> {
  for (let round = 0; round < 30; round += 1) await Promise.resolve();
}

export interface Called {
  readonly atMillis: number;
  readonly command: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** A node with the memory of a note pad: enough for whoever only uses the control interface. */
export class FakeNode {
  readonly time: VirtualTime;
  readonly calls: Called[] = [];
  readonly relations = new Map<string, string>();
  /** Known people by name. */
  readonly people = new Set<string>();
  readonly failures = new Map<string, ErrorCode>();
  registered = false;
  loggedIn = false;
  incoming: string[] = [];
  unread = new Map<string, string>();
  #listeners: Array<(event: unknown) => void> = [];
  #closers: Array<() => void> = [];
  up = true;

  constructor(time: VirtualTime) {
    this.time = time;
  }

  connect(): Promise<ControlClient> {
    if (!this.up) return Promise.reject(new ConfabError('no-node', { name: 'bob', folder: 'here' }));
    return Promise.resolve({
      call: (command: string, args: Readonly<Record<string, unknown>> = {}) => this.#call(command, args),
      onEvent: (listener: (event: unknown) => void) => void this.#listeners.push(listener),
      onClose: (listener: () => void) => void this.#closers.push(listener),
      close: () => {},
    });
  }

  /** The process is gone. */
  die(): void {
    this.up = false;
    this.loggedIn = false;
    this.#listeners = [];
    for (const close of this.#closers.splice(0)) close();
  }

  tell(event: NodeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  write(from: string, text: string): void {
    const message = {
      key: 'k',
      id: `m${this.calls.length}`,
      with: from,
      fromMe: false,
      text,
      sentMillis: 0,
      receivedMillis: 0,
      state: 'delivered',
      receipts: [],
      replyTo: null,
      mentionsMe: false,
      reactions: [],
      edited: false,
      deleted: false,
      changing: false,
    };
    this.tell({ type: 'message-received', message: message as unknown as MessageView });
  }

  /** What was said to somebody, in order. */
  said(to?: string): string[] {
    return this.calls.filter(({ command, args }) => command === 'send' && (to === undefined || args['to'] === to)).map(({ args }) => String(args['text']));
  }

  commands(name: string): readonly Called[] {
    return this.calls.filter(({ command }) => command === name);
  }

  async #call(command: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
    this.calls.push({ atMillis: this.time.millis, command, args });
    const failure = this.failures.get(command);
    if (failure !== undefined) throw new ConfabError(failure, { name: 'bob' });
    const user = String(args['user']);
    switch (command) {
      case 'info':
        return { registered: this.registered, loggedIn: this.loggedIn };
      case 'register':
      case 'login':
        this.registered = true;
        this.loggedIn = true;
        return {};
      case 'logout':
        this.loggedIn = false;
        return {};
      case 'requests':
        return { incoming: this.incoming, outgoing: [], blocked: [] };
      case 'user':
        if (!this.people.has(user)) throw new ConfabError('unknown-user', { name: user });
        return { name: user, relation: this.relations.get(user) ?? 'none' };
      case 'friend-add':
        this.relations.set(user, 'outgoing');
        return { user, relation: 'outgoing' };
      case 'friend-accept':
        this.relations.set(user, 'friend');
        this.tell({ type: 'relation-changed', user, from: 'incoming', to: 'friend' });
        return { user, relation: 'friend' };
      case 'friends':
        return { friends: [...this.relations].filter(([, relation]) => relation === 'friend').map(([name]) => ({ name, presence: 'online' })) };
      case 'chats':
        return { chats: [...this.unread].map(([name, lastText]) => ({ with: name, unread: 1, lastText, lastMillis: 1, lastFromMe: false })) };
      case 'read':
        this.unread.delete(String(args['with']));
        return { count: 1 };
      default:
        return {};
    }
  }
}
