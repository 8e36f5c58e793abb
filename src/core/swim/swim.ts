import type { DatagramContent } from '../datagram.ts';
import { SourceBudget } from '../discovery/budget.ts';
import { idOfKey } from '../records.ts';
import type { NodeId } from '../types.ts';
import { Gossip } from './gossip.ts';
import { deadlineOf, type Member, Members, newMember, newSuspicion, overrides, type Suspicion, updateOn } from './members.ts';
import { NewsSpread } from './news-spread.ts';
import { type PacketAbout, Probes } from './probes.ts';
import { momentOf, probedIn } from './rotation.ts';
import type { SwimParts } from './swim-parts.ts';
import { isMadeUp, Vouching } from './vouching.ts';
import type { MemberState, Packet, PacketKind, Update } from './wire.ts';
import { packetProvesItself, readPacket, roomFor, UnwrittenPacket, updateBytes, updateOf } from './wire.ts';

const STAMP_MAX = 2 ** 48 - 1;

/**
 * Who is there and who is not, by probes among all members (SWIM: Das, Gupta, Motivala, DSN 2002), with Lifeguard
 * (Dadgar, Phillips, Currey, 2018): who answers late itself judges others more slowly.
 *
 * Invariants
 * 1. Only rightly signed packets of this network have an effect; what they say of third parties may be wrong, and the
 *    accused refutes it by a higher incarnation, which nobody else can give out in its name by a packet.
 * 2. A member is dead only after it was suspect, and suspect for at least the least suspicion time during which this node was awake.
 * 3. Of the same incarnation the worse news wins; a higher one wins always. So all members come to agree.
 * 4. In each round the members probe each other by a permutation that all draw from the clock: where clocks and views
 *    agree, everybody is probed once a round; where they do not, at random.
 * 5. By the word of others alone nobody lives on without end, and no incarnation rises beyond what clocks explain (vouching.ts).
 * 6. Members, rumours, probes and signature checks are bounded by the options.
 */
export class Swim {
  readonly #parts: SwimParts;
  readonly #members: Members;
  readonly #gossip = new Gossip();
  readonly #probes: Probes;
  readonly #budget: SourceBudget;
  readonly #newsSpread: NewsSpread;
  readonly #vouching: Vouching;
  #incarnation = 0;
  #stamp = 0;
  /** Who is probed at the next tick. */
  #planned: NodeId | null = null;
  #tickDueMillis = 0;
  #suspicionDueMillis = Number.POSITIVE_INFINITY;

