import type { CoreOptions } from '../options.ts';
import type { Parts } from '../parts.ts';
import type { Link, LinkHooks, UnacknowledgedFrame } from './link.ts';
import { LinkAgenda } from './link-agenda.ts';
import { dueForResend, resendAtMillis } from './stream.ts';

/** A peer that others doubt and that was not heard for so long is asked; it has so long to answer before we doubt it, too, ms. */
const DOUBTED_MILLIS = 150;
/** The first question to a peer for whom others vouch may come so much later than it is due: several share a tick, and many need none any more. */
const PING_SLACK = 1.25;
/** A question without an answer is asked again after this share of the silence that led to it. */
const AGAIN_SHARE = 1 / 2;
/** The last part of that time, in which such a question leaves with any other turn. */
const RIDE_SHARE = 1 / 3;
/** What nobody misses is sent again so much later than it is due, where no other turn comes before; from so far away on, ms. */
const RESEND_SLACK = 1 / 5;
const CALM_WAIT_MILLIS = 5_000;
/** The timer is moved to a later time at most so often, ms. */
const REARM_MILLIS = 20;

export interface LinkWatchHooks {
  sendHello(link: Link): void;
  ping(link: Link): void;
  resend(link: Link, frame: UnacknowledgedFrame): void;
  suspect(link: Link): void;
  dead(link: Link): void;
}

/**
 * Watches over links: repeats hellos and frames, asks silent peers, gives up dead ones. It wakes when something may be due, no sooner
 * than a tick after the last time; whatever brings something forward calls `resendsAt`, `unsure` or `reconsider`.
 *
 * Nobody is suspected who was not asked: a doubt begins with a question (a ping, a frame sent again) and ends with any frame of the
 * peer. So a peer for whom others vouch may be left in peace for longer, and is judged as fast as anybody once there is a doubt.
 */
export class LinkWatch {
  readonly #parts: Parts;
  readonly #peers: Pick<LinkHooks, 'wordOf' | 'knowsAll' | 'heardMillis'>;
  readonly #hooks: LinkWatchHooks;
  /** When the timer is to fire, its patience included: one that fires later tells how long this process stood still. */
  #dueMillis = Number.POSITIVE_INFINITY;
  readonly #agenda = new LinkAgenda();
  readonly #nextOf = (link: Link): number => this.#nextMillis(link, 1);
  readonly #latestOf = (link: Link): number => this.#nextMillis(link, PING_SLACK);
  #tickedMillis = Number.NEGATIVE_INFINITY;
  #rearmedMillis = Number.NEGATIVE_INFINITY;
  #alarmedMillis = Number.NEGATIVE_INFINITY;

  constructor(parts: Parts, peers: Pick<LinkHooks, 'wordOf' | 'knowsAll' | 'heardMillis'>, hooks: LinkWatchHooks) {
    this.#parts = parts;
    this.#peers = peers;
    this.#hooks = hooks;
  }

  add(link: Link): void {
    this.#agenda.add(link);
    this.reconsider(link);
  }

  delete(link: Link): void {
    this.#agenda.delete(link);
  }

