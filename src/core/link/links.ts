import { sameBytes } from '../bytes.ts';
import { FRAME_VERSION, type Frame, type FrameKind, type Message, misfitOfFrame, misfitOfMessage } from '../messages.ts';
import type { Parts } from '../parts.ts';
import { type AnyVerifiedRecord, type VerifiedRecord, verifyRecord } from '../records.ts';
import type { MessageTrace } from '../trace.ts';
import type { Address, Endpoint, NodeId } from '../types.ts';
import { approximateBytes, type Link, newLink, type UnacknowledgedFrame } from './link.ts';

/** What the rest of the node hears of links. */
export interface LinkHooks {
  /** A hello with a proven node record: the first of a link, or a later one with news. */
  hello(link: Link, node: VerifiedRecord<'node'>, session: { readonly user: AnyVerifiedRecord; readonly presence: AnyVerifiedRecord | null } | null): void;
  up(link: Link): void;
  /** The one failure input: silence made it suspect, or it was heard again. */
  changed(link: Link): void;
  /** dead: silent too long or never answered. goodbye: it left in order. closed: we let go. */
  down(link: Link, reason: 'dead' | 'goodbye' | 'closed'): void;
  message(link: Link, message: Message): void;
  /** The message that opens a link and tells of changes. */
  helloMessage(): Message;
}

/**
 * Reliable, ordered links over an unreliable transport, and the one failure detector.
 *
 * Invariants
 * 1. Messages of a link are handed up at most once and in the order of sending, as long as both ends live.
 * 2. A message is forgotten by its sender only when the peer acknowledged it or the link went down;
 *    whoever needs more than that keeps its own copy and sends it again when a link comes up.
 * 3. Both ends of a link carry a random number; frames that do not name both are answered by a hello and otherwise ignored,
 *    so nothing of an earlier life of either end is taken for news.
 * 4. Every queue is bounded by the options.
 */
export class Links {
  readonly #parts: Parts;
  readonly #hooks: LinkHooks;
  readonly #links = new Map<Address, Link>();
  readonly #byNode = new Map<NodeId, Link>();
  readonly #touched = new Set<Link>();
  #frameCount = 0;
  #acknowledgeTimer = false;

  constructor(parts: Parts, hooks: LinkHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
  }

