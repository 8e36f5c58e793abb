import { openEnvelope, sealEnvelope } from '../../src/core/chat/envelope.ts';
import type { Envelope } from '../../src/core/messages.ts';
import { CORE_OPTIONS, type CoreOptions } from '../../src/core/options.ts';
import type { Parts } from '../../src/core/parts.ts';
import { signRecord, type VerifiedRecord } from '../../src/core/records.ts';
import { SecureChannels } from '../../src/core/secure/secure-channels.ts';
import { TurnWork } from '../../src/core/turn-work.ts';
import type { MessageId, UserId } from '../../src/core/types.ts';
import { MemoryTables } from '../../src/sim/memory-tables.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { type Somebody, somebody, tools, userRecord, WALL_MILLIS } from '../core/tools.ts';

/** Who has published what, and what time it is: shared by the people of a test. */
export class Town {
  wallMillis = WALL_MILLIS;
  readonly prekeys = new Map<UserId, VerifiedRecord<'prekeys'>>();
  /** No two processes have the same randomness. */
  runs = 0;
}

/** A user with a store and the sealed channels of the product over it; the rest of the node is what the channels ask for. */
export class Person {
  readonly who: Somebody;
  readonly town: Town;
  readonly record: VerifiedRecord<'user'>;
  readonly channels: SecureChannels;
  readonly parts: Parts;
  readonly store: MemoryTables;
  #count = 0;

  constructor(name: string, town: Town, more: { store?: MemoryTables; options?: Partial<CoreOptions>; epoch?: number } = {}) {
    this.who = somebody(name);
    this.town = town;
    this.record = userRecord(this.who);
    this.store = more.store ?? new MemoryTables();
    town.runs += 1;
    const random = new SeededRandom(`${name} ${town.runs}`);
    const { who } = this;
    let sequence = 1;
    this.parts = {
      options: { ...CORE_OPTIONS, ...more.options },
      env: { ...tools, random, store: this.store, tracing: false, setTimer: () => {}, cancelTimer: () => {} },
      session: {
        open: { userId: who.userId, identity: who.identity, sealing: who.sealing },
        userId: who.userId,
        claim: { epoch: more.epoch ?? 1, claimedMillis: WALL_MILLIS, node: who.nodeId },
        signAsUser: (type: 'prekeys', body: never) => {
          sequence += 1;
          return signRecord(tools, who.identity, { type, sequence, wallMillis: town.wallMillis, body });
        },
      },
      view: {
        prekeysOf: (id: UserId) => town.prekeys.get(id),
        put: () => 'new',
      },
      seed: { publish: (record: VerifiedRecord<'prekeys'>) => void town.prekeys.set(who.userId as UserId, record) },
      links: { refreshHello: () => {} },
      turnWork: new TurnWork(),
    } as unknown as Parts;
    Object.defineProperty(this.parts.env, 'wallMillis', { get: () => town.wallMillis });
    this.channels = new SecureChannels(this.parts);
    (this.parts as { secure: SecureChannels }).secure = this.channels;
    this.channels.open();
  }

  get id(): UserId {
    return this.who.userId as UserId;
  }

  seal(to: Person, text: string): Envelope {
    this.#count += 1;
    const id = `${this.#count}`.padStart(21, '0') as MessageId;
    const envelope = sealEnvelope(this.parts, this.id, to.record, id, { kind: 'message', text, sentMillis: 1, stamp: 2 });
    if (envelope === null) throw new Error('not sealed');
    this.channels.endTurn();
    return envelope;
  }

  /** The text, or why there is none. */
  open(from: Person, envelope: Envelope): string {
    const content = openEnvelope(this.parts, from.record, envelope);
    this.channels.endTurn();
    if (typeof content === 'string') return `refused: ${content}`;
    return content.kind === 'message' ? content.text : `of another kind: ${content.kind}`;
  }

  /** All rows, to compare and to steal. */
  rows(): string {
    const tables = ['prekeys', 'ratchets', 'skippedKeys'].map((table) => this.store.scan(table));
    return Buffer.from(tools.codec.encode(tables)).toString('hex');
  }

  /** The same store after a restart of the process. */
  again(): Person {
    return new Person(this.who.name, this.town, { store: this.store, options: this.parts.options });
  }
}
