import { choicesOfArgument, commandEntry } from '../../control/registry.ts';
import { EMPTY_EDITOR, editorOf } from '../input/editor.ts';
import { remember } from '../input/history.ts';
import { coreName, menuRows } from './catalogue.ts';
import { openChat } from './chat.ts';
import { answerAsk, goBack, runMenuItem, runSlash } from './commands.ts';
import { namesOf } from './complete.ts';
import { type Ask, conversationOf, isMasked, type Model, type Screen, screenOf } from './model.ts';
import { confirmation, pathAnswer } from './questions.ts';
import { foundMessages, isRoomKey, roomKey, sendCall } from './room-chat.ts';
import { enterRoom, roomRows } from './rooms.ts';
import { jumpTo, toNewest } from './selecting.ts';
import { settingRows } from './settings.ts';
import type { Turn } from './turn.ts';
import { markRead } from './unread.ts';

/** What can be chosen by number on a screen, in order; row n is chosen by n + 1. */
export type Choice =
  | { readonly type: 'menu'; readonly at: number; readonly label: string }
  | { readonly type: 'name'; readonly name: string }
  /** A message that was found. */
  | { readonly type: 'message'; readonly with: string; readonly id: string }
  | { readonly type: 'setting'; readonly name: string; readonly next: boolean | number }
  | { readonly type: 'do'; readonly label: string };

export function choicesOf(model: Model, screen: Screen): readonly Choice[] {
  switch (screen.type) {
    case 'start':
    case 'menu':
      return menuRows(model).map((row, at) => ({ type: 'menu', at, label: row.label }));
    case 'choose-chat':
      return [...model.friends.map((friend) => friend.name), ...openRooms(model)].map((name) => ({ type: 'name', name }));
    case 'view':
      if (screen.command === 'search' || screen.command === 'room-search')
        return foundMessages(screen.value).map((message) => ({ type: 'message', with: message.with, id: message.id }));
      return viewNames(model, screen.command).map((name) => ({ type: 'name', name }));
    case 'settings':
      return settingRows(model).map(({ name, next }) => ({ type: 'setting', name, next }));
    case 'request':
      return [
        { type: 'do', label: 'Accept' },
        { type: 'do', label: 'Decline' },
        { type: 'do', label: 'Busy: answer later' },
      ];
    case 'ask':
      return askNames(model, screen).map((name) => ({ type: 'name', name }));
    case 'confirm':
      return [{ type: 'do', label: 'Yes' }];
    case 'chat':
    case 'help':
      return [];
  }
}

/** People that a view lists with numbers. */
export function viewNames(model: Model, command: string): readonly string[] {
  switch (command) {
    case 'friends':
      return model.friends.map((friend) => friend.name);
    case 'requests':
      return model.requests.incoming;
    case 'chats':
      return [...model.chats.map((chat) => chat.with), ...openRooms(model)];
    case 'rooms':
      return roomRows(model).map((row) => roomKey(row.roomId));
    default:
      return [];
  }
}

/** Keys of the rooms that one is in and has not archived. */
export function openRooms(model: Model): readonly string[] {
  return model.rooms.filter((room) => room.role !== null && !room.archived).map((room) => roomKey(room.roomId));
}

/** Names (or presences) that fit what is asked for. */
export function askNames(model: Model, ask: Ask): readonly string[] {
  const entry = commandEntry(ask.command);
  const kind = entry?.complete?.[ask.fields[0] ?? ''];
  if (kind === undefined) return entry === undefined ? [] : choicesOfArgument(entry, ask.fields[0] ?? '');
  const names = namesOf(model, kind);
  switch (ask.command) {
    case 'friend-add':
      return names.filter((name) => !model.friends.some((friend) => friend.name === name) && !model.requests.blocked.includes(name));
    case 'room-join':
      return names.filter((name) => !model.rooms.some(({ room }) => room === name));
    case 'block':
      return [...names, ...model.requests.blocked.filter((name) => !names.includes(name))];
    default:
      return names;
  }
}

/** Enter: the line goes where the screen wants it. Secrets are not remembered. */
export function submit(turn: Turn, text: string): void {
  const { screen } = turn;
  const masked = isMasked(turn.model);
  if (!masked && screen.type !== 'ask') turn.set({ history: remember(turn.model.history, text) });
  turn.set({ completion: null, leaving: false });
  if (screen.type === 'chat') {
    submitChat(turn, screen.with, text);
    return;
  }
  turn.set({ editor: EMPTY_EDITOR });
  if (masked && screen.type === 'ask') {
    submitAsk(turn, screen, text);
    return;
  }
  const line = text.trim();
  const path = screen.type === 'ask' && line.startsWith('/') ? pathAnswer(screen, line) : null;
  if (path !== null && screen.type === 'ask') submitAsk(turn, screen, path);
  else if (line.startsWith('/')) runSlash(turn, line);
  else if (line === '?') turn.push({ type: 'help', topic: screen.type });
  else if (/^\d{1,3}$/u.test(line)) chooseNumber(turn, screen, Number(line), line);
  else submitWords(turn, screen, line);
}

