import { ConfabError, ERRORS } from '../../src/core/errors.ts';

/** A text that a node has promised to keep. */
export interface Accepted {
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly id: string;
  /** Counts up for each pair of sender and recipient. */
  readonly number: number;
}

type Event = { readonly type?: string; readonly id?: string; readonly state?: string; readonly message?: { readonly id: string; readonly fromMe: boolean } };

/** The states of a message that its recipient has signed for. */
export function hasArrived(state: string): boolean {
  return state === 'delivered' || state === 'read';
}

/** What was promised, told and shown in a run, seen from outside. */
export class Ledger {
  readonly accepted: Accepted[] = [];
  /** Texts whose sending ended without a definite answer: they may have been taken or not. */
  readonly indefinite = new Set<string>();
  refused = 0;
  /** How often each node showed each message: `bob id`. */
  readonly shown = new Map<string, number>();
  /** Ids of which the sender was told that they arrived. */
  readonly #delivered = new Map<string, string>();

  accept(message: Accepted): void {
    this.accepted.push(message);
  }

  failed(text: string, error: unknown): void {
    if (error instanceof ConfabError && ERRORS[error.code].definite) this.refused += 1;
    else this.indefinite.add(text);
  }

  event(node: string, raw: unknown): void {
    const event = raw as Event;
    if (event.type === 'message-received' && event.message !== undefined) {
      const key = `${node} ${event.message.id}`;
      this.shown.set(key, (this.shown.get(key) ?? 0) + 1);
    }
    if (event.type === 'message-changed' && event.id !== undefined && event.state !== undefined) this.deliveredBy(node, event.id, event.state);
  }

  /** A message that others hold for its recipient has not arrived. */
  deliveredBy(_node: string, id: string, state: string): void {
    if (hasArrived(state)) this.#delivered.set(id, state);
  }

  /** Told to the sender, by an event or by the history. */
  isDelivered(id: string): boolean {
    return this.#delivered.has(id);
  }

  toldState(id: string): string | undefined {
    return this.#delivered.get(id);
  }
}
