import type { Parts } from '../parts.ts';
import type { VerifiedRecord } from '../records.ts';
import { choice, integer, misfit, optional, record, text } from '../shape.ts';
import type { NodeId, PresenceState, PresenceView, UserId } from '../types.ts';

interface Own {
  readonly presence: PresenceState;
  readonly statusText: string;
}

const statusShape = record({ presence: choice('online', 'away', 'busy', 'offline'), statusText: text(0, 140), changedMillis: optional(integer()) });

/**
 * Who is here. What a user says is a signed record; whether it still holds is judged by the link to that user's node
 * and by the age of the node's record: a silent peer is suspect, a dead or logged-out one is offline, whatever it said last.
 */
export class Presence {
  readonly #parts: Parts;
  readonly #shown = new Map<UserId, string>();
  #own: Own = { presence: 'offline', statusText: '' };

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get own(): Own {
    return this.#own;
  }

  /** Logged in: say so, with the status of last time. */
  open(): void {
    const last = this.#parts.env.store.get<Own>('settings', 'status');
    this.#own = { presence: last === undefined || last.presence === 'offline' ? 'online' : last.presence, statusText: last?.statusText ?? '' };
    this.#publish(this.#own);
    for (const id of this.#parts.friends.withRelation('friend')) this.reconsider(id);
  }

  set(change: { presence?: PresenceState; text?: string }): Own {
    this.#own = { presence: change.presence ?? this.#own.presence, statusText: change.text ?? this.#own.statusText };
    const { env } = this.#parts;
    env.store.put('settings', 'status', { ...this.#own, changedMillis: Math.trunc(env.wallMillis) });
    this.#publish(this.#own);
    return this.#own;
  }

  /** Logging out or ending: offline for everybody, the status kept for next time. */
  close(): void {
    this.#publish({ presence: 'offline', statusText: this.#own.statusText });
    this.forget();
  }

  /** The session ends because another one has taken over, which speaks for the user from now on. */
  forget(): void {
    this.#own = { presence: 'offline', statusText: '' };
    this.#shown.clear();
  }

  /** The status of an earlier session at another node: the later change stays. */
  inherit(row: unknown): void {
    const { store } = this.#parts.env;
    if (misfit(statusShape, row) !== null) return;
    const status = row as Own & { readonly changedMillis?: number };
    const changedMillis = store.get<{ changedMillis?: number }>('settings', 'status')?.changedMillis ?? -1;
    if ((status.changedMillis ?? 0) <= changedMillis) return;
    store.put('settings', 'status', status);
    this.#own = { presence: status.presence === 'offline' ? this.#own.presence : status.presence, statusText: status.statusText };
    this.#publish(this.#own);
  }

  /** Says again what holds, numbered above `sequence`: an older session has used that number, or ours claims anew. */
  outdo(sequence: number): void {
    this.#publish(this.#own, sequence);
  }

  #publish(own: Own, above = 0): void {
    const { env, session, settings, view, sync, seed, ownValues } = this.#parts;
    if (session.userId === null) return;
    if (env.tracing) env.trace({ type: 'state', subject: 'presence', id: settings.user, to: own.presence });
    const last = Math.max(above, view.presenceOf(session.userId)?.sequence ?? 0);
    const record = session.signAsUser('presence', { ...session.claim, ...own }, last);
    sync.announce(record.signed);
    seed.publish(record as VerifiedRecord);
    ownValues.presenceChanged(record);
  }

  /** How a user stands as seen from here. */
  viewOf(id: UserId): PresenceView {
    const { env, view, links, session, detector } = this.#parts;
    if (id === session.userId) return { ...this.#own, suspect: false, lastSeenMillis: Math.trunc(env.wallMillis) };
    const record = view.presenceOf(id);
    if (record === undefined) return { presence: 'offline', statusText: '', suspect: false, lastSeenMillis: null };
    const said = record.body.presence as PresenceState;
    const link = links.of(record.body.node);
    const lastSeenMillis = this.#lastSeen(id, record);
    const { statusText } = record.body;
    if (said === 'offline') return { presence: 'offline', statusText, suspect: false, lastSeenMillis };
    if (link?.established) {
      if (!link.sessionOpen) return { presence: 'offline', statusText, suspect: false, lastSeenMillis };
      return { presence: said, statusText, suspect: detector.stateOf(record.body.node) === 'suspect', lastSeenMillis };
    }
    const { here, suspect } = this.#judge(record.body.node);
    return { presence: here ? said : 'offline', statusText, suspect, lastSeenMillis };
  }

  /** Whether a node is believed to run: a link says so, or the others do, or else its record. */
  nodeIsUp(nodeId: NodeId): boolean {
    return this.#parts.links.of(nodeId)?.established === true || this.#judge(nodeId).here;
  }

  /** Without a link: the node has not said goodbye, nobody found it dead, and if nobody else watches it its record is young. */
  #judge(nodeId: NodeId): { readonly here: boolean; readonly suspect: boolean } {
    const { env, view, options, detector } = this.#parts;
    const node = view.node(nodeId);
    if (node === undefined || node.body.gone) return { here: false, suspect: false };
    switch (detector.stateOf(nodeId)) {
      case 'dead':
        return { here: false, suspect: false };
      case 'suspect':
        return { here: true, suspect: true };
      case 'alive':
        return { here: true, suspect: false };
      case 'unknown':
        return { here: env.wallMillis - node.wallMillis < options.announceTtlMillis, suspect: false };
    }
  }

  #lastSeen(id: UserId, record: VerifiedRecord<'presence'>): number {
    const { env, links, view } = this.#parts;
    let seen = record.wallMillis;
    for (const nodeId of view.nodesOf(id)) {
      const link = links.of(nodeId);
      if (link?.established) seen = Math.max(seen, env.wallMillis - (env.monotonicMillis - link.lastHeardMillis));
      seen = Math.max(seen, view.node(nodeId)?.wallMillis ?? 0);
    }
    return Math.trunc(Math.min(seen, env.wallMillis));
  }

  /** Something about a user or their node has changed: friends' changes are shown. */
  reconsider(id: UserId): void {
    const { env, view, friends, session } = this.#parts;
    if (session.open === null || friends.relation(id) !== 'friend') return;
    const now = this.viewOf(id);
    const key = `${now.presence}/${now.suspect}/${now.statusText}`;
    if (this.#shown.get(id) === key) return;
    this.#shown.set(id, key);
    const user = view.user(id)?.body.name;
    if (user === undefined) return;
    if (env.tracing) env.trace({ type: 'shown', what: 'presence', id: user, data: { presence: now.presence, suspect: now.suspect } });
    this.#parts.tell({ type: 'presence-changed', user, ...now });
  }

  /** The node's record is being signed afresh: presence is as well, when it has been said for long enough, so that both travel together. */
  renewWithNode(): void {
    const { env, options, session, view } = this.#parts;
    const own = session.userId === null ? undefined : view.presenceOf(session.userId);
    if (own === undefined) return;
    const ageMillis = env.wallMillis - own.wallMillis;
    // Others refuse what was signed while the own clock was ahead.
    if (ageMillis < 0 || ageMillis >= options.presenceRefreshMillis - options.announceMillis / 2) this.#publish(this.#own);
  }

  /** Timer: records age without anybody saying anything. */
  tick(): void {
    for (const id of this.#parts.friends.withRelation('friend')) this.reconsider(id);
  }
}
