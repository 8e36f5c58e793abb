/**
 * Every table of a node's stores.
 * `vault`: one small file, written whole; what is in it is locked by the password.
 * `node`: open whenever the node runs, encrypted under the node's own key.
 * `user`: open only while somebody is logged in, encrypted under a key that lies in the vault.
 */
export interface TableEntry {
  readonly scope: 'vault' | 'node' | 'user';
  readonly key: string;
  readonly about: string;
  /** What others know as well and say again: a power cut, though not a crash of the program, may take the last of it. */
  readonly relearned?: true;
}

export const TABLES = {
  vault: { scope: 'vault', key: 'user name', about: 'private keys, locked by the password' },
  self: {
    scope: 'node',
    key: 'fact',
    about: "this node's own certificate, account, the last claim of its session, and what says that a deleted account is gone",
  },
  records: { scope: 'node', key: 'type/id', about: 'signed public records of users, nodes and presence, as received', relearned: true },
  contacts: { scope: 'node', key: 'node id', about: 'addresses that worked, and when', relearned: true },
  replicas: { scope: 'node', key: 'ring key/kind/id', about: 'copies of signed values that this node holds for the ring' },
  program: { scope: 'node', key: "the program's own", about: 'what a program other than the chat node saves' },
  facts: { scope: 'user', key: 'author/subject', about: 'signed friend facts, ours and those about us' },
  blocks: { scope: 'user', key: 'user id', about: 'people we blocked' },
  messages: { scope: 'user', key: 'peer/time/id', about: 'direct messages in the order in which they are shown' },
  messageKeys: { scope: 'user', key: 'message id', about: 'where in messages or amendments something lies; drops duplicates' },
  amendments: { scope: 'user', key: 'peer/message id/id', about: 'reactions, edits and deletions that wait: ours for a receipt, theirs for their message' },
  messageFilters: {
    scope: 'user',
    key: 'peer/time/id of the last message',
    about: 'which sequences of three characters occur in a block of messages, for search',
  },
  outbox: { scope: 'user', key: 'recipient/time/id', about: 'messages without a receipt, sealed' },
  receipts: { scope: 'user', key: 'peer/message id', about: 'read receipts that have not reached the sender' },
  conversations: { scope: 'user', key: 'peer', about: 'unread counts and last message' },
  drafts: { scope: 'user', key: 'peer', about: 'texts that were begun and not sent' },
  handovers: { scope: 'user', key: 'node id', about: 'how far what an earlier session left at another node has been fetched' },
  trust: { scope: 'user', key: 'user name', about: 'the keys that a friend had when we met, whether people compared them, and whether others came since' },
  prekeys: { scope: 'user', key: 'batch', about: 'secret halves of the prekeys that were published, until they are used or old' },
  ratchets: { scope: 'user', key: 'peer/session', about: 'states of the pairwise ratchets' },
  skippedKeys: { scope: 'user', key: 'session/chain/counter', about: 'keys of messages that were overtaken by later ones' },
  rooms: { scope: 'user', key: 'room id', about: 'rooms: heads, counts, what was read' },
  roomEvents: { scope: 'user', key: 'room/depth/time/event id', about: 'signed events of rooms, in their order' },
  roomKeys: { scope: 'user', key: 'event id', about: 'where in roomEvents an event lies, and who might do what before it' },
  roomAuthority: { scope: 'user', key: 'room/depth/time/event id', about: 'those events that change who may do what' },
  roomLines: { scope: 'user', key: 'room/depth/time/event id', about: 'what a room shows' },
  roomFilters: { scope: 'user', key: 'room/range of depths', about: 'which sequences of three characters occur in a range, for search' },
  roomBuckets: { scope: 'user', key: 'room/range of depths', about: 'fingerprints of ranges of events' },
  roomChains: { scope: 'user', key: 'room/chain', about: "members' sender keys, from the first position that was given to us" },
  roomChainUses: { scope: 'user', key: 'room/chain', about: 'the first event that a sender key sealed: whose members it was for' },
  roomSending: { scope: 'user', key: 'room id', about: 'our own sender key of this session' },
  roomSealed: { scope: 'user', key: 'room/chain/depth/time/event id', about: 'events that wait for their sender key' },
  roomWaiting: { scope: 'user', key: 'room/depth/time/event id', about: 'own messages, and changes to messages, that no other member has confirmed' },
  roomReceipts: { scope: 'user', key: 'room/depth/time/event id', about: 'who has confirmed an own message, and who was the first to confirm a change' },
  roomMarks: { scope: 'user', key: 'room/user', about: 'the heads up to which members have read, as they said' },
  roomInvitations: { scope: 'user', key: 'room id', about: 'rooms that we were invited to' },
  files: { scope: 'user', key: 'root', about: 'files that were offered, sent or fetched: their keys, and which chunks are here' },
  fileChunks: { scope: 'user', key: 'file/chunk', about: 'chunks of files, each sealed with the key of its file, and their hashes' },
  fileRivals: { scope: 'user', key: 'root', about: 'other offers of known files, until chunks tell which one is right' },
  roomHistoryKeys: { scope: 'user', key: 'room/place', about: 'keys of the places on the ring where sealed copies of a room lie' },
  roomCopiesDue: { scope: 'user', key: 'room/depth/time/event id', about: 'events that are not known to be on the ring' },
  roomSegments: { scope: 'user', key: 'room id', about: 'the piece of a room to which this node adds at the holders' },
  roomCopiesSeen: { scope: 'user', key: 'room/ring key/kind/id', about: 'pieces of rooms at the holders that were read, and in which version' },
  settings: { scope: 'user', key: 'name', about: 'settings and last status' },
} as const satisfies Record<string, TableEntry>;

export type TableName = keyof typeof TABLES;
