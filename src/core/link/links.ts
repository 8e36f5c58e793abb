import { sameBytes } from '../bytes.ts';
import { FRAME_VERSION, type Frame, type FrameKind, type Message, misfitOfFrame, misfitOfMessage } from '../messages.ts';
import type { Parts } from '../parts.ts';
import type { Address, Endpoint, NodeId } from '../types.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { firstBackoff, helloPatience } from './backoff.ts';
import { doubtedAnswer, isCalm } from './calm.ts';
import { DepartedLinks } from './departed.ts';
import { type Hello, readHello } from './hello.ts';
import { frameOf, freshRun, type Link, type LinkHooks, newLink, type UnacknowledgedFrame } from './link.ts';
import { traceDrop, traceReceive, traceSend, traceState } from './link-trace.ts';
import { LinkWatch } from './link-watch.ts';
import { nodeTitle } from './node-title.ts';
import { acknowledge, fileNumbered, isNextInOrder, nextInOrder, packFrames, resendAtMillis, sentAgain, startOver, tellsHello } from './stream.ts';
import { TouchedLinks } from './touched-links.ts';
import { leaveUnnumbered, takenUnnumbered, unnumberedFrames } from './unnumbered.ts';

/** Ends of a peer that are remembered as gone, per link. */
const RETIRED_RUNS_MAX = 8;

/**
 * Reliable, ordered links over an unreliable transport; what they hear is one input of the failure detector.
 *
 * Invariants
 * 1. Messages of a link are handed up at most once and in the order of sending, as long as both ends live.
 * 2. A message is forgotten by its sender once the peer acknowledged it or the link went down; who needs more keeps a copy of its own.
 * 3. Both ends of a link carry a random number; frames that do not name both are answered by a hello and otherwise ignored,
 *    so nothing of an earlier life of either end is taken for news. An open link turns to a new end of the peer only when
 *    that end names ours: both then begin to count at one.
 * 4. What a hello says reaches the peer at last in its newest form: changes travel in the numbered stream, ahead of the rest.
 * 5. Every queue is bounded by the options.
 */
export class Links {
  readonly #parts: Parts;
  readonly #hooks: LinkHooks;
  readonly #links = new Map<Address, Link>();
  readonly #byNode = new Map<NodeId, Link>();
  readonly #touched = new TouchedLinks();
  readonly #departed = new DepartedLinks();
  #frameCount = 0;
  readonly #acknowledgements: Acknowledgements;
  /** Silence, resending, and what others say of peers. */
  readonly watch: LinkWatch;
  /** Grows with every change of what a hello says. */
  #helloVersion = 1;

  constructor(parts: Parts, hooks: LinkHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
    this.#acknowledgements = new Acknowledgements(parts, () => this.#links.values());
    this.watch = new LinkWatch(parts, hooks, {
      sendHello: (link) => this.#sendHello(link),
      ping: (link) => this.#sendFrame(link, 'ping', 0, []),
      resend: (link, frame) => this.#sendAgain(link, frame),
      suspect: (link) => this.#suspect(link),
      dead: (link) => this.close(link, 'dead'),
    });
  }

  all(): IterableIterator<Link> {
    return this.#links.values();
  }

  get size(): number {
    return this.#links.size;
  }

  /** The link with a node, if any; its state may still be connecting. */
  of(nodeId: NodeId): Link | undefined {
    return this.#byNode.get(nodeId);
  }

  upLinks(): Link[] {
    const up: Link[] = [];
    for (const link of this.#links.values()) if (link.established) up.push(link);
    return up;
  }

  /** Begins a link, or does nothing when there is one to that key. `doubtful`: the peer is taken for dead. */
  connect(endpoint: Endpoint, name: string, doubtful = false): Link | null {
    const { env } = this.#parts;
    if (sameBytes(endpoint.key, env.endpoint.key)) return null;
    const address = env.open(endpoint, name);
    const known = this.#links.get(address);
    if (known !== undefined) {
      if (known.endpoint.address !== endpoint.address) known.endpoint = endpoint;
      known.opened = true;
      this.watch.unsure(known);
      return known;
    }
    const link = this.#add(address, endpoint, name);
    link.opened = true;
    link.ours = true;
    link.doubtful = doubtful;
    this.#sendHello(link);
    return link;
  }

  #add(address: Address, endpoint: Endpoint, name: string): Link {
    const { env } = this.#parts;
    const link = newLink({ address, endpoint, name, localRun: freshRun(env.random), nowMillis: env.monotonicMillis });
    this.#links.set(address, link);
    this.#departed.forget(address);
    this.watch.add(link);
    return link;
  }

