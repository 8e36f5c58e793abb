import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeStoreKey } from '../adapters/sqlite/node-store.ts';
import { StoreInspector, type TableSummary } from '../adapters/sqlite/store-inspector.ts';
import { loadNodeKey, NODE_KEY_FILE } from '../adapters/system/node-key.ts';
import { connectControl } from '../control/client.ts';
import { locateNode } from '../control/locate.ts';
import { didYouMean } from '../control/nearest.ts';
import { toHex } from '../core/bytes.ts';
import type { Commands, NodeInfo } from '../core/commands.ts';
import type { NodeKeys } from '../core/env.ts';
import { ConfabError } from '../core/errors.ts';
import { asVault, openVault, passwordKeys } from '../core/session/vault.ts';
import { TABLES } from '../core/tables.ts';
import { makeTools, type Tools } from './compose-tools.ts';
import type { CliContext } from './context.ts';
import { readableRow } from './inspect-rows.ts';
import { showPairs, showRows } from './show.ts';
import { obtainPassword } from './stdin.ts';
import { bytesText } from './table.ts';

export interface InspectOptions {
  readonly node: string;
  readonly user: string;
  /** Null: the overview. */
  readonly table: string | null;
  readonly limit: number;
  readonly passwordStdin: boolean;
}

const LOCKED = 'locked; --password-stdin opens it';

/** Prints what a node's folder holds; changes nothing, also while the node runs. Throws `not-found`, `wrong-password`. */
export async function inspect(context: CliContext, options: InspectOptions): Promise<void> {
  const { folder, state, pointer } = await locateNode(context.root, options.node);
  if (!existsSync(folder)) throw new ConfabError('not-found', { what: `The folder ${folder}` });
  const tools = makeTools();
  const keys = existsSync(join(folder, NODE_KEY_FILE)) ? loadNodeKey(folder, tools.random, () => {}).keys : null;
  const inspector = await openInspector(tools, folder, keys, options);
  try {
    if (options.table !== null) return showTable(context, tools, inspector, options);
    const files = await filesOf(folder);
    const tables = (inspector?.tables() ?? []).map((table) => explainClosed(table, options));
    const live = state === 'running' && pointer !== null ? await liveCounts(pointer.socket) : null;
    const node = keys === null ? null : fingerprints(tools, keys);
    if (context.json)
      return context.printJson({ node: options.node, folder, state, pid: state === 'running' ? pointer?.pid : null, keys: node, files, tables, live });
    showPairs(context, [
      ['folder', folder],
      ['state', state === 'running' ? `running (pid ${pointer?.pid})` : state],
      ...Object.entries(node ?? { 'node key': 'none' }),
    ]);
    context.print('');
    context.printTable({
      columns: [{ title: 'FILE' }, { title: 'SIZE', align: 'right' }, { title: 'MODE' }, { title: 'CHANGED' }],
      rows: files.map((file) => [file.name, bytesText(file.bytes), file.mode, file.changed]),
    });
    context.print('');
    context.printTable({
      columns: [{ title: 'TABLE' }, { title: 'SCOPE' }, { title: 'ROWS', align: 'right' }, { title: 'ABOUT' }],
      rows: tables.map((table) => [table.table, table.scope, table.rows ?? '-', shown(table)]),
    });
    if (tables.some(({ reason }) => reason === LOCKED))
      context.print('\nTables without a count of rows are locked by the password; --password-stdin opens them.');
    if (live !== null) {
      context.print('\nOpen in the running node');
      showPairs(context, Object.entries(live));
    }
    context.print(`\nRows of a table: confab inspect ${options.node} --table records`);
  } finally {
    inspector?.close();
  }
}

/** The key of the user's file lies in the vault; a running node has it, and does not give it away. */
function explainClosed(table: TableSummary, options: InspectOptions): TableSummary {
  if (table.scope !== 'user' || table.rows !== null || options.passwordStdin) return table;
  return { ...table, reason: LOCKED };
}

/** What is true of every table of the user is said once, below. */
function shown({ about, rows, reason }: TableSummary): string {
  return rows === null && reason !== LOCKED ? `${about} (${reason})` : about;
}

