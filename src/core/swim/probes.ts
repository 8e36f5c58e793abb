import { AnswerTimes } from '../link/answer-times.ts';
import type { CoreOptions } from '../options.ts';
import type { NodeId } from '../types.ts';
import type { Member, Members } from './members.ts';
import type { SwimEnv } from './swim-parts.ts';
import type { Packet, PacketKind, Update } from './wire.ts';

interface Probe {
  readonly member: Member;
  /** Whose word is to be checked, and who so is not asked; null: nobody's. */
  readonly voucher: NodeId | null;
  readonly sentMillis: number;
  /** How long the direct answer may take, ms. */
  readonly timeoutMillis: number;
  /** Members that were asked to ask, and those of them that said they do. */
  asked: number;
  denials: number;
}

/** Somebody else's question that is passed on. */
interface Relayed {
  readonly target: NodeId;
  /** Who wants to know, and under which number. */
  readonly replyTo: string;
  readonly replySequence: number;
}

/** What a packet is about; see Packet for `target` and `sequence`. */
export interface PacketAbout {
  readonly target: string;
  readonly sequence: number;
  readonly targetAddress?: string;
  /** Said ahead of other news. */
  readonly first?: Update | null;
}

interface ProbesOptions {
  send(kind: PacketKind, to: string, about: PacketAbout): void;
  readonly members: Members;
  /** A direct probe has no answer yet. */
  missed(): void;
  /** A probe has its answer, from the member itself or over somebody else. */
  answered(member: Member): void;
  /** A probe was in vain, the direct one and those of the others. */
  failed(member: Member): void;
  count(counter: string): void;
}

/** A probe is over after this many timeouts: the direct answer, the question to others, their answer. */
const PROBE_TIMEOUTS = 3;
/** A probe without a direct answer, and nobody else heard for so long, ms: it may be this node that is cut off. */
const SILENCE_MILLIS = 750;
/** Questions of others that are remembered, until they are answered or others have come. */
const RELAYED_MAX = 64;

/** The probes under way, their detour over others, the questions of others, and how far this node can trust its own ears. */
export class Probes {
  readonly #env: SwimEnv;
  readonly #options: CoreOptions;
  readonly #wiring: ProbesOptions;
  readonly #relayed = new Map<number, Relayed>();
  readonly #probes = new Map<number, Probe>();
  /** How long answers to probes take at present: who is slow because the machine is is not dead. */
  readonly #answerTimes = new AnswerTimes();
  #sequence = 0;
  #health = 0;
  /** When anybody was heard last, and when a probe stayed without an answer while nobody was. */
  #heardMillis = Number.NEGATIVE_INFINITY;
  #missedMillis = Number.NEGATIVE_INFINITY;

  constructor(env: SwimEnv, options: CoreOptions, wiring: ProbesOptions) {
    this.#env = env;
    this.#options = options;
    this.#wiring = wiring;
  }

  /** Lifeguard's local health multiplier: grows while answers stay out that should have come. */
  get health(): number {
    return this.#health;
  }

  /** Somebody else would be heard if there were news, as far as can be told. */
  get hearsOthers(): boolean {
    return this.#heardMillis > this.#missedMillis;
  }

  /** A fresh packet has come, from whomever. */
  heard(): void {
    this.#heardMillis = this.#env.monotonicMillis;
  }

  worsen(by = 1): void {
    this.#health = Math.min(this.#options.swimHealthMax, this.#health + by);
  }

