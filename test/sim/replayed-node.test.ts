import test from 'ava';
import fc from 'fast-check';
import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import { toHex } from '../../src/core/bytes.ts';
import type { TransactionalStore } from '../../src/core/capabilities.ts';
import type { CommandInput, Env, Program } from '../../src/core/env.ts';
import { ForwardingStore, type UnlockOutcome } from '../../src/core/forwarding-store.ts';
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
const KEY = new Uint8Array(32).fill(7);

/** Greets at each start, and writes then as well once it was told to; logs in, stores, answers, or fails as it is told. */
class Diarist implements Program<Message> {
  readonly #env: Env<Message>;

  constructor(env: Env<Message>) {
    this.#env = env;
  }

  start(): void {
    const { store, random } = this.#env;
    if (this.#env.kept('key') !== undefined) store.unlock(KEY);
    if (store.get('contacts', 'restless') !== undefined) store.put('contacts', 'started', random.id());
    this.#env.send(PEER, `started over ${this.#rows()} with ${random.id()}`);
  }

  #rows(): string {
    const { store } = this.#env;
    return `${store.count('contacts')}/${store.count('vault')}/${store.unlocked ? store.count('messages') : '-'}`;
  }

  input(from: Address, message: Message): void {
    const { store, random } = this.#env;
    if (message === 'store') store.put('contacts', `c${store.count('contacts')}`, this.#env.wallMillis);
    if (message === 'log-in') {
      store.unlock(KEY);
      this.#env.keep('key', KEY);
    }
    if (message === 'keep-all') {
      for (const table of store.unlocked ? ['contacts', 'vault', 'messages'] : ['contacts', 'vault']) store.put(table, `k${store.count(table)}`, random.id());
    }
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

const FAULTS = ['full', 'keeps-all', 'keeps-node', 'keeps-others', 'free'] as const;
const STEPS = ['log-in', 'keep-all', 'store', 'restless', 'say', 'fail', 'command', 'turn', 'turn', 'turn', ...FAULTS] as const;
type Fault = (typeof FAULTS)[number];
type Step = (typeof STEPS)[number];

/** A disk whose commits fail, and which keeps nothing of them, all, or one file's part: as it is when a sync fails, or a file after another. */
class FailingStore extends ForwardingStore {
  readonly #disk: MemoryDisk;
  #before: MemoryDisk;
  #opened = false;
  fault: Fault = 'free';

  constructor(disk: MemoryDisk) {
    super(new MemoryStore(disk));
    this.#disk = disk;
    this.#before = disk.copy();
  }

  override commit(): void {
    if (this.fault === 'full') throw new Error('the disk is full');
    this.real.commit();
    if (this.fault === 'keeps-node') for (const scope of ['vault', 'user'] as const) this.#disk.adopt(scope, this.#before);
    if (this.fault === 'keeps-others') this.#disk.adopt('node', this.#before);
    this.#before = this.#disk.copy();
    if (this.fault !== 'free') throw new Error('the disk reports an error');
    this.#opened = false;
  }

  override unlock(key: Uint8Array): UnlockOutcome {
    this.#opened ||= !this.real.unlocked;
    return this.real.unlock(key);
  }

  /** Whoever was let in by a turn that failed is not. */
  override rollback(): void {
    this.real.rollback();
    if (this.#opened && this.real.unlocked) {
      this.real.lock();
      this.real.commit();
    }
    this.#opened = false;
  }
}

function isFault(step: Step): step is Fault {
  return FAULTS.some((fault) => fault === step);
}

interface Recorded {
  readonly ports: HostPorts<Message>;
  readonly entries: readonly RecordedEntry[];
  readonly left: readonly Message[];
  readonly rows: Readonly<Record<string, number>>;
  readonly state: string;
  readonly sent: string;
}

/** A life on a disk that fails now and then, driven as live nodes are. */
function live(steps: readonly Step[]): Recorded {
  const disk = new MemoryDisk();
  const store = new FailingStore(disk);
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
    if (isFault(step)) store.fault = step;
    else if (step === 'turn') host.endTurn().release();
    else if (step === 'command') host.command({ request: `r${index}`, name: 'store', args: {} });
    else guarded(() => host.input(PEER, step));
  }
  const rows = Object.fromEntries(['contacts', 'vault', ...(store.unlocked ? ['messages'] : [])].map((table) => [table, store.count(table)]));
  return { ports, entries, left, rows, state: toHex(stateHash(store, CRYPTO, CODEC)), sent: toHex(host.sent.hash) };
}

function portsOver(store: TransactionalStore, left: Message[]): HostPorts<Message> {
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

for (const fault of ['keeps-all', 'keeps-node', 'keeps-others'] as const) {
  test(`what a disk keeps of a commit that it refused is there in the replay as well: ${fault}`, (t) => {
    const life = live(['log-in', 'keep-all', 'turn', fault, 'keep-all', 'turn', 'say', 'keep-all', 'turn', 'free', 'turn', 'keep-all', 'turn']);
    const [node, others] = [fault === 'keeps-others' ? 2 : 4, fault === 'keeps-node' ? 2 : 4];
    t.deepEqual(life.rows, { contacts: node, vault: others, messages: others });
    t.deepEqual(replayOf(life), { state: life.state, sent: life.sent });
  });
}

test('whatever is asked of a program, and wherever its disk or the program fails, the replay sends and stores the same', (t) => {
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
