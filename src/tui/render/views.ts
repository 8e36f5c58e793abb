import { commandEntry } from '../../control/registry.ts';
import { menuRows } from '../model/catalogue.ts';
import { preview } from '../model/chat.ts';
import { CLEARS, MAKES, mayBeLeftOut } from '../model/commands.ts';
import { type Ask, isSecretField, type Model, type Screen, totalUnread } from '../model/model.ts';
import { isRoomKey } from '../model/room-chat.ts';
import { settingLabel, settingRows } from '../model/settings.ts';
import { askNames, choicesOf } from '../model/submit.ts';
import { sanitiseLine } from '../text/sanitise.ts';
import { BOLD, DIM, type Line, numbered, plain, type Segment } from '../text/styled.ts';
import { padEnd, textWidth } from '../text/width.ts';
import { ago, fieldMeaning, fieldWords, humanise } from '../text/words.ts';
import { answerLines } from './answer-views.ts';
import { helpLines } from './help.ts';
import { DELETED } from './message-lines.ts';
import { nameSegment, presencePhrase, presenceSegment, shownName, unreadMark } from './people.ts';
import { openRoomLines, roomsCount, roomsLines, roomTitle } from './room-views.ts';

/** What a screen says above its input, as lines of any width; the same for the full screen and for line mode. */
export function screenLines(model: Model, screen: Screen, columns: number): readonly Line[] {
  switch (screen.type) {
    case 'start':
      return [...startIntroduction(model), ...menuLines(model, columns), zero('Exit')];
    case 'menu':
      return [...menuLines(model, columns), zero('Exit')];
    case 'view':
      return [...viewLines(model, screen), zero('Back')];
    case 'choose-chat':
      return [plain('Whom do you want to talk to?'), [], ...friendLines(model), ...openRoomLines(model, model.friends.length), zero('Back')];
    case 'settings':
      return [...settingLines(model), zero('Back')];
    case 'request':
      return [
        [nameSegment(screen.from, screen.from), { text: ' asks to be your friend.' }],
        [],
        ...choicesOf(model, screen).map((choice, index) => numbered(index + 1, plain(choice.type === 'do' ? choice.label : ''))),
        zero('Back'),
      ];
    case 'ask':
      return askLines(model, screen);
    case 'confirm':
      return [[{ text: screen.question, style: BOLD }], [], numbered(1, plain('Yes')), zero('No')];
    case 'help':
      return [...helpLines(model, screen.topic), zero('Back')];
    case 'chat':
      return [];
  }
}

export function screenTitle(model: Model, screen: Screen): string {
  switch (screen.type) {
    case 'start':
      return 'Welcome';
    case 'menu':
      return 'Menu';
    case 'view':
      return commandEntry(screen.command)?.menu?.label ?? humanise(screen.command);
    case 'choose-chat':
      return 'Live chat';
    case 'settings':
      return 'Settings';
    case 'request':
      return 'Friend request';
    case 'ask':
      return commandEntry(screen.command)?.menu?.label ?? humanise(screen.command);
    case 'confirm':
      return 'Are you sure?';
    case 'help':
      return 'Help';
    case 'chat': {
      if (isRoomKey(screen.with)) return roomTitle(model, screen.with);
      const friend = model.friends.find((each) => each.name === screen.with);
      return friend === undefined ? screen.with : `${shownName(model, friend)} (${presencePhrase(friend, model.nowMillis)})`;
    }
  }
}

function zero(label: string): Line {
  return numbered(0, plain(label));
}

function startIntroduction(model: Model): readonly Line[] {
  const { info, connection } = model;
  if (connection !== 'up' || info === null) return [plain(`Waiting for the node of ${model.user}…`), []];
  if (info.registered) return [plain(`${model.user} has an account here; log in to open it.`), []];
  return [plain(`Nobody is registered on this node yet. Register to begin, or log in if ${model.user} has an account already.`), []];
}

function menuLines(model: Model, columns: number): readonly Line[] {
  const rows = menuRows(model);
  const labels = rows.map((row) => row.label + menuCount(model, row.slash));
  const width = Math.max(...labels.map(textWidth), 10) + 3;
  return rows.map((row, index) => {
    const label = labels[index] ?? '';
    const slash: Segment = { text: row.slash, style: DIM };
    return numbered(index + 1, columns < width + 5 + textWidth(row.slash) ? plain(label) : [{ text: padEnd(label, width) }, slash]);
  });
}

/** The count beside a row of the menu, as its command's view would show. */
function menuCount(model: Model, slash: string): string {
  switch (slash) {
    case commandEntry('friends')?.slash[0]:
      return ` (${model.friends.filter((friend) => friend.presence !== 'offline').length} of ${model.friends.length} here)`;
    case commandEntry('requests')?.slash[0]:
      return model.requests.incoming.length === 0 ? '' : ` (${model.requests.incoming.length})`;
    case commandEntry('chats')?.slash[0]:
      return totalUnread(model) === 0 ? '' : ` (${totalUnread(model)} unread)`;
    case commandEntry('rooms')?.slash[0]:
      return roomsCount(model);
    case commandEntry('status')?.slash[0]:
      return model.info === null ? '' : ` (${model.info.presence})`;
    default:
      return '';
  }
}

