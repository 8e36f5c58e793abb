import type { SyncView } from '../commands.ts';
import type { SeedCalls, SeedOperation } from '../directory/seed-api.ts';
import type { ServiceResult } from '../env.ts';
import { CORE_OPTIONS } from '../options.ts';
import type { Parts } from '../parts.ts';
import type { SignedRecord, VerifiedRecord } from '../records.ts';
import type { Services } from '../services.ts';
import { askWhoseName } from '../session/name-claim.ts';
import { mendStamps } from '../session/profile.ts';
import type { SyncSource, UserId } from '../types.ts';

const PUBLISH_BATCH = 32;
const USERS_PAGE = 50;
/** Of two turns of that timer, which comes at different distances, the second. */
const CALM_ANNOUNCES = 1.5;
/** So many times later than it is asked for at most. */
const ANNOUNCE_SLACK = 1.25;

/**
 * The node's side of the seed server: a list of live nodes when joining, state when no peer answers, and a place
 * where the own records are left for others. Everything goes on without it; what could not be published is published later.
 */
export class SeedSync {
  readonly #parts: Parts;
  readonly #services: Services;
  #state: SyncView['seedServer'];
  #source: SyncSource = 'none';
  /** No peer has answered since the start, and the time for it is not over. */
  joining = true;
  /** What the seed server has not confirmed; the latest of each kind. */
  readonly #pending = new Map<string, SignedRecord>();
  #publishing = false;
  #fetching = false;
  #lookAgainMillis = 0;

  constructor(parts: Parts, services: Services) {
    this.#parts = parts;
    this.#services = services;
    this.#state = parts.settings.seedServer ? 'down' : 'none';
  }

  start(): void {
    const { env, options } = this.#parts;
    env.setTimer('join', '', options.joinPeerMillis);
    this.#announceIn(options.announceMillis * (0.75 + 0.5 * env.random.fraction()));
    this.#findNodes();
  }

