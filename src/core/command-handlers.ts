import { wellFormedText } from './bytes.ts';
import { CHAT_HANDLERS, messageOf } from './chat/chat-handlers.ts';
import type { CommandName, Commands, FriendView, UserView } from './commands.ts';
import { parseEndpoint } from './endpoint.ts';
import type { CommandInput, CommandResult } from './env.ts';
import { fileHandlers } from './files/file-handlers.ts';
import { type Respond, withFriend, withPeer, withUser } from './find-people.ts';
import { storyOf } from './mail/story.ts';
import { peerViews } from './membership/peer-views.ts';
import type { Parts } from './parts.ts';
import type { VerifiedRecord } from './records.ts';
import { keyOfName } from './ring/keys.ts';
import { ROOM_HANDLERS } from './rooms/room-handlers.ts';
import { changeProfile } from './session/profile.ts';
import type { Relation, UserId } from './types.ts';

type Handler<Name extends CommandName> = (parts: Parts, args: Commands[Name]['args'], respond: Respond) => void;

/** Answers one command of the registry, now or after a look-up. Arguments were validated at the edge. */
export function handleCommand(parts: Parts, command: CommandInput): void {
  const respond: Respond = (result) => {
    const reply: CommandResult = result.ok ? result : { ok: false, code: result.code, details: result.details ?? {} };
    parts.env.reply(command.request, reply);
  };
  const handler = Object.hasOwn(HANDLERS, command.name) ? (HANDLERS[command.name as CommandName] as Handler<CommandName>) : undefined;
  if (handler === undefined) return respond({ ok: false, code: 'bad-command', details: { name: command.name, hint: '' } });
  if (NEEDS_SESSION.has(command.name) && parts.session.open === null) {
    const at = parts.custody.endingFor;
    if (at !== null) return respond({ ok: false, code: 'session-moved', details: { name: parts.settings.user, at } });
    return respond({ ok: false, code: 'not-logged-in' });
  }
  handler(parts, command.args as never, respond);
}

const NEEDS_SESSION = new Set<string>([
  'logout',
  'delete-account',
  'recovery-words',
  'profile',
  'status',
  'friend-add',
  'friend-accept',
  'friend-decline',
  'friend-busy',
  'friend-remove',
  'block',
  'unblock',
  'friends',
  'requests',
  'verify',
  'trust',
  'send',
  'chats',
  'history',
  'message',
  'why',
  'read',
  'draft',
  'settings',
  'file-send',
  'file-accept',
  'file-decline',
  'files',
  'file-save',
  'file-paths',
  ...(Object.keys(CHAT_HANDLERS) as Array<keyof typeof CHAT_HANDLERS>),
  ...(Object.keys(ROOM_HANDLERS) as Array<keyof typeof ROOM_HANDLERS>),
] satisfies CommandName[]);

