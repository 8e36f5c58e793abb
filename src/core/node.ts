import { Chat } from './chat/chat.ts';
import { handleCommand } from './command-handlers.ts';
import type { NodeEvent } from './commands.ts';
import { bytesOfDatagram, type DatagramContent } from './datagram.ts';
import { Lookup } from './directory/lookup.ts';
import { OwnValues } from './directory/own-values.ts';
import { RingDirectory } from './directory/ring-directory.ts';
import { datagramAddressIn } from './discovery/addresses.ts';
import { networkMark } from './discovery/beacon.ts';
import { Discovery } from './discovery/discovery.ts';
import { formatEndpoint } from './endpoint.ts';
import type { CommandInput, Env, Program, ServiceResult } from './env.ts';
import { Files } from './files/files.ts';
import { Friends } from './friends/friends.ts';
import { Trust } from './friends/trust.ts';
import { AnswerTimes } from './link/answer-times.ts';
import type { Link } from './link/link.ts';
import { Links } from './link/links.ts';
import { looksLikeQuestion } from './link/question-packet.ts';
import { UnlinkedQuestions } from './link/unlinked-questions.ts';
import { Mail } from './mail/mail.ts';
import { Connections } from './membership/connections.ts';
import { FailureDetector } from './membership/failure-detector.ts';
import { type PutOutcome, RecordView } from './membership/record-view.ts';
import type { Frame, Message } from './messages.ts';
import { CORE_OPTIONS, type CoreOptions } from './options.ts';
import type { Parts } from './parts.ts';
import { PatientTimers } from './patient-timers.ts';
import { Presence } from './presence/presence.ts';
import type { AnyVerifiedRecord, VerifiedRecord } from './records.ts';
import { ReplicaMember } from './replication/replica-member.ts';
import { RingMember } from './ring/ring-member.ts';
import { Rooms } from './rooms/rooms.ts';
import { SecureChannels } from './secure/secure-channels.ts';
import { Services } from './services.ts';
import { Burial } from './session/burial.ts';
import { Custody } from './session/custody.ts';
import { Inheritance } from './session/inheritance.ts';
import { Session } from './session/session.ts';
import { VaultExchange } from './session/vault-exchange.ts';
import { Swim } from './swim/swim.ts';
import { looksLikePacket } from './swim/wire.ts';
import { AntiEntropy } from './sync/anti-entropy.ts';
import { SeedSync } from './sync/seed-sync.ts';
import { fireTimer } from './timer-routes.ts';
import { TurnWork, WORK } from './turn-work.ts';
import type { Address, Endpoint, NodeId, UserId } from './types.ts';

/** What a chat node is told when it is made. */
export interface ChatNodeOptions {
  /** The name of the network; frames of another are dropped. */
  readonly network: string;
  /** `alice`, and the label of this node, empty for the default one. */
  readonly user: string;
  readonly label: string;
  /** Peers known by hand. */
  readonly peers: readonly Endpoint[];
  /** False when no seed server was named. */
  readonly seedServer: boolean;
  /** True: it says by beacons that it is here, and listens to those of others. Default false; needs datagrams. */
  readonly beacon?: boolean;
  readonly options?: Partial<CoreOptions>;
}

const PRESENCE_TICK_MILLIS = 10_000;

/** The program that joins the modules of the chat node: inputs go in here and are handed to whom they concern. */
export function chatNode(env: Env<Frame>, settings: ChatNodeOptions): Program<Frame> {
  return new ChatNode(env, settings);
}

class ChatNode implements Program<Frame> {
  readonly #env: Env<Frame>;
  readonly #parts: Parts;
  readonly #services: Services;
  readonly #counters = new Map<string, number>();