  /** Something may be due then, and may wait that much longer for another turn. */
  #wakeAt(atMillis: number, patienceMillis = 0): void {
    const { env, options, patient } = this.#parts;
    // What has been due for long is due now: the timer is not late for it.
    const dueMillis = Math.max(atMillis, this.#tickedMillis + options.linkTickMillis, env.monotonicMillis);
    if (dueMillis + patienceMillis >= this.#dueMillis) return;
    this.#dueMillis = dueMillis + patienceMillis;
    patient.set('link-tick', dueMillis - env.monotonicMillis, patienceMillis);
  }

  /** The peer has said what has arrived there: less is due now, or more that seems to be lost. `wasAsked`: we had asked it for a sign of life. */
  acknowledged(link: Link, wasAsked: boolean): void {
    const { env, options } = this.#parts;
    const resendMillis = resendAtMillis(link, options);
    this.#agenda.bringForward(link, resendMillis);
    if (resendMillis < this.#dueMillis) return this.#wakeAt(resendMillis);
    // Most frames are acknowledged before anything is due: nobody need wake up for them. Now and then is enough to see to that.
    const now = env.monotonicMillis;
    // One that is overdue tells how long this process stood still, which must not get lost.
    if (this.#dueMillis < now || now - this.#rearmedMillis < REARM_MILLIS) return;
    if (!wasAsked && this.#dueMillis - now > options.resendMillis) return;
    this.#rearmedMillis = now;
    this.#dueMillis = Number.POSITIVE_INFINITY;
    this.#wakeForNext();
  }

  /** A link came up, is watched more closely than before, or nobody vouches for its peer any more. */
  reconsider(link: Link): void {
    this.#agenda.set(link, Number.NEGATIVE_INFINITY);
    this.#wakeAt(this.#latestOf(link));
  }

  /** A frame is under way that will be sent again then. */
  resendsAt(link: Link, atMillis: number): void {
    this.#agenda.bringForward(link, atMillis);
    const waitMillis = atMillis - this.#parts.env.monotonicMillis;
    this.#wakeAt(atMillis, waitMillis < CALM_WAIT_MILLIS ? 0 : waitMillis * RESEND_SLACK);
  }

  /** Something about the link, or what others say of its peer, has changed: the next look at it takes nothing for granted. */
  unsure(link: Link): void {
    this.#agenda.set(link, Number.NEGATIVE_INFINITY);
  }

  /** What others say counts less than it did, whomever they speak of. */
  unsureOfAll(): void {
    this.#agenda.forgetAll();
  }

  /** Others doubt that the peer is there: it is asked at once. */
  doubted(link: Link): void {
    if (link.established && link.askedMillis === null && this.#parts.env.monotonicMillis - link.lastHeardMillis >= DOUBTED_MILLIS) this.#ask(link);
    this.reconsider(link);
  }

  /**
   * Somebody else may be dead, and deaths come together: that others vouch for a peer counts no more until it is heard again, so those who
   * are watched closely are asked as if nobody did.
   */
  alarm(): void {
    const { env, options } = this.#parts;
    this.#alarmedMillis = env.monotonicMillis;
    for (const link of this.#agenda.all) {
      if (!link.watched || !link.established) continue;
      if (link.askedMillis === null && env.monotonicMillis - link.lastHeardMillis >= options.pingMillis) this.#ask(link);
      this.reconsider(link);
    }
  }

  /** A frame of the peer has come: a question, if there was one, is answered, and nobody need wake up for what was to follow it. */
  heard(link: Link): void {
    link.lastHeardMillis = this.#parts.env.monotonicMillis;
    if (link.askedMillis === null) return;
    link.askedMillis = null;
    this.#agenda.set(link, Number.NEGATIVE_INFINITY);
    // One that is overdue tells how long this process stood still, which must not get lost.
    if (this.#dueMillis < this.#parts.env.monotonicMillis) return;
    this.#dueMillis = Number.POSITIVE_INFINITY;
    this.#wakeForNext();
  }

  /** A ping of ours is on its way to the peer: if the peer asks as well, it is answered by that. */
  asksNow(link: Link): boolean {
    const { env, options } = this.#parts;
    return link.askedMillis !== null && env.monotonicMillis - link.lastPingMillis < options.linkTickMillis;
  }

  #ask(link: Link): void {
    link.askedMillis ??= this.#parts.env.monotonicMillis;
    link.lastPingMillis = this.#parts.env.monotonicMillis;
    this.#hooks.ping(link);
  }

  /** Timer. */
  tick(): void {
    const now = this.#parts.env.monotonicMillis;
    this.#forgive(now - this.#dueMillis);
    this.#dueMillis = Number.POSITIVE_INFINITY;
    this.#tickedMillis = now;
    for (const link of this.#agenda.dueBy(now)) {
      this.#agenda.set(link, Number.NEGATIVE_INFINITY);
      if (this.#agenda.has(link)) this.#look(link, now);
    }
    this.#wakeForNext();
  }

  #wakeForNext(): void {
    const { env, options, patient } = this.#parts;
    const { dueMillis, latestMillis } = this.#agenda.next(this.#nextOf, this.#latestOf, isUnsettled);
    const now = env.monotonicMillis;
    const leastMillis = Math.max(this.#tickedMillis + options.linkTickMillis, now);
    const wakeMillis = Math.max(latestMillis, leastMillis);
    if (wakeMillis >= this.#dueMillis && wakeMillis < Number.POSITIVE_INFINITY) return;
    this.#dueMillis = wakeMillis;
    if (wakeMillis === Number.POSITIVE_INFINITY) return patient.cancel('link-tick');
    const fromMillis = Math.max(latestMillis - (latestMillis - dueMillis) * RIDE_SHARE, leastMillis);
    patient.set('link-tick', fromMillis - now, this.#dueMillis - fromMillis);
  }

  #look(link: Link, now: number): void {
    const { env, options } = this.#parts;
    if (now >= this.#deadAtMillis(link)) {
      if (env.tracing) env.trace({ type: 'timer', kind: 'peer-dead', key: link.name });
      return this.#hooks.dead(link);
    }
    if (!link.established) {
      if (link.opened && now >= link.nextHelloMillis) this.#hooks.sendHello(link);
      return;
    }
    if (link.state === 'up' && now >= this.#suspectAtMillis(link)) this.#hooks.suspect(link);
    for (const frame of dueForResend(link, options, now)) {
      link.askedMillis ??= now;
      this.#hooks.resend(link, frame);
    }
    if (now >= this.#pingAtMillis(link, 1)) this.#ask(link);
  }

  /** When something is due; the first question to a peer in peace counted that many times later. */
  #nextMillis(link: Link, slack: number): number {
    const dead = this.#deadAtMillis(link);
    if (!link.established) return link.opened ? Math.min(dead, link.nextHelloMillis) : dead;
    const suspect = link.state === 'up' ? this.#suspectAtMillis(link) : Number.POSITIVE_INFINITY;
    return Math.min(dead, suspect, this.#pingAtMillis(link, slack), resendAtMillis(link, this.#parts.options));
  }

  #deadAtMillis(link: Link): number {
    const { options } = this.#parts;
    // Where all answers are late one that has not come says less.
    const answerMillis = this.#parts.answerTimes.patienceMillis(0, options.answerMillisMax);
    if (!link.established) return link.lastHeardMillis + Math.max(options.deadMillis, answerMillis);
    if (link.askedMillis === null) return Number.POSITIVE_INFINITY;
    // Not long after the question where there are other signs: it came late only because others vouched for the peer until then.
    if (link.watched) {
      const patience = Math.max(answerMillis, this.#peers.wordOf(link) === 'alive' ? options.deadMillis - options.suspectMillis : options.suspectMillis);
      return Math.max(link.lastHeardMillis + options.deadMillis, link.askedMillis + patience);
    }
    return link.askedMillis + (options.deadMillis - options.pingMillis) * patienceFactor(link, options);
  }

  #suspectAtMillis(link: Link): number {
    const { options } = this.#parts;
    if (link.askedMillis === null) return Number.POSITIVE_INFINITY;
    const patience = (options.suspectMillis - options.pingMillis) * patienceFactor(link, options);
    if (!link.watched) return link.askedMillis + patience;
    const word = this.#peers.wordOf(link);
    // Two who miss it need not be as patient as one.
    const askedMillis = word === 'alive' ? patience : word === 'suspect' ? DOUBTED_MILLIS : DOUBTED_MILLIS * 2;
    // What was heard by any way within the suspect time still counts when that has just passed.
    return Math.max(this.#peers.heardMillis(link) + options.suspectMillis + 1, link.askedMillis + askedMillis);
  }

  /** When the peer has been silent for so long that it is asked for a frame. */
  #pingAtMillis(link: Link, slack: number): number {
    const { options } = this.#parts;
    // Our end opened by a hello, the peer's may not have: it must hear from us before it gives up.
    const patience = options.pingMillis * (link.confirmed ? patienceFactor(link, options) : 1);
    if (link.askedMillis !== null) return Math.max(link.askedMillis, link.lastPingMillis + patience * AGAIN_SHARE);
    return link.lastHeardMillis + patience * (link.confirmed ? this.#vouchedFactor(link, slack) : 1);
  }

  /** Where each node knows a part of the members only, not all of them pass a death on. */
  #vouchedFactor(link: Link, slack: number): number {
    const { options } = this.#parts;
    if (link.watched && link.lastHeardMillis < this.#alarmedMillis) return 1;
    if (this.#peers.wordOf(link) !== 'alive') return 1;
    return slack * (!link.wanted || this.#peers.knowsAll() ? options.vouchedByAllLinkFactor : options.vouchedLinkFactor);
  }

  /** This process stood still: that nobody was heard meanwhile proves nothing, and what they sent is read after this. */
  #forgive(lateMillis: number): void {
    const { env, options } = this.#parts;
    // A second question would have left by now, and the answer to the first is not read yet.
    if (!(lateMillis >= options.pingMillis * AGAIN_SHARE)) return;
    this.#parts.count('stalls');
    for (const link of this.#agenda.all) {
      link.lastHeardMillis = Math.min(link.lastHeardMillis + lateMillis, env.monotonicMillis);
      if (link.askedMillis !== null) link.askedMillis = Math.min(link.askedMillis + lateMillis, env.monotonicMillis);
    }
  }
}

/** Much may bring forward what is due at such a link; there are few of them. */
function isUnsettled(link: Link): boolean {
  return !link.established || link.askedMillis !== null;
}

/** How much longer than with a peer that is watched closely silence may last. */
function patienceFactor(link: Link, options: CoreOptions): number {
  return link.watched ? 1 : link.wanted ? options.wantedLinkFactor : options.idleLinkFactor;
}
