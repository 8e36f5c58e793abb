import { didYouMean } from '../../control/nearest.ts';
import { argumentKind, argumentNames, type CommandEntry, isRequired } from '../../control/registry.ts';
import type { CommandName } from '../../core/commands.ts';
import { errorSentence } from '../../core/errors.ts';
import { editorOf } from '../input/editor.ts';
import { chatText } from '../render/plain-text.ts';
import { sanitiseLine } from '../text/sanitise.ts';
import { truncate } from '../text/width.ts';
import { applies, coreName, ITEMS, type Item, isLoggedIn, itemOfSlash } from './catalogue.ts';
import { leaveChat, loadHistory, nextUnread, openChat } from './chat.ts';
import { captionOf, impliedFileSend } from './files.ts';
import type { LocalCommand } from './local-commands.ts';
import { type Ask, conversationOf, isSecretField } from './model.ts';
import { leaveQuestion } from './questions.ts';
import { isRoomKey, sendCall } from './room-chat.ts';
import { impliedConversation, MEANS_THIS_CHAT, meantEntry, messageMeant, messageNamed, namesMessage, namesNothing, placesLeft, quoteRoom } from './sisters.ts';
import type { Turn } from './turn.ts';
import { markRead } from './unread.ts';

type Args = Readonly<Record<string, unknown>>;

/** Commands whose answer is a view of its own. */
const VIEWS: ReadonlySet<string> = new Set<CommandEntry['name']>([
  'fault',
  'friends',
  'requests',
  'chats',
  'user',
  'users',
  'history',
  'message',
  'why',
  'info',
  'peers',
  'sync',
  'ring',
  'lookup',
  'rooms',
  'room',
  'files',
  'room-history',
  'room-order',
  'room-search',
  'room-export',
  'search',
  'export',
  'verify',
  'recovery-words',
]);
/** What cannot be taken back asks once more. */
const CONFIRMED: Readonly<Partial<Record<CommandName, string>>> = {
  'delete-account': 'This deletes your account, your history and your keys for good. Go on?',
};
const CREATES_PASSWORD: ReadonlySet<string> = new Set(['register', 'recover', 'room-create'] satisfies CommandName[]);
/** Typed without arguments, these ask for what may be left out as well. */
const ASKS_ALL: Readonly<Record<string, readonly string[]>> = {
  status: ['presence', 'text'],
  'room-create': ['topic', 'policy', 'history'],
  'file-send': ['to'],
};

/** A line that begins with a slash; false: there is no such command, or it takes nothing behind it. */
export function runSlash(turn: Turn, line: string): boolean {
  const [, word = '', tail = ''] = /^(\/\S*)\s*([\s\S]*)$/u.exec(line.trim()) ?? [];
  const item = itemOfSlash(word);
  if (item === undefined) {
    const known = ITEMS.flatMap((each) => each.entry.slash);
    const literally = turn.screen.type === 'chat' ? '; // in front sends a slash' : '';
    turn.notice('warning', `${errorSentence('bad-command', { name: word, hint: didYouMean(word, known) })} F1 or /help lists them${literally}.`);
    return false;
  }
  if (item.kind === 'local' && item.entry.positional.length === 0 && tail.trim() !== '') {
    turn.notice('warning', `${word}: "${truncate(sanitiseLine(tail.trim()), 40)}" is one word too many. For example: ${item.entry.example}`);
    return false;
  }
  if (!applies(item, turn.model)) {
    const name = turn.model.user;
    turn.notice('warning', isLoggedIn(turn.model) ? errorSentence('already-logged-in', { name }) : errorSentence('not-logged-in'));
    return true;
  }
  leaveQuestion(turn, item, tail.trim(), (name) => VIEWS.has(name) && !ABOUT_ONE_MESSAGE.has(name));
  if (item.kind === 'local') runLocal(turn, item.entry, tail.trim());
  else runNode(turn, meantEntry(turn.model, item.entry, tail.trim()), tail.trim());
  return true;
}

/** A row of the menu. */
export function runMenuItem(turn: Turn, item: Item): void {
  if (item.kind === 'local') {
    if (item.entry.name === 'chat') turn.push({ type: 'choose-chat' });
    else runLocal(turn, item.entry, '');
    return;
  }
  const { entry } = item;
  // A page is opened at once; what could narrow it is typed behind its slash command.
  const optional = VIEWS.has(entry.name) ? [] : entry.positional.filter((name) => !isRequired(entry, name));
  complete(turn, entry, {}, optional);
}

