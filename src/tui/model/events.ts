import type { MessageView, NodeEvent } from '../../core/commands.ts';
import type { Relation } from '../../core/types.ts';
import { DELETED } from '../render/message-lines.ts';
import { sanitiseLine } from '../text/sanitise.ts';
import { failureWords, keyChangedWords, namesInWords, presenceWord, tickWord } from '../text/words.ts';
import { leaveSession, takeSync } from './answers.ts';
import { addMessage, changeMessage, loadHistory, preview } from './chat.ts';
import { takeFile } from './files.ts';
import { conversationOf, currentNotice } from './model.ts';
import { takeRoomEvent, typing } from './rooms.ts';
import { hasArrived, sayChange, shortText } from './spoken-changes.ts';
import type { Turn } from './turn.ts';
import { markRead, setUnread } from './unread.ts';

/** What the node tells by itself. News from elsewhere interrupts with one line and never touches the draft. */
export function takeEvent(turn: Turn, event: NodeEvent): void {
  switch (event.type) {
    case 'logged-in':
      if (turn.model.info?.loggedIn !== true) turn.call('info', {}, 'refresh');
      return;
    case 'logged-out':
      leaveSession(turn, `You are logged out${event.reason === '' ? '' : `: ${sanitiseLine(event.reason)}`}.`, false);
      return;
    case 'handed-over':
      handedOver(turn, event);
      return;
    case 'message-received':
      received(turn, event.message);
      return;
    case 'message-sent':
      addMessage(turn, event.message);
      return;
    case 'message-changed':
      messageChanged(turn, event);
      return;
    case 'message-amended':
      amended(turn, event.message);
      return;
    case 'typing':
      typing(turn, event.with, event.with, event.typing);
      return;
    case 'presence-changed':
      presenceChanged(turn, event);
      return;
    case 'relation-changed':
      relationChanged(turn, event.user, event.from, event.to);
      return;
    case 'request-busy':
    case 'user-deleted':
      personNews(turn, event);
      return;
    case 'key-changed':
      turn.notice('error', keyChangedWords(event.user));
      if (!turn.model.keyWarnings.includes(event.user)) turn.set({ keyWarnings: [...turn.model.keyWarnings, event.user] });
      refreshPeople(turn);
      return;
    case 'key-accepted':
      turn.set({ keyWarnings: turn.model.keyWarnings.filter((name) => name !== event.user) });
      refreshPeople(turn);
      return;
    case 'peer-changed':
      peerChanged(turn, event.state);
      return;
    case 'sync-changed':
      takeSync(turn, event.sync);
      return;
    case 'notice':
      turn.notice(event.level, sanitiseLine(event.text));
      return;
    case 'file-changed':
      takeFile(turn, event.file);
      return;
    case 'room-joined':
    case 'room-left':
    case 'room-invited':
    case 'room-changed':
    case 'room-message':
    case 'room-message-changed':
    case 'room-typing':
    case 'room-seen':
    case 'room-gap':
      takeRoomEvent(turn, event);
      return;
  }
}

/** What was written and received elsewhere is here now: whatever is held is asked for anew. */
function handedOver(turn: Turn, event: Extract<NodeEvent, { type: 'handed-over' }>): void {
  const count = event.messages === 1 ? '1 message' : `${event.messages} messages`;
  turn.notice('info', `Everything from ${event.from} is here now${event.messages === 0 ? '' : `: ${count}`}.`);
  if (turn.model.connection !== 'up') return;
  refreshPeople(turn);
  for (const command of ['chats', 'rooms', 'settings', 'info'] as const) turn.call(command, {}, 'refresh');
  for (const [name, conversation] of Object.entries(turn.model.conversations)) {
    if (conversation.draft.text === '') turn.conversation(name, { keptDraft: null });
    if (conversation.loaded !== 'no') loadHistory(turn, name);
  }
}

function received(turn: Turn, message: MessageView): void {
  const name = message.with;
  typing(turn, name, name, false);
  addMessage(turn, message);
  setUnread(turn, name, (unread) => unread + 1);
  const { screen, model } = turn;
  const chat = model.chats.find((each) => each.with === name);
  if (message.mentionsMe) turn.set({ chats: model.chats.map((each) => (each.with === name ? { ...each, mentions: each.mentions + 1 } : each)) });
  const quiet = chat?.muted === true && !message.mentionsMe;
  if (!quiet && model.settings?.bell === true) turn.effects.push({ type: 'bell' });
  if (screen.type === 'chat' && screen.with === name) markRead(turn, name);
  else if (!quiet) turn.notice('info', `${name}: ${message.deleted ? DELETED : preview(message.text)}`);
}

