import type { DatagramContent } from './datagram.ts';
import type { CommandResult, DatagramTarget, ServiceRequest } from './env.ts';
import type { HostPorts } from './host.ts';
import type { TraceEvent } from './trace.ts';
import type { Address } from './types.ts';

/** Something that leaves a program, kept until the commit of its turn. */
export type Effect<Message> =
  | { readonly type: 'transmit'; readonly to: Address; readonly message: Message }
  | { readonly type: 'datagram'; readonly to: DatagramTarget; readonly content: DatagramContent }
  | { readonly type: 'close'; readonly address: Address; readonly number: number }
  | { readonly type: 'emit'; readonly event: unknown }
  | { readonly type: 'reply'; readonly request: string; readonly result: CommandResult }
  | { readonly type: 'request'; readonly request: string; readonly what: ServiceRequest }
  | { readonly type: 'left' }
  | { readonly type: 'retire' };

/** The effects of one turn, which its driver lets go once its commit is durable, or drops. */
export interface Effects {
  release(): void;
  /** Nothing leaves, since the node has ended; what was committed is told to the trace all the same. */
  tell(): void;
  /** The commit was lost after all: whoever gave a command is told so, and nothing else leaves. */
  drop(reason: string): void;
}

/** Most turns have no effects. */
export const NO_EFFECTS: Effects = { release: () => undefined, tell: () => undefined, drop: () => undefined };

/**
 * Closes that have not left yet. Opening takes effect at once and closing with its commit, so that an address may be opened again before:
 * such a close would shut what came after it, and is taken back.
 */
export class Closings {
  readonly #waiting = new Map<Address, number>();
  #count = 0;

  begin(address: Address): number {
    this.#count += 1;
    this.#waiting.set(address, this.#count);
    return this.#count;
  }

  takeBack(address: Address): void {
    this.#waiting.delete(address);
  }

  /** True for the last one of its address, unless it was taken back. */
  end(address: Address, number: number): boolean {
    return this.#waiting.get(address) === number && this.#waiting.delete(address);
  }
}

/** What the effects of a turn still have to do with their host when they leave. */
export interface EffectsOrigin {
  readonly closings: Closings;
  readonly reloads: number;
}

/** What one turn wants to do, and what it has to say of itself. */
export class TurnEffects<Message> implements Effects {
  readonly #ports: HostPorts<Message>;
  readonly #origin: EffectsOrigin;
  readonly #reloads: number;
  readonly #effects: ReadonlyArray<Effect<Message>>;
  readonly #traced: readonly TraceEvent[];

  constructor(ports: HostPorts<Message>, origin: EffectsOrigin, effects: ReadonlyArray<Effect<Message>>, traced: readonly TraceEvent[]) {
    this.#ports = ports;
    this.#origin = origin;
    this.#reloads = origin.reloads;
    this.#effects = effects;
    this.#traced = traced;
  }

  release(): void {
    this.tell();
    for (const effect of this.#effects) this.#release(effect);
  }

  tell(): void {
    const { traceSink } = this.#ports;
    if (traceSink !== null) for (const event of this.#traced) traceSink(event);
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
        if (this.#origin.closings.end(effect.address, effect.number)) this.#ports.close(effect.address);
        return;
      case 'emit':
        return this.#ports.emit(effect.event);
      case 'reply':
        return this.#ports.reply(effect.request, effect.result);
      case 'request':
        // The answer would come to a program that has asked for something else by the same name.
        if (this.#origin.reloads === this.#reloads) this.#ports.request(effect.request, effect.what);
        return;
      case 'left':
        return this.#ports.left();
      case 'retire':
        return this.#ports.retire();
    }
  }
}