  #nextSequence(): number {
    this.#sequence = this.#sequence === 0 ? 1 + Math.floor(this.#env.random.fraction() * 2 ** 31) : (this.#sequence % (2 ** 32 - 1)) + 1;
    return this.#sequence;
  }

  /** `patience`: how much longer than usual answers may take, where it is not the slowness of this node that decides. */
  begin(member: Member, first: Update | null, patience = 1 + this.#health, voucher: NodeId | null = null): void {
    const sequence = this.#nextSequence();
    const { swimTimeoutMillis, swimHealthMax } = this.#options;
    const timeoutMillis = this.#answerTimes.patienceMillis(swimTimeoutMillis * patience, swimTimeoutMillis * (1 + swimHealthMax));
    this.#probes.set(sequence, { member, voucher, sentMillis: this.#env.monotonicMillis, timeoutMillis, asked: 0, denials: 0 });
    this.#wiring.send('ping', member.address, { target: member.id, sequence, first });
    this.#env.setTimer('swim-probe', String(sequence), timeoutMillis);
  }

  /** One question out of turn, whose answer is welcome and whose silence means nothing. */
  ask(member: Member, first: Update | null): void {
    this.#wiring.send('ping', member.address, { target: member.id, sequence: this.#nextSequence(), first });
  }

  /** Timer: no answer yet, so others are asked to ask. */
  directTimer(key: string): void {
    const sequence = Number(key);
    const probe = this.#probes.get(sequence);
    if (probe === undefined) return;
    if (this.#env.monotonicMillis - this.#heardMillis >= SILENCE_MILLIS) {
      this.#missedMillis = this.#env.monotonicMillis;
      this.#wiring.missed();
    }
    // Most probes are answered before this: they need no second timer.
    this.#env.setTimer('swim-verdict', key, probe.timeoutMillis * (PROBE_TIMEOUTS - 1));
    const { id, address } = probe.member;
    for (const other of this.#wiring.members.sample(this.#options.swimIndirectCount, id, probe.voucher)) {
      probe.asked += 1;
      this.#wiring.send('request', other.address, { target: id, targetAddress: address, sequence });
    }
  }

  /** Timer: the probe is over. */
  verdictTimer(key: string): void {
    const probe = this.#probes.get(Number(key));
    this.#probes.delete(Number(key));
    if (probe === undefined) return;
    // Others of whom nothing was heard either: it may be this node that hears badly.
    const silent = probe.asked - probe.denials;
    if (silent > 0) this.worsen(silent);
    this.#wiring.count('swimProbesFailed');
    this.#wiring.failed(probe.member);
  }

  /** Forgets what is under way. */
  abandon(): void {
    this.#probes.clear();
    this.#relayed.clear();
  }

  // --- for others ---

  /** Asks for somebody else, and says so at once: that this node is there, too, whatever comes of it, is what its word is needed for. */
  relay(packet: Packet, from: string): void {
    const sequence = this.#nextSequence();
    this.#relayed.set(sequence, { target: packet.target as NodeId, replyTo: from, replySequence: packet.sequence });
    if (this.#relayed.size > RELAYED_MAX) this.#relayed.delete(this.#relayed.keys().next().value as number);
    this.#wiring.send('ping', packet.targetAddress, { target: packet.target, sequence });
    this.#wiring.send('nack', from, { target: packet.target, sequence: packet.sequence });
  }

  acknowledged(packet: Packet): void {
    const probe = this.#probes.get(packet.sequence);
    if (probe?.member.id === packet.target) {
      this.#probes.delete(packet.sequence);
      this.#env.cancelTimer('swim-probe', String(packet.sequence));
      this.#env.cancelTimer('swim-verdict', String(packet.sequence));
      this.#health = Math.max(0, this.#health - 1);
      this.#answerTimes.took(this.#env.monotonicMillis - probe.sentMillis);
      this.#wiring.answered(probe.member);
      return;
    }
    const relayed = this.#relayed.get(packet.sequence);
    if (relayed === undefined || relayed.target !== packet.target) return;
    this.#relayed.delete(packet.sequence);
    this.#wiring.send('ack', relayed.replyTo, { target: relayed.target, sequence: relayed.replySequence });
  }

  denied(packet: Packet): void {
    const probe = this.#probes.get(packet.sequence);
    if (probe?.member.id === packet.target) probe.denials += 1;
  }
}
