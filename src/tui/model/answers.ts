import { commandEntry } from '../../control/registry.ts';
import type { CommandName, Commands, NodeInfo, SyncView } from '../../core/commands.ts';
import { EMPTY_EDITOR, editorOf } from '../input/editor.ts';
import { wordTexts } from '../render/word-views.ts';
import { sanitiseLine } from '../text/sanitise.ts';
import { count, humanise, keyChangedWords } from '../text/words.ts';
import type { Call, Failure } from './actions.ts';
import { loadHistory, openChat, takeHistory } from './chat.ts';
import { takeDraft } from './drafts.ts';
import { fileSentence, takeFiles } from './files.ts';
import { conversationOf, currentNotice } from './model.ts';
import { takePaths } from './path-completion.ts';
import { conversationOfCall, messageOfRoom, roomKey } from './room-chat.ts';
import { takeRoom, takeRooms } from './rooms.ts';
import { takeAround } from './selecting.ts';
import { settingLabel, settingWords } from './settings.ts';
import type { Turn } from './turn.ts';
import { setUnread } from './unread.ts';

type Result<Name extends CommandName> = Commands[Name]['result'];

/** What a command answered: kept, shown or said in a sentence, as its purpose wants. */
export function takeAnswer(turn: Turn, call: Call, value: unknown): void {
  keep(turn, call, value);
  switch (call.purpose) {
    case 'show':
      show(turn, call, value);
      return;
    case 'do':
      sayDone(turn, doneSentence(turn, call, value));
      afterwards(turn, call, value);
      return;
    case 'refresh':
    case 'older':
    case 'around':
    case 'text':
      return;
  }
}

/** Takes in what the answer tells of the world. */
function keep(turn: Turn, call: Call, value: unknown): void {
  switch (call.command) {
    case 'info':
      takeInfo(turn, value as NodeInfo);
      return;
    case 'friends':
      turn.set({ friends: sortFriends((value as Result<'friends'>).friends) });
      return;
    case 'requests':
      turn.set({ requests: value as Result<'requests'> });
      return;
    case 'chats':
      turn.set({ chats: [...(value as Result<'chats'>).chats].sort((left, right) => right.lastMillis - left.lastMillis) });
      return;
    case 'users':
      turn.set({ users: (value as Result<'users'>).users });
      takeWarnings(turn, (value as Result<'users'>).users);
      return;
    case 'settings':
      turn.set({ settings: value as Result<'settings'> });
      return;
    case 'history':
      if (call.purpose === 'around') takeAround(turn, String(call.args['with']), value as Result<'history'>);
      else if (call.purpose !== 'show') takeHistory(turn, String(call.args['with']), value as Result<'history'>, call.purpose === 'older');
      return;
    case 'room-history':
      if (call.purpose !== 'show') takeRoomHistory(turn, call, value as Result<'room-history'>);
      return;
    case 'draft':
    case 'room-draft':
      takeDraft(turn, conversationOfCall(call.args) ?? '', (value as Result<'draft'>).text);
      return;
    case 'files':
      if (call.args['with'] === undefined) takeFiles(turn, (value as Result<'files'>).files);
      return;
    case 'file-paths':
      takePaths(turn, String(call.args['path']), (value as Result<'file-paths'>).paths);
      return;
    case 'rooms':
      if (call.args['search'] === undefined) takeRooms(turn, value as Result<'rooms'>);
      return;
    case 'room-create':
    case 'room-topic':
      takeRoom(turn, value as Result<'room-create'>);
      return;
    case 'room-read':
      setUnread(turn, conversationOfCall(call.args) ?? '', () => (value as Result<'room-read'>).unread);
      return;
    case 'status': {
      const status = value as Result<'status'>;
      if (turn.model.info !== null) turn.set({ info: { ...turn.model.info, ...status } });
      return;
    }
    case 'read':
      setUnread(turn, String(call.args['with']), () => (value as Result<'read'>).unread);
      return;
    case 'sync':
      takeSync(turn, value as SyncView);
      return;
    default:
      return;
  }
}

