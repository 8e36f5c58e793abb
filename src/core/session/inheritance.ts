import type { Link } from '../link/link.ts';
import type { Message } from '../messages.ts';
import type { Parts } from '../parts.ts';
import type { SignedRecord } from '../records.ts';
import type { NodeId } from '../types.ts';
import { HANDOVER_END, type HandoverPage, openPage, sealAsk } from './handover-seal.ts';

type Of<Type extends Message['type']> = Extract<Message, { type: Type }>;

/** How far the handover by one node has come: stored with the rows of each page, in one transaction. */
interface Progress {
  /** Of the session that left the rows. */
  readonly epoch: number;
  readonly cursor: string;
  /** Messages that were new here. */
  readonly messages: number;
}

/**
 * The receiving side of a takeover: fetches what earlier sessions of the user left at other nodes, page by page, and merges it.
 *
 * Invariants
 * 1. A page and the cursor behind it become durable together; asking for the next page acknowledges it. So after any
 *    interruption it goes on where it was, and a page that comes twice is not applied twice.
 * 2. Merging is idempotent and goes forward only (ids, merge rules, the later change), so nodes may hand over to each other in
 *    any order and any number of times.
 * 3. What a session left does not change any more (custody.ts), so it is fetched once.
 */
export class Inheritance {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Our session has opened: every other node of the user that is here already is asked. */
  sessionOpened(): void {
    for (const link of this.#parts.links.upLinks()) this.linkReady(link);
  }

  /** A link is up, or its peer's session has ended. */
  linkReady(link: Link): void {
    const { session } = this.#parts;
    if (session.userId !== null && link.userId === session.userId && link.established && !link.sessionSaid) this.#ask(link);
  }

  /** Timer: no page came. */
  timer(nodeId: string): void {
    const link = this.#parts.links.of(nodeId as NodeId);
    if (link !== undefined) this.linkReady(link);
  }

  #progress(nodeId: NodeId): Progress {
    return this.#parts.env.store.get<Progress>('handovers', nodeId) ?? { epoch: 0, cursor: '', messages: 0 };
  }

  #ask(link: Link): void {
    const { env, options, session, links, view } = this.#parts;
    const node = link.nodeId === null ? undefined : view.node(link.nodeId);
    if (link.nodeId === null || node === undefined || session.open === null) return;
    const { epoch, cursor } = this.#progress(link.nodeId);
    const route = { heir: session.nodeId, giver: link.nodeId };
    const message = sealAsk(env, node.body.agreementKey, route, { storeKey: session.open.secrets.storeKey, epoch, cursor });
    if (message === null) return;
    links.send(link, message);
    env.setTimer('handover', link.nodeId, options.handoverRetryMillis);
  }

  page(link: Link, message: Of<'handover-page'>): void {
    const { env, session, settings } = this.#parts;
    const { nodeId } = link;
    if (session.open === null || nodeId === null || link.userId !== session.userId) return;
    const page = openPage(env, session.open.secrets.storeKey, { heir: session.nodeId, giver: nodeId }, message);
    if (page === null) return this.#parts.count('handoverPagesRefused');
    const before = this.#progress(nodeId);
    const known = before.epoch === page.epoch ? before : { epoch: page.epoch, cursor: '', messages: 0 };
    if (page.cursor !== known.cursor) return this.#parts.count('handoverPagesTwice');
    if (known.cursor === HANDOVER_END) return env.cancelTimer('handover', nodeId);
    const messages = known.messages + this.#merge(page);
    env.store.put('handovers', nodeId, { epoch: page.epoch, cursor: page.next, messages } satisfies Progress);
    this.#ask(link);
    if (page.next !== HANDOVER_END) return;
    if (env.tracing) env.trace({ type: 'state', subject: 'handover', id: link.name, to: 'taken', data: { messages, epoch: page.epoch } });
    if (page.epoch > 0) this.#parts.tell({ type: 'handed-over', user: settings.user, from: link.name, messages });
  }

  /** How many messages were new. */
  #merge(page: HandoverPage): number {
    const { friends, presence, chat } = this.#parts;
    let messages = 0;
    for (const [table, key, value] of page.rows) {
      switch (table) {
        case 'facts':
          friends.takeFacts([value as SignedRecord]);
          break;
        case 'blocks':
          friends.inheritBlock(key, value);
          break;
        case 'settings':
          if (key === 'status') presence.inherit(value);
          else if (key === 'settings') chat.preferences.inherit(value);
          else chat.mutes.inherit(key, value);
          break;
        case 'trust':
          this.#parts.trust.inherit(key, value);
          break;
        case 'prekeys':
        case 'ratchets':
        case 'skippedKeys':
          this.#parts.secure.inherit(table, key, value);
          break;
        default:
          if (this.#parts.rooms.inheritance.take(table, key, value) || this.#parts.files.inheritance.take(table, key, value)) break;
          if (chat.inherited.take(table, key, value)) messages += 1;
      }
    }
    chat.inherited.endPage();
    return messages;
  }
}