function runNode(turn: Turn, entry: CommandEntry, typed: string): void {
  const { tail, said } = captionOf(entry, typed);
  const file = impliedFileSend(turn, entry, tail);
  if (file !== null) {
    complete(turn, entry, { ...file, ...said }, file['to'] === undefined && file['room'] === undefined ? ['to'] : []);
    return;
  }
  const implied = impliedArguments(turn, entry, tail);
  if (implied === 'asked') return;
  const parsed = implied === null ? parseArguments(entry, quoteRoom(turn.model, entry, tail)) : parseArguments({ ...entry, positional: implied.left }, tail);
  if (typeof parsed === 'string') {
    turn.notice('warning', `${entry.slash[0]}: ${parsed}. For example: ${entry.example}`);
    return;
  }
  runParsed(turn, entry, { ...parsed, ...implied?.args, ...said }, tail);
}

/** What the present conversation, and the message selected in it, stand for; `asked`: a question came first. */
function impliedArguments(turn: Turn, entry: CommandEntry, tail: string): { readonly args: Args; readonly left: readonly string[] } | 'asked' | null {
  const conversation = impliedConversation(turn.screen, entry);
  if (conversation === null) return null;
  const left = placesLeft(entry);
  if (left[0] !== 'id' || namesMessage(turn.model, tail)) return { args: conversation, left };
  const message = messageMeant(turn.model, entry.name);
  if (message === null) {
    turn.notice('info', 'There is no message here that this could be about. Alt-Up selects one; ^3 names the third last.');
    return 'asked';
  }
  const args = { ...conversation, id: message.id };
  if (entry.name.endsWith('delete-message')) {
    const question = `Delete "${truncate(sanitiseLine(message.text), 40)}" for everybody?`;
    turn.push({ type: 'confirm', question, command: coreName(entry), args });
    return 'asked';
  }
  if (entry.name.endsWith('edit') && tail === '' && turn.screen.type === 'chat') {
    turn.conversation(turn.screen.with, { selected: message.id, draft: editorOf(`/edit ${message.text}`) });
    return 'asked';
  }
  turn.conversation(message.with, { selected: null });
  return { args, left: left.slice(1) };
}

/** A reaction that one has given already is taken back by giving it again. */
function takesBack(turn: Turn, { id, reaction }: Args): boolean {
  const { screen } = turn;
  if (screen.type !== 'chat' || typeof id !== 'string') return false;
  const message = conversationOf(turn.model, screen.with).messages.find((each) => each.id === id);
  return message?.reactions.some((each) => each.reaction === reaction && each.by.includes(turn.model.user)) === true;
}

function runParsed(turn: Turn, entry: CommandEntry, typed: Args, tail: string): void {
  const { screen } = turn;
  const parsed =
    entry.args['id'] === undefined ? typed : { ...typed, ...(typed['id'] === undefined ? {} : { id: messageNamed(turn, entry.name, typed['id']) }) };
  if (entry.args['id'] !== undefined && namesNothing(turn, entry.name, typed['id'])) {
    turn.notice('info', `There is no message ${String(typed['id'])} here that this could be about. ^ is the last one, ^3 the third last.`);
    return;
  }
  if ((entry.name === 'react' || entry.name === 'room-react') && takesBack(turn, parsed)) {
    complete(turn, entry, { ...parsed, remove: true }, []);
    return;
  }
  if (entry.name === 'message' || entry.name === 'why') {
    const id = messageId(turn, parsed['id']);
    if (id === null) turn.notice('info', turn.screen.type === 'chat' ? 'There is no message of yours here yet.' : 'Open a conversation first: /chat <name>.');
    else turn.call(entry.name, { id }, 'show');
    return;
  }
  if (entry.name === 'send' && typeof parsed['to'] === 'string' && parsed['text'] === undefined) {
    openChat(turn, parsed['to']);
    return;
  }
  const first = entry.positional[0];
  if (screen.type === 'chat' && !isRoomKey(screen.with) && first !== undefined && parsed[first] === undefined && MEANS_THIS_CHAT.has(entry.name)) {
    complete(turn, entry, { ...parsed, [first]: screen.with }, []);
    return;
  }
  // A bare `/status` asks, as the menu does.
  const asks = tail === '' ? (ASKS_ALL[entry.name] ?? []) : [];
  complete(turn, entry, parsed, asks);
}

/** A name with blanks in it, such as a room can have. */
const HOLDS_BLANKS: ReadonlySet<string> = new Set(['room', 'friend', 'file']);
const QUOTED = /^"([^"]+)"\s*([\s\S]*)$/u;

