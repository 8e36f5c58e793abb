import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import { WORK } from '../turn-work.ts';
import type { UserId } from '../types.ts';
import type { FileId } from './descriptor.ts';
import { FETCHERS_MAX } from './file-row.ts';
import type { FileServing } from './file-serving.ts';
import type { FileShelf } from './file-shelf.ts';

type Outcome = 'complete' | 'declined';

interface Early {
  readonly user: UserId;
  readonly id: FileId;
  readonly outcome: Outcome;
  readonly untilMillis: number;
}

/** Reports that came before it was known that they are welcome: how many wait, and for how long, ms. */
const EARLY_MAX = 256;
const EARLY_MILLIS = 60_000;

/** What became of files at those to whom they were offered: each tells the author, at every meeting until the author has said that it is stored. */
export class FileOutcomes {
  readonly #parts: Parts;
  readonly #shelf: FileShelf;
  readonly #serving: FileServing;
  readonly #changed: (id: FileId) => void;
  readonly #early = new Map<string, Early>();

  constructor(parts: Parts, shelf: FileShelf, serving: FileServing, changed: (id: FileId) => void) {
    this.#parts = parts;
    this.#shelf = shelf;
    this.#serving = serving;
    this.#changed = changed;
  }

  close(): void {
    this.#early.clear();
  }

  get isWaiting(): boolean {
    return this.#early.size > 0;
  }

  // --- as a receiver ---

  /** The author learns what became of it here as soon as there is a link, and once. */
  tell(id: FileId): void {
    const row = this.#shelf.get(id);
    if (row === undefined || row.told || (row.state !== 'complete' && row.state !== 'declined')) return;
    const link = this.#parts.connections.sessionLink(row.author);
    if (link !== null) this.#parts.links.send(link, { type: 'file-note', file: row.descriptor.root, note: row.state, indexes: [] });
  }

  /** The author has it in its store: what the link has acknowledged might have come before anybody was logged in there. */
  acknowledged(link: Link, id: FileId, outcome: Outcome): void {
    const row = this.#shelf.get(id);
    if (row !== undefined && row.state === outcome && row.author === link.userId) this.#shelf.change(id, { told: true });
  }

  userLinkUp(user: UserId): void {
    for (const [id, row] of this.#shelf.all()) if (row.author === user && !row.told) this.tell(id);
  }

  // --- as the author ---

  /**
   * Somebody says what became of a file. After a crash the author may not know yet that this is a member, after a takeover not yet of
   * the file.
   */
  heard(user: UserId, id: FileId, outcome: Outcome): void {
    const { env, session } = this.#parts;
    const row = this.#shelf.get(id);
    if (row !== undefined && row.author !== session.userId) return;
    if (row === undefined || !this.#serving.mayAsk(row, user)) {
      if (this.#early.size < EARLY_MAX) this.#early.set(`${user}/${id}`, { user, id, outcome, untilMillis: env.monotonicMillis + EARLY_MILLIS });
      this.#parts.turnWork.add(WORK.files);
      return;
    }
    this.#serving.settled(id, user);
    const fetchedBy = row.fetchedBy.filter((each) => each !== user);
    const declinedBy = row.declinedBy.filter((each) => each !== user);
    const list = outcome === 'complete' ? fetchedBy : declinedBy;
    if (list.length < FETCHERS_MAX) list.push(user);
    this.#shelf.change(id, { fetchedBy, declinedBy });
    if (env.tracing) {
      const by = this.#parts.view.user(user)?.body.name ?? user.slice(0, 8);
      env.trace({ type: 'state', subject: 'file', id, to: outcome === 'complete' ? 'fetched' : 'turned-down', data: { by } });
    }
    const link = this.#parts.connections.sessionLink(user);
    if (link !== null) this.#parts.links.send(link, { type: 'file-note', file: row.descriptor.root, note: `${outcome}-heard`, indexes: [] });
    this.#changed(id);
  }

  /** Timer: who was no member a moment ago may be one now. */
  tick(): void {
    const now = this.#parts.env.monotonicMillis;
    for (const [key, early] of Array.from(this.#early)) {
      const row = this.#shelf.get(early.id);
      const known = row !== undefined && this.#serving.mayAsk(row, early.user);
      if (!known && now < early.untilMillis) continue;
      this.#early.delete(key);
      if (known) this.heard(early.user, early.id, early.outcome);
    }
  }
}