  call<Operation extends SeedOperation>(operation: Operation, body: SeedCalls[Operation]['body'], callback: (result: ServiceResult) => void): void {
    if (this.#state === 'none') return callback({ ok: false, code: 'unavailable' });
    this.#services.call({ service: 'seed', call: { operation, body } }, (result) => {
      this.#reached(result.ok || result.code !== 'unavailable');
      callback(result);
    });
  }

  #reached(up: boolean): void {
    const before = this.#state;
    this.#state = up ? 'up' : 'down';
    if (before === this.#state) return;
    this.#changed();
    if (up) this.publishAll();
  }

  // --- joining ---

  #findNodes(): void {
    this.call('nodes', { limit: 32 }, (result) => {
      if (!result.ok) return;
      const { records } = result.value as SeedCalls['nodes']['result'];
      this.#take(records);
      this.#parts.connections.reviewSoon();
      this.#lookAgainLater();
    });
  }

  /** Several that start at once find a list that is empty, or names those who are not up yet: whoever stays alone asks again, less and less often. */
  #lookAgainLater(): void {
    const { env, options } = this.#parts;
    this.#lookAgainMillis = Math.min(Math.max(options.joinPeerMillis / 2, this.#lookAgainMillis * 2), options.announceMillis);
    env.setTimer('find-nodes', '', this.#lookAgainMillis);
  }

  /** Timer, and with every announcement: nobody stays alone because the list was empty, or the server away, when it was asked for. */
  findNodesAgain(): void {
    if (this.#parts.links.upLinks().length === 0) this.#findNodes();
    else this.#lookAgainMillis = 0;
  }

  #take(records: readonly SignedRecord[]): void {
    for (const signed of records) this.#parts.sync.take(signed, null);
  }

  /** A round of anti-entropy with a peer has ended. */
  syncedFromPeer(peer: string): void {
    const first = this.joining || this.#source === 'none';
    this.joining = false;
    if (!first || this.#source !== 'none') return;
    this.#joined('peers', peer);
  }

  #joined(source: SyncSource, from: string): void {
    const { env } = this.#parts;
    this.joining = false;
    this.#source = source;
    env.cancelTimer('join', '');
    if (env.tracing) env.trace({ type: 'state', subject: 'sync', id: from, to: source });
    this.#changed();
  }

  /** Timer: no peer answered in time, so the state comes from the seed server. */
  joinTimer(): void {
    if (!this.joining) return;
    this.joining = false;
    this.#fetchUsers(() => {
      if (this.#source === 'none') this.#joined('seed-server', 'seed-server');
    });
  }

  #fetchUsers(done: () => void, after = ''): void {
    this.call('users', { after, limit: USERS_PAGE }, (result) => {
      if (!result.ok) return;
      const page = result.value as SeedCalls['users']['result'];
      this.#take(page.records);
      if (page.next !== null && this.#parts.view.full) this.#fetchUsers(done, page.next);
      else done();
    });
  }

  /** Facts about us and the people in them: when the own store is new and when no peer answered. */
  fetchState(userId: UserId): void {
    this.call('state', { userId }, (result) => {
      if (!result.ok) return;
      const { records } = result.value as SeedCalls['state']['result'];
      this.#take(records);
      this.#parts.friends.takeFacts(records);
    });
  }

  // --- publishing ---

  /** Leaves records at the seed server, now or when it is back. */
  publish(...records: ReadonlyArray<VerifiedRecord>): void {
    if (this.#state === 'none') return;
    for (const record of records) {
      const subject = record.type === 'fact' ? (record as VerifiedRecord<'fact'>).body.subject : '';
      const key = `${record.type}/${record.authorId}/${subject}`;
      this.#pending.delete(key);
      this.#pending.set(key, record.signed);
    }
    this.#flush();
  }

  /** After the seed server was away, or lost what it had. */
  publishAll(): void {
    const { session, friends } = this.#parts;
    this.publish(...session.ownRecords(), ...friends.ownFacts());
  }

  #flush(): void {
    if (this.#publishing || this.#pending.size === 0) return;
    this.#publishing = true;
    const batch = [...this.#pending].slice(0, PUBLISH_BATCH);
    this.call('publish', { records: batch.map(([, signed]) => signed) }, (result) => {
      this.#publishing = false;
      if (!result.ok) return this.#retryLater();
      const { results } = result.value as SeedCalls['publish']['result'];
      let lost = false;
      batch.forEach(([key, signed], index) => {
        if (this.#pending.get(key) === signed) this.#pending.delete(key);
        const code = results[index]?.code;
        if (code === 'name-taken') askWhoseName(this.#parts);
        // For a fact it may mean that its subject has gone; that we were forgotten shows at our other records.
        else if (code === 'unknown-user' && !key.startsWith('fact/')) lost = true;
      });
      if (lost) this.#forgotten();
      this.#flush();
    });
  }

  /** The seed server does not know us (any more): everything again, once, with the user's record first. */
  #forgotten(): void {
    this.#parts.count('seedForgotUs');
    this.#parts.env.setTimer('seed-retry', '', this.#parts.options.seedRetryMillis);
  }

  #retryLater(): void {
    this.#parts.env.setTimer('seed-retry', '', this.#parts.options.seedRetryMillis);
  }

  retryTimer(): void {
    if (this.#state === 'up') this.publishAll();
    else this.#flush();
  }

  #announceIn(delayMillis: number): void {
    this.#parts.patient.set('announce', delayMillis, delayMillis / 10);
  }

  /** Where all members are known, and others tell which of them are there, our record need not say it as often. */
  #isDue(): boolean {
    const { env, options, session, swim, detector, sync } = this.#parts;
    if (sync.crowd || !detector.knowsAll || !swim.hearsOthers) return true;
    const ageMillis = env.wallMillis - session.nodeRecord.wallMillis;
    // One that was signed while the own clock was ahead is refused by others, and would not be due for as long as that.
    if (ageMillis < 0 || ageMillis >= options.announceMillis * CALM_ANNOUNCES) return true;
    // The seed server, which knows of no pace, would take this node for away before the next turn.
    return this.#state !== 'none' && ageMillis + options.announceMillis * ANNOUNCE_SLACK > CORE_OPTIONS.announceTtlMillis;
  }

  /** Timer: the own node record afresh, and a look whether somebody there is unknown here. */
  announceTimer(): void {
    const { env, options, session, presence, view } = this.#parts;
    this.#announceIn(options.announceMillis * (0.9 + 0.2 * env.random.fraction()));
    if (this.#isDue()) {
      session.announceNode();
      presence.renewWithNode();
    }
    mendStamps(this.#parts);
    if (this.#state === 'none') return;
    this.findNodesAgain();
    if (!view.full || this.#fetching) return;
    this.#fetching = true;
    this.call('users', { after: '', limit: 1 }, (result) => {
      this.#fetching = false;
      if (result.ok && (result.value as SeedCalls['users']['result']).total > view.userCount) this.#fetchUsers(() => {});
    });
  }

  #changed(): void {
    this.#parts.tell({ type: 'sync-changed', sync: this.summary() });
  }

  summary(): SyncView {
    const { view, sync } = this.#parts;
    return { source: this.#source, seedServer: this.#state, records: view.recordCount, rounds: sync.rounds, lastMillis: sync.lastMillis };
  }
}