/** What changed while nobody looked is said when somebody does. */
function takeWarnings(turn: Turn, users: Result<'users'>['users']): void {
  const names = users.filter((user) => user.trust === 'changed').map((user) => user.name);
  for (const name of names) if (!turn.model.keyWarnings.includes(name)) turn.notice('error', keyChangedWords(name));
  turn.set({ keyWarnings: names });
}

function takeRoomHistory(turn: Turn, call: Call, page: Result<'room-history'>): void {
  const name = conversationOfCall(call.args) ?? '';
  const messages = page.messages.map(messageOfRoom);
  if (call.purpose === 'around') takeAround(turn, name, { messages, more: page.more });
  else takeHistory(turn, name, { messages, more: page.more }, call.purpose === 'older');
}

/** Here first, then by name. */
function sortFriends(friends: Result<'friends'>['friends']): Result<'friends'>['friends'] {
  return [...friends].sort((left, right) => left.name.localeCompare(right.name));
}

export function takeSync(turn: Turn, sync: SyncView): void {
  if (turn.model.info !== null) turn.set({ info: { ...turn.model.info, sync } });
}

/** The node's own state; logging in and out (from here, from another terminal, by a restart) changes the screens. */
function takeInfo(turn: Turn, info: NodeInfo): void {
  const before = turn.model.info?.loggedIn === true;
  turn.set({ info });
  if (info.loggedIn && (!before || turn.screen.type === 'start')) enterSession(turn);
  if (!info.loggedIn && before) leaveSession(turn, 'The node has started anew. Log in again; your draft is kept.', true);
  if (!info.loggedIn && !before && turn.screen.type === 'start') turn.shown();
}

function enterSession(turn: Turn): void {
  const screens = turn.model.resume ?? [{ type: 'menu' as const }];
  turn.set({ resume: null });
  turn.show(screens);
  refreshAll(turn);
}

/** Asks for everything that the screens are drawn from. */
export function refreshAll(turn: Turn): void {
  for (const command of ['friends', 'requests', 'chats', 'rooms', 'files', 'settings', 'users'] as const) turn.call(command, {}, 'refresh');
  const { screen, model } = turn;
  // What came while nobody listened is not in the conversations: they are loaded again when they are opened.
  for (const name of Object.keys(model.conversations)) turn.conversation(name, { loaded: 'no' });
  if (screen.type === 'chat') loadHistory(turn, screen.with);
}

export function leaveSession(turn: Turn, reason: string, comeBack: boolean): void {
  const { screens, info } = turn.model;
  if (screens.length === 1 && screens[0]?.type === 'start') return;
  turn.set({
    resume: comeBack ? screens.filter((screen) => screen.type !== 'ask' && screen.type !== 'confirm') : null,
    info: info === null ? null : { ...info, loggedIn: false },
    friends: [],
    keyWarnings: [],
    chats: [],
    rooms: [],
    invitations: [],
    otherRooms: [],
    files: [],
    requests: { incoming: [], outgoing: [], blocked: [] },
  });
  if (!comeBack) turn.set({ conversations: {} });
  turn.notice('warning', reason);
  turn.show([{ type: 'start' }]);
}

function show(turn: Turn, call: Call, value: unknown): void {
  if (call.command === 'settings') {
    if (turn.screen.type !== 'settings') turn.push({ type: 'settings' });
    return;
  }
  // Why the order before was refused is no news any more.
  if (isFault(call) && currentNotice(turn.model)?.text.startsWith('fault: ') === true) turn.set({ dismissed: turn.model.noticeCount });
  const { screen } = turn;
  const view = { type: 'view' as const, command: call.command, args: call.args, value };
  if (screen.type === 'view') turn.replace(view);
  else turn.push(view);
}