  constructor(parts: SwimParts) {
    const { env, options } = parts;
    this.#parts = parts;
    this.#members = new Members(options.swimMembersMax, () => env.random.fraction(), parts);
    this.#budget = new SourceBudget({ perSecond: options.swimChecksPerSecond, perSourceAndSecond: options.swimChecksPerSource });
    this.#probes = new Probes(env, options, {
      send: (kind, to, about) => this.#send(kind, to, about),
      members: this.#members,
      missed: () => parts.missed?.(),
      answered: (member) => this.#vouching.answered(member),
      failed: (member) => this.#suspect(member, parts.nodeId.slice(0, 8)),
      count: (counter) => parts.count(counter),
    });
    this.#vouching = new Vouching(env, options, {
      probe: (member, voucher) => this.#probes.begin(member, updateOn(member), undefined, voucher),
      alive: (member, incarnation) => this.#turn(member, updateOn(member, 'alive', '', incarnation)),
      count: (counter) => parts.count(counter),
    });
    this.#newsSpread = new NewsSpread(env, options, this.#members, {
      nodeId: parts.nodeId,
      tell: (other, news) => this.#send('ping', other.address, { target: other.id, sequence: 0, first: news }),
      look: (member, news) => this.#probes.begin(member, news),
    });
  }

  get active(): boolean {
    return this.#parts.options.swimPeriodMillis > 0 && this.#parts.env.datagramAddress !== null;
  }

  /** Alive or suspect members, this node not counted. */
  get presentCount(): number {
    return this.#members.presentCount;
  }

  /** Local health multiplier: 0 is well. */
  get health(): number {
    return this.#probes.health;
  }

  /** Whoever is alive here is so for good reasons: news of a death would reach us. */
  get hearsOthers(): boolean {
    return this.active && this.#probes.hearsOthers;
  }

  stateOf(id: NodeId): MemberState | 'unknown' {
    return this.#members.get(id)?.state ?? 'unknown';
  }

  /** When that node itself was last heard here; minus infinity for never. */
  heardMillis(id: NodeId): number {
    return this.#members.get(id)?.heard?.millis ?? Number.NEGATIVE_INFINITY;
  }

  start(): void {
    if (!this.active) return;
    const { env, options } = this.#parts;
    this.#incarnation = Math.min(STAMP_MAX, Math.trunc(env.wallMillis));
    this.#setTick(options.swimPeriodMillis * env.random.fraction());
  }

  /** Tells some members that this node leaves. */
  stop(): void {
    if (!this.active) return;
    const own = this.#ownUpdate('left');
    for (const member of this.#members.sample(this.#parts.options.swimIndirectCount * 2, null)) {
      this.#send('ping', member.address, { target: member.id, sequence: 0, first: own });
    }
  }

  // --- what others tell of nodes ---

  /** A signed record says where a node takes datagrams. */
  learn(id: NodeId, address: string): void {
    const { nodeId } = this.#parts;
    if (!this.active || id === nodeId) return;
    const member = this.#members.get(id);
    if (member === undefined) {
      this.#members.add(id, address);
      return;
    }
    member.address = address;
    // Whoever was taken for dead and speaks again is told so, and refutes it.
    if (member.state === 'dead' || member.state === 'left') this.#probes.ask(member, updateOn(member));
  }

  /** The node itself has said, in a signed record or by the end of its link, that it has gone. */
  departed(id: NodeId): void {
    const member = this.#members.get(id);
    if (member !== undefined && member.state !== 'left') this.#turn(member, updateOn(member, 'left'));
  }

  /** Somebody whom the others have for alive does not answer over its link: probed at once, without the patience of a node that hears badly. */
  look(id: NodeId): void {
    const member = this.#members.get(id);
    if (this.active && member?.state === 'alive') this.#probes.begin(member, null, 1);
  }

  // --- time ---

  #setTick(delayMillis: number): void {
    const { env } = this.#parts;
    this.#tickDueMillis = env.monotonicMillis + delayMillis;
    env.setTimer('swim-period', '', delayMillis);
  }

  /** Timer: the probe that was planned, and the plan for the next one. */
  tick(): void {
    const { env, options } = this.#parts;
    this.#forgive(env.monotonicMillis - this.#tickDueMillis);
    this.#members.forgetTheDead(env.monotonicMillis - options.swimDeadMillis);
    const planned = this.#planned === null ? undefined : this.#members.get(this.#planned);
    if (planned?.state === 'alive') this.#probes.begin(planned, null);
    else if (planned?.state === 'suspect') this.#probes.begin(planned, updateOn(planned));
    this.#plan();
  }

  /**
   * Who is probed in the next round, and when: the rotation follows the clock, the moment within the round the member that
   * is probed. So where clocks agree, everybody is probed once a round, at even distances, by another one each time.
   */
  #plan(): void {
    const { env, options, nodeId } = this.#parts;
    const period = options.swimPeriodMillis;
    const round = Math.floor(env.wallMillis / period) + 1 + this.#probes.health;
    const member = probedIn(round, nodeId, this.#members.present());
    this.#planned = member?.id ?? null;
    this.#setTick(member === null ? period : (round + momentOf(member.id)) * period - env.wallMillis);
  }

  probeTimer(key: string): void {
    this.#probes.directTimer(key);
  }

  verdictTimer(key: string): void {
    this.#probes.verdictTimer(key);
  }

  /** Timer: news that waited for others. */
  newsTimer(): void {
    this.#newsSpread.timer();
  }

  /** Timer: suspicions that nobody refuted. */
  suspicionTimer(): void {
    const { env } = this.#parts;
    this.#forgive(env.monotonicMillis - this.#suspicionDueMillis);
    let deaths = 0;
    for (const member of Array.from(this.#members.suspects)) {
      const { suspicion } = member;
      if (suspicion === null || this.#dueOf(suspicion) > env.monotonicMillis) continue;
      // A process that stood still may be back by now: it is asked once more, and hears of what is believed.
      if (!suspicion.lastCallDone) {
        suspicion.lastCallDone = true;
        this.#probes.ask(member, updateOn(member));
        continue;
      }
      // Heard here since: whatever others say, it lives.
      const state = (member.heard?.millis ?? 0) > suspicion.startMillis ? 'alive' : 'dead';
      this.#turn(member, updateOn(member, state, ''));
      if (state === 'dead') deaths += 1;
    }
    this.#armSuspicion();
    if (deaths > 0) this.#spread();
  }

  /** The next thing to do about a suspicion: the last call, then the end. */
  #dueOf(suspicion: Suspicion): number {
    return deadlineOf(suspicion) - (suspicion.lastCallDone ? 0 : this.#parts.options.swimTimeoutMillis);
  }

  /** This process stood still: what was not heard meanwhile proves nothing. */
  #forgive(lateMillis: number): void {
    if (!(lateMillis > this.#parts.options.swimPeriodMillis)) return;
    this.#parts.count('swimStalls');
    this.#probes.abandon();
    for (const { suspicion } of this.#members.suspects) {
      if (suspicion === null) continue;
      suspicion.startMillis += lateMillis;
      suspicion.lastCallDone = false;
    }
  }

  #armSuspicion(): void {
    const { env } = this.#parts;
    let due = Number.POSITIVE_INFINITY;
    for (const { suspicion } of this.#members.suspects) if (suspicion !== null) due = Math.min(due, this.#dueOf(suspicion));
    this.#suspicionDueMillis = due;
    if (due === Number.POSITIVE_INFINITY) env.cancelTimer('swim-suspicion', '');
    else env.setTimer('swim-suspicion', '', Math.max(0, due - env.monotonicMillis));
  }

  // --- packets in ---

  /** Anything may be in it. */
  receive(from: string, content: DatagramContent): void {
    if (!this.active) return;
    const { env, nodeId, network } = this.#parts;
    const packet = readPacket(network, content);
    if (typeof packet === 'string') return this.#refuse(packet, from);
    const id = idOfKey(env.crypto, packet.senderKey) as NodeId;
    if (id === nodeId) return;
    if (!this.#budget.take(from, env.monotonicMillis)) return this.#refuse('flood', from);
    if (!packetProvesItself(env.crypto, packet, content)) return this.#refuse('unsigned', from);
    const sender = this.#heard(id, packet);
    for (const update of packet.updates) this.#take(update, id);
    this.#newsSpread.passOn();
    this.#answer(packet, sender, from);
  }

  /** A packet with a newer stamp proves that its sender lives now; an older one may be an echo. */
  #heard(id: NodeId, packet: Packet): Member {
    const { env } = this.#parts;
    const sender = this.#members.get(id) ?? this.#members.add(id, packet.address);
    // Nobody whom there is room for, but answered all the same.
    if (sender === null) return newMember(id, packet.address);
    if (packet.stamp <= (sender.heard?.stamp ?? 0)) return sender;
    sender.heard = { millis: env.monotonicMillis, stamp: packet.stamp, incarnation: packet.incarnation };
    this.#vouching.heard(sender);
    this.#probes.heard();
    sender.address = packet.address;
    const word = updateOf(id, 'alive', packet.incarnation, '', packet.address);
    if (overrides(word, sender)) this.#turn(sender, word);
    return sender;
  }

  #answer(packet: Packet, sender: Member, from: string): void {
    const { nodeId } = this.#parts;
    switch (packet.kind) {
      case 'ping':
        if (packet.target !== nodeId || packet.sequence === 0) return;
        // Who is under suspicion is the first to hear of it.
        return this.#send('ack', from, { target: nodeId, sequence: packet.sequence, first: sender.state === 'alive' ? null : updateOn(sender) });
      case 'request':
        return this.#probes.relay(packet, from);
      case 'ack':
        return this.#probes.acknowledged(packet);
      case 'nack':
        return this.#probes.denied(packet);
    }
  }

  #refuse(reason: 'malformed' | 'version' | 'foreign' | 'flood' | 'unsigned', from: string): void {
    const { env } = this.#parts;
    this.#parts.count(`swimRefused:${reason}`);
    if (env.tracing && (reason === 'malformed' || reason === 'unsigned')) env.trace({ type: 'drop', peer: from, reason: `${reason}: membership` });
  }

  // --- news ---

  #take(update: Update, voucher: NodeId): void {
    const { env, nodeId } = this.#parts;
    const id = update.id as NodeId;
    const known = this.#members.get(id);
    const own = id === nodeId ? this.#incarnation : (known?.heard?.incarnation ?? 0);
    if (isMadeUp(update, own, env.wallMillis)) return this.#parts.count('swimMadeUp');
    if (id === nodeId) return this.#refute(update);
    if (known === undefined && (update.state === 'dead' || update.state === 'left')) return;
    const member = known ?? this.#members.add(id, update.address);
    if (member === null) return;
    const before = member.state;
    if (overrides(update, member)) {
      if (!this.#vouching.believes(update, member, voucher)) return;
      this.#turn(member, update);
      if (known !== undefined && member.state !== before) this.#newsSpread.heard(member, updateOn(member));
    } else if (update.state === 'suspect' && update.incarnation === member.incarnation) this.#confirm(member, update.accuser);
  }

  /** Somebody takes this node for worse than it is, or remembers it from an earlier life: a higher incarnation settles it. */
  #refute(update: Update): void {
    if (update.incarnation < this.#incarnation || (update.state === 'alive' && update.incarnation === this.#incarnation)) return;
    this.#incarnation = Math.min(STAMP_MAX, update.incarnation + 1);
    if (update.state === 'suspect') this.#probes.worsen();
    this.#parts.count('swimRefutations');
    this.#gossip.tell(this.#ownUpdate());
    this.#spread();
  }

  /** News that should not wait for the next round. */
  #spread(): void {
    for (const { id, address } of this.#members.sample(this.#parts.options.swimIndirectCount, null)) this.#send('ping', address, { target: id, sequence: 0 });
  }

  #suspect(member: Member, accuser: string): void {
    if (member.state === 'alive') {
      this.#turn(member, updateOn(member, 'suspect', accuser));
      this.#spread();
    } else if (member.state === 'suspect') this.#confirm(member, accuser);
  }

  #confirm(member: Member, accuser: string): void {
    const { suspicion } = member;
    if (suspicion === null || suspicion.accusers.has(accuser) || suspicion.accusers.size > suspicion.enough) return;
    suspicion.accusers.add(accuser);
    this.#gossip.tell(updateOn(member, member.state, accuser));
    this.#armSuspicion();
  }

  /** A member comes into a state, as this node found out or was told. */
  #turn(member: Member, update: Update): void {
    const { env, options } = this.#parts;
    const before = member.state;
    member.incarnation = update.incarnation;
    member.address = update.address;
    this.#members.setState(member, update.state, env.monotonicMillis);
    if (update.state === 'suspect') {
      member.suspicion = newSuspicion(update.accuser, env.monotonicMillis, this.#members.presentCount, options);
    }
    this.#gossip.tell(update);
    this.#armSuspicion();
    if (before === update.state) return;
    if (env.tracing) env.trace({ type: 'state', subject: 'member', id: member.id.slice(0, 8), from: before, to: update.state });
    this.#parts.changed(member.id, update.state, before);
  }

  #ownUpdate(state: MemberState = 'alive'): Update {
    const { env, nodeId } = this.#parts;
    return updateOf(nodeId, state, this.#incarnation, '', env.datagramAddress ?? '');
  }

  // --- packets out ---

  #send(kind: PacketKind, to: string, about: PacketAbout): void {
    const { env, key, network } = this.#parts;
    const address = env.datagramAddress ?? '';
    const targetAddress = about.targetAddress ?? '';
    this.#stamp = Math.min(STAMP_MAX, Math.max(this.#stamp + 1, Math.trunc(env.wallMillis)));
    const updates = this.#updatesFor(roomFor(address, targetAddress), about.first ?? null);
    const { target, sequence } = about;
    const packet = { kind, senderKey: key.publicKey, incarnation: this.#incarnation, stamp: this.#stamp, sequence, target, address, targetAddress, updates };
    this.#parts.count('swimOut');
    env.sendDatagram({ address: to }, new UnwrittenPacket(env.crypto, key, network, packet));
  }

  /** News first; what room is left shows a few random members, the dead too, so that all come to know of all. */
  #updatesFor(roomBytes: number, first: Update | null): Update[] {
    const { options } = this.#parts;
    const timesMax = options.swimGossipFactor * Math.ceil(Math.log10(this.#members.presentCount + 2));
    const updates = this.#gossip.take({ roomBytes, timesMax, first });
    let room = roomBytes;
    for (const update of updates) room -= updateBytes(update);
    for (const member of this.#members.sampleOfAll(options.swimFillCount)) {
      const update = updateOn(member);
      room -= updateBytes(update);
      if (room < 0) break;
      if (member.incarnation > 0 && !updates.some((each) => each.id === member.id)) updates.push(update);
    }
    return updates;
  }
}
