import { sameBytes } from '../bytes.ts';
import type { Link } from '../link/link.ts';
import type { Message } from '../messages.ts';
import type { Parts } from '../parts.ts';
import type { NodeId } from '../types.ts';
import type { Claim } from './claim.ts';
import { readRows } from './handover-rows.ts';
import { HANDOVER_END, type HandoverPage, openAsk, sealPage } from './handover-seal.ts';

type Of<Type extends Message['type']> = Extract<Message, { type: Type }>;

interface Ending {
  /** `alice@desk`, for people. */
  readonly at: string;
}

/**
 * The giving side of a takeover: keeps what an ended session left until the new one has fetched it.
 *
 * Invariants
 * 1. While rows are handed out nothing writes to the user's store, so a cursor means the same rows however often it is asked for.
 * 2. Only who knows the key of the store gets anything, and can read it.
 * 3. Nothing is deleted here: the store stays on this disk, locked.
 */
export class Custody {
  readonly #parts: Parts;
  #ending: Ending | null = null;
  /** The store was opened for the asker, without a session that ended here in this run. */
  #storeOpen = false;
  #storeKey: Uint8Array | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Where the session goes on that ended here and is not handed over yet; null: there is none. */
  get endingFor(): string | null {
    return this.#ending?.at ?? null;
  }

  /** The session here was overtaken: surfaces are told why, and what it left waits to be fetched. */
  begin(heir: NodeId, storeKey: Uint8Array): void {
    const { env, options, view, settings } = this.#parts;
    const label = view.node(heir)?.body.label;
    const at = label === undefined ? 'another node' : label === '' ? settings.user : `${settings.user}@${label}`;
    this.#ending = { at };
    this.#storeOpen = true;
    this.#storeKey = storeKey;
    env.setTimer('custody', '', options.handoverIdleMillis);
    this.#parts.tell({ type: 'notice', level: 'warning', text: `You logged in at ${at}; this session ends after handing over.` });
  }

  /** Somebody logs in here again: the store belongs to that session. */
  cancel(): void {
    this.#ending = null;
    this.#storeOpen = false;
    this.#storeKey = null;
    this.#parts.env.cancelTimer('custody', '');
  }

  /** Timer: the new session does not ask any more. */
  timer(): void {
    this.#end('what is left is handed over when both nodes can reach each other');
  }

  #end(how: string): void {
    const { env, settings } = this.#parts;
    const ending = this.#ending;
    if (!this.#storeOpen) return;
    this.cancel();
    env.store.lock();
    if (ending === null) return;
    if (env.tracing) env.trace({ type: 'state', subject: 'session', id: settings.user, to: 'closed' });
    this.#parts.tell({ type: 'logged-out', user: settings.user, reason: `You logged in at ${ending.at}; ${how}` });
  }

  /** The new session asks for a page. What does not prove that it comes from the user is counted and not answered. */
  ask(link: Link, message: Of<'handover-ask'>): void {
    const { env, options, session } = this.#parts;
    if (link.nodeId === null || session.open !== null) return this.#parts.count('handoverAsksEarly');
    const route = { heir: link.nodeId, giver: session.nodeId };
    const ask = openAsk(env, env.nodeKeys.agreementSeed, route, message);
    if (ask === null) return this.#parts.count('handoverAsksRefused');
    const epoch = env.store.get<Claim>('self', 'claim')?.epoch ?? 0;
    // Nothing to look up: nobody was ever logged in here, or all of it has arrived.
    const over = ask.epoch === epoch && ask.cursor === HANDOVER_END;
    if (!this.#storeOpen && (over || epoch === 0)) {
      return this.#reply(link, ask.storeKey, { epoch, cursor: over ? HANDOVER_END : '', next: HANDOVER_END, rows: [] });
    }
    if (!this.#openStore(ask.storeKey)) return this.#parts.count('handoverAsksRefused');
    env.setTimer('custody', '', options.handoverIdleMillis);
    const cursor = ask.epoch === epoch ? ask.cursor : '';
    const { rows, next } = over ? { rows: [], next: cursor } : readRows(env, options, cursor);
    this.#reply(link, ask.storeKey, { epoch, cursor, next, rows });
    if (over) this.#end('everything was handed over');
  }

  #openStore(storeKey: Uint8Array): boolean {
    const { env } = this.#parts;
    if (this.#storeOpen) return this.#storeKey !== null && sameBytes(this.#storeKey, storeKey);
    if (env.store.unlock(storeKey) === 'wrong-key') return false;
    this.#storeOpen = true;
    this.#storeKey = storeKey;
    return true;
  }

  #reply(link: Link, storeKey: Uint8Array, page: HandoverPage): void {
    const { env, links, session } = this.#parts;
    const route = { heir: link.nodeId ?? '', giver: session.nodeId };
    if (env.tracing) env.trace({ type: 'state', subject: 'handover', id: link.name, to: 'given', data: { rows: page.rows.length, epoch: page.epoch } });
    links.send(link, sealPage(env, storeKey, route, page));
  }
}
