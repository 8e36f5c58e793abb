import type { ScanRange, StoreWriter } from '../../src/core/capabilities.ts';
import type { ReadResult } from '../../src/core/replication/reads.ts';
import { Replication } from '../../src/core/replication/replication.ts';
import type {
  ReplicaAnswer,
  ReplicaQuestion,
  ReplicationOptions,
  ReplicationPort,
  ReplicationTimer,
  Stored,
} from '../../src/core/replication/replication-port.ts';
import type { WriteProgress } from '../../src/core/replication/writes.ts';
import { type Contact, compareIds } from '../../src/core/ring/circle.ts';
import { crypto, MAIL, NOTES } from './notes.ts';
import type { RingProgram } from './ring-program.ts';
import { ownerAmong, type RingNode, RingWorld, type RingWorldOptions } from './ring-world.ts';

/** What outlives a crash of a node. */
export class DurableMap implements StoreWriter {
  readonly values = new Map<string, unknown>();

  get<Value>(table: string, key: string): Value | undefined {
    return this.values.get(`${table} ${key}`) as Value | undefined;
  }
  put(table: string, key: string, value: unknown): void {
    this.values.set(`${table} ${key}`, value);
  }
  delete(table: string, key: string): void {
    this.values.delete(`${table} ${key}`);
  }
  count(table: string): number {
    return this.scan(table).length;
  }
  scan<Value>(table: string, _range?: ScanRange): Array<readonly [string, Value]> {
    const found: Array<readonly [string, Value]> = [];
    for (const [key, value] of this.values) if (key.startsWith(`${table} `)) found.push([key.slice(table.length + 1), value as Value]);
    return found;
  }
}

export interface KeyedOptions extends RingWorldOptions {
  readonly replication?: Partial<ReplicationOptions>;
  /** Negative controls and faults: what to answer instead of sending the question, or null to send it. */
  readonly insteadOfAsking?: (to: Contact, question: ReplicaQuestion) => ReplicaAnswer | 'lost' | null;
}

const TIMERS: readonly ReplicationTimer[] = ['replica-push', 'replica-lease', 'replica-write'];

/** A simulated ring whose members keep values for each other. */
export class KeyedWorld {
  readonly ring: RingWorld;
  readonly stores = new Map<number, DurableMap>();
  readonly #replications = new WeakMap<RingProgram, Replication>();
  /** Questions of replication so far, by what they ask, and values that were pushed. */
  readonly asked = new Map<string, number>();
  valuesPushed = 0;

  constructor(options: KeyedOptions) {
    this.ring = new RingWorld(options);
    this.ring.dress = (program, node) => this.#dress(program, node, options);
  }

  #dress(program: RingProgram, node: RingNode, options: KeyedOptions): void {
    const store = this.stores.get(node.index) ?? new DurableMap();
    this.stores.set(node.index, store);
    const { chord, env, self } = program;
    const port: ReplicationPort = {
      self,
      crypto,
      store,
      get monotonicMillis() {
        return env.monotonicMillis;
      },
      get wallMillis() {
        return env.wallMillis;
      },
      ask: (to, question, answered) => {
        this.asked.set(question.ask, (this.asked.get(question.ask) ?? 0) + 1);
        if (question.ask === 'push') this.valuesPushed += question.page.values.length;
        const instead = options.insteadOfAsking?.(to, question) ?? null;
        if (instead === null) program.calls.ask(to, 'replica', question, { answered: (body) => answered(body as ReplicaAnswer | null) });
        else program.soon(() => answered(instead === 'lost' ? null : instead));
      },
      lookup: (key, done) => chord.lookup(key, done),
      successors: () => chord.successors,
      owned: () => {
        if (!chord.joined) return null;
        if (chord.predecessor === null) return chord.successors.length === 0 ? { from: self.id, to: self.id } : null;
        return { from: chord.predecessor.id, to: self.id };
      },
      setTimer: (kind, delayMillis) => env.setTimer(kind, '', delayMillis),
      fraction: () => env.random.fraction(),
    };
    const replication = new Replication(port, [NOTES, MAIL], options.replication ?? {});
    this.#replications.set(program, replication);
    program.answerers.set('replica', (from, body) => replication.answer(from, body as ReplicaQuestion));
    for (const kind of TIMERS) program.timers.set(kind, () => replication.timer(kind));
    program.onStart = () => replication.start();
    program.onChanged = () => replication.ringChanged();
  }

  at(node: RingNode): Replication {
    const program = this.ring.program(node);
    if (program === null) throw new Error(`${node.contact.name} is down`);
    return this.#replications.get(program) as Replication;
  }

  put(node: RingNode, value: Stored): { last: WriteProgress | null } {
    const write: { last: WriteProgress | null } = { last: null };
    this.at(node).put(value, (progress) => {
      write.last = progress;
    });
    return write;
  }

  /** Reads and lets time pass until the answer is there. */
  get(node: RingNode, where: { readonly key: string; readonly kind: string }, early = false): ReadResult {
    let result: ReadResult | null = null;
    this.at(node).get({ ...where, early }, (read) => {
      result = read;
    });
    this.ring.world.runUntil(this.ring.world.now + 20_000, () => result !== null);
    if (result === null) throw new Error('a read never ended');
    return result;
  }

  /** Names of the nodes that are up and hold a value of that key and kind, in the order of the ring from the owner on. */
  holdersOf(key: string): string[] {
    const sorted = this.sorted();
    const owner = ownerAmong(sorted, key);
    const first = sorted.findIndex((node) => node.contact.id === owner.id);
    const turned = [...sorted.slice(first), ...sorted.slice(0, first)];
    return turned.filter((node) => this.at(node).copies.some((copy) => copy.about.key === key)).map((node) => node.contact.name);
  }

  rightHoldersOf(key: string, copies = 4): string[] {
    const sorted = this.sorted();
    const owner = ownerAmong(sorted, key);
    const first = sorted.findIndex((node) => node.contact.id === owner.id);
    return [...sorted.slice(first), ...sorted.slice(0, first)].slice(0, copies).map((node) => node.contact.name);
  }

  sorted(): RingNode[] {
    return this.ring.up().sort((a, b) => compareIds(a.contact.id, b.contact.id));
  }

  /** All keys of which somebody who is up has a live copy. */
  keysAlive(): Set<string> {
    const keys = new Set<string>();
    for (const node of this.ring.up()) for (const copy of this.at(node).copies) if (!copy.about.deleted) keys.add(copy.about.key);
    return keys;
  }

  run(millis: number): void {
    this.ring.world.runUntil(this.ring.world.now + millis);
  }
}
