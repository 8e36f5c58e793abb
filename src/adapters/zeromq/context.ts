import { Context, Reply } from 'zeromq';
import { SOCKETS_MAX } from './limits.ts';

const ZAP_ADDRESS = 'inproc://zeromq.zap.01';
const ZAP_VERSION = '1.0';
const CURVE_KEY_BYTES = 32;
/** What libzmq's own thread needs at most to end the sessions of sockets that were closed. */
const SETTLE_MILLIS = 50;
/** A handler that was closed frees its address a moment later. */
const BIND_RETRY_MILLIS = 1;
const BIND_MILLIS_MAX = 2_000;

/** What one inbox wants to know of the handshakes that came to it. */
export interface ZapDomain {
  readonly name: string;
  /** A peer with a well-formed key was let in; who it is, its routing id has to prove. */
  accepted(): void;
  refused(): void;
}

let shared: SharedContext | null = null;
let domainCount = 0;

/**
 * The ZeroMQ context of this thread and the authentication handler (ZAP, ZeroMQ RFC 27) on it. A context can have one
 * handler only, so all transports of a process share it and are told apart by their domains. Without a handler libzmq
 * lets everybody in; with an enforced domain and none it lets nobody in, which is the safe way to be wrong.
 */
export class SharedContext {
  readonly context = new Context({ maxSockets: SOCKETS_MAX, blocky: false });
  readonly #domains = new Map<string, ZapDomain>();
  #handler: Reply | null = null;
  #changes: Promise<void> = Promise.resolve();

  static get(): SharedContext {
    shared ??= new SharedContext();
    return shared;
  }

  /** Registers an inbox under a name of its own and makes sure that the handler runs. */
  async join(accepted: () => void, refused: () => void): Promise<ZapDomain> {
    domainCount += 1;
    const domain: ZapDomain = { name: `confab-${domainCount}`, accepted, refused };
    this.#domains.set(domain.name, domain);
    await this.#change(() => this.#ensureHandler());
    return domain;
  }

  /** Ends the handler with the last inbox, so that the process can end. */
  async leave(domain: ZapDomain): Promise<void> {
    this.#domains.delete(domain.name);
    await this.#change(async () => {
      if (this.#handler === null || this.#domains.size > 0) return;
      // A handler that goes while a handshake is just leaving makes libzmq abort the process, and so does unbinding it before.
      await pause(SETTLE_MILLIS);
      if (this.#domains.size > 0) return;
      this.#handler.close();
      this.#handler = null;
    });
  }

  /** One change after the other: binding and unbinding take a while. */
  #change(step: () => Promise<void>): Promise<void> {
    const result = this.#changes.then(step);
    this.#changes = result.catch(() => {});
    return result;
  }

  async #ensureHandler(): Promise<void> {
    if (this.#handler !== null) return;
    const handler = new Reply({ context: this.context, linger: 0 });
    await bindSoon(handler);
    this.#handler = handler;
    void this.#answer(handler);
  }

  async #answer(handler: Reply): Promise<void> {
    try {
      for await (const request of handler) await handler.send(this.#judge(request));
    } catch {
      // Closed while a peer was asking; that peer asks again when somebody listens.
    }
  }

  #judge(request: readonly Buffer[]): Array<string | Buffer> {
    const [version, sequence, domainName, , , mechanism, key] = request;
    const domain = this.#domains.get(domainName?.toString('latin1') ?? '');
    const wellFormed = version?.toString() === ZAP_VERSION && mechanism?.toString() === 'CURVE' && key?.length === CURVE_KEY_BYTES;
    const allowed = wellFormed && domain !== undefined;
    if (allowed) domain.accepted();
    else domain?.refused();
    return [ZAP_VERSION, sequence ?? '', allowed ? '200' : '400', allowed ? 'OK' : 'refused', '', ''];
  }
}

/** Waits for the handler before this one to free the address. Rejects with the system's error when that takes too long. */
async function bindSoon(handler: Reply): Promise<void> {
  const deadline = performance.now() + BIND_MILLIS_MAX;
  for (;;) {
    try {
      return await handler.bind(ZAP_ADDRESS);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'EADDRINUSE' || performance.now() > deadline) throw error;
    }
    await pause(BIND_RETRY_MILLIS);
  }
}

function pause(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
