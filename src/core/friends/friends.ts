import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import { type SignedRecord, type VerifiedRecord, verifyRecord } from '../records.ts';
import { boolean, hexId, integer, misfit, optional, record } from '../shape.ts';
import type { Relation, UserId } from '../types.ts';
import { BusyAnswers } from './busy.ts';
import { agree, mergeWords, refuse, relationOf, SILENCE, sameWord, type Word } from './friendship.ts';

/** When somebody was blocked, or unblocked. */
interface Block {
  readonly wallMillis: number;
  readonly lifted?: boolean;
}

const blockShape = record({ wallMillis: integer(), lifted: optional(boolean) });

interface Tie {
  mine: Word;
  theirs: Word;
  myRecord: VerifiedRecord<'fact'> | null;
  theirRecord: VerifiedRecord<'fact'> | null;
  /** Sequence of our fact that the other side has acknowledged in this run. */
  told: number;
}

/**
 * Friendships: two signed words, one of each side (see friendship.ts). Ours are sent whenever the other side is met,
 * so any order of crashes and reconnects ends in the same relation at both.
 */
export class Friends {
  readonly #parts: Parts;
  readonly #ties = new Map<UserId, Tie>();
  readonly #blocked = new Set<UserId>();
  readonly busy: BusyAnswers;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.busy = new BusyAnswers(parts);
  }

  /** The session has opened: read what is stored. */
  open(): void {
    const { env, session } = this.#parts;
    for (const [id, block] of env.store.scan<Block>('blocks')) if (block.lifted !== true) this.#blocked.add(id as UserId);
    for (const [, signed] of env.store.scan<SignedRecord>('facts')) {
      const record = verifyRecord(env, signed);
      if (typeof record === 'string' || record.type !== 'fact') continue;
      const mine = record.authorId === session.userId;
      const tie = this.#tie(mine ? record.body.subject : (record.authorId as UserId));
      if (mine) {
        tie.mine = record.body;
        tie.myRecord = record;
      } else {
        tie.theirs = record.body;
        tie.theirRecord = record;
      }
    }
    for (const id of this.#ties.keys()) this.#pin(id);
    // Somebody's deletion may have been heard of while nobody was logged in here.
    for (const id of Array.from(this.#ties.keys())) if (this.#parts.view.isDeleted(id)) this.userDeleted(id, '');
  }

  close(): void {
    this.#ties.clear();
    this.#blocked.clear();
  }

  #tie(id: UserId): Tie {
    let tie = this.#ties.get(id);
    if (tie === undefined) {
      tie = { mine: SILENCE, theirs: SILENCE, myRecord: null, theirRecord: null, told: 0 };
      this.#ties.set(id, tie);
    }
    return tie;
  }

  relation(id: UserId): Relation {
    if (this.#blocked.has(id)) return 'blocked';
    const tie = this.#ties.get(id);
    return tie === undefined ? 'none' : relationOf(tie.mine, tie.theirs);
  }

  /** Our last word on them is a no. */
  hasRefused(id: UserId): boolean {
    const tie = this.#ties.get(id);
    return tie !== undefined && tie.mine.no > 0 && tie.mine.no >= Math.max(tie.mine.yes, tie.theirs.yes);
  }

  isBlocked(id: UserId): boolean {
    return this.#blocked.has(id);
  }

  withRelation(wanted: Relation): UserId[] {
    if (wanted === 'blocked') return [...this.#blocked];
    const found: UserId[] = [];
    for (const id of this.#ties.keys()) if (this.relation(id) === wanted) found.push(id);
    return found;
  }

  /** People to be linked with: friends, those with an open request in either direction, and those who do not know yet that we refused. */
  wanted(): UserId[] {
    const found: UserId[] = [];
    for (const [id, tie] of this.#ties) {
      const untold = tie.myRecord !== null && tie.theirs.yes > 0 && tie.told < tie.myRecord.sequence;
      if (relationOf(tie.mine, tie.theirs) !== 'none' || untold) found.push(id);
    }
    return found;
  }

  ownFacts(): VerifiedRecord[] {
    const records: VerifiedRecord[] = [];
    for (const tie of this.#ties.values()) if (tie.myRecord !== null) records.push(tie.myRecord);
    return records;
  }

  // --- what we say ---

  /** Asks, or accepts when they asked. */
  agree(id: UserId): Relation {
    const tie = this.#tie(id);
    return this.#say(id, agree(tie.mine, tie.theirs));
  }

  /** Declines, takes back, or ends. */
  refuse(id: UserId): Relation {
    const tie = this.#tie(id);
    return this.#say(id, refuse(tie.mine, tie.theirs));
  }

  block(id: UserId): Relation {
    const before = this.relation(id);
    if (this.#ties.has(id) && before !== 'none') this.refuse(id);
    this.#blocked.add(id);
    this.#storeBlock(id, {});
    this.#tell(id, before);
    return 'blocked';
  }

  unblock(id: UserId): Relation {
    this.#blocked.delete(id);
    this.#storeBlock(id, { lifted: true });
    this.#tell(id, 'blocked');
    this.#parts.connections.reviewSoon();
    return this.relation(id);
  }

  /** A block that was lifted stays as a row, so that an earlier session's version of it does not come back. */
  #storeBlock(id: UserId, more: { readonly lifted?: true }): void {
    const { env } = this.#parts;
    const after = (env.store.get<Block>('blocks', id)?.wallMillis ?? -1) + 1;
    env.store.put('blocks', id, { wallMillis: Math.max(after, Math.trunc(env.wallMillis)), ...more } satisfies Block);
  }

  /** A block or its end by an earlier session at another node: the later change stays. */
  inheritBlock(id: string, row: unknown): void {
    const { env } = this.#parts;
    if (misfit(hexId, id) !== null || misfit(blockShape, row) !== null) return;
    const block = row as Block;
    const before = this.relation(id as UserId);
    if (block.wallMillis <= (env.store.get<Block>('blocks', id)?.wallMillis ?? -1)) return;
    env.store.put('blocks', id, block);
    if (block.lifted === true) this.#blocked.delete(id as UserId);
    else this.#blocked.add(id as UserId);
    this.#tell(id as UserId, before);
  }

  #say(id: UserId, word: Word): Relation {
    const { session, seed, connections } = this.#parts;
    const tie = this.#tie(id);
    const before = this.relation(id);
    tie.mine = word;
    tie.myRecord = session.signAsUser('fact', { subject: id, yes: word.yes, no: word.no }, tie.myRecord?.sequence);
    this.#store(tie.myRecord);
    seed.publish(tie.myRecord as VerifiedRecord);
    const link = connections.sessionLink(id);
    if (link !== null) this.#sendFacts(link, id, false);
    this.#tell(id, before);
    connections.reviewSoon();
    return this.relation(id);
  }

  #store(record: VerifiedRecord<'fact'>): void {
    this.#parts.env.store.put('facts', `${record.authorId}/${record.body.subject}`, record.signed);
  }

  // --- what we hear ---

  /** Somebody who is logged in is linked with us: both say where they stand. */
  userLinkUp(id: UserId, link: Link): void {
    this.#sendFacts(link, id, true);
    this.busy.userLinkUp(id, link);
  }

  /** With theirs, as last seen, so that one that lost its disk hears its own words again. */
  #sendFacts(link: Link, id: UserId, withTheirs: boolean): void {
    const tie = this.#ties.get(id);
    if (tie === undefined) return;
    const facts: SignedRecord[] = [];
    if (tie.myRecord !== null) facts.push(tie.myRecord.signed);
    if (withTheirs && tie.theirRecord !== null) facts.push(tie.theirRecord.signed);
    const sequence = tie.myRecord?.sequence ?? 0;
    if (facts.length === 0) return;
    this.#parts.links.send(link, { type: 'facts', facts }, () => {
      tie.told = Math.max(tie.told, sequence);
    });
  }

  takeFacts(facts: readonly SignedRecord[]): void {
    const { env, session } = this.#parts;
    if (session.userId === null) return;
    for (const signed of facts) {
      const record = verifyRecord(env, signed);
      if (typeof record === 'string') this.#parts.count('recordsRefused');
      // Whatever its stamp says: facts merge by their counters, so a clock that is wrong does no harm here.
      else if (record.type === 'fact') this.#take(record, session.userId);
    }
  }

  #take(record: VerifiedRecord<'fact'>, me: UserId): void {
    const mine = record.authorId === me;
    const id = mine ? record.body.subject : (record.authorId as UserId);
    if (id === me || (!mine && record.body.subject !== me) || this.#parts.view.isDeleted(id)) return;
    if (!this.#ties.has(id) && this.#ties.size >= this.#parts.options.friendsMax && !this.#makeRoom() && !mine) return this.#parts.count('friendsFull');
    const tie = this.#tie(id);
    const before = this.relation(id);
    const known = mine ? tie.mine : tie.theirs;
    const merged = mergeWords(known, record.body);
    const kept = mine ? tie.myRecord : tie.theirRecord;
    if (kept === null || record.sequence > kept.sequence) {
      if (mine) tie.myRecord = record;
      else tie.theirRecord = record;
      this.#store(record);
    }
    if (sameWord(known, merged)) return;
    if (mine) tie.mine = merged;
    else tie.theirs = merged;
    this.#tell(id, before);
    this.#parts.connections.reviewSoon();
  }

  /**
   * A crowd that asks for friendship must not keep out everybody who asks later: requests that wait for an answer make way, the longest
   * known first, then people who were refused. Whoever really wants something says so again when next met. Where we have ever agreed our no
   * stays: they have our yes, and could show it again. False: all are, were or may become friends by a word of ours.
   */
  #makeRoom(): boolean {
    const { env, session } = this.#parts;
    const ties = [...this.#ties];
    const [id, tie] = ties.find(([, { mine }]) => sameWord(mine, SILENCE)) ??
      ties.find(([each, { mine }]) => mine.yes === 0 && this.relation(each) === 'none') ?? [null, null];
    if (id === null) return false;
    const before = this.relation(id);
    this.#ties.delete(id);
    env.store.delete('facts', `${id}/${session.userId}`);
    if (tie.myRecord !== null) env.store.delete('facts', `${session.userId}/${id}`);
    this.#parts.count('friendsForgotten');
    this.#tell(id, before);
    return true;
  }

  /** A tombstone: the tie ends, and what waited for them with it. */
  userDeleted(id: UserId, name: string): void {
    const { env, session, chat, connections } = this.#parts;
    this.#blocked.delete(id);
    env.store.delete('blocks', id);
    if (!this.#ties.has(id)) return;
    const before = this.relation(id);
    this.#ties.delete(id);
    env.store.delete('facts', `${session.userId}/${id}`);
    env.store.delete('facts', `${id}/${session.userId}`);
    chat.userDeleted(id);
    if (before !== 'none' && name !== '') {
      if (env.tracing) env.trace({ type: 'state', subject: 'friend', id: name, from: before, to: 'none' });
      this.#parts.tell({ type: 'relation-changed', user: name, from: before, to: 'none' });
      this.#parts.tell({ type: 'user-deleted', user: name });
    }
    connections.reviewSoon();
  }

  /** Whoever we agreed to: their keys are what their name stands for. */
  #pin(id: UserId): void {
    const record = this.#parts.view.user(id);
    const relation = this.relation(id);
    if (record !== null && (relation === 'friend' || relation === 'outgoing')) this.#parts.trust.met(record);
  }

  #tell(id: UserId, before: Relation): void {
    const { env, view, presence, chat, connections, mail } = this.#parts;
    const after = this.relation(id);
    if (before === after) return;
    const user = view.user(id)?.body.name ?? id.slice(0, 8);
    if (env.tracing) env.trace({ type: 'state', subject: 'friend', id: user, from: before, to: after });
    this.#parts.tell({ type: 'relation-changed', user, from: before, to: after });
    this.#pin(id);
    if (after === 'friend') {
      presence.reconsider(id);
      const link = connections.sessionLink(id);
      if (link !== null) chat.userLinkUp(id, link);
      mail.mailbox.befriended(id);
    }
  }
}