/** What the running node says of the tables that are open in it; null when nobody is logged in there. */
async function liveCounts(socket: string): Promise<Readonly<Record<string, number>> | null> {
  try {
    const client = await connectControl(socket, { timeoutMillis: 2_000 });
    try {
      const info = (await client.call('info')) as NodeInfo;
      if (!info.loggedIn) return null;
      const { friends } = (await client.call('friends')) as Commands['friends']['result'];
      const { incoming, outgoing, blocked } = (await client.call('requests')) as Commands['requests']['result'];
      const { chats } = (await client.call('chats')) as Commands['chats']['result'];
      const { files, bytes } = (await client.call('files')) as Commands['files']['result'];
      const requests = { 'requests received': incoming.length, 'requests sent': outgoing.length, blocked: blocked.length };
      return {
        friends: friends.length,
        ...requests,
        conversations: chats.length,
        'unread messages': info.unread,
        files: files.length,
        'bytes of files': bytes,
      };
    } finally {
      client.close();
    }
  } catch {
    return null;
  }
}

/** Names a key without giving it away: the start of the SHA-256 of its public half. */
function fingerprints(tools: Tools, keys: NodeKeys): Record<string, string> {
  const short = (key: Uint8Array) => (toHex(tools.crypto.sha256(key)).slice(0, 16).match(/.{4}/g) ?? []).join(' ');
  return {
    'signing key': short(tools.crypto.signingKeyPair(keys.signingSeed).publicKey),
    'transport key': short(tools.crypto.agreementKeyPair(keys.agreementSeed).publicKey),
  };
}

async function openInspector(tools: Tools, folder: string, keys: NodeKeys | null, options: InspectOptions): Promise<StoreInspector | null> {
  if (keys === null) return null;
  const plain = { folder, nodeKey: nodeStoreKey(tools.crypto, keys), codec: tools.codec };
  const inspector = new StoreInspector(plain);
  if (!options.passwordStdin) return inspector;
  try {
    const password = await obtainPassword({ command: 'inspect', fromStdin: true, prompt: '' });
    const userKey = await userStoreKey(tools, inspector, options.user, password);
    return new StoreInspector({ ...plain, userKey });
  } finally {
    inspector.close();
  }
}

async function userStoreKey(tools: Tools, inspector: StoreInspector, user: string, password: string): Promise<Uint8Array> {
  const { Argon2Deriver } = await import('../adapters/crypto/argon2.ts');
  const vault = asVault(new Map(inspector.rows('vault')).get(user));
  if (vault === null) throw new ConfabError('not-registered', { name: user });
  const master = await new Argon2Deriver().derive(password, vault.salt, vault.derivation);
  const secrets = openVault(tools, vault, passwordKeys(tools, master, vault.salt).unlock);
  if (secrets === null) throw new ConfabError('wrong-password', { name: user });
  return secrets.storeKey;
}

function showTable(context: CliContext, tools: Tools, inspector: StoreInspector | null, options: InspectOptions): void {
  const known = Object.keys(TABLES);
  const table = options.table ?? '';
  if (!known.includes(table))
    throw new ConfabError('bad-arguments', { command: 'inspect', reason: `there is no table "${table}".${didYouMean(table, known)}` });
  const summary = inspector?.tables().find((each) => each.table === table);
  if (summary === undefined || summary.rows === null) {
    const closed = summary?.reason ?? 'the node has no key yet';
    throw new ConfabError('bad-arguments', { command: 'inspect', reason: `the table ${table} cannot be read (${closed})` });
  }
  const rows = (inspector?.rows(table, { limit: options.limit }) ?? []).map(([key, value]) => readableRow(tools, key, value));
  if (context.json) return context.printJson({ table, rows: summary.rows, shown: rows });
  showRows(context, rows);
  if (rows.length < summary.rows) context.print(`\n${rows.length} of ${summary.rows} rows; more with --limit`);
}

interface FileFacts {
  readonly name: string;
  readonly bytes: number;
  readonly mode: string;
  readonly changed: string;
}

async function filesOf(folder: string): Promise<readonly FileFacts[]> {
  const names = (await readdir(folder)).sort();
  const files = await Promise.all(
    names.map(async (name) => {
      const facts = await stat(join(folder, name)).catch(() => null);
      if (facts === null) return null;
      return {
        name,
        bytes: facts.size,
        mode: (facts.mode & 0o777).toString(8).padStart(4, '0'),
        changed: facts.mtime.toISOString().slice(0, 19).replace('T', ' '),
      };
    }),
  );
  return files.filter((file) => file !== null);
}
