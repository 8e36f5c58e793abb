import type { DatagramContent } from './datagram.ts';
import type { CommandResult, DatagramTarget, ServiceRequest } from './env.ts';
import type { HostPorts } from './host.ts';
import type { TraceEvent } from './trace.ts';
import type { Address } from './types.ts';

/** Something that leaves a program, kept until the commit of its turn. */
export type Effect<Message> =
  | { readonly type: 'transmit'; readonly to: Address; readonly message: Message }
  | { readonly type: 'datagram'; readonly to: DatagramTarget; readonly content: DatagramContent }
  | { readonly type: 'close'; readonly address: Address }
  | { readonly type: 'emit'; readonly event: unknown }
  | { readonly type: 'reply'; readonly request: string; readonly result: CommandResult }
  | { readonly type: 'request'; readonly request: string; readonly what: ServiceRequest }
  | { readonly type: 'left' }
  | { readonly type: 'retire' };

/** The effects of one turn, which its driver lets go once its commit is durable, or drops. */
export interface Effects {
  release(): void;
  /** The commit was lost after all: whoever gave a command is told so, and nothing else leaves. */
  drop(reason: string): void;
}

/** Most turns have no effects. */
export const NO_EFFECTS: Effects = { release: () => undefined, drop: () => undefined };

/** What one turn wants to do, and what it has to say of itself. */
export class TurnEffects<Message> implements Effects {
  readonly #ports: HostPorts<Message>;
  readonly #effects: ReadonlyArray<Effect<Message>>;
  readonly #traced: readonly TraceEvent[];

  constructor(ports: HostPorts<Message>, effects: ReadonlyArray<Effect<Message>>, traced: readonly TraceEvent[]) {
    this.#ports = ports;
    this.#effects = effects;
    this.#traced = traced;
  }

  release(): void {
    const { traceSink } = this.#ports;
    if (traceSink !== null) for (const event of this.#traced) traceSink(event);
    for (const effect of this.#effects) this.#release(effect);
  }

  drop(reason: string): void {
    const result: CommandResult = { ok: false, code: 'store-failed', details: { reason } };
    for (const effect of this.#effects) if (effect.type === 'reply') this.#ports.reply(effect.request, result);
  }

  #release(effect: Effect<Message>): void {
    switch (effect.type) {
      case 'transmit':
        return this.#ports.transmit(effect.to, effect.message);
      case 'datagram':
        return this.#ports.sendDatagram(effect.to, effect.content);
      case 'close':
        return this.#ports.close(effect.address);
      case 'emit':
        return this.#ports.emit(effect.event);
      case 'reply':
        return this.#ports.reply(effect.request, effect.result);
      case 'request':
        return this.#ports.request(effect.request, effect.what);
      case 'left':
        return this.#ports.left();
      case 'retire':
        return this.#ports.retire();
    }
  }
}
