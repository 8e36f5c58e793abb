import { sameBytes } from '../bytes.ts';
import type { VerifiedSession } from '../link/hello.ts';
import type { Link } from '../link/link.ts';
import { nodeTitle } from '../link/node-title.ts';
import type { Message } from '../messages.ts';
import type { Parts } from '../parts.ts';
import type { VerifiedRecord } from '../records.ts';
import { WORK } from '../turn-work.ts';
import type { Endpoint, NodeId, UserId } from '../types.ts';
import { Attempts } from './attempts.ts';
import { RandomLinks } from './random-links.ts';
import { ownerOf, type PutOutcome } from './record-view.ts';
import { Seeker } from './seeker.ts';
import { surplusLinks, YOUNG_MILLIS } from './surplus-links.ts';
import { watchedUsers } from './watched-users.ts';

/** Reviews by the timer come so far apart at least, and at most where nothing is to be done before, ms. */
const REVIEW_MILLIS = 1_000;
const QUIET_REVIEW_MILLIS = 10_000;
/** Share of unknown nodes' beacons that are looked at where not everybody is known. */
const STRANGER_SHARE = 0.05;
/** An idle link that was let go of is not opened again for so long, ms. */
const SURPLUS_REST_MILLIS = 60_000;
/** Between two looks for whom a frame without a link is from. */
const STRAY_MILLIS = 50;

/**
 * Decides with whom to be linked: the people somebody here waits for, and a few random peers so that the network hangs together.
 * Remembers on disk which addresses worked.
 */
