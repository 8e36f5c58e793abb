import { Context, Reply } from 'zeromq';

/** Sockets of one process. The default of 1,023 ends at some 500 peers, and cannot be raised once a socket exists. */
const SOCKETS_MAX = 16_384;
const ZAP_ADDRESS = 'inproc://zeromq.zap.01';
const ZAP_VERSION = '1.0';
const CURVE_KEY_BYTES = 32;

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
      const handler = this.#handler;
      if (handler === null || this.#domains.size > 0) return;
      this.#handler = null;
      // Closing alone frees the address some time later; the next inbox may need it at once.
      await handler.unbind(ZAP_ADDRESS).catch(() => {});
      handler.close();
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
    await handler.bind(ZAP_ADDRESS);
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