function submitChat(turn: Turn, name: string, text: string): void {
  if (text.trim() === '') return;
  const isCommand = text.startsWith('/') && !text.startsWith('//');
  if (isCommand) {
    turn.conversation(name, { draft: EMPTY_EDITOR });
    // What was pasted may begin with a slash and be no command: nothing of it is lost.
    if (!runSlash(turn, text) && !turn.model.lineMode) turn.conversation(name, { draft: editorOf(text) });
    return;
  }
  if (text === '?' && turn.model.lineMode) {
    turn.push({ type: 'help', topic: 'chat' });
    return;
  }
  if (turn.model.connection !== 'up') {
    turn.notice('warning', 'The node is away; your draft is kept and can be sent when it is back.');
    return;
  }
  const { selected } = conversationOf(turn.model, name);
  toNewest(turn, name);
  turn.conversation(name, { draft: EMPTY_EDITOR, anchor: null, newBelow: 0, unreadKey: null, unreadCount: 0, selected: null });
  const { command, args } = sendCall(name, text.startsWith('//') ? text.slice(1) : text, selected);
  turn.call(command, args, 'text');
  // The newest are on the screen now.
  markRead(turn, name);
}

function submitAsk(turn: Turn, ask: Ask, value: string): void {
  const entry = commandEntry(ask.command);
  if (entry !== undefined) answerAsk(turn, ask, entry, value);
}

/** 0 is always back, on the lowest screen it leaves. */
export function chooseNumber(turn: Turn, screen: Screen, number: number, typed: string): void {
  const choice = choicesOf(turn.model, screen)[number - 1];
  if (number === 0) {
    if (turn.model.screens.length === 1) turn.effects.push({ type: 'quit' });
    else goBack(turn);
  } else if (choice === undefined) {
    // A name may well be a number.
    if (screen.type === 'ask') submitAsk(turn, screen, typed);
    else turn.notice('info', `There is no ${number} here.`);
  } else {
    choose(turn, screen, choice, number);
  }
}

function choose(turn: Turn, screen: Screen, choice: Choice, number: number): void {
  switch (choice.type) {
    case 'menu': {
      const row = menuRows(turn.model)[choice.at];
      if (row !== undefined) runMenuItem(turn, row.item);
      return;
    }
    case 'setting':
      turn.call('settings', { [choice.name]: choice.next }, 'do');
      return;
    case 'name':
      if (screen.type === 'ask') submitAsk(turn, screen, choice.name);
      else if (screen.type === 'view' && screen.command === 'requests') turn.push({ type: 'request', from: choice.name });
      else if (isRoomKey(choice.name)) enterRoom(turn, choice.name);
      else openChat(turn, choice.name);
      return;
    case 'message':
      jumpTo(turn, choice.with, choice.id);
      return;
    case 'do':
      if (screen.type === 'request') {
        turn.call(REQUEST_ANSWERS[number - 1] ?? 'friend-busy', { user: screen.from }, 'do');
        turn.back();
      } else if (screen.type === 'confirm') {
        const entry = commandEntry(screen.command);
        if (entry !== undefined) turn.call(coreName(entry), screen.args, 'do');
        turn.back();
      }
      return;
  }
}

/** In the order of the choices. */
const REQUEST_ANSWERS = ['friend-accept', 'friend-decline', 'friend-busy'] as const;

function submitWords(turn: Turn, screen: Screen, line: string): void {
  if (screen.type === 'ask') {
    submitAsk(turn, screen, line);
    return;
  }
  if (line === '') {
    // Enter by itself leaves a page that has nothing to choose.
    if (screen.type === 'help' || (screen.type === 'view' && choicesOf(turn.model, screen).length === 0)) goBack(turn);
    else turn.shown();
    return;
  }
  const confirmed = confirmation(screen, line);
  if (confirmed !== null) {
    chooseNumber(turn, screen, confirmed, line);
    return;
  }
  const named = choicesOf(turn.model, screen).findIndex((choice) => choiceWord(choice) === line.toLowerCase());
  if (named >= 0) chooseNumber(turn, screen, named + 1, line);
  else turn.notice('info', 'Type a number or a slash command; F1 or /help tells more.');
}

function choiceWord(choice: Choice): string {
  if (choice.type === 'message') return choice.id;
  return (choice.type === 'name' || choice.type === 'setting' ? choice.name : choice.label).toLowerCase();
}

export function currentChoices(model: Model): readonly Choice[] {
  return choicesOf(model, screenOf(model));
}
