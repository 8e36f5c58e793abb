import { attachNode, listNodes, readSeedPointer, seedAddress } from '../control/locate.ts';
import type { UserView } from '../core/commands.ts';
import type { SeedCalls } from '../core/directory/seed-api.ts';
import { ConfabError, isErrorCode } from '../core/errors.ts';
import { type AnyVerifiedRecord, verifyRecord } from '../core/records.ts';
import type { PresenceState } from '../core/types.ts';
import type { SeedClient } from '../ports/ports.ts';
import { makeTools } from './compose-tools.ts';

/** A user as the administrator sees them, whoever told. */
export interface UserRow {
  readonly name: string;
  readonly userId: string;
  readonly fingerprint: string;
  readonly presence: PresenceState;
  readonly suspect: boolean;
  readonly statusText: string;
  readonly displayName: string;
  readonly about: string;
  readonly createdMillis: number;
  readonly lastSeenMillis: number | null;
}

export interface UserDirectory {
  /** `node alice` or `the seed server`. */
  readonly source: string;
  readonly users: readonly UserRow[];
  readonly total: number;
  readonly online: number;
}

const PAGE_USERS = 128;

/** Everybody known under a root: from the named node, else from any running one, else from the seed server. Throws `no-node` or `nothing-runs`. */
export async function readUsers(root: string, node: string | undefined): Promise<UserDirectory> {
  if (node !== undefined) return await fromNode(root, node);
  const running = (await listNodes(root)).find((each) => each.state === 'running');
  if (running !== undefined) return await fromNode(root, running.node);
  const seed = await readSeedPointer(root);
  if (seed === null) throw new ConfabError('nothing-runs', { folder: root });
  const { HttpSeedClient } = await import('../adapters/seed-http/seed-client.ts');
  return await fromSeedServer(new HttpSeedClient({ url: seedAddress(seed), crypto: makeTools().crypto }));
}

async function fromNode(root: string, node: string): Promise<UserDirectory> {
  const client = await attachNode(root, node);
  try {
    const { users, total, online } = (await client.call('users')) as { users: readonly UserView[]; total: number; online: number };
    return { source: `node ${node}`, users: sortByName(users.map(withoutRelation)), total, online };
  } finally {
    client.close();
  }
}

/** Whose friend somebody is, is no business of the administrator's view. */
function withoutRelation(user: UserView): UserRow {
  const { relation, ...row } = user;
  void relation;
  return row;
}

async function fromSeedServer(client: SeedClient): Promise<UserDirectory> {
  const { makeTools } = await import('./compose-tools.ts');
  const tools = makeTools();
  const users = new Map<string, UserRow>();
  const presences = new Map<string, AnyVerifiedRecord & { readonly type: 'presence' }>();
  let page: SeedCalls['users']['result'];
  let after = '';
  do {
    const answer = await client.call('users', { after, limit: PAGE_USERS });
    if (!answer.ok) throw new ConfabError(isErrorCode(answer.code) ? answer.code : 'internal', answer.details ?? { what: 'The seed server' });
    page = answer.value as SeedCalls['users']['result'];
    for (const signed of page.records) {
      const record = verifyRecord(tools, signed);
      if (typeof record === 'string') continue;
      if (record.type === 'user' && !record.body.deleted) users.set(record.authorId, rowOf(record));
      if (record.type === 'presence') presences.set(record.authorId, record);
    }
    after = page.next ?? '';
  } while (page.next !== null);
  const rows = [...users.values()].map((user) => withPresence(user, presences.get(user.userId)));
  return { source: 'the seed server', users: sortByName(rows), total: page.total, online: page.online };
}

function rowOf(record: AnyVerifiedRecord & { readonly type: 'user' }): UserRow {
  const { name, displayName, about, createdMillis } = record.body;
  const fingerprint = (record.authorId.slice(0, 16).match(/.{4}/g) ?? []).join(' ');
  return {
    name,
    userId: record.authorId,
    fingerprint,
    presence: 'offline',
    suspect: false,
    statusText: '',
    displayName,
    about,
    createdMillis,
    lastSeenMillis: null,
  };
}

function withPresence(user: UserRow, presence: (AnyVerifiedRecord & { readonly type: 'presence' }) | undefined): UserRow {
  if (presence === undefined) return user;
  const { statusText } = presence.body;
  return { ...user, presence: presence.body.presence as PresenceState, statusText, lastSeenMillis: presence.wallMillis };
}

function sortByName(users: readonly UserRow[]): readonly UserRow[] {
  return [...users].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