const HANDLERS: { readonly [Name in CommandName]: Handler<Name> } = {
  register: ({ session }, args, respond) => session.register(args, respond),
  recover: ({ session }, args, respond) => session.recover(args, respond),
  'recovery-words': ({ session }, args, respond) => session.showWords(args, respond),
  login: ({ session }, args, respond) => session.login(args, respond),
  logout: ({ session }, _args, respond) => session.logout('You logged out.', respond),
  'delete-account': ({ session }, args, respond) => session.deleteAccount(args, respond),
  info: (parts, _args, respond) => respond({ ok: true, value: nodeInfo(parts) }),
  profile: (parts, args, respond) => {
    const { displayName, about } = args;
    if (displayName !== undefined || about !== undefined)
      changeProfile(parts, { ...(displayName === undefined ? {} : { displayName }), ...(about === undefined ? {} : { about }) });
    const own = parts.session.userRecord();
    if (own === null) return respond({ ok: false, code: 'not-logged-in' });
    respond({ ok: true, value: userView(parts, own) });
  },
  status: ({ presence }, args, respond) =>
    respond({ ok: true, value: args.presence === undefined && args.text === undefined ? presence.own : presence.set(args) }),
  'friend-add': (parts, { user }, respond) =>
    withUser(parts, user, respond, (id, relation) => {
      if (relation === 'blocked') return respond({ ok: false, code: 'blocked', details: { name: user } });
      if (relation === 'friend') return respond({ ok: false, code: 'already-friends', details: { name: user } });
      if (relation === 'outgoing') return respond({ ok: false, code: 'already-requested', details: { name: user } });
      if (!parts.trust.allows(id)) return respond({ ok: false, code: 'key-changed', details: { name: user } });
      respond({ ok: true, value: { user, relation: parts.friends.agree(id) } });
    }),
  'friend-accept': (parts, { user }, respond) =>
    withUser(parts, user, respond, (id, relation) => {
      if (relation !== 'incoming') return respond({ ok: false, code: relation === 'friend' ? 'already-friends' : 'no-request', details: { name: user } });
      if (!parts.trust.allows(id)) return respond({ ok: false, code: 'key-changed', details: { name: user } });
      respond({ ok: true, value: { user, relation: parts.friends.agree(id) } });
    }),
  'friend-decline': (parts, { user }, respond) =>
    withUser(parts, user, respond, (id, relation) => {
      if (relation !== 'incoming') return respond({ ok: false, code: 'no-request', details: { name: user } });
      respond({ ok: true, value: { user, relation: parts.friends.refuse(id) } });
    }),
  'friend-busy': (parts, { user }, respond) =>
    withUser(parts, user, respond, (id, relation) => {
      if (relation !== 'incoming') return respond({ ok: false, code: 'no-request', details: { name: user } });
      parts.friends.busy.say(id);
      respond({ ok: true, value: { user, relation } });
    }),
  'friend-remove': (parts, { user }, respond) =>
    withUser(parts, user, respond, (id, relation) => {
      if (relation !== 'friend' && relation !== 'outgoing') return respond({ ok: false, code: 'not-friends', details: { name: user } });
      respond({ ok: true, value: { user, relation: parts.friends.refuse(id) } });
    }),
  block: (parts, { user }, respond) => withUser(parts, user, respond, (id) => respond({ ok: true, value: { user, relation: parts.friends.block(id) } })),
  unblock: (parts, { user }, respond) =>
    withUser(parts, user, respond, (id, relation) => {
      if (relation !== 'blocked') return respond({ ok: false, code: 'not-blocked', details: { name: user } });
      respond({ ok: true, value: { user, relation: parts.friends.unblock(id) } });
    }),
  friends: (parts, _args, respond) =>
    respond({
      ok: true,
      value: {
        friends: parts.friends
          .withRelation('friend')
          .map((id) => friendView(parts, id))
          .sort((a, b) => (a.name < b.name ? -1 : 1)),
      },
    }),
  requests: (parts, _args, respond) => {
    const names = (relation: Relation): string[] =>
      parts.friends
        .withRelation(relation)
        .map((id) => nameOf(parts, id))
        .sort();
    respond({ ok: true, value: { incoming: names('incoming'), outgoing: names('outgoing'), blocked: names('blocked') } });
  },
  user: (parts, { user }, respond) =>
    parts.lookup.find(user, (record) => {
      if (record === null) return respond({ ok: false, code: 'unknown-user', details: { name: user } });
      respond({ ok: true, value: userView(parts, record) });
    }),
  verify: (parts, { user, answer }, respond) =>
    withUser(parts, user, respond, (_id, _relation, record) => {
      if (answer !== undefined) parts.trust.compared(record, answer === 'equal');
      const number = parts.trust.numberWith(record);
      if (number === null) return respond({ ok: false, code: 'not-logged-in' });
      respond({ ok: true, value: { user: record.body.name, trust: parts.trust.state(record), ...number } });
    }),
  trust: (parts, { user }, respond) =>
    withUser(parts, user, respond, (_id, _relation, record) => {
      if (parts.trust.state(record) !== 'changed') return respond({ ok: false, code: 'key-unchanged', details: { name: record.body.name } });
      parts.trust.accept(record);
      respond({ ok: true, value: { user: record.body.name, trust: parts.trust.state(record) } });
    }),
  users: (parts, _args, respond) => {
    const users = parts.view
      .users()
      .map((record) => userView(parts, record))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    respond({ ok: true, value: { users, total: users.length, online: users.filter((user) => user.presence !== 'offline').length } });
  },
  send: (parts, { to, text, replyTo }, respond) =>
    withFriend(parts, to, respond, (id, record) => {
      const answered = replyTo === undefined ? undefined : messageOf(parts, id, replyTo);
      if (answered === null) return respond({ ok: false, code: 'unknown-message', details: { id: replyTo } });
      const outcome = parts.chat.send(record, text, { replyTo: answered });
      respond('code' in outcome ? { ok: false, ...outcome } : { ok: true, value: outcome });
    }),
  chats: ({ chat }, _args, respond) => respond({ ok: true, value: { chats: chat.views.chats() } }),
  history: (parts, args, respond) =>
    withPeer(parts, args.with, respond, (id) => {
      const { views } = parts.chat;
      const limit = args.limit ?? 50;
      if (args.around === undefined)
        return respond({ ok: true, value: views.page(id, { limit, ...(args.before === undefined ? {} : { before: args.before }) }) });
      const middle = messageOf(parts, id, args.around);
      if (middle === null) return respond({ ok: false, code: 'unknown-message', details: { id: args.around } });
      respond({ ok: true, value: views.around(id, middle, limit) });
    }),
  message: ({ chat }, { id }, respond) => {
    const message = chat.views.message(id);
    respond(message === null ? { ok: false, code: 'unknown-message', details: { id } } : { ok: true, value: message });
  },
  why: (parts, { id }, respond) => {
    const story = storyOf(parts, id);
    respond(story === null ? { ok: false, code: 'unknown-message', details: { id } } : { ok: true, value: story });
  },
  read: (parts, args, respond) =>
    withPeer(parts, args.with, respond, (id) => {
      const last = args.upTo === undefined ? undefined : messageOf(parts, id, args.upTo);
      if (last === null) return respond({ ok: false, code: 'unknown-message', details: { id: args.upTo } });
      respond({ ok: true, value: { count: parts.chat.read(id, last), unread: parts.chat.unread(id) } });
    }),
  draft: (parts, args, respond) =>
    withPeer(parts, args.with, respond, (id) => {
      const { drafts } = parts.chat;
      if (args.text !== undefined) drafts.set(id, { text: wellFormedText(args.text), changedMillis: Math.trunc(parts.env.wallMillis) });
      respond({ ok: true, value: { with: args.with, text: drafts.text(id) } });
    }),
  settings: ({ chat }, args, respond) => respond({ ok: true, value: Object.keys(args).length === 0 ? chat.preferences.get() : chat.preferences.change(args) }),
  peers: (parts, _args, respond) => respond({ ok: true, value: { peers: peerViews(parts) } }),
  join: ({ connections }, { endpoint }, respond) => {
    const parsed = parseEndpoint(endpoint);
    if (parsed === null) return respond({ ok: false, code: 'bad-endpoint', details: { endpoint } });
    connections.join(parsed);
    respond({ ok: true, value: { endpoint } });
  },
  sync: ({ sync, seed }, _args, respond) => {
    sync.compareNow();
    respond({ ok: true, value: seed.summary() });
  },
  ring: ({ ring }, _args, respond) => respond({ ok: true, value: ring.view() }),
  lookup: ({ ring, env, directory }, { name, recursive }, respond) =>
    ring.lookup(keyOfName(env.crypto, name), recursive === true ? 'recursive' : 'iterative', (way) =>
      directory.findName(name.toLowerCase(), ({ user, holders }) => respond({ ok: true, value: { ...way, userId: user?.authorId ?? null, holders } })),
    ),
  ...CHAT_HANDLERS,
  ...ROOM_HANDLERS,
  ...fileHandlers(withFriend, withPeer),
};