  start(): void {
    const { env, options } = this.#parts;
    env.setTimer('link-tick', '', options.linkTickMillis * (0.5 + env.random.fraction()));
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

  /** Begins a link, or does nothing when there is one to that key. */
  connect(endpoint: Endpoint, name: string): Link | null {
    const { env } = this.#parts;
    if (sameBytes(endpoint.key, env.endpoint.key)) return null;
    const address = env.open(endpoint, name);
    const known = this.#links.get(address);
    if (known !== undefined) {
      if (known.endpoint.address !== endpoint.address) known.endpoint = endpoint;
      known.opened = true;
      return known;
    }
    const link = this.#add(address, endpoint, name);
    link.opened = true;
    this.#sendHello(link);
    return link;
  }

  #add(address: Address, endpoint: Endpoint, name: string): Link {
    const { env } = this.#parts;
    const link = newLink({ address, endpoint, name, localRun: this.#freshRun(), nowMillis: env.monotonicMillis });
    this.#links.set(address, link);
    return link;
  }

  #freshRun(): number {
    let run = 0;
    for (const byte of this.#parts.env.random.bytes(6)) run = run * 256 + byte;
    return run + 1;
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

  /** Says hello again on every link: the own record or session has changed. */
  refreshHello(): void {
    for (const link of this.#links.values()) if (link.established) this.#sendFrame(link, 'hello', 0, [this.#hooks.helloMessage()]);
  }

  /** Lets go of a link; the peer is told. */
  close(link: Link, reason: 'dead' | 'closed' | 'goodbye'): void {
    if (this.#links.get(link.address) !== link) return;
    if (link.opened && link.established && reason !== 'goodbye') this.#sendFrame(link, 'goodbye', 0, []);
    this.#links.delete(link.address);
    this.#touched.delete(link);
    if (link.nodeId !== null && this.#byNode.get(link.nodeId) === link) this.#byNode.delete(link.nodeId);
    this.#parts.env.close(link.address);
    this.#traceState(link, reason);
    this.#hooks.down(link, reason);
  }

  goodbye(): void {
    for (const link of [...this.#links.values()]) {
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
    if (known === undefined || !known.opened) return this.#drop(known, 'no-link', 'frame before hello');
    if (frame.toRun !== known.localRun || frame.run !== known.peerRun) return this.#outOfStep(known, frame);
    this.#traceReceive(known, frame);
    this.#heard(known);
    this.#establish(known);
    this.#acknowledge(known, frame.acknowledged);
    if (frame.kind === 'goodbye') {
      if (frame.messages.length === 0) this.close(known, 'goodbye');
      return;
    }
    if (frame.kind === 'ping') this.#sendFrame(known, 'data', 0, []);
    if (frame.sequence > 0) this.#receiveNumbered(known, frame);
  }

  /** A frame of, or for, an earlier life of this link: the peer needs our number. */
  #outOfStep(link: Link, frame: Frame): void {
    const { env } = this.#parts;
    this.#drop(link, 'out-of-step', frame.kind);
    if (frame.kind === 'goodbye') return;
    if (env.monotonicMillis >= link.nextHelloMillis) this.#sendHello(link);
  }

  #receiveHello(from: Address, frame: Frame): void {
    const { env, options } = this.#parts;
    const message = frame.messages[0];
    const known = this.#links.get(from);
    if (frame.messages.length !== 1 || message?.type !== 'hello' || misfitOfMessage(message) !== null) return this.#drop(known, 'invalid', 'hello');
    const node = verifyRecord(env, message.node);
    if (typeof node === 'string' || node.type !== 'node') return this.#drop(known, 'invalid', 'hello without a node record');
    if (!sameBytes(node.body.agreementKey, env.keyOf(from))) return this.#drop(known, 'unproven', 'the transport key is not that of the record');
    const user = message.session === null ? null : verifyRecord(env, message.session.user);
    const presence = message.session?.presence == null ? null : verifyRecord(env, message.session.presence);
    if (typeof user === 'string' || typeof presence === 'string') return this.#drop(known, 'invalid', 'hello with a wrong session');
    const address = node.body.addresses[0];
    if (address === undefined) return this.#drop(known, 'invalid', 'hello without an address');
    if (known === undefined && this.#links.size >= options.linksMax) return this.#drop(known, 'links-full', 'hello');

    const link = known ?? this.#add(from, { address, key: node.body.agreementKey }, from.toString());
    this.#adopt(link, node, address);
    this.#traceReceive(link, frame);
    this.#heard(link);
    if (frame.run !== link.peerRun) this.#startOver(link, frame.run);
    const knowsUs = frame.toRun === link.localRun;
    this.#hooks.hello(link, node, user === null ? null : { user, presence });
    if (this.#links.get(from) !== link) return;
    if (knowsUs) {
      if (!link.established) this.#sendFrame(link, 'data', 0, []);
      this.#establish(link);
    } else this.#sendHello(link);
  }

  #adopt(link: Link, node: VerifiedRecord<'node'>, address: string): void {
    const { env } = this.#parts;
    const certificate = node.body.certificate;
    const name =
      certificate === null ? `node-${node.authorId.slice(0, 8)}` : node.body.label === '' ? certificate.name : `${certificate.name}@${node.body.label}`;
    if (!link.opened || link.endpoint.address !== address || link.name !== name) {
      link.endpoint = { address, key: node.body.agreementKey };
      link.name = name;
      env.open(link.endpoint, name);
      link.opened = true;
    }
    link.nodeId = node.authorId as NodeId;
    const other = this.#byNode.get(link.nodeId);
    if (other !== undefined && other !== link) this.close(other, 'closed');
    this.#byNode.set(link.nodeId, link);
  }

  /** The peer's end is new: number our unacknowledged messages afresh, forget what it had sent. */
  #startOver(link: Link, peerRun: number): void {
    link.peerRun = peerRun;
    link.received = 0;
    link.early.clear();
    link.established = false;
    const again = link.unacknowledged.flatMap((frame) => frame.messages.map((message, index) => ({ message, acknowledged: frame.callbacks[index] })));
    link.outgoing = [...again, ...link.outgoing];
    link.unacknowledged = [];
    link.unacknowledgedMessages = 0;
    link.nextSequence = 1;
    if (link.state !== 'connecting') {
      link.state = 'connecting';
      this.#traceState(link, 'connecting');
    }
  }

  #establish(link: Link): void {
    if (link.established) return;
    link.established = true;
    link.helloAttempts = 0;
    link.state = 'up';
    if (link.outgoing.length > 0) this.#touched.add(link);
    this.#traceState(link, 'up');
    this.#hooks.up(link);
  }

  #heard(link: Link): void {
    link.lastHeardMillis = this.#parts.env.monotonicMillis;
    if (link.state !== 'suspect') return;
    link.state = 'up';
    this.#traceState(link, 'up');
    this.#hooks.changed(link);
  }

  #acknowledge(link: Link, acknowledged: number): void {
    const first = link.unacknowledged[0];
    if (first === undefined || first.sequence > acknowledged) return;
    const { env } = this.#parts;
    const done: UnacknowledgedFrame[] = [];
    while (link.unacknowledged[0] !== undefined && link.unacknowledged[0].sequence <= acknowledged)
      done.push(link.unacknowledged.shift() as UnacknowledgedFrame);
    const last = done[done.length - 1] as UnacknowledgedFrame;
    if (last.attempts === 1) {
      const sample = env.monotonicMillis - last.firstSentMillis;
      link.roundTripMillis = link.roundTripMillis === null ? sample : link.roundTripMillis * 0.8 + sample * 0.2;
    }
    for (const frame of done) {
      link.unacknowledgedMessages -= frame.messages.length;
      for (const callback of frame.callbacks) callback?.();
    }
  }

  #receiveNumbered(link: Link, frame: Frame): void {
    link.acknowledgeDue = true;
    this.#acknowledgeSoon();
    if (frame.sequence <= link.received || link.early.has(frame.sequence)) {
      this.#parts.count('framesTwice');
      return;
    }
    if (frame.sequence !== link.received + 1) {
      if (link.early.size < this.#parts.options.linkReorderFrames) link.early.set(frame.sequence, frame.messages);
      return;
    }
    this.#handUp(link, frame.sequence, frame.messages);
    for (let next = link.received + 1; link.early.has(next); next = link.received + 1) {
      const messages = link.early.get(next) as readonly Message[];
      link.early.delete(next);
      this.#handUp(link, next, messages);
    }
  }

  #handUp(link: Link, sequence: number, messages: readonly Message[]): void {
    link.received = sequence;
    for (const message of messages) {
      const wrong = misfitOfMessage(message);
      if (wrong !== null) this.#drop(link, wrong.startsWith('unknown type') ? 'unknown-type' : 'invalid', wrong);
      else this.#hooks.message(link, message);
    }
  }

  #acknowledgeSoon(): void {
    if (this.#acknowledgeTimer) return;
    this.#acknowledgeTimer = true;
    this.#parts.env.setTimer('link-acknowledge', '', this.#parts.options.acknowledgeDelayMillis);
  }

  /** Timer: acknowledges what no frame of ours has acknowledged on the way. */
  acknowledgeAll(): void {
    this.#acknowledgeTimer = false;
    for (const link of this.#links.values()) if (link.acknowledgeDue && link.established) this.#sendFrame(link, 'data', 0, []);
  }

  // --- frames out ---

  /** End of a turn: everything queued leaves in as few frames as fit. */
  pack(): void {
    for (const link of this.#touched) this.#pack(link);
    this.#touched.clear();
  }

  #pack(link: Link): void {
    const { env, options } = this.#parts;
    if (!link.established || link.outgoing.length === 0) return;
    let messages: Message[] = [];
    let callbacks: Array<() => void> = [];
    let bytes = 0;
    const flush = (): void => {
      if (messages.length === 0) return;
      const now = env.monotonicMillis;
      const frame = { sequence: link.nextSequence, messages, callbacks, firstSentMillis: now, lastSentMillis: now, attempts: 1 };
      link.nextSequence += 1;
      link.unacknowledged.push(frame);
      link.unacknowledgedMessages += messages.length;
      this.#sendFrame(link, 'data', frame.sequence, messages);
      messages = [];
      callbacks = [];
      bytes = 0;
    };
    for (const { message, acknowledged } of link.outgoing) {
      const size = approximateBytes(message);
      if (bytes + size > options.frameBytesTarget || messages.length >= options.frameMessagesMax) flush();
      messages.push(message);
      callbacks.push(acknowledged as () => void);
      bytes += size;
    }
    flush();
    link.outgoing = [];
  }

  #sendHello(link: Link): void {
    const { env, options } = this.#parts;
    link.nextHelloMillis = env.monotonicMillis + Math.min(options.helloMillis * 2 ** link.helloAttempts, options.helloMillisMax);
    link.helloAttempts += 1;
    this.#sendFrame(link, 'hello', 0, [this.#hooks.helloMessage()]);
  }

  #sendFrame(link: Link, kind: FrameKind, sequence: number, messages: readonly Message[]): void {
    const { env, settings } = this.#parts;
    this.#frameCount += 1;
    link.lastSentMillis = env.monotonicMillis;
    link.acknowledgeDue = false;
    const count = this.#frameCount;
    if (env.tracing) {
      env.trace({
        type: 'send',
        frame: `${env.name}/${link.localRun}/f${count}`,
        to: link.name,
        kind,
        messages: messages.map(traceOf),
        bytes: messages.reduce((sum, message) => sum + approximateBytes(message), 48),
      });
    }
    env.send(link.address, {
      version: FRAME_VERSION,
      network: settings.network,
      kind,
      run: link.localRun,
      toRun: link.peerRun,
      sequence,
      acknowledged: link.received,
      logical: env.logical,
      count,
      messages,
    });
  }

  // --- time ---

  /** Timer: repeats hellos and frames, asks silent peers, gives up dead ones. */
  tick(): void {
    const { env, options } = this.#parts;
    env.setTimer('link-tick', '', options.linkTickMillis);
    const now = env.monotonicMillis;
    for (const link of [...this.#links.values()]) {
      const factor = link.wanted ? 1 : options.idleLinkFactor;
      const silence = now - link.lastHeardMillis;
      if (silence >= options.deadMillis * factor || (!link.established && silence >= options.deadMillis)) {
        if (env.tracing) env.trace({ type: 'timer', kind: 'peer-dead', key: link.name });
        this.close(link, 'dead');
        continue;
      }
      if (!link.established) {
        if (link.opened && now >= link.nextHelloMillis) this.#sendHello(link);
        continue;
      }
      if (silence >= options.suspectMillis * factor && link.state === 'up') {
        link.state = 'suspect';
        this.#traceState(link, 'suspect');
        this.#hooks.changed(link);
      }
      this.#resend(link, now);
      if (silence >= options.pingMillis * factor && now - link.lastPingMillis >= options.pingMillis * factor) {
        link.lastPingMillis = now;
        this.#sendFrame(link, 'ping', 0, []);
      }
    }
  }

  #resend(link: Link, now: number): void {
    const { options } = this.#parts;
    const base = Math.max(options.resendMillis, (link.roundTripMillis ?? 0) * 2);
    for (const frame of link.unacknowledged) {
      const patience = Math.min(base * 2 ** (frame.attempts - 1), options.resendMillisMax);
      if (now - frame.lastSentMillis < patience) return;
      frame.lastSentMillis = now;
      frame.attempts += 1;
      this.#parts.count('framesResent');
      this.#sendFrame(link, 'data', frame.sequence, frame.messages);
    }
  }

  // --- words for the trace ---

  #drop(link: Link | undefined, reason: string, why: string): void {
    const { env } = this.#parts;
    this.#parts.count(`dropped:${reason}`);
    if (env.tracing) env.trace({ type: 'drop', peer: link?.name ?? 'unknown', reason: `${reason}: ${why}`.slice(0, 200) });
  }

  #traceReceive(link: Link, frame: Frame): void {
    const { env } = this.#parts;
    if (!env.tracing) return;
    const fitting = frame.messages.filter((message) => misfitOfMessage(message) === null);
    const bytes = fitting.reduce((sum, message) => sum + approximateBytes(message), 48);
    env.trace({
      type: 'receive',
      frame: `${link.name}/${frame.run}/f${frame.count}`,
      from: link.name,
      kind: frame.kind,
      messages: fitting.map(traceOf),
      bytes,
    });
  }

  #traceState(link: Link, to: string): void {
    const { env } = this.#parts;
    if (env.tracing) env.trace({ type: 'state', subject: 'link', id: link.name, to });
  }
}

function traceOf(message: Message): MessageTrace {
  switch (message.type) {
    case 'envelope':
      return { type: message.type, id: message.envelope.id, bytes: message.envelope.ciphertext.length };
    case 'receipt':
    case 'refusal':
      return message.ids[0] === undefined ? { type: message.type } : { type: message.type, id: message.ids[0] };
    default:
      return { type: message.type };
  }
}
