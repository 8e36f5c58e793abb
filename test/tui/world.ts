import type { ChatView, FriendView, MessageView, NodeInfo, UserView } from '../../src/core/commands.ts';
import type { MessageId, MessageState, UserId } from '../../src/core/types.ts';

/** A small world with fixed local times, so that pictures of it are the same in every time zone. */
export const NOW = new Date(2026, 10, 21, 14, 30, 5).getTime();
export const HOUR = 3_600_000;

export function idOf(name: string): UserId {
  return Array.from(name.padEnd(8, '.'))
    .map((character) => (character.codePointAt(0) ?? 0).toString(16))
    .join('')
    .padEnd(64, '0')
    .slice(0, 64) as UserId;
}

export function info(patch: Partial<NodeInfo> = {}): NodeInfo {
  return {
    node: 'alice',
    nodeId: '00'.repeat(32),
    user: 'alice',
    registered: true,
    loggedIn: true,
    userId: idOf('alice'),
    endpoint: 'tcp://127.0.0.1:40123#KEY',
    run: 1,
    presence: 'online',
    statusText: '',
    peers: 2,
    users: 3,
    unread: 0,
    requests: 0,
    sync: { source: 'peers', seedServer: 'up', records: 9, rounds: 3, lastMillis: NOW - 5_000 },
    counters: {},
    ...patch,
  };
}

export function friend(name: string, patch: Partial<FriendView> = {}): FriendView {
  return {
    name,
    userId: idOf(name),
    displayName: name,
    unread: 0,
    typing: false,
    trust: 'pinned',
    presence: 'online',
    statusText: '',
    suspect: false,
    lastSeenMillis: NOW,
    ...patch,
  };
}

export function user(name: string, patch: Partial<UserView> = {}): UserView {
  const { unread: _unread, typing: _typing, ...common } = friend(name);
  return { ...common, about: '', relation: 'none', createdMillis: NOW - HOUR, fingerprint: '0000 0000 0000 0000', ...patch };
}

export function chat(name: string, patch: Partial<ChatView> = {}): ChatView {
  return { with: name, userId: idOf(name), unread: 0, mentions: 0, muted: false, lastText: 'hello', lastMillis: NOW - HOUR, lastFromMe: false, ...patch };
}

let serial = 0;

export function message(name: string, text: string, patch: Partial<MessageView> = {}): MessageView {
  serial += 1;
  const sentMillis = patch.sentMillis ?? NOW - HOUR + serial * 1_000;
  return {
    key: `${String(sentMillis).padStart(15, '0')}/${String(serial).padStart(6, '0')}`,
    id: `m${String(serial).padStart(20, '0')}` as MessageId,
    with: name,
    fromMe: false,
    text,
    sentMillis,
    receivedMillis: sentMillis,
    state: 'delivered' as MessageState,
    receipts: [],
    replyTo: null,
    mentionsMe: false,
    reactions: [],
    edited: false,
    deleted: false,
    changing: false,
    ...patch,
  };
}