/** Edited, deleted or reacted to. */
function amended(turn: Turn, message: MessageView): void {
  const name = message.with;
  const before = conversationOf(turn.model, name).messages.find((each) => each.id === message.id);
  changeMessage(turn, name, message.id, message);
  const last = conversationOf(turn.model, name).messages.at(-1);
  if (last?.id === message.id) turn.set({ chats: turn.model.chats.map((each) => (each.with === name ? { ...each, lastText: message.text } : each)) });
  sayChange(turn, name, before, message);
}

function messageChanged(turn: Turn, event: Extract<NodeEvent, { type: 'message-changed' }>): void {
  const { state, reason, heldBy } = event;
  const patch = { state, ...(reason === undefined ? {} : { reason }), ...(heldBy === undefined ? {} : { heldBy }) };
  const before = conversationOf(turn.model, event.with).messages.find((message) => message.id === event.id)?.state;
  changeMessage(turn, event.with, event.id, patch);
  const { screen } = turn;
  const seen = screen.type === 'chat' && screen.with === event.with && !turn.model.lineMode;
  if (event.state === 'failed' && !seen) turn.notice('warning', `A message to ${event.with} was ${sanitiseLine(failureWords(event.reason, event.with))}.`);
  else if (turn.model.lineMode && hasArrived(before, event.state))
    turn.notice('info', `${event.with}: ${tickWord(event.state)} (${shortText(turn, event.with, event.id)})`);
  else if (turn.model.lineMode && event.state === 'held' && before === 'queued')
    turn.notice('info', `${event.with} is away; held by ${sanitiseLine(namesInWords(heldBy ?? []))} (${shortText(turn, event.with, event.id)})`);
}

function presenceChanged(turn: Turn, event: Extract<NodeEvent, { type: 'presence-changed' }>): void {
  const { friends, info, user } = turn.model;
  const { presence, statusText, suspect, lastSeenMillis } = event;
  if (event.user === user) {
    if (info !== null) turn.set({ info: { ...info, presence, statusText } });
    return;
  }
  const before = friends.find((friend) => friend.name === event.user);
  turn.set({ friends: friends.map((friend) => (friend.name === event.user ? { ...friend, presence, statusText, suspect, lastSeenMillis } : friend)) });
  if (before === undefined) return;
  const cameOrWent = (before.presence === 'offline') !== (presence === 'offline');
  if (cameOrWent) turn.notice('info', presence === 'offline' ? `${event.user} has gone offline.` : `${event.user} is ${presenceWord(event)}.`);
}

function personNews(turn: Turn, { type, user }: Extract<NodeEvent, { type: 'request-busy' | 'user-deleted' }>): void {
  const busy = type === 'request-busy';
  turn.notice('info', busy ? `${user} is busy just now; your request stays and is answered later.` : `${user} has deleted the account.`);
  if (!busy) refreshPeople(turn);
}

function relationChanged(turn: Turn, user: string, from: Relation, to: Relation): void {
  const asks = `${user} asks to be your friend`;
  if (to === 'incoming') turn.notice('info', `${asks}: /accept ${user} or /decline ${user}`);
  // After a lost disk a friend's word may be back before one's own is: then nothing is asked any more.
  else if (to === 'friend' && from === 'incoming' && currentNotice(turn.model)?.text.startsWith(asks) === true) turn.set({ dismissed: turn.model.noticeCount });
  else if (to === 'friend' && from === 'outgoing') turn.notice('info', `${user} has accepted: you are friends now.`);
  else if (to === 'none' && from === 'friend') turn.notice('info', `${user} is no longer among your friends.`);
  else if (to === 'none' && from === 'outgoing') turn.notice('info', `Your request to ${user} was not accepted.`);
  refreshPeople(turn);
}

function refreshPeople(turn: Turn): void {
  if (turn.model.connection !== 'up') return;
  turn.call('friends', {}, 'refresh');
  turn.call('requests', {}, 'refresh');
  turn.call('users', {}, 'refresh');
}

/** Counts are asked for at the next tick, once, however many links come and go meanwhile. */
function peerChanged(turn: Turn, _state: string): void {
  turn.set({ infoStale: true });
}
