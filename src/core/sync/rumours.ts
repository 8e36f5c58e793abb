import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import type { AnyVerifiedRecord, SignedRecord } from '../records.ts';
import { WORK } from '../turn-work.ts';

interface Rumour {
  readonly record: AnyVerifiedRecord;
  /** Over which link it came; null: our own. */
  readonly from: Link | null;
  /** Other links over which the same came while it waited here: whoever sent it has it. */
  readonly also: Set<Link>;
}

/** The latest of each author and type. */
type Waiting = Map<string, Rumour>;

/** What came so many times more while it waited here goes round without us (feedback and counter of Demers et al.). */
const ALSO_ENOUGH_NEWS = 2;
const ALSO_ENOUGH_RENEWED = 1;
/** Every so manieth time a peer hears of a renewal from its author; meanwhile the link shows that it lives. */
const OWN_RENEWAL_TURNS = 3;
/** So few peers all hear of it each time. */
const OWN_RENEWAL_LINKS = 6;
const NOBODY: Set<Link> = new Set();

export interface RumourHooks {
  /** More users than everybody could know: only our own records travel. */
  crowd(): boolean;
  send(link: Link, records: readonly SignedRecord[], as: 'records' | 'renewals'): void;
}

/**
 * Passes records on (rumour mongering; Demers et al., PODC 1987). What is new of ourselves goes to every peer at the end of the turn. News
 * of others wait a moment: their author has told everybody it is linked with, so most of those whom we could tell have them, those that
 * come together share frames, and whoever hears the same from two more in the meantime need not tell it. Renewals wait longer.
 */
export class Rumours {
  readonly #parts: Parts;
  readonly #hooks: RumourHooks;
  /** Our own news of this turn. */
  readonly #own: Rumour[] = [];
  /** News of others. */
  readonly #news: Waiting = new Map();
  /** The same said again, to prove that somebody lives. */
  readonly #renewed: Waiting = new Map();
  /** Rounds in which our own records were renewed. */
  #rounds = 0;

  constructor(parts: Parts, hooks: RumourHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
  }

  /** A record that was not known here, `isNews`: and says something new. `from` null: our own, or from the seed server or the ring. */
  add(record: AnyVerifiedRecord, from: Link | null, isNews: boolean): void {
    const { session, options } = this.#parts;
    const own = isOf(session, record);
    // What the seed server told us, others hear from it as well, or by comparing. Above full membership only our own travel.
    if (!own && (from === null || this.#hooks.crowd())) return;
    if (!isNews) this.#wait(this.#renewed, { record, from, also: new Set() }, 'gossip', options.gossipDelayMillis);
    else if (own) {
      this.#own.push({ record, from, also: NOBODY });
      this.#parts.turnWork.add(WORK.news);
    } else this.#wait(this.#news, { record, from, also: new Set() }, 'news', options.newsDelayMillis);
  }

  #wait(waiting: Waiting, rumour: Rumour, timer: 'gossip' | 'news', delayMillis: number): void {
    const { env, patient } = this.#parts;
    if (waiting.size === 0) {
      const drawnMillis = delayMillis * (0.5 + env.random.fraction());
      if (timer === 'news') env.setTimer(timer, '', drawnMillis);
      else patient.set(timer, drawnMillis, drawnMillis / 4);
    }
    waiting.set(nameOf(rumour.record), rumour);
  }

  heardAgain(record: AnyVerifiedRecord, from: Link | null): void {
    if (from === null || (this.#news.size === 0 && this.#renewed.size === 0)) return;
    const name = nameOf(record);
    noteAlso(this.#news.get(name), record, from);
    noteAlso(this.#renewed.get(name), record, from);
  }

  /** Timer: passes on what was new of others. */
  newsTimer(): void {
    const due = [...this.#news.values()].filter(({ also }) => also.size < ALSO_ENOUGH_NEWS);
    this.#news.clear();
    this.#passOn(due, this.#parts.options.gossipFanout, 'renewals');
  }

  /** Timer: passes on what could wait, to fewer peers than news. */
  renewedTimer(): void {
    const { session, options } = this.#parts;
    const due = [...this.#renewed.values()].filter(({ record, also }) => also.size < ALSO_ENOUGH_RENEWED || isOf(session, record));
    // Presence is renewed now and then together with the node's record, and goes to those whose turn that is.
    if (due.some(({ record }) => record.authorId === session.nodeId)) this.#rounds += 1;
    this.#renewed.clear();
    this.#passOn(due, options.refreshFanout, 'renewals');
  }

  /** End of a turn: tells what is new of ourselves, which must arrive. */
  endTurn(): void {
    if (this.#own.length === 0) return;
    this.#passOn(this.#own, 0, 'records');
    this.#own.length = 0;
  }

  /** Our own go to every peer, renewals of ours to those whose turn it is; those of others to some random peers. */
  #passOn(rumours: readonly Rumour[], fanout: number, as: 'records' | 'renewals'): void {
    if (rumours.length === 0) return;
    const { session, links } = this.#parts;
    const crowd = this.#hooks.crowd();
    const up = links.upLinks();
    const some = this.#someOf(up, fanout);
    // That we live, the others tell each other too, or at least our links show it.
    const ownTo = as === 'renewals' ? this.#inTurn(up, crowd) : up;
    const batches = new Map<Link, SignedRecord[]>();
    for (const { record, from, also } of rumours) {
      const own = isOf(session, record);
      if (!own && crowd) continue;
      for (const link of own ? ownTo : some) {
        if (link === from || link.nodeId === record.authorId || also.has(link)) continue;
        // The hello that goes to it at the end of this turn brings the same.
        if (own && link.newsDue && (record.type === 'node' || session.userId !== null)) continue;
        const batch = batches.get(link);
        if (batch === undefined) batches.set(link, [record.signed]);
        else batch.push(record.signed);
      }
    }
    for (const [link, records] of batches) this.#hooks.send(link, records, as);
  }

  /** Those whose turn it is. Those who wait for us hear of each renewal where they pass it on; above full membership the link to them shows that we live. */
  #inTurn(up: readonly Link[], crowd: boolean): readonly Link[] {
    if (up.length <= OWN_RENEWAL_LINKS) return up;
    return up.filter((link) => (link.wanted && !crowd) || (link.address + this.#rounds) % OWN_RENEWAL_TURNS === 0);
  }

  #someOf(up: readonly Link[], fanout: number): readonly Link[] {
    const { env } = this.#parts;
    if (up.length <= fanout) return up;
    const chosen: Link[] = [];
    const rest = [...up];
    while (chosen.length < fanout) chosen.push(rest.splice(Math.floor(env.random.fraction() * rest.length), 1)[0] as Link);
    return chosen;
  }
}

function noteAlso(waiting: Rumour | undefined, { sequence }: AnyVerifiedRecord, from: Link): void {
  if (waiting !== undefined && waiting.from !== from && waiting.record.sequence === sequence) waiting.also.add(from);
}

/** Our user's, or our node's. */
function isOf(session: { readonly ownerId: string | null; readonly nodeId: string }, { authorId }: AnyVerifiedRecord): boolean {
  return authorId === session.ownerId || authorId === session.nodeId;
}

/** Different for all that can be refreshed; records of nodes, which are most of it, need no new text. */
function nameOf(record: AnyVerifiedRecord): string {
  return record.type === 'node' ? record.authorId : `${record.type}/${record.authorId}`;
}
