import type { Parts } from '../parts.ts';
import type { VerifiedRecord } from '../records.ts';
import { keyOfPresence, PRESENCE_KIND } from '../replication/kinds/presence-kind.ts';
import { recordOfValue } from '../replication/kinds/signed-value.ts';
import { holderOfName, USER_KIND } from '../replication/kinds/user-kind.ts';
import { keyOfName } from '../ring/keys.ts';
import type { UserId } from '../types.ts';

/** `heard`: somebody who keeps the key has answered, so that a null user means that nobody has the name. */
export interface Named {
  readonly user: VerifiedRecord<'user'> | null;
  readonly heard: boolean;
  /** Names of the nodes that have something under the name. */
  readonly holders: readonly string[];
}

/** Finds people by what lies on the ring: who has a name, and where that user's session is. */
export class RingDirectory {
  readonly #parts: Parts;
  readonly #reaching = new Set<UserId>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Who has a name, of all who registered it. All holders are asked: one of them may know of an earlier owner. Calls back once. */
  findName(name: string, done: (named: Named) => void): void {
    const { env, replication } = this.#parts;
    replication.get({ key: keyOfName(env.crypto, name), kind: USER_KIND, early: false }, ({ values, holders, having }) => {
      const records: Array<VerifiedRecord<'user'>> = [];
      for (const { value } of values) {
        const record = recordOfValue(env, value.bytes, 'user');
        if (typeof record !== 'string' && record.body.name === name) records.push(record);
      }
      done({ user: holderOfName(records), heard: holders.length > 0, holders: having.map((holder) => holder.name) });
    });
  }

  /** What a user last said of being here, null when there is nothing that still holds. Calls back once. */
  presenceOf(userId: UserId, done: (record: VerifiedRecord<'presence'> | null) => void): void {
    const { env, replication } = this.#parts;
    replication.get({ key: keyOfPresence(env.crypto, userId), kind: PRESENCE_KIND, early: true }, ({ values }) => {
      const [first] = values;
      const record = first === undefined ? null : recordOfValue(env, first.value.bytes, 'presence');
      done(record === null || typeof record === 'string' ? null : record);
    });
  }

  /**
   * Opens a link to the node where a user is logged in: presence names the node, and the ring where it listens. Calls back once; false:
   * the ring does not know, or is being asked already.
   */
  reach(userId: UserId, done: (found: boolean) => void): void {
    const { links, ring, sync } = this.#parts;
    if (this.#reaching.has(userId)) return done(false);
    this.#reaching.add(userId);
    const ended = (found: boolean): void => {
      this.#reaching.delete(userId);
      done(found);
    };
    this.presenceOf(userId, (presence) => {
      if (presence === null || presence.body.presence === 'offline') return ended(false);
      sync.take(presence.signed, null);
      const { node } = presence.body;
      ring.find(node, ({ owners }) => {
        const owner = owners[0];
        if (owner?.id !== node) return ended(false);
        // Whose the link is its other end has to say: if it were taken for the node's on the word of others, its death would be the node's.
        if (links.of(node) === undefined) links.connect(owner.endpoint, owner.name);
        ended(true);
      });
    });
  }
}
