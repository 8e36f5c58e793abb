import type { Env } from '../../src/core/env.ts';
import { AnswerTimes } from '../../src/core/link/answer-times.ts';
import type { Link, LinkHooks, PeerWord } from '../../src/core/link/link.ts';
import { Links } from '../../src/core/link/links.ts';
import type { Frame, Message } from '../../src/core/messages.ts';
import { CORE_OPTIONS, type CoreOptions } from '../../src/core/options.ts';
import type { Parts } from '../../src/core/parts.ts';
import { PatientTimers } from '../../src/core/patient-timers.ts';
import { TurnWork } from '../../src/core/turn-work.ts';
import type { Endpoint, NodeName } from '../../src/core/types.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { nodeRecord, type Somebody, somebody, tools, userRecord, WALL_MILLIS } from './tools.ts';

/** After a standstill each peer's frames are read so long after those of the one before, and late timers come behind the first, ms. */
const READ_MILLIS = 5;

interface Event {
  readonly atMillis: number;
  readonly order: number;
  readonly run: () => void;
}

/** Links alone over a network that loses, doubles and reorders: no store, no sessions, one virtual clock. */
export class LinkNet {
  now = 0;
  lossProbability = 0;
  doubleProbability = 0;
  /** One way, ms, drawn evenly: frames overtake each other. */
  delayMillisMax = 50;
  frameCount = 0;
  readonly random: SeededRandom;
  readonly ends: LinkEnd[] = [];
  #events: Event[] = [];
  #order = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(`link net ${seed}`);
  }

  add(name: string, options: Partial<CoreOptions> = {}): LinkEnd {
    const end = new LinkEnd(this, this.ends.length, somebody(name), options);
    this.ends.push(end);
    end.start();
    return end;
  }

  after(delayMillis: number, run: () => void): void {
    this.#order += 1;
    this.#events.push({ atMillis: this.now + delayMillis, order: this.#order, run });
  }

  carry(from: number, to: number, frame: Frame): void {
    this.frameCount += 1;
    if (this.random.fraction() < this.lossProbability) return;
    const copies = this.random.fraction() < this.doubleProbability ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) this.after(1 + this.random.fraction() * this.delayMillisMax, () => this.ends[to]?.receive(from, frame));
  }

  /** Lets time pass until `done`, at most so long; says whether it is done. */
  run(millis: number, done: () => boolean = () => false): boolean {
    const deadline = this.now + millis;
    while (!done()) {
      let first: Event | undefined;
      for (const event of this.#events) {
        if (first === undefined || event.atMillis < first.atMillis || (event.atMillis === first.atMillis && event.order < first.order)) first = event;
      }
      if (first === undefined || first.atMillis > deadline) {
        this.now = deadline;
        return done();
      }
      this.#events.splice(this.#events.indexOf(first), 1);
      this.now = first.atMillis;
      first.run();
    }
    return true;
  }
}

/** One node that has nothing but links; what it was handed up is listed. */
export class LinkEnd {
  readonly index: number;
  readonly who: Somebody;
  readonly endpoint: Endpoint;
  readonly counters = new Map<string, number>();
  /** What was handed up, in order: the word of a lookup, or another message's type. */
  readonly received: string[] = [];
  readonly sessions: Array<'in' | 'out'> = [];
  downs: string[] = [];
  loggedIn = false;
  /** What the membership protocol says of everybody. */
  word: PeerWord = 'unknown';
  links!: Links;
  #turnWork!: TurnWork;
  #patient!: PatientTimers;
  readonly #net: LinkNet;
  readonly #options: CoreOptions;
  #life = 0;
  #standsUntilMillis = 0;
  #timers = new Map<string, number>();

  constructor(net: LinkNet, index: number, who: Somebody, options: Partial<CoreOptions>) {
    this.#net = net;
    this.index = index;
    this.who = who;
    this.endpoint = { address: `sim:${index}`, key: who.agreement.publicKey };
    this.#options = { ...CORE_OPTIONS, ...options };
  }

  /** Begins, or begins again with nothing remembered. */
  start(): void {
    this.#life += 1;
    this.#timers = new Map();
    const hooks: LinkHooks = {
      stray: () => {},
      hello: (_link, _node, session) => void this.sessions.push(session === null ? 'out' : 'in'),
      up: () => {},
      changed: () => {},
      down: (_link, reason) => void this.downs.push(reason),
      message: (link, message) => this.#take(link, message),
      wordOf: () => this.word,
      knowsAll: () => true,
      heardMillis: (link) => link.lastHeardMillis,
      helloMessage: () => this.helloMessage(),
    };
    const env = this.#env(this.#life);
    this.#turnWork = new TurnWork();
    this.#patient = new PatientTimers(env, this.#turnWork, () => this.links.watch.tick());
    const parts = {
      env,
      turnWork: this.#turnWork,
      patient: this.#patient,
      options: this.#options,
      settings: { network: 'test' },
      answerTimes: new AnswerTimes(),
      count: (counter: string) => void this.counters.set(counter, (this.counters.get(counter) ?? 0) + 1),
    } as unknown as Parts;
    this.links = new Links(parts, hooks);
  }