/** Every command that the core answers; the registry adds what the driver answers by itself. */
export const COMMAND_NAMES: readonly CommandName[] = Object.keys(HANDLERS) as CommandName[];

function nameOf(parts: Parts, id: UserId): string {
  return parts.view.user(id)?.body.name ?? id.slice(0, 8);
}

function trustOf(parts: Parts, id: UserId): UserView['trust'] {
  const record = parts.view.user(id);
  return record === null || parts.session.open === null ? 'new' : parts.trust.state(record);
}

function friendView(parts: Parts, id: UserId): FriendView {
  return {
    name: nameOf(parts, id),
    userId: id,
    displayName: parts.view.user(id)?.body.displayName ?? '',
    unread: parts.chat.unread(id),
    typing: parts.chat.typing.isTyping(id),
    trust: trustOf(parts, id),
    ...parts.presence.viewOf(id),
  };
}

function userView(parts: Parts, record: VerifiedRecord<'user'>): UserView {
  const id = record.authorId as UserId;
  return {
    name: record.body.name,
    userId: id,
    displayName: record.body.displayName,
    about: record.body.about,
    relation: parts.session.open === null ? 'none' : parts.friends.relation(id),
    createdMillis: record.body.createdMillis,
    trust: trustOf(parts, id),
    fingerprint: (id.slice(0, 16).match(/.{4}/g) as string[]).join(' '),
    ...parts.presence.viewOf(id),
  };
}

function nodeInfo(parts: Parts): Commands['info']['result'] {
  const { env, session, custody, settings, presence, links, view, chat, friends, seed } = parts;
  return {
    node: env.name,
    nodeId: session.nodeId,
    user: settings.user,
    registered: session.registered,
    loggedIn: session.open !== null || custody.endingFor !== null,
    userId: session.userId,
    endpoint: parts.endpointText,
    run: env.run,
    presence: presence.own.presence,
    statusText: presence.own.statusText,
    peers: links.upLinks().length,
    users: view.userCount,
    unread: session.open === null ? 0 : chat.unreadTotal(),
    requests: friends.withRelation('incoming').length,
    sync: seed.summary(),
    counters: parts.counters(),
  };
}