/** Splits what was typed behind the command; a text is what is wrong with it. */
export function parseArguments(entry: CommandEntry, tail: string): Args | string {
  const args: Record<string, unknown> = {};
  let rest = tail;
  for (const [index, name] of entry.positional.entries()) {
    if (rest === '') break;
    const whole = entry.rest === true && index === entry.positional.length - 1;
    const quoted = HOLDS_BLANKS.has(entry.complete?.[name] ?? '') ? QUOTED.exec(rest) : null;
    const [, word = '', after = ''] = quoted ?? (whole ? ['', rest, ''] : (/^(\S+)\s*([\s\S]*)$/u.exec(rest) ?? []));
    rest = after;
    const type = argumentKind(entry, name);
    if (type === 'integer' || type === 'number') {
      if (!/^\d+$/u.test(word)) return `${name} must be a number`;
      args[name] = Number(word);
    } else if (type === 'boolean') {
      if (!/^(on|off|yes|no|true|false)$/iu.test(word)) return `${name} must be on or off`;
      args[name] = /^(on|yes|true)$/iu.test(word);
    } else {
      args[name] = word;
    }
  }
  return rest === '' ? args : `"${rest.slice(0, 40)}" is one word too many`;
}

/** Asks for what is missing (and for `optional`), then sends the command. */
export function complete(turn: Turn, entry: CommandEntry, args: Args, optional: readonly string[]): void {
  if (entry.name === 'register' && turn.model.info?.registered === true) {
    // Said before a password is thought of and typed twice.
    turn.notice('warning', errorSentence('already-registered', { name: turn.model.user }));
    return;
  }
  const required = argumentNames(entry).filter((name) => isRequired(entry, name) && args[name] === undefined);
  const fields = [...required, ...optional.filter((name) => args[name] === undefined)];
  if (fields.length === 0) {
    send(turn, entry, args);
    return;
  }
  if (Object.values(entry.complete ?? {}).includes('user')) turn.call('users', {}, 'refresh');
  turn.push({ type: 'ask', command: coreName(entry), args, fields, again: null });
}

/** Typed for an optional text, this makes it empty; Enter alone leaves it as it is. */
export const CLEARS = '-';

/** Makes something new: nothing of it stands there before, and the first choice is what it is if nobody says otherwise. */
export const MAKES: ReadonlySet<string> = new Set(['register', 'room-create'] satisfies CommandName[]);

/** Secrets are asked for only where there is one, and a file goes to somebody. */
export function mayBeLeftOut(ask: Ask, entry: CommandEntry): boolean {
  return !isRequired(entry, ask.fields[0] ?? '') && !isSecretField(ask) && ask.command !== 'file-send';
}

/** An answer to what an `ask` screen wants to know. */
export function answerAsk(turn: Turn, ask: Ask, entry: CommandEntry, value: string): void {
  const [field = '', ...fields] = ask.fields;
  if (value === '' && !mayBeLeftOut(ask, entry)) {
    if (turn.model.lineMode) turn.back();
    else turn.notice('info', 'Nothing was entered. Esc goes back.');
    return;
  }
  if (CREATES_PASSWORD.has(ask.command) && field === 'password') {
    if (ask.again === null) {
      turn.replace({ ...ask, again: value });
      return;
    }
    if (ask.again !== value) {
      turn.notice('warning', 'The two are not the same. Once more, please.');
      turn.replace({ ...ask, again: null });
      return;
    }
  }
  const clears = value === CLEARS && !isRequired(entry, field) && entry.complete?.[field] === undefined;
  const args = value === '' ? ask.args : { ...ask.args, [field]: clears ? '' : value };
  if (ask.command === 'room-create' && field === 'policy' && value === 'password') fields.push('password');
  if (fields.length > 0) {
    turn.replace({ ...ask, args, fields, again: null });
    return;
  }
  const question = CONFIRMED[ask.command];
  if (question !== undefined) {
    turn.replace({ type: 'confirm', question, command: ask.command, args });
    return;
  }
  turn.set({ screens: turn.model.screens.slice(0, -1) });
  send(turn, entry, args);
  if (turn.screen.type !== 'start') turn.shown();
}