  constructor(env: Env<Frame>, settings: ChatNodeOptions) {
    this.#env = env;
    this.#services = new Services(env);
    const options = Object.freeze({ ...CORE_OPTIONS, ...settings.options });
    const parts = {
      env,
      options,
      settings,
      endpointText: formatEndpoint(env.endpoint),
      count: (counter: string, by = 1) => void this.#counters.set(counter, (this.#counters.get(counter) ?? 0) + by),
      counters: () => Object.fromEntries(this.#counters),
      tell: (event: NodeEvent) => env.emit(event),
    } as { -readonly [Part in keyof Parts]: Parts[Part] };
    parts.view = new RecordView(parts, { changed: (record, outcome) => this.#recordChanged(record, outcome), pinned: (id) => this.#pinned(id) });
    parts.answerTimes = new AnswerTimes();
    parts.turnWork = new TurnWork();
    parts.patient = new PatientTimers(env, parts.turnWork, (kind) => this.timer(kind, ''));
    parts.links = new Links(parts, {
      hello: (link, node, session) => {
        link.datagramAddress = datagramAddressIn(node.body.addresses);
        parts.connections.hello(link, node, session);
      },
      stray: (key) => parts.connections.stray(key),
      up: (link) => {
        parts.connections.up(link);
        parts.ring.linkUp(link);
        parts.replication.linkUp(link);
        parts.burial.linkUp(link);
      },
      changed: (link) => this.#linkChanged(link),
      down: (link, reason) => this.#linkDown(link, reason),
      message: (link, message) => this.#message(link, message),
      wordOf: (link) => parts.detector.wordOf(link),
      knowsAll: () => parts.detector.knowsAll,
      heardMillis: (link) => parts.detector.heardMillis(link),
      helloMessage: () => this.#helloMessage(),
    });
    parts.connections = new Connections(parts);
    parts.discovery = new Discovery(parts);
    parts.sync = new AntiEntropy(parts);
    parts.seed = new SeedSync(parts, this.#services);
    parts.lookup = new Lookup(parts);
    parts.directory = new RingDirectory(parts);
    parts.ownValues = new OwnValues(parts);
    parts.session = new Session(parts, this.#services);
    parts.swim = this.#makeSwim(parts);
    parts.detector = new FailureDetector(parts);
    parts.unlinked = new UnlinkedQuestions(parts, (ask) =>
      ask.type === 'ring-ask' ? parts.ring.questionOfStranger(ask) : parts.replication.questionOfStranger(ask),
    );
    parts.ring = new RingMember(parts);
    parts.replication = new ReplicaMember(parts);
    parts.friends = new Friends(parts);
    parts.trust = new Trust(parts);
    parts.presence = new Presence(parts);
    parts.secure = new SecureChannels(parts);
    parts.chat = new Chat(parts);
    parts.rooms = new Rooms(parts, this.#services);
    parts.files = new Files(parts, this.#services);
    parts.mail = new Mail(parts);
    parts.vaultExchange = new VaultExchange(parts);
    parts.custody = new Custody(parts);
    parts.burial = new Burial(parts);
    parts.inheritance = new Inheritance(parts);
    this.#parts = parts;
  }

  start(): void {
    const { view, session, sync, seed, connections, discovery, swim, detector } = this.#parts;
    view.load();
    session.start();
    sync.start();
    seed.start();
    connections.start();
    discovery.start();
    swim.start();
    detector.start();
    this.#parts.replication.start();
    this.#parts.ring.start();
    this.#parts.burial.start();
    this.#setPresenceTimer();
  }

  #setPresenceTimer(): void {
    this.#parts.patient.set('presence', PRESENCE_TICK_MILLIS, PRESENCE_TICK_MILLIS / 4);
  }

  input(from: Address, frame: Frame): void {
    this.#parts.links.receive(from, frame);
  }

  datagram(from: string, content: DatagramContent): void {
    if (looksLikePacket(content)) this.#parts.swim.receive(from, content);
    else if (looksLikeQuestion(content)) this.#parts.unlinked.receive(from, content);
    else this.#parts.discovery.receive(from, bytesOfDatagram(content));
  }

  timer(kind: string, key: string): void {
    this.#parts.patient.wentOff(kind);
    if (kind === 'presence') this.#setPresenceTimer();
    fireTimer(this.#parts, kind, key);
  }

  command(command: CommandInput): void {
    handleCommand(this.#parts, command);
  }

  answer(request: string, result: ServiceResult): void {
    this.#services.answer(request, result);
  }

  /** The order matters: receipts and news go into the frames that are packed last. */
  endTurn(): void {
    if (this.#env.monotonicMillis >= this.#parts.turnWork.patientMillis) this.#parts.patient.goOff();
    if (!this.#parts.turnWork.isNone) this.#doTurnWork();
    this.#parts.links.pack();
  }

  #doTurnWork(): void {
    const { turnWork, connections, chat, sync, session } = this.#parts;
    if (turnWork.take(WORK.review)) connections.endTurn();
    if (turnWork.take(WORK.mail)) this.#parts.mail.endTurn();
    if (turnWork.take(WORK.chat)) chat.endTurn();
    // What is due where nobody is logged in waits for who comes.
    if (session.open !== null && turnWork.take(WORK.rooms)) this.#parts.rooms.endTurn();
    if (turnWork.take(WORK.sessions)) this.#parts.secure.endTurn();
    if (turnWork.take(WORK.news)) sync.rumours.endTurn();
    if (session.open !== null && turnWork.take(WORK.files)) this.#parts.files.endTurn();
  }

  leave(): void {
    this.#parts.replication.leave(() => this.#env.left());
  }

  stop(): void {
    const { session, sync, links, chat, discovery } = this.#parts;
    this.#parts.patient.stop();
    this.#parts.ring.leave();
    session.stop();
    discovery.stop();
    this.#parts.swim.stop();
    chat.endTurn();
    this.#parts.rooms.endTurn();
    this.#parts.secure.endTurn();
    sync.rumours.endTurn();
    this.#parts.view.stored.writeRenewed();
    links.goodbye();
  }

  #makeSwim(parts: Parts): Swim {
    const { env, options, settings, session } = parts;
    return new Swim({
      env,
      options,
      key: env.crypto.signingKeyPair(env.nodeKeys.signingSeed),
      nodeId: session.nodeId,
      network: networkMark(env.crypto, settings.network),
      count: (counter) => parts.count(counter),
      missed: () => parts.detector.othersMissed(),
      gaveWay: (id) => {
        parts.detector.memberForgotten(id);
        parts.ring.unwatched(id);
      },
      changed: (id, state, before) => {
        parts.detector.memberChanged(id, state, before);
        if (state === 'suspect') parts.ring.doubted(id);
      },
    });
  }

  // --- hooks between modules ---

  #message(link: Link, message: Message): void {
    const { sync, lookup, friends, chat, connections, vaultExchange, custody, inheritance } = this.#parts;
    if (connections.isFenced(link, message)) return this.#dropFenced(link, message);
    switch (message.type) {
      case 'hello':
        return;
      case 'sync-summary':
        return sync.summary(link, message);
      case 'sync-digest':
        return sync.digest(link, message);
      case 'sync-want':
        return sync.want(link, message);
      case 'records':
        return sync.records(link, message);
      case 'renewals':
        return sync.renewals(link, message);
      case 'lookup':
        return lookup.question(link, message);
      case 'lookup-answer':
        return lookup.answer(link, message);
      case 'facts':
        return friends.takeFacts(message.facts);
      case 'envelope':
        return chat.envelope(link, message);
      case 'receipt':
        return chat.receipt(link, message);
      case 'typing':
        return chat.typing.message(link, message.typing === 1);
      case 'request-busy':
        return friends.busy.heard(link);
      case 'mail-waiting':
        return this.#parts.mail.waiting(link);
      case 'refusal':
        return chat.refusal(link, message);
      case 'ring-ask':
        return this.#parts.ring.question(link, message);
      case 'ring-answer':
        return this.#parts.ring.answer(link, message);
      case 'ring-notice':
        return this.#parts.ring.notice(link, message);
      case 'replica-ask':
        return this.#parts.replication.question(link, message);
      case 'replica-answer':
        return this.#parts.replication.answer(link, message);
      case 'vault-ask':
        return vaultExchange.ask(link, message);
      case 'vault-answer':
        return vaultExchange.answer(link, message);
      case 'handover-ask':
        return custody.ask(link, message);
      case 'handover-page':
        return inheritance.page(link, message);
      case 'file-ask':
      case 'file-hashes':
      case 'file-chunk':
      case 'file-note':
        return this.#parts.files.message(link, message);
      default:
        return this.#parts.rooms.message(link, message);
    }
  }

  /** S2: a session that another one of its user has overtaken says nothing that counts; what it wrote comes by that other one. */
  #dropFenced(link: Link, message: Message): void {
    this.#parts.count('dropped:fenced');
    if (this.#env.tracing) this.#env.trace({ type: 'drop', peer: link.name, reason: 'fenced: the session was overtaken', messages: [{ type: message.type }] });
  }

  #linkChanged(link: Link): void {
    this.#parts.connections.changed(link);
    this.#parts.detector.linkChanged(link);
  }

  #linkDown(link: Link, reason: 'dead' | 'goodbye' | 'closed'): void {
    this.#parts.detector.linkDown(link, reason);
    this.#parts.connections.down(link, reason);
    this.#parts.ring.linkDown(link);
    this.#parts.replication.linkDown(link);
    this.#parts.rooms.linkDown(link);
    this.#parts.files.linkDown(link);
  }

  #recordChanged(record: AnyVerifiedRecord, outcome: PutOutcome): void {
    const { connections, friends, presence, view, session } = this.#parts;
    switch (record.type) {
      case 'node':
        if (record.authorId !== session.nodeId) {
          this.#parts.detector.recordChanged(record);
          connections.nodeChanged(record, outcome);
          this.#parts.ring.memberChanged(record.authorId as NodeId);
        }
        return;
      case 'presence':
        connections.sessionMoved(record);
        session.presenceHeard(record);
        return presence.reconsider(record.authorId as UserId);
      case 'user':
        session.userChanged(record);
        if (session.open !== null) this.#parts.trust.look(record);
        if (record.body.deleted && session.open !== null) friends.userDeleted(record.authorId as UserId, record.body.name);
        else if (view.user(record.authorId as UserId) !== null) presence.reconsider(record.authorId as UserId);
        return;
      case 'prekeys':
        return this.#parts.chat.prekeysHeard(record.authorId as UserId);
      case 'fact':
      case 'vault':
        return;
    }
  }

  #pinned(id: UserId): boolean {
    const { session, friends, chat, rooms } = this.#parts;
    return id === session.ownerId || friends.relation(id) !== 'none' || chat.waitsFor(id) || rooms.knows(id);
  }

  #helloMessage(): Message {
    const { session, view } = this.#parts;
    const user: VerifiedRecord<'user'> | null = session.userRecord();
    const presence = session.userId === null ? undefined : view.presenceOf(session.userId);
    const prekeys = session.userId === null ? null : (view.prekeysOf(session.userId)?.signed ?? null);
    return {
      type: 'hello',
      node: session.nodeRecord.signed,
      session: user === null ? null : { user: user.signed, presence: presence?.signed ?? null, prekeys },
    };
  }
}
