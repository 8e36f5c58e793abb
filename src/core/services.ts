import type { Env, ServiceRequest, ServiceResult } from './env.ts';
import type { Frame } from './messages.ts';

/** Asynchronous helpers of the driver, by callback: the answer comes as a later input. */
export class Services {
  readonly #env: Env<Frame>;
  readonly #callbacks = new Map<string, (result: ServiceResult) => void>();
  #count = 0;

  constructor(env: Env<Frame>) {
    this.#env = env;
  }

  call(what: ServiceRequest, callback: (result: ServiceResult) => void): void {
    this.#count += 1;
    const request = `service-${this.#count}`;
    this.#callbacks.set(request, callback);
    this.#env.request(request, what);
  }

  answer(request: string, result: ServiceResult): void {
    const callback = this.#callbacks.get(request);
    this.#callbacks.delete(request);
    callback?.(result);
  }
}