function send(turn: Turn, entry: CommandEntry, args: Args): void {
  const question = CONFIRMED[coreName(entry)];
  if (question !== undefined && turn.screen.type !== 'confirm') {
    turn.push({ type: 'confirm', question, command: coreName(entry), args });
    return;
  }
  if (turn.model.connection !== 'up') {
    turn.notice('warning', 'The node is away; try again when it is back.');
    return;
  }
  const shows = VIEWS.has(entry.name) || entry.name === 'settings' || (entry.name === 'profile' && Object.keys(args).length === 0);
  // The menu's one row for both: whom you block already, you unblock.
  if (entry.name === 'block' && turn.model.requests.blocked.includes(String(args['user']))) turn.call('unblock', args, 'do');
  else turn.call(coreName(entry), args, shows ? 'show' : 'do');
}

const ABOUT_ONE_MESSAGE: ReadonlySet<string> = new Set(['message', 'why'] satisfies CommandName[]);

/** `/ticks`: the last of my messages here; `/ticks 3`: the third last; otherwise an id. */
function messageId(turn: Turn, given: unknown): string | null {
  if (typeof given === 'string' && !/^\d{1,3}$/u.test(given)) return given;
  const { screen } = turn;
  // On the page of a message it is that one.
  if (given === undefined && screen.type === 'view' && ABOUT_ONE_MESSAGE.has(screen.command)) return String(screen.args['id']);
  if (screen.type !== 'chat') return null;
  const mine = conversationOf(turn.model, screen.with).messages.filter((message) => message.fromMe);
  return mine.at(-Number(given ?? 1))?.id ?? null;
}

export function runLocal(turn: Turn, entry: LocalCommand, tail: string): void {
  switch (entry.name) {
    case 'chat':
      if (tail === '') turn.push({ type: 'choose-chat' });
      else openChat(turn, tail);
      return;
    case 'next':
      goNextUnread(turn);
      return;
    case 'retry':
      retry(turn);
      return;
    case 'reply':
      reply(turn, tail);
      return;
    case 'copy':
      turn.effects.push({ type: 'bare', lines: chatText(turn.model) });
      return;
    case 'back':
      goBack(turn);
      return;
    case 'help':
      turn.push({ type: 'help', topic: turn.screen.type });
      return;
    case 'quit':
      turn.effects.push({ type: 'quit' });
      return;
  }
}

export function goBack(turn: Turn): void {
  leaveChat(turn);
  turn.back();
  if (turn.screen.type !== 'chat') return;
  // What lay around a message that was found is not kept, nor what was held before the connection came back.
  if (conversationOf(turn.model, turn.screen.with).loaded === 'no') loadHistory(turn, turn.screen.with);
  // What came while a page lay over the conversation is seen now.
  markRead(turn, turn.screen.with);
}

export function goNextUnread(turn: Turn): void {
  const { screen } = turn;
  const name = nextUnread(turn.model, screen.type === 'chat' ? screen.with : null);
  if (name === null) turn.notice('info', 'Nothing is unread.');
  else openChat(turn, name);
}

/** Answers the message that is named, selected, or the last of the others; without a text the next line is the answer. */
function reply(turn: Turn, tail: string): void {
  const { screen } = turn;
  const named = namesMessage(turn.model, tail);
  const [, word = '', rest = ''] = named ? (/^(\S+)\s*([\s\S]*)$/u.exec(tail) ?? []) : ['', '', tail];
  if (screen.type !== 'chat') {
    turn.notice('info', 'Open a conversation first: /chat <name>.');
    return;
  }
  const id = named ? idBeginning(turn, messageNamed(turn, 'reply', word)) : (messageMeant(turn.model, 'reply')?.id ?? null);
  if (id === null) {
    turn.notice('info', 'There is nothing here to answer yet.');
    return;
  }
  if (rest === '') {
    turn.conversation(screen.with, { selected: id });
    if (turn.model.lineMode) turn.notice('info', 'The next line is the answer.');
    return;
  }
  turn.conversation(screen.with, { selected: null, anchor: null, newBelow: 0 });
  const { command, args } = sendCall(screen.with, rest, id);
  turn.call(command, args, 'text');
}

function idBeginning(turn: Turn, typed: unknown): string | null {
  const { screen } = turn;
  if (screen.type !== 'chat' || typeof typed !== 'string') return null;
  return conversationOf(turn.model, screen.with).messages.find((message) => message.id.startsWith(typed))?.id ?? null;
}

function retry(turn: Turn): void {
  const { screen } = turn;
  const failed =
    screen.type === 'chat' ? conversationOf(turn.model, screen.with).messages.findLast((message) => message.fromMe && message.state === 'failed') : undefined;
  if (failed === undefined) turn.notice('info', 'No message of this chat failed.');
  else {
    const { command, args } = sendCall(failed.with, failed.text);
    turn.call(command, args, 'text');
  }
}
