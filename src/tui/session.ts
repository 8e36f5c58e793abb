import { withWholePaths } from '../control/paths.ts';
import type { ControlClient } from '../control/protocol.ts';
import { commandEntry } from '../control/registry.ts';
import type { NodeEvent } from '../core/commands.ts';
import { ConfabError } from '../core/errors.ts';
import type { Action, Call, Effect, Failure } from './model/actions.ts';
import type { Model } from './model/model.ts';
import { update } from './model/update.ts';

/**
 * Holds the model and keeps it tied to a node: calls out, events in, and a new connection when the node goes away.
 * Invariants:
 * 1. Actions are applied one at a time, in the order in which they were dispatched.
 * 2. Every call is answered exactly once, by an answer or a failure; a lost connection fails those on their way.
 */
export interface SessionParts {
  /** Attaches to the node, starting it if that is how this terminal was begun. Rejects with ConfabError. */
  readonly connect: () => Promise<ControlClient>;
  readonly nowMillis: () => number;
  /** Called after every change, with what is to be done by whoever owns the terminal. */
  readonly changed: (effects: readonly Effect[]) => void;
  /** The first connection failed for a reason that trying again will not mend. */
  readonly failed: (error: ConfabError) => void;
}

const RETRY_MILLIS_MIN = 250;
const RETRY_MILLIS_MAX = 3_000;
const TICK_MILLIS = 1_000;

export class Session {
  private state: Model;
  private readonly parts: SessionParts;
  private client: ControlClient | null = null;
  private retryMillis = RETRY_MILLIS_MIN;
  private retryTimer: NodeJS.Timeout | null = null;
  private tickTimer: NodeJS.Timeout | null = null;
  private ended = false;
  /** It was said that no node runs; once is enough. */
  private saidNoNode = false;
  private readonly queue: Action[] = [];
  private applying = false;

  constructor(model: Model, parts: SessionParts) {
    this.state = model;
    this.parts = parts;
  }

  get model(): Model {
    return this.state;
  }

  start(): void {
    this.tickTimer = setInterval(() => this.dispatch({ type: 'tick', nowMillis: this.parts.nowMillis() }), TICK_MILLIS);
    void this.connect(true);
  }

  dispatch(action: Action): void {
    if (this.ended) return;
    this.queue.push(action);
    if (this.applying) return;
    this.applying = true;
    try {
      for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) this.apply(next);
    } finally {
      this.applying = false;
    }
  }

  private apply(action: Action): void {
    const { model, effects } = update(this.state, action, this.parts.nowMillis());
    const same = model === this.state && effects.length === 0;
    this.state = model;
    if (same) return;
    for (const effect of effects) if (effect.type === 'call') void this.perform(effect.call);
    this.parts.changed(effects.filter((effect) => effect.type !== 'call'));
  }

  private async perform(call: Call): Promise<void> {
    // One turn later, so that an answer never overtakes the action that asked.
    await Promise.resolve();
    const { client } = this;
    if (client === null) {
      this.dispatch({ type: 'failure', call, failure: failureOf(new ConfabError('unavailable', { what: 'The node' })) });
      return;
    }
    try {
      const value = await client.call(call.command, withWholePaths(commandEntry(call.command), call.args, process.cwd()));
      this.dispatch({ type: 'answer', call, value });
    } catch (error) {
      this.dispatch({ type: 'failure', call, failure: failureOf(error) });
    }
  }

  private async connect(first: boolean): Promise<void> {
    try {
      const client = await this.parts.connect();
      if (this.ended) {
        client.close();
        return;
      }
      this.attach(client);
    } catch (error) {
      if (this.ended) return;
      const failure = error instanceof ConfabError ? error : new ConfabError('internal', { reason: error instanceof Error ? error.message : String(error) });
      if (first) {
        this.parts.failed(failure);
        return;
      }
      if (!this.saidNoNode && failure.code === 'no-node') {
        this.saidNoNode = true;
        this.dispatch({ type: 'connection', state: 'down', reason: `${failure.message} ${failure.advice}` });
      }
      this.retry();
    }
  }

  private attach(client: ControlClient): void {
    this.client = client;
    this.saidNoNode = false;
    this.retryMillis = RETRY_MILLIS_MIN;
    client.onEvent((event) => {
      if (this.client === client) this.dispatch({ type: 'event', event: event as NodeEvent });
    });
    client.onClose(() => {
      if (this.client !== client) return;
      this.client = null;
      this.dispatch({ type: 'connection', state: 'down' });
      this.retry();
    });
    this.dispatch({ type: 'connection', state: 'up' });
  }

  private retry(): void {
    if (this.ended || this.retryTimer !== null) return;
    this.retryTimer = setTimeout(() => {
      this.retryTimer = null;
      void this.connect(false);
    }, this.retryMillis);
    this.retryMillis = Math.min(RETRY_MILLIS_MAX, this.retryMillis * 2);
  }

  /** Lets go of the node. Idempotent; nothing is dispatched afterwards. */
  stop(): void {
    this.ended = true;
    if (this.tickTimer !== null) clearInterval(this.tickTimer);
    if (this.retryTimer !== null) clearTimeout(this.retryTimer);
    this.client?.close();
    this.client = null;
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof ConfabError) return { code: error.code, sentence: error.message, advice: error.advice };
  return { code: 'internal', sentence: error instanceof Error ? error.message : String(error), advice: '' };
}