function viewLines(model: Model, screen: Extract<Screen, { type: 'view' }>): readonly Line[] {
  switch (screen.command) {
    case 'friends':
      return model.friends.length === 0 ? [plain('No friends yet. /add <name> asks somebody.'), []] : friendLines(model);
    case 'requests':
      return requestLines(model);
    case 'chats':
      return [...chatLines(model), ...openRoomLines(model, model.chats.length)];
    case 'rooms':
      return screen.args['search'] === undefined ? roomsLines(model) : [...answerLines(screen.command, screen.value, model), []];
    default:
      return [...answerLines(screen.command, screen.value, model), []];
  }
}

function friendLines(model: Model): readonly Line[] {
  if (model.friends.length === 0) return [plain('You have no friends yet; /add <name> asks somebody.'), []];
  const width = Math.max(...model.friends.map((friend) => textWidth(shownName(model, friend)) + textWidth(unreadMark(friend.unread).text)));
  return model.friends.map((friend, index) => {
    const name = shownName(model, friend);
    const mark = unreadMark(friend.unread);
    const gap = ' '.repeat(width - textWidth(name) - textWidth(mark.text) + 2);
    const phrase: Segment = { text: presencePhrase(friend, model.nowMillis), style: DIM };
    return numbered(index + 1, [presenceSegment(friend), { text: ' ' }, nameSegment(name, friend.userId), mark, { text: gap }, phrase]);
  });
}

function requestLines(model: Model): readonly Line[] {
  const { incoming, outgoing, blocked } = model.requests;
  const lines: Line[] = [];
  if (incoming.length === 0) lines.push(plain('Nobody is waiting for your answer.'));
  else
    lines.push(plain('These want to be your friends; choose one to answer:'), ...incoming.map((name, index) => numbered(index + 1, [nameSegment(name, name)])));
  if (outgoing.length > 0)
    lines.push([], plain('You have asked, and wait for the answer of:'), ...outgoing.map((name): Line => [{ text: '     ' }, nameSegment(name, name)]));
  if (blocked.length > 0) lines.push([], plain('Blocked:'), ...blocked.map((name): Line => [{ text: '     ' }, nameSegment(name, name)]));
  return [...lines, []];
}

function chatLines(model: Model): readonly Line[] {
  if (model.chats.length === 0) return [plain('No conversations yet. /chat <friend> begins one.'), []];
  const width = Math.max(...model.chats.map((chat) => textWidth(chat.with) + textWidth(unreadMark(chat.unread).text)));
  return model.chats.map((chat, index) => {
    const mark = unreadMark(chat.unread);
    const gap = ' '.repeat(width - textWidth(chat.with) - textWidth(mark.text) + 2);
    const said = chat.lastText === '' ? DELETED : preview(chat.lastText);
    const quiet = chat.muted ? '  (muted)' : '';
    const last: Segment = { text: `${ago(chat.lastMillis, model.nowMillis)}  ${chat.lastFromMe ? 'you: ' : ''}${said}${quiet}`, style: DIM };
    return numbered(index + 1, [nameSegment(chat.with, chat.userId), mark, { text: gap }, last]);
  });
}

function settingLines(model: Model): readonly Line[] {
  return [
    plain('Choose a number to switch it.'),
    [],
    ...settingRows(model).map(({ name, words }, index) =>
      numbered(index + 1, [{ text: padEnd(settingLabel(name) ?? humanise(name), 24) }, { text: words, style: BOLD }]),
    ),
  ];
}

function askLines(model: Model, ask: Ask): readonly Line[] {
  const entry = commandEntry(ask.command);
  const field = ask.fields[0] ?? '';
  const names = askNames(model, ask);
  const optional = entry === undefined || mayBeLeftOut(ask, entry);
  const lines: Line[] = [plain(`${entry?.summary ?? ''}.`), []];
  const meaning = fieldMeaning(field);
  if (meaning !== null) lines.push(plain(meaning), []);
  for (const [index, name] of names.entries()) {
    const blocked: Segment = model.requests.blocked.includes(name) ? { text: '  blocked; choosing takes the block back', style: DIM } : { text: '' };
    lines.push(numbered(index + 1, [{ text: sanitiseLine(name) }, blocked]));
  }
  const masked = isSecretField(ask);
  const how = masked
    ? `What you type is not shown.${ask.again === null ? '' : ' Once more, so that no slip locks you out.'}`
    : names.length > 0
      ? `Choose a number or type the ${fieldWords(field)}.`
      : `Type the ${fieldWords(field)}.`;
  lines.push([{ text: `${how}${optional ? leavesOut(ask, names.length > 0) : ''}`, style: DIM }]);
  if (!model.lineMode) return lines;
  return [...lines, [{ text: optional ? '0 goes back.' : 'An empty line goes back.', style: DIM }]];
}

function leavesOut(ask: Ask, isChoice: boolean): string {
  if (MAKES.has(ask.command)) return isChoice ? ' Enter alone takes the first.' : ' Enter alone leaves it out.';
  return ` Enter alone leaves it as it is${isChoice ? '' : `, ${CLEARS} clears it`}.`;
}