  /** Queues a message for the end of this turn. False when the link is not up or its window is full. */
  send(link: Link, message: Message, acknowledged?: () => void): boolean {
    if (!link.established || this.#links.get(link.address) !== link) return false;
    if (link.unacknowledgedMessages + link.outgoing.length >= this.#parts.options.linkWindowMessages) {
      this.#parts.count('linkWindowFull');
      return false;
    }
    link.outgoing.push({ message, acknowledged });
    this.#touched.add(link);
    return true;
  }

  /** The own record or session has changed: every peer hears of it at the end of the turn, or when its link opens. */
  refreshHello(): void {
    this.#helloVersion += 1;
    for (const link of this.#links.values()) if (link.established) this.#newsDue(link);
  }

  #newsDue(link: Link): void {
    link.newsDue = true;
    this.#touched.add(link);
  }

  /** Lets go of a link; the peer is told. */
  close(link: Link, reason: 'dead' | 'closed' | 'goodbye'): void {
    if (this.#links.get(link.address) !== link) return;
    if (link.opened && link.established && reason !== 'goodbye') this.#sendFrame(link, 'goodbye', 0, []);
    this.#links.delete(link.address);
    this.#touched.delete(link);
    this.watch.delete(link);
    if (link.nodeId !== null && this.#byNode.get(link.nodeId) === link) this.#byNode.delete(link.nodeId);
    if (link.established && reason !== 'goodbye') this.#departed.add(link, reason, this.#parts.env.monotonicMillis);
    this.#parts.env.close(link.address);
    traceState(this.#parts.env, link, reason);
    this.#hooks.down(link, reason);
  }

  goodbye(): void {
    for (const link of Array.from(this.#links.values())) {
      this.#pack(link);
      if (link.opened) this.#sendFrame(link, 'goodbye', 0, []);
    }
  }

  // --- frames in ---

  /** Untrusted: anything may be in `frame`. */
  receive(from: Address, frame: Frame): void {
    const { env, options, settings } = this.#parts;
    const wrong = misfitOfFrame(frame, options.frameMessagesMax);
    const known = this.#links.get(from);
    if (wrong !== null) return this.#drop(known, 'invalid', wrong);
    if (frame.version !== FRAME_VERSION) return this.#drop(known, 'version', `frame version ${frame.version}`);
    if (frame.network !== settings.network) return this.#drop(known, 'network', `network ${frame.network}`);
    env.observeLogical(frame.logical);
    if (frame.kind === 'hello') return this.#receiveHello(from, frame);
    if (known === undefined || !known.opened) return this.#withoutLink(from, known, frame);
    if (frame.toRun !== known.localRun || frame.run !== known.peerRun) return this.#outOfStep(known, frame);
    traceReceive(env, known, frame);
    const crossed = frame.kind === 'ping' && this.watch.asksNow(known);
    const wasAsked = known.askedMillis !== null;
    this.#heard(known);
    known.confirmed = true;
    this.#establish(known);
    acknowledge(known, frame.acknowledged, this.#parts, env.monotonicMillis);
    this.watch.acknowledged(known, wasAsked);
    if (frame.kind === 'goodbye') {
      if (frame.messages.length === 0) this.close(known, 'goodbye');
      return;
    }
    if (frame.kind === 'ping' && !crossed) this.#answerSoon(known);
    if (frame.sequence > 0) this.#receiveNumbered(known, frame);
    else if (frame.messages.length > 0) this.#handUp(known, takenUnnumbered(frame.messages));
  }

  /** The peer may hold a link that we have closed. */
  #withoutLink(from: Address, known: Link | undefined, frame: Frame): void {
    const { env } = this.#parts;
    this.#drop(known, 'no-link', 'frame before hello');
    if (known !== undefined || frame.kind === 'goodbye') return;
    if (!this.#departed.has(from)) return this.#hooks.stray(env.keyOf(from));
    const departed = this.#departed.heard(from, frame.run, env.monotonicMillis);
    if (departed?.answer === 'reopen') this.connect(departed.link.endpoint, departed.link.name);
    if (departed?.answer !== 'dismiss') return;
    env.open(departed.link.endpoint, departed.link.name);
    this.#sendFrame(departed.link, 'goodbye', 0, []);
    env.close(from);
  }

  /** A frame of, or for, an earlier life of this link: the peer needs our number. */
  #outOfStep(link: Link, frame: Frame): void {
    this.#drop(link, 'out-of-step', frame.kind);
    if (frame.kind !== 'goodbye' && this.#parts.env.monotonicMillis >= link.nextHelloMillis) this.#sendHello(link);
  }

  #receiveHello(from: Address, frame: Frame): void {
    const { env, options } = this.#parts;
    const known = this.#links.get(from);
    const hello = frame.messages.length === 1 ? readHello(env, env.keyOf(from), frame.messages[0]) : 'hello: not alone';
    if (typeof hello === 'string') return this.#drop(known, 'invalid', hello);
    if (known?.retiredRuns.includes(frame.run)) return this.#drop(known, 'out-of-step', 'hello of an earlier life');
    const knowsUs = frame.toRun === known?.localRun;
    // Somebody new at the other end has to name ours first, or a hello that was late would take the link from the living end.
    if (known?.established && frame.run !== known.peerRun && !knowsUs) return this.#sendHello(known);
    if (known === undefined && this.#links.size >= options.linksMax) return this.#drop(known, 'links-full', 'hello');
    const link = known ?? this.#add(from, { address: hello.address, key: hello.node.body.agreementKey }, from.toString());
    this.#adopt(link, hello);
    traceReceive(env, link, frame);
    this.#heard(link);
    if (frame.run !== link.peerRun) this.#turnTo(link, frame.run);
    // One that was overtaken by later news tells of what is no more.
    if (frame.count > link.helloCount) this.#hooks.hello(link, hello.node, hello.session);
    link.helloCount = Math.max(link.helloCount, frame.count);
    if (this.#links.get(from) !== link) return;
    if (!knowsUs) return this.#sendHello(link);
    // Also where the link is up: the peer repeats its hello until it hears something in step.
    this.#answerSoon(link);
    this.#establish(link);
  }

  /** Something has to go to the peer in this turn, if only an empty frame. */
  #answerSoon(link: Link): void {
    link.answerDue = true;
    this.#touched.add(link);
  }

  /** A hello inside the stream: the peer's record or session has changed. */
  #receiveNews(link: Link, message: Message): void {
    const { env } = this.#parts;
    const hello = readHello(env, env.keyOf(link.address), message);
    if (typeof hello === 'string') return this.#drop(link, 'invalid', hello);
    this.#adopt(link, hello);
    this.#hooks.hello(link, hello.node, hello.session);
  }

  #adopt(link: Link, { node, address }: Hello): void {
    const { env } = this.#parts;
    const name = nodeTitle(node);
    if (!link.opened || link.endpoint.address !== address || link.name !== name) {
      link.endpoint = { address, key: node.body.agreementKey };
      link.name = name;
      env.open(link.endpoint, name);
      link.opened = true;
    }
    link.nodeId = node.authorId as NodeId;
    this.watch.unsure(link);
    const other = this.#byNode.get(link.nodeId);
    if (other !== undefined && other !== link) this.close(other, 'closed');
    this.#byNode.set(link.nodeId, link);
  }

  #turnTo(link: Link, peerRun: number): void {
    if (link.peerRun !== 0) link.retiredRuns.push(link.peerRun);
    if (link.retiredRuns.length > RETIRED_RUNS_MAX) link.retiredRuns.shift();
    link.peerRun = peerRun;
    link.helloCount = 0;
    link.established = false;
    startOver(link);
    this.watch.unsure(link);
    if (link.state === 'connecting') return;
    link.state = 'connecting';
    traceState(this.#parts.env, link, 'connecting');
  }

  #establish(link: Link): void {
    if (link.established) return;
    link.established = true;
    link.backoff = firstBackoff(link, this.#parts);
    link.helloAttempts = 0;
    link.state = 'up';
    if (link.toldVersion !== null && link.toldVersion !== this.#helloVersion) this.#newsDue(link);
    link.toldVersion = null;
    if (link.outgoing.length > 0) this.#touched.add(link);
    traceState(this.#parts.env, link, 'up');
    this.watch.reconsider(link);
    this.#hooks.up(link);
  }

  #heard(link: Link): void {
    this.watch.heard(link);
    if (link.state !== 'suspect') return;
    link.state = 'up';
    traceState(this.#parts.env, link, 'up');
    this.#hooks.changed(link);
  }

  #receiveNumbered(link: Link, frame: Frame): void {
    if (tellsHello(frame)) link.helloCount = Math.max(link.helloCount, frame.count);
    const { env, options } = this.#parts;
    const calm = frame.sequence === link.received + 1 && isCalm(frame.messages);
    const next = isNextInOrder(link, frame);
    const fresh = next || fileNumbered(link, frame, options.linkReorderFrames);
    if (this.#acknowledgements.owe(link, calm)) this.#answerSoon(link);
    if (next) return this.#handUp(link, frame.messages);
    if (!fresh) {
      this.#parts.count('framesTwice');
      const doubted = doubtedAnswer(link, options.resendMillis / 2, env.monotonicMillis);
      if (doubted !== null) this.#sendAgain(link, sentAgain(doubted, env.monotonicMillis));
      return;
    }
    for (let messages = nextInOrder(link); messages !== null; messages = nextInOrder(link)) this.#handUp(link, messages);
  }

  #handUp(link: Link, messages: readonly Message[]): void {
    for (const message of messages) {
      const wrong = misfitOfMessage(message);
      if (this.#links.get(link.address) !== link) return;
      if (wrong !== null) this.#drop(link, wrong.startsWith('unknown type') ? 'unknown-type' : 'invalid', wrong);
      else if (message.type === 'hello') this.#receiveNews(link, message);
      else this.#hooks.message(link, message);
    }
  }

  /** Timer: acknowledges what no frame of ours has acknowledged on the way. */
  acknowledgeAll(): void {
    for (const link of this.#acknowledgements.due()) {
      this.#sendEmpty(link);
      this.#acknowledgements.sent(link);
    }
  }

  // --- frames out ---

  /** End of a turn: everything queued leaves in as few frames as fit. */
  pack(): void {
    this.#touched.drain((link) => this.#pack(link));
    this.#acknowledgements.endTurn();
  }

  #pack(link: Link): void {
    const { env, options } = this.#parts;
    if (!link.established) return;
    if (link.newsDue) link.outgoing.unshift({ message: this.#hooks.helloMessage(), acknowledged: undefined });
    link.newsDue = false;
    if (link.outgoing.length === 0) {
      if (link.answerDue) this.#sendEmpty(link);
      return;
    }
    if (leaveUnnumbered(link, env.monotonicMillis)) return this.#sendUnnumbered(link);
    for (const frame of packFrames(link, options, env.monotonicMillis)) this.#sendFrame(link, 'data', frame.sequence, frame.messages);
    this.watch.resendsAt(link, resendAtMillis(link, options));
  }

  #sendUnnumbered(link: Link): void {
    for (const messages of unnumberedFrames(link, this.#parts.options)) this.#sendFrame(link, 'data', 0, messages);
    // They acknowledged, too, and may be lost.
    this.#acknowledgements.sent(link);
  }

  /** Nothing but an acknowledgement, or what the peer would not ask for again once it has that. */
  #sendEmpty(link: Link): void {
    const { monotonicMillis } = this.#parts.env;
    const doubted = doubtedAnswer(link, 0, monotonicMillis);
    if (doubted === null) this.#sendFrame(link, 'data', 0, []);
    else this.#sendAgain(link, sentAgain(doubted, monotonicMillis));
  }

  #sendAgain(link: Link, frame: UnacknowledgedFrame): void {
    this.#parts.count('framesResent');
    this.#sendFrame(link, 'data', frame.sequence, frame.messages);
    this.watch.resendsAt(link, resendAtMillis(link, this.#parts.options));
  }

  #sendHello(link: Link): void {
    const { env } = this.#parts;
    link.nextHelloMillis = env.monotonicMillis + helloPatience(link, this.#parts);
    link.helloAttempts += 1;
    link.toldVersion ??= this.#helloVersion;
    this.#sendFrame(link, 'hello', 0, [this.#hooks.helloMessage()]);
    this.watch.reconsider(link);
  }

  #sendFrame(link: Link, kind: FrameKind, sequence: number, messages: readonly Message[]): void {
    const { env, settings } = this.#parts;
    this.#frameCount += 1;
    this.#acknowledgements.settled(link);
    link.answerDue = false;
    traceSend(env, link, kind, this.#frameCount, messages);
    env.send(link.address, frameOf(link, { network: settings.network, kind, sequence, logical: env.logical, count: this.#frameCount, messages }));
  }

  #suspect(link: Link): void {
    link.state = 'suspect';
    traceState(this.#parts.env, link, 'suspect');
    this.#hooks.changed(link);
  }

  #drop(link: Link | undefined, reason: string, why: string): void {
    this.#parts.count(`dropped:${reason}`);
    traceDrop(this.#parts.env, link, `${reason}: ${why}`);
  }
}