function afterwards(turn: Turn, { command }: Call, value: unknown): void {
  switch (command) {
    case 'register':
      showWords(turn, value as Result<'register'>);
      turn.call('info', {}, 'refresh');
      return;
    case 'login':
    case 'recover':
    case 'logout':
    case 'delete-account':
      turn.call('info', {}, 'refresh');
      return;
    case 'friend-add':
    case 'friend-accept':
    case 'friend-decline':
    case 'friend-remove':
    case 'block':
    case 'unblock':
      turn.call('friends', {}, 'refresh');
      turn.call('requests', {}, 'refresh');
      return;
    case 'trust':
      turn.call('friends', {}, 'refresh');
      turn.call('users', {}, 'refresh');
      return;
    case 'mute':
      turn.call('chats', {}, 'refresh');
      return;
    case 'room-create':
      openChat(turn, roomKey((value as Result<'room-create'>).roomId));
      return;
    case 'room-join':
    case 'room-leave':
    case 'room-archive':
    case 'room-mute':
      turn.call('rooms', {}, 'refresh');
      if (command === 'room-join' && (value as Result<'room-join'>).state === 'joined') openChat(turn, roomKey((value as Result<'room-join'>).roomId));
      return;
    default:
      return;
  }
}

/** Once, after a registration. Line by line nobody has to leave a page first; else the page lies above the menu. */
function showWords(turn: Turn, value: Result<'register'>): void {
  if (turn.model.lineMode) turn.effects.push({ type: 'bare', lines: wordTexts(value.recoveryWords, turn.model.columns) });
  else turn.set({ resume: [{ type: 'menu' }, { type: 'view', command: 'recovery-words', args: {}, value }] });
}

function sayDone(turn: Turn, sentence: string): void {
  if (sentence !== '') turn.notice('info', sentence);
}

/** One sentence on what came of a command; empty where an event of the node says it. */
function doneSentence(turn: Turn, call: Call, value: unknown): string {
  const user = typeof call.args['user'] === 'string' ? call.args['user'] : '';
  switch (call.command) {
    case 'register':
      return `Welcome, ${(value as Result<'register'>).user}. Your account is made. Write the recovery words down.`;
    case 'recover':
      return `Welcome back, ${(value as Result<'recover'>).user}. The new password holds from now on; the words stay the same.`;
    case 'login': {
      const { user: name, unread } = value as Result<'login'>;
      return unread === 0 ? `Welcome back, ${name}.` : `Welcome back, ${name}. ${count(unread, 'unread message')}; Ctrl-N or /next goes there.`;
    }
    case 'logout':
      return 'You are logged out. The node stays up and keeps what it holds for others.';
    case 'delete-account':
      return 'The account is deleted.';
    case 'friend-add':
      return (value as Result<'friend-add'>).relation === 'friend' ? `You and ${user} are friends now.` : `${user} is asked. You can write once they accept.`;
    case 'friend-accept':
      return `You and ${user} are friends now. /chat ${user} opens the conversation.`;
    case 'friend-busy':
      return `${user} hears that you are busy; the request stays.`;
    case 'friend-decline':
      return `The request of ${user} is declined.`;
    case 'friend-remove':
      return `${user} is not your friend any more.`;
    case 'block':
      return `${user} is blocked: you hear nothing more of them.`;
    case 'unblock':
      return `${user} is no longer blocked.`;
    case 'trust':
      return `You go on with the new key of ${user}. /verify ${user} shows the number to compare.`;
    case 'status': {
      const { presence, statusText } = value as Result<'status'>;
      return `Friends see you as ${presence}${statusText === '' ? '' : `: ${statusText}`}.`;
    }
    case 'send':
      return sentSentence(turn, String(call.args['to']), (value as Result<'send'>).state);
    case 'read':
      return `${count((value as Result<'read'>).count, 'message')} marked as read.`;
    case 'profile':
      return 'Your profile is changed.';
    case 'settings':
      return Object.entries(call.args)
        .map(([name, value]) => `${settingLabel(name) ?? humanise(name)}: ${settingWords(value)}.`)
        .join(' ');
    case 'join':
      return `Linking with ${(value as Result<'join'>).endpoint}.`;
    default:
      return roomSentence(call, value) ?? fileSentence(call.command, call.args, value) ?? 'Done.';
  }
}