export class Connections {
  readonly #parts: Parts;
  readonly #attempts: Attempts;
  readonly #random: RandomLinks;
  readonly #seeker: Seeker;
  #byHand: Endpoint[] = [];
  #reviewDue = false;
  #probeMillis = 0;
  #strayMillis = 0;
  /** As the last review found it: people to be linked with. */
  #wanted: ReadonlySet<UserId> = new Set();
  /** Those of them whose links are watched closely. */
  #watched: ReadonlySet<UserId> = new Set();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#attempts = new Attempts(parts);
    this.#random = new RandomLinks(parts, this.#attempts, (id) => this.#reach(id));
    this.#seeker = new Seeker(parts, {
      watched: (userId) => this.#watched.has(userId),
      reachable: (userId) => parts.view.nodesOf(userId).some((nodeId) => this.#attempts.failures(nodeId) <= 1),
    });
  }

  start(): void {
    for (const endpoint of this.#parts.settings.peers) this.join(endpoint);
    this.#reachContacts();
    this.review();
  }

  /** Those who answered most recently in earlier runs come first; the long forgotten are forgotten. */
  #reachContacts(): void {
    const { env, options } = this.#parts;
    const contacts = env.store.scan<{ readonly wallMillis: number }>('contacts').sort(([, a], [, b]) => b.wallMillis - a.wallMillis);
    for (const [id] of contacts.slice(0, options.randomLinkCount)) this.#reach(id as NodeId);
    for (const [id] of contacts.slice(options.otherRecordsMax)) env.store.delete('contacts', id);
  }

  /** A peer known by its address alone; tried until a link has been up once. */
  join(endpoint: Endpoint): void {
    this.#byHand.push(endpoint);
    this.reviewSoon();
  }

  /** Looks again at the end of this turn. */
  reviewSoon(): void {
    this.#reviewDue = true;
    this.#parts.turnWork.add(WORK.review);
  }

  endTurn(): void {
    if (this.#reviewDue) this.review();
  }

  /** Opens what is missing, lets go of what is too much. */
  review(): void {
    this.#reviewDue = false;
    const { env, view, links, patient } = this.#parts;
    for (const endpoint of this.#byHand) links.connect(endpoint, endpoint.address);
    this.#watched = watchedUsers(this.#parts);
    const wanted = new Set([...this.#watched, ...this.#parts.rooms.neighbours()]);
    this.#wanted = wanted;
    for (const link of links.all()) this.#rate(link);
    for (const userId of wanted) for (const nodeId of view.nodesOf(userId)) this.#reach(nodeId);
    const seekMillis = this.#seeker.review(wanted);
    const openMillis = this.#random.open();
    this.#probe();
    const jitter = 0.8 + 0.4 * env.random.fraction();
    const pauseMillis = Math.max(REVIEW_MILLIS * jitter, Math.min(this.#dueMillis(openMillis) - env.monotonicMillis, QUIET_REVIEW_MILLIS * jitter));
    const delayMillis = Math.min(pauseMillis, seekMillis);
    patient.set('connect', delayMillis, delayMillis < QUIET_REVIEW_MILLIS / 2 ? 0 : delayMillis / 4);
    this.#trim();
    this.#attempts.trim();
  }

  /** When a review has something to do that nothing else calls for: whom to try again, and the probe where somebody is missed. */
  #dueMillis(openMillis: number): number {
    const { env, view, links } = this.#parts;
    if (this.#byHand.length > 0) return env.monotonicMillis;
    let dueMillis = openMillis;
    for (const userId of this.#wanted) {
      for (const nodeId of view.nodesOf(userId)) {
        const nextMillis = this.#attempts.nextMillis(nodeId);
        if (nextMillis > env.monotonicMillis && links.of(nodeId) === undefined && view.node(nodeId)?.body.gone === false)
          dueMillis = Math.min(dueMillis, nextMillis);
      }
    }
    return dueMillis === Number.POSITIVE_INFINITY ? dueMillis : Math.min(dueMillis, this.#probeMillis);
  }

  /**
   * One of the nodes that have not been heard of for long is tried now and then, however often it failed:
   * where the network was cut in two, this is what joins the parts again. Above full membership records of strangers do not stay young,
   * so whoever the membership protocol has for alive is not tried, and all together try as many as those do who know each other.
   */
  #probe(): void {
    const { env, options, view, links, swim } = this.#parts;
    if (env.monotonicMillis < this.#probeMillis) return;
    const crowdFactor = Math.max(1, view.userCount / options.fullMembershipUsers);
    this.#probeMillis = env.monotonicMillis + options.probeMillis * crowdFactor * (0.5 + env.random.fraction());
    const silent: NodeId[] = [];
    for (const record of view.nodes()) {
      if (record.body.gone || env.wallMillis - record.wallMillis <= options.announceTtlMillis) continue;
      const id = record.authorId as NodeId;
      if (links.of(id) === undefined && !(crowdFactor > 1 && swim.hearsOthers && swim.stateOf(id) === 'alive')) silent.push(id);
    }
    const chosen = silent[Math.floor(env.random.fraction() * silent.length)];
    if (chosen !== undefined) this.#attempts.forget(chosen);
    if (chosen !== undefined) this.#reach(chosen);
  }

  /** What a beacon of this node would be good for. `some`: only when it goes on, since nobody here tells of that node. */
  interestIn(nodeId: NodeId): 'none' | 'some' | 'keen' {
    const { env, view, links } = this.#parts;
    if (links.of(nodeId) !== undefined || this.#attempts.nextMillis(nodeId) > env.monotonicMillis) return 'none';
    if (this.#random.missingNow() > 0) return 'keen';
    const record = view.node(nodeId);
    // Above full membership strangers are no news; a few of them are met all the same, for they may belong to another part.
    if (record === undefined) return view.full || env.random.fraction() < STRANGER_SHARE ? 'some' : 'none';
    const owner = ownerOf(this.#parts, record);
    return owner !== null && this.#wanted.has(owner) ? 'keen' : 'none';
  }

  /** A node nearby has proved by a beacon that it is there: worth an attempt. */
  discovered(nodeId: NodeId, endpoint: Endpoint): void {
    const record = this.#parts.view.node(nodeId);
    const link = this.#parts.links.connect(endpoint, record === undefined ? endpoint.address : nodeTitle(record));
    if (link === null) return;
    this.#attempts.failed(nodeId);
    link.nodeId ??= nodeId;
  }

  /** A node nearby has said that it leaves: not to be tried for a while. */
  departed(nodeId: NodeId): void {
    if (this.#parts.links.of(nodeId) === undefined) this.#attempts.failed(nodeId);
  }

  /**
   * The node of this transport key holds a link to an earlier life of this one, which was killed: left alone, it would send into the void
   * until its patience ends, which is half a minute where nobody waits for us. Not each frame of a stranger costs a look at all nodes.
   */
  stray(key: Uint8Array): void {
    const { env, view } = this.#parts;
    if (env.monotonicMillis < this.#strayMillis) return;
    this.#strayMillis = env.monotonicMillis + STRAY_MILLIS;
    for (const record of view.nodes()) if (sameBytes(record.body.agreementKey, key)) return this.#reach(record.authorId as NodeId);
  }

  #rate(link: Link): void {
    const { wanted, watched } = link;
    link.wanted = link.userId !== null && this.#wanted.has(link.userId);
    link.watched = link.userId !== null && this.#watched.has(link.userId);
    if ((link.wanted && !wanted) || (link.watched && !watched)) this.#parts.links.watch.reconsider(link);
  }

  #reach(nodeId: NodeId): void {
    const { env, view, links, detector } = this.#parts;
    const record = view.node(nodeId);
    if (record === undefined || record.body.gone || nodeId === this.#parts.session.nodeId || links.of(nodeId) !== undefined) return;
    if (this.#attempts.nextMillis(nodeId) > env.monotonicMillis) return;
    const address = record.body.addresses[0];
    if (address === undefined) return;
    const link = links.connect(
      { address, key: record.body.agreementKey },
      nodeTitle(record),
      this.#attempts.failures(nodeId) > 0 || detector.stateOf(nodeId) === 'dead',
    );
    if (link !== null) {
      this.#attempts.failed(nodeId);
      link.nodeId ??= nodeId;
    }
  }

  /** Too many links that nobody here needs: some go. */
  #trim(): void {
    const { env, options, links, ring } = this.#parts;
    if (links.size <= options.randomLinkCountMax) return;
    const idle = [...links.all()].filter((link) => !link.wanted && link.established && (link.nodeId === null || !ring.needs(link.nodeId)));
    for (const link of surplusLinks(idle, options, env.monotonicMillis)) {
      if (link.nodeId !== null) this.#attempts.rest(link.nodeId, SURPLUS_REST_MILLIS);
      links.close(link, 'closed');
    }
  }

  // --- what links and records report ---

  hello(link: Link, node: VerifiedRecord<'node'>, session: VerifiedSession | null): void {
    const { view, sync } = this.#parts;
    sync.take(node.signed, link);
    const owner = ownerOf(this.#parts, node);
    link.userId = owner;
    link.sessionSaid = session !== null && session.user.type === 'user' && session.user.authorId === owner && !session.user.body.deleted;
    if (session !== null && link.sessionSaid) {
      sync.take(session.user.signed, link);
      if (session.presence !== null) sync.take(session.presence.signed, link);
      if (session.prekeys !== null) view.put(session.prekeys.signed);
      if (view.user(owner as UserId) === null) link.sessionSaid = false;
    }
    this.#rate(link);
    this.#judgeSession(link);
    this.#userNodeReady(link);
  }

  /** A user's session counts at the one node that holds the highest claim we know of. */
  #judgeSession(link: Link): void {
    const { view, presence, chat } = this.#parts;
    const { userId } = link;
    const holder = userId === null ? undefined : view.presenceOf(userId)?.body.node;
    const open = link.sessionSaid && (holder === undefined || holder === link.nodeId);
    if (userId === null || open === link.sessionOpen) return;
    link.sessionOpen = open;
    if (open && link.established) this.#userLinkUp(link);
    if (!open && this.sessionLink(userId) === null) chat.userLinkDown(userId);
    presence.reconsider(userId);
  }

  /** A presence record came in: the session may be at another node now. Nodes that do not know it yet hear of it from us. */
  sessionMoved(record: VerifiedRecord<'presence'>): void {
    const { view, links } = this.#parts;
    const userId = record.authorId as UserId;
    const own = view.nodesOf(userId).flatMap((nodeId) => links.of(nodeId) ?? []);
    for (const link of own) {
      if (link.sessionSaid && link.established && link.nodeId !== record.body.node) links.send(link, { type: 'records', records: [record.signed], final: 0 });
    }
    for (const link of own) if (link.nodeId !== record.body.node) this.#judgeSession(link);
    for (const link of own) if (link.nodeId === record.body.node) this.#judgeSession(link);
  }

  /** What came over this link speaks for a user whose session is at another node. */
  isFenced(link: Link, message: Message): boolean {
    if (link.userId === null) return false;
    switch (message.type) {
      case 'envelope':
        // Somebody else's may be passed on.
        if (message.envelope.from !== link.userId) return false;
        break;
      case 'room-events':
      case 'room-envelope':
      case 'room-have':
      case 'receipt':
      case 'refusal':
      case 'typing':
      case 'request-busy':
      case 'facts':
        break;
      default:
        return false;
    }
    const holder = this.#parts.view.presenceOf(link.userId)?.body.node;
    return holder !== undefined && holder !== link.nodeId;
  }

  /** A node of our own user, or of the one who logs in here, may have something for us. */
  #userNodeReady(link: Link): void {
    this.#parts.vaultExchange.linkReady(link);
    this.#parts.inheritance.linkReady(link);
  }

  up(link: Link): void {
    const { env, sync, settings } = this.#parts;
    if (link.nodeId !== null) {
      env.store.put('contacts', link.nodeId, { name: link.name, address: link.endpoint.address, wallMillis: Math.trunc(env.wallMillis) });
    }
    this.#byHand = this.#byHand.filter((endpoint) => endpoint.address !== link.endpoint.address);
    if (settings.network !== '') this.#parts.tell({ type: 'peer-changed', node: link.name, state: 'up' });
    sync.linkUp(link);
    if (link.sessionOpen) this.#userLinkUp(link);
    this.#userNodeReady(link);
    if (link.userId !== null) this.#parts.presence.reconsider(link.userId);
  }

  changed(link: Link): void {
    this.#parts.tell({ type: 'peer-changed', node: link.name, state: link.state });
    if (link.userId !== null) this.#parts.presence.reconsider(link.userId);
  }

  down(link: Link, reason: 'dead' | 'goodbye' | 'closed'): void {
    this.#parts.tell({ type: 'peer-changed', node: link.name, state: reason === 'dead' ? 'dead' : 'gone' });
    // One that ends young counts as another failed attempt.
    if (link.nodeId !== null && this.#parts.env.monotonicMillis - link.createdMillis > YOUNG_MILLIS) this.#attempts.forget(link.nodeId);
    if (link.nodeId !== null && reason === 'goodbye') this.#attempts.failed(link.nodeId);
    if (link.userId !== null) {
      if (this.sessionLink(link.userId) === null) this.#parts.chat.userLinkDown(link.userId);
      this.#parts.presence.reconsider(link.userId);
    }
    // Links that others needed come and go; nothing is to be done as long as enough are left.
    if (link.wanted || (reason !== 'closed' && this.#random.missingNow() > 0)) this.reviewSoon();
  }

  /** A record came in: a new address or run is worth an attempt at once. */
  nodeChanged(record: VerifiedRecord<'node'>, outcome: PutOutcome): void {
    const id = record.authorId as NodeId;
    this.#attempts.forget(id);
    // Above full membership the records of a linked stranger may have made room: what is meant for them since then goes now.
    const link = outcome === 'new' ? this.#parts.links.of(id) : undefined;
    if (link?.established && link.sessionOpen) this.#userLinkUp(link);
    if (this.#mayWant(record)) this.reviewSoon();
  }

  /** A node that was taken for dead or was unknown shows that it is there: worth an attempt at once. */
  revived(nodeId: NodeId): void {
    this.#attempts.forget(nodeId);
    const record = this.#parts.view.node(nodeId);
    if (record !== undefined && this.#mayWant(record)) this.reviewSoon();
  }

  /** Whether a review could lead to a link with that node, which there is not. */
  #mayWant(record: VerifiedRecord<'node'>): boolean {
    const { links, session } = this.#parts;
    if (links.of(record.authorId as NodeId) !== undefined) return false;
    const owner = ownerOf(this.#parts, record);
    return this.#random.missing > 0 || (owner !== null && (this.#wanted.has(owner) || owner === session.ownerId));
  }

  /** Our own session has opened: everybody who is here already is met now. */
  sessionOpened(): void {
    for (const link of this.#parts.links.upLinks()) if (link.sessionOpen) this.#userLinkUp(link);
    this.reviewSoon();
  }

  #userLinkUp(link: Link): void {
    const { session, friends, chat, mail } = this.#parts;
    mail.notices.sessionOpened(link);
    if (!session.open || link.userId === null) return;
    friends.userLinkUp(link.userId, link);
    chat.userLinkUp(link.userId, link);
    this.#parts.rooms.userLinkUp(link.userId, link);
    this.#parts.files.userLinkUp(link.userId);
  }

  /** The link over which a user who is logged in can be reached now. */
  sessionLink(userId: UserId): Link | null {
    const { view, links } = this.#parts;
    for (const nodeId of view.nodesOf(userId)) {
      const link = links.of(nodeId);
      if (link?.established && link.sessionOpen) return link;
    }
    return null;
  }
}