  helloMessage(): Message {
    const { signed } = nodeRecord(this.who, { addresses: [this.endpoint.address] }, this.#life);
    return { type: 'hello', node: signed, session: this.loggedIn ? { user: userRecord(this.who).signed, presence: null, prekeys: null } : null };
  }

  #env(life: number): Env<Frame> {
    const net = this.#net;
    return {
      ...tools,
      name: this.who.name as NodeName,
      random: net.random,
      endpoint: this.endpoint,
      tracing: false,
      logical: 1,
      wallMillis: WALL_MILLIS,
      get monotonicMillis() {
        return net.now;
      },
      observeLogical: () => {},
      open: (endpoint: Endpoint) => net.ends.find((end) => end.endpoint.address === endpoint.address)?.index ?? 99,
      close: () => {},
      keyOf: (address: number) => net.ends[address]?.endpoint.key ?? new Uint8Array(32),
      send: (to: number, frame: Frame) => net.carry(this.index, to, frame),
      setTimer: (kind: string, _key: string, delayMillis: number) => this.#setTimer(life, kind, delayMillis),
      cancelTimer: (kind: string) => void this.#timers.delete(kind),
    } as unknown as Env<Frame>;
  }

  #setTimer(life: number, kind: string, delayMillis: number): void {
    const dueMillis = this.#net.now + delayMillis;
    this.#timers.set(kind, dueMillis);
    const fire = (): void => {
      if (life !== this.#life || this.#timers.get(kind) !== dueMillis) return;
      const leftMillis = this.#standsUntilMillis - this.#net.now;
      if (leftMillis > 0) return this.#net.after(leftMillis + READ_MILLIS * 1.5, fire);
      this.#patient.wentOff(kind);
      if (kind === 'link-tick') this.links.watch.tick();
      else this.links.acknowledgeAll();
      this.#endTurn();
    };
    this.#net.after(delayMillis, fire);
  }

  #endTurn(): void {
    if (this.#net.now >= this.#turnWork.patientMillis) this.#patient.goOff();
    this.links.pack();
  }

  /** Its process stands still: what is due and what arrives waits. */
  standStill(millis: number): void {
    this.#standsUntilMillis = this.#net.now + millis;
  }

  /** Untrusted, as from the wire. */
  receive(from: number, frame: unknown): void {
    const leftMillis = this.#standsUntilMillis - this.#net.now;
    if (leftMillis > 0) return this.#net.after(leftMillis + from * READ_MILLIS, () => this.receive(from, frame));
    this.links.receive(from, frame as Frame);
    this.#endTurn();
  }

  connect(to: LinkEnd): void {
    this.links.connect(to.endpoint, to.who.name);
    this.links.pack();
  }

  linkTo(other: LinkEnd): Link | undefined {
    return [...this.links.all()].find((link) => link.address === other.index);
  }

  isUp(other: LinkEnd): boolean {
    return this.linkTo(other)?.established ?? false;
  }

  /** Questions of the ring are answered, whatever they ask. */
  #take(link: Link, message: Message): void {
    this.received.push(message.type === 'lookup' ? message.name : message.type === 'ring-answer' ? `answer ${message.id}` : message.type);
    if (message.type === 'ring-ask') this.links.send(link, { type: 'ring-answer', id: message.id, answer: { answer: 'outside' } });
  }

  /** Asks a question that is answered at once. */
  ask(to: LinkEnd, id: number): boolean {
    const link = this.linkTo(to);
    const asked = link !== undefined && this.links.send(link, { type: 'ring-ask', id, question: { ask: 'ping' } });
    this.links.pack();
    return asked;
  }

  /** Sends a message that carries this word. */
  say(to: LinkEnd, word: string, acknowledged?: () => void): boolean {
    const link = this.linkTo(to);
    const message: Message = { type: 'lookup', id: 'A'.repeat(21), name: word, hops: 1 };
    const sent = link !== undefined && this.links.send(link, message, acknowledged);
    this.links.pack();
    return sent;
  }

  changeSession(loggedIn: boolean): void {
    this.loggedIn = loggedIn;
    this.links.refreshHello();
    this.links.pack();
  }
}