/** The same for rooms; null for what speaks for itself. */
function roomSentence(call: Call, value: unknown): string | null {
  const of = value as { readonly room?: string; readonly user?: string };
  const room = sanitiseLine(of.room ?? '');
  switch (call.command) {
    case 'room-create':
      return `The room ${room} is made. Others come by its link, which /room shows, or by /invite <name>.`;
    case 'room-join':
      return (value as Result<'room-join'>).state === 'joined' ? '' : `${room} is asked to let you in; you hear of it.`;
    case 'room-leave':
      return `You have left ${room}. Whoever is still in it goes on without you.`;
    case 'room-invite':
      return `${of.user} is invited into ${room}.`;
    case 'room-remove':
      return `${of.user} is removed from ${room}; what follows is sealed to the others.`;
    case 'room-role':
      return `${of.user} is ${(value as Result<'room-role'>).role} of ${room} now.`;
    case 'room-vote': {
      const { owner, votes, needed } = value as Result<'room-vote'>;
      return owner ? `${of.user} owns ${room} now.` : `You vote for ${of.user} as the owner of ${room}: ${votes} of ${needed} votes.`;
    }
    case 'room-topic':
      return `The topic of ${room} is changed.`;
    case 'room-archive':
      return (value as Result<'room-archive'>).archived ? `${room} is out of your list; /archive off takes it back.` : `${room} is in your list again.`;
    case 'room-mute':
      return (value as Result<'room-mute'>).muted ? `${room} is quiet until somebody names you.` : `You hear ${room} again.`;
    case 'room-read':
      return `${count((value as Result<'room-read'>).count, 'message')} marked as read.`;
    case 'mute': {
      const { with: name, muted } = value as Result<'mute'>;
      return muted ? `The chat with ${name} is quiet until ${name} names you; /mute off ends that.` : `You hear ${name} again.`;
    }
    case 'react':
    case 'room-react':
      return call.args['remove'] === true ? 'Your reaction is taken back.' : 'You have reacted.';
    case 'edit':
      return 'The message is changed on both sides.';
    case 'delete-message':
      return 'The message is deleted on both sides.';
    case 'room-edit':
      return 'The message is changed for everybody.';
    case 'room-delete-message':
      return 'The message is deleted for everybody.';
    case 'room-send':
      return 'Written.';
    default:
      return null;
  }
}

function sentSentence(turn: Turn, name: string, state: Result<'send'>['state']): string {
  const friend = turn.model.friends.find((each) => each.name === name);
  if (state !== 'queued' && state !== 'held') return `${name} has it.`;
  return friend?.presence === 'offline' ? `${name} is offline; the message is kept for ${name}, here and by others.` : `The message to ${name} is on its way.`;
}

/** A command was refused or lost: say why, and give back what was typed. */
export function takeFailure(turn: Turn, call: Call, failure: Failure): void {
  const name = conversationOfCall(call.args) ?? '';
  const history = call.command === 'history' || call.command === 'room-history';
  if (call.purpose === 'text') giveBack(turn, name, String(call.args['text']));
  if (history) turn.conversation(name, { loaded: 'no', askedOlder: false });
  if (call.purpose === 'refresh' && (!history || failure.code === 'not-logged-in')) return;
  turn.notice(failure.code === 'internal' ? 'error' : 'warning', `${failure.sentence} ${adviceFor(call, failure)}`.trim());
}

/** The driver's own command, which the core does not know. */
function isFault({ command }: Call): boolean {
  return (command as string) === 'fault';
}

/** Commands have no `--help` of their own where slashes are typed. */
function adviceFor(call: Call, failure: Failure): string {
  // A fault that was refused says itself how it is written.
  const example = isFault(call) ? '' : (commandEntry(call.command)?.example ?? '');
  return failure.code === 'bad-arguments' ? (example === '' ? '' : `For example: ${example}`) : failure.advice;
}

function giveBack(turn: Turn, name: string, text: string): void {
  const { draft } = conversationOf(turn.model, name);
  const written = text.startsWith('/') ? `/${text}` : text;
  turn.conversation(name, { draft: draft.text === '' ? { ...EMPTY_EDITOR, ...editorOf(written), killed: draft.killed } : draft });
}
