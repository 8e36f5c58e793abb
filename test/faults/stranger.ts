import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import { SystemRandom } from '../../src/adapters/crypto/random.ts';
import { ZeroMqTransport } from '../../src/adapters/zeromq/zeromq-transport.ts';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { FRAME_VERSION } from '../../src/core/messages.ts';
import { type SignedRecord, signRecord } from '../../src/core/records.ts';
import type { Address } from '../../src/core/types.ts';
import { until } from '../helpers/until.ts';

export const tools = { crypto: new NodeCrypto(), codec: new CborCodec() };
const random = new SystemRandom();
const HELLO_MILLIS = 300;
const KINDS = { hello: 0, data: 1, ping: 2, goodbye: 3 } as const;

/** Somebody with keys of their own and a transport that works, who says what no honest node would say. */
export class Stranger {
  readonly #transport: ZeroMqTransport;
  readonly #network: string;
  readonly #run = 1 + Math.floor(random.fraction() * 2 ** 40);
  #to: Address = 0;
  /** The number of the victim's end, once its hello has come. */
  peerRun = 0;
  framesHeard = 0;
  #count = 0;

  constructor(network: string) {
    this.#network = network;
    this.#transport = new ZeroMqTransport({
      listen: 'tcp://127.0.0.1:0',
      agreementSeed: random.bytes(32),
      crypto: tools.crypto,
      frameBytesMax: 64 * 1_048_576,
      queueBytesMax: 1_024 * 1_048_576,
    });
  }

  async start(victim: string): Promise<void> {
    await this.#transport.start({
      frame: (from, bytes) => {
        // Others hear of this stranger, too, and say hello.
        if (from !== this.#to) return;
        this.framesHeard += 1;
        const parts = tools.codec.decode(bytes) as unknown[];
        this.peerRun = parts[3] as number;
      },
      refused: () => {},
    });
    const endpoint = parseEndpoint(victim);
    if (endpoint === null) throw new Error(`${victim} is no endpoint`);
    this.#to = this.#transport.open(endpoint);
  }

  /** Puts bytes on the wire as they are. */
  sendBytes(bytes: Uint8Array): void {
    this.#transport.send(this.#to, bytes);
  }

  frame(change: Partial<Record<'version' | 'network' | 'kind' | 'run' | 'toRun' | 'sequence' | 'logical', unknown>>, messages: readonly unknown[]): Uint8Array {
    const base = { version: FRAME_VERSION, network: this.#network, kind: KINDS.data, run: this.#run, toRun: this.peerRun, sequence: 0, logical: 1 };
    const { version, network, kind, run, toRun, sequence, logical } = { ...base, ...change };
    this.#count += 1;
    return tools.codec.encode([version, network, kind, run, toRun, sequence, 0, logical, this.#count, messages]);
  }

  ownRecord(): SignedRecord {
    const pair = tools.crypto.signingKeyPair(random.bytes(32));
    const { endpoint } = this.#transport;
    const body = { agreementKey: endpoint.key, addresses: [endpoint.address], label: '', run: this.#run, gone: false, certificate: null };
    return signRecord(tools, pair, { type: 'node', sequence: Date.now(), wallMillis: Date.now(), body }).signed;
  }

  helloWith(node: SignedRecord): Uint8Array {
    return this.frame({ kind: KINDS.hello }, [{ type: 'hello', node, session: null }]);
  }

  /** A link as an honest node would open it. Rejects when the victim does not answer. */
  async openLink(): Promise<void> {
    const record = this.ownRecord();
    // Repeated like an honest node's, since one may go down with a connection that is just being cut.
    const hello = (): void => this.sendBytes(this.helloWith(record));
    hello();
    const repeat = setInterval(hello, HELLO_MILLIS);
    await until('the victim answers a hello', () => this.peerRun !== 0).finally(() => clearInterval(repeat));
    this.sendBytes(this.helloWith(record));
  }

  async flush(): Promise<void> {
    await this.#transport.flush(10_000);
  }

  async stop(): Promise<void> {
    await this.#transport.stop();
  }
}
