import test from 'ava';
import fc from 'fast-check';
import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import { toHex } from '../../src/core/bytes.ts';
import type { CommandInput, Env, Program } from '../../src/core/env.ts';
import type { HostPorts } from '../../src/core/host.ts';
import { type RecordedEntry, RecordedHost } from '../../src/core/host-recording.ts';
import { stateHash } from '../../src/core/state-hash.ts';
import type { Address, NodeName } from '../../src/core/types.ts';
import { MemoryDisk, MemoryStore } from '../../src/sim/disk.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { replayInputs } from '../../src/sim/replayed-node.ts';

type Message = string;

const [CRYPTO, CODEC] = [new NodeCrypto(), new CborCodec()];
const PEER = 1 as Address;

/** Greets at each start, and writes then as well once it was told to; stores, answers, or fails as it is told. */
class Diarist implements Program<Message> {
  readonly #env: Env<Message>;

  constructor(env: Env<Message>) {
    this.#env = env;
  }

  start(): void {
    const { store, random } = this.#env;
    if (store.get('contacts', 'restless') !== undefined) store.put('contacts', 'started', random.id());
    this.#env.send(PEER, `started over ${store.count('contacts')} with ${random.id()}`);
  }

  input(from: Address, message: Message): void {
    const { store } = this.#env;
    if (message === 'store') store.put('contacts', `c${store.count('contacts')}`, this.#env.wallMillis);
    if (message === 'restless') store.put('contacts', 'restless', true);
    this.#env.send(from, `${message} ${this.#env.monotonicMillis}`);
    if (message === 'fail') throw new Error('a broken invariant');
  }

  timer(): void {}

  command({ request }: CommandInput): void {
    this.#env.store.put('contacts', request, true);
    this.#env.reply(request, { ok: true, value: null });
    this.#env.send(PEER, request);
  }
}

const STEPS = ['store', 'restless', 'say', 'fail', 'command', 'turn', 'turn', 'full', 'free'] as const;
type Step = (typeof STEPS)[number];

interface Recorded {
  readonly ports: HostPorts<Message>;
  readonly entries: readonly RecordedEntry[];
  readonly left: readonly Message[];
  readonly state: string;
  readonly sent: string;
}

/** A life on a disk that is full now and then, driven as live nodes are. */
function live(steps: readonly Step[]): Recorded {
  const disk = new MemoryDisk();
  const store = new MemoryStore(disk);
  const left: Message[] = [];
  const entries: RecordedEntry[] = [];
  const ports = portsOver(store, left);
  const host = new RecordedHost<Message>(
    ports,
    (env) => new Diarist(env),
    (entry) => entries.push(entry),
  );
  const guarded = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      host.crashed((error as Error).message);
    }
  };
  host.start();
  for (const [index, step] of steps.entries()) {
    if (step === 'full' || step === 'free') disk.full = step === 'full';
    else if (step === 'turn') host.endTurn().release();
    else if (step === 'command') host.command({ request: `r${index}`, name: 'store', args: {} });
    else guarded(() => host.input(PEER, step));
  }
  return { ports, entries, left, state: toHex(stateHash(store, CRYPTO, CODEC)), sent: toHex(host.sent.hash) };
}

function portsOver(store: MemoryStore, left: Message[]): HostPorts<Message> {
  let millis = 0;
  const tick = () => {
    millis += 1;
    return millis;
  };
  const nothing = (): void => undefined;
  return {
    name: 'diarist' as NodeName,
    crypto: CRYPTO,
    codec: CODEC,
    random: new SeededRandom('diarist'),
    store,
    endpoint: { address: 'sim:0', key: new Uint8Array(32) },
    nodeKeys: { signingSeed: new Uint8Array(32), agreementSeed: new Uint8Array(32) },
    run: 1,
    datagramAddress: null,
    monotonicMillis: tick,
    wallMillis: tick,
    open: () => PEER,
    close: nothing,
    keyOf: () => new Uint8Array(32),
    transmit: (_, message) => left.push(message),
    sendDatagram: nothing,
    schedule: nothing,
    unschedule: nothing,
    unscheduleAll: nothing,
    emit: nothing,
    reply: nothing,
    request: nothing,
    left: nothing,
    retire: nothing,
    traceSink: null,
  };
}

function replayOf({ ports, entries }: Recorded): { readonly state: string; readonly sent: string } {
  const parts = { ...ports, disk: new MemoryDisk(), traced: false, traceFrames: false, torn: false };
  const { state, sent } = replayInputs<Message>(parts, entries, (env) => new Diarist(env));
  return { state: toHex(state), sent: toHex(sent) };
}

test('what a program wanted after a commit that failed does not leave in the replay either when the next commit fails, too', (t) => {
  const life = live(['restless', 'turn', 'full', 'store', 'turn', 'turn', 'turn', 'free', 'turn', 'say', 'turn']);
  // The starts of the second and the third program were thrown away with what they had written; the fourth one's was not.
  t.is(life.entries.filter(([kind]) => kind === 'failed').length, 3);
  t.is(life.left.filter((message) => message.startsWith('started')).length, 2);
  t.deepEqual(replayOf(life), { state: life.state, sent: life.sent });
});

test('what a program that wrote nothing wanted after a commit that failed leaves at once, in the replay as well', (t) => {
  const life = live(['turn', 'full', 'store', 'turn', 'store', 'turn', 'free', 'turn']);
  t.is(life.left.filter((message) => message.startsWith('started')).length, 3);
  t.deepEqual(replayOf(life), { state: life.state, sent: life.sent });
});

test('whatever is asked of a program, and wherever its disk is full or the program fails, the replay sends and stores the same', (t) => {
  const property = fc.property(fc.array(fc.constantFrom(...STEPS), { maxLength: 40, size: 'max' }), (steps) => {
    const life = live(steps);
    const { state, sent } = replayOf(life);
    return state === life.state && sent === life.sent;
  });
  t.notThrows(() => fc.assert(property, { seed: 34, numRuns: 300 }));
});

test('a program that fails where the recorded one did not is another program', (t) => {
  const life = live(['store', 'turn', 'say', 'turn']);
  const entries = life.entries.map((entry): RecordedEntry => (entry[0] === 'input' && entry[2] === 'say' ? ['input', PEER, 'fail'] : entry));
  t.throws(() => replayOf({ ...life, entries }), { message: 'a broken invariant' });
});
