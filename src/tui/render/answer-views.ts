import type { Commands, LookupView, MessageView, NodeInfo, PeerView, RingView, SyncView, UserView } from '../../core/commands.ts';
import type { Model } from '../model/model.ts';
import { sanitise, sanitiseLine } from '../text/sanitise.ts';
import { BOLD, DIM, type Line, plain } from '../text/styled.ts';
import { padEnd, textWidth } from '../text/width.ts';
import { ago, count, dateTime, failureWords, humanise, tickWord } from '../text/words.ts';
import { filesLines, fileText } from './file-lines.ts';
import { nameSegment, presencePhrase, presenceSegment } from './people.ts';
import { lookupLines, ringLines } from './ring-views.ts';
import { roomAnswerLines } from './room-views.ts';
import { wordLines } from './word-views.ts';

/** What a command answered, for reading. A command without a form of its own is shown as names and values. */
export function answerLines(command: string, value: unknown, model: Model): readonly Line[] {
  switch (command) {
    case 'user':
    case 'profile':
      return userLines(value as UserView, model);
    case 'verify':
      return verifyLines(value as Commands['verify']['result']);
    case 'users':
      return usersLines(value as Commands['users']['result'], model);
    case 'message':
      return messageLines(value as MessageView);
    case 'why':
      return storyLines(value as Commands['why']['result']);
    case 'history':
      return historyLines(value as Commands['history']['result']);
    case 'info':
      return infoLines(value as NodeInfo, model);
    case 'peers':
      return peerLines((value as Commands['peers']['result']).peers);
    case 'sync':
      return pairs(syncPairs(value as SyncView, model));
    case 'files':
      return filesLines(value as Commands['files']['result']);
    case 'rooms':
    case 'room':
    case 'room-history':
    case 'room-order':
    case 'room-search':
    case 'room-export':
    case 'search':
    case 'export':
      return roomAnswerLines(command, value, model);
    case 'fault':
      return (value as { readonly lines: readonly string[] }).lines.map((line) => plain(sanitiseLine(line).replaceAll('confab fault ', '/fault ')));
    case 'ring':
      return ringLines(value as RingView);
    case 'recovery-words':
      return wordLines((value as Commands['recovery-words']['result']).recoveryWords, model.columns);
    case 'lookup':
      return lookupLines(value as LookupView);
    default:
      return genericLines(value);
  }
}

type Pair = readonly [string, string];

function pairs(rows: readonly Pair[]): readonly Line[] {
  const width = Math.max(...rows.map(([name]) => textWidth(name)), 0) + 2;
  return rows.map(([name, text]): Line => [{ text: padEnd(name, width), style: DIM }, { text }]);
}

function userLines(user: UserView, model: Model): readonly Line[] {
  const relation = { none: 'no relation', outgoing: 'asked by you', incoming: 'asks to be your friend', friend: 'your friend', blocked: 'blocked by you' }[
    user.relation
  ];
  const head: Line = [
    presenceSegment(user),
    { text: ' ' },
    nameSegment(user.name, user.userId),
    { text: user.displayName === '' ? '' : `  ${sanitiseLine(user.displayName)}` },
  ];
  const about = user.about === '' ? [] : [[], ...sanitise(user.about).split('\n').map(plain)];
  const rows: Pair[] = [
    ['Presence', presencePhrase(user, model.nowMillis)],
    ['Relation', user.name === model.user ? 'you' : relation],
    ['Since', dateTime(user.createdMillis)],
    ['Fingerprint', user.fingerprint],
    ...(user.name === model.user ? [] : [['Key', keyWords(user.trust)] as const]),
  ];
  return [head, ...about, [], ...pairs(rows)];
}

function keyWords(trust: UserView['trust']): string {
  switch (trust) {
    case 'new':
      return 'not relied on yet';
    case 'pinned':
      return 'as at first sight; nobody has compared it (/verify)';
    case 'verified':
      return 'compared by you';
    case 'changed':
      return 'ANOTHER THAN BEFORE; nothing is sent until /trust';
  }
}

function verifyLines(answer: Commands['verify']['result']): readonly Line[] {
  const groups = answer.digits.split(' ');
  const rows = [0, 4, 8].map((at): Line => [{ text: `    ${groups.slice(at, at + 4).join('  ')}`, style: BOLD }]);
  return [
    plain(`Compare this with ${answer.user}, by telephone or side by side, not in this chat:`),
    [],
    ...rows,
    [],
    [{ text: `    ${answer.words}`, style: BOLD }],
    [],
    plain(`Both of you see the same number or the same words: /verify ${answer.user} equal`),
    plain(`They differ: somebody stands between you. /verify ${answer.user} different`),
    [],
    ...pairs([['Key now', keyWords(answer.trust)]]),
  ];
}

function usersLines(answer: Commands['users']['result'], model: Model): readonly Line[] {
  const width = Math.max(...answer.users.map((user) => textWidth(user.name)), 4) + 2;
  const rows = answer.users.map(
    (user): Line => [
      presenceSegment(user),
      { text: ' ' },
      nameSegment(user.name, user.userId),
      { text: ' '.repeat(width - textWidth(user.name)) },
      { text: `${user.name === model.user ? 'you' : user.relation === 'none' ? '' : user.relation}`.padEnd(9), style: BOLD },
      { text: presencePhrase(user, model.nowMillis), style: DIM },
    ],
  );
  const more = answer.total > answer.users.length ? `, ${answer.users.length} of them shown` : '';
  return [plain(`${count(answer.total, 'user')} known here${more}; ${answer.online} on line.`), [], ...rows];
}

function messageLines(message: MessageView): readonly Line[] {
  const rows: Pair[] = [
    ['Id', message.id],
    [message.fromMe ? 'To' : 'From', message.with],
    ['Written', dateTime(message.sentMillis)],
    ['State', message.state === 'failed' ? sanitiseLine(failureWords(message.reason, message.with)) : tickWord(message.state)],
    ...(message.heldBy === undefined ? [] : [['Held by', sanitiseLine(message.heldBy.join(', '))] as Pair]),
    ...(message.via === undefined ? [] : [['Fetched from', sanitiseLine(message.via)] as Pair]),
    ...message.receipts.map((receipt): Pair => [humanise(receipt.state), `signed by ${receipt.by}, ${dateTime(receipt.wallMillis)}`]),
  ];
  const none = message.fromMe && message.receipts.length === 0 ? [plain('Nobody has signed for it yet.')] : [];
  return [...sanitise(message.text).split('\n').slice(0, 5).map(plain), [], ...pairs(rows), ...none];
}

/** The way of a message: times, and what happened then; without a time, how it stands. */
function storyLines(story: Commands['why']['result']): readonly Line[] {
  const [first = ''] = sanitise(story.text).split('\n');
  const width = Math.max(3, ...story.steps.map(({ wallMillis }) => (wallMillis === null ? 0 : textWidth(dateTime(wallMillis))))) + 2;
  const rows = story.steps.map(
    ({ wallMillis, text }): Line => [{ text: padEnd(wallMillis === null ? 'now' : dateTime(wallMillis), width), style: DIM }, { text: sanitiseLine(text) }],
  );
  return [plain(first), [], ...rows];
}

function historyLines(answer: Commands['history']['result']): readonly Line[] {
  if (answer.messages.length === 0) return [plain('Nothing was written yet.')];
  const rows = answer.messages.flatMap((message) => {
    const [first = '', ...rest] = sanitise(message.text).split('\n');
    const file = message.file === undefined ? [] : [plain(`    ${fileText(message.file)}`)];
    return [plain(`${dateTime(message.sentMillis)} ${message.fromMe ? 'you' : message.with}: ${first}`), ...rest.map((line) => plain(`    ${line}`)), ...file];
  });
  return answer.more ? [[{ text: 'There is more before this.', style: DIM }], ...rows] : rows;
}

function syncPairs(sync: SyncView, model: Model): readonly Pair[] {
  const source = { none: 'nobody yet', peers: 'peers', 'seed-server': 'the seed server' }[sync.source];
  return [
    ['State from', source],
    ['Seed server', sync.seedServer],
    ['Records', String(sync.records)],
    ['Rounds', sync.lastMillis === null ? String(sync.rounds) : `${sync.rounds}, the last ${ago(sync.lastMillis, model.nowMillis)}`],
  ];
}

function infoLines(info: NodeInfo, model: Model): readonly Line[] {
  const rows: Pair[] = [
    ['Node', info.node],
    ['Address', info.endpoint],
    ['Logged in', info.loggedIn ? info.user : 'nobody'],
    ['Peers', String(info.peers)],
    ['Users known', String(info.users)],
    ...syncPairs(info.sync, model),
    ['Run', info.run.toString(16)],
  ];
  const counters = Object.entries(info.counters).map(([name, value]): Pair => [`  ${name}`, String(value)]);
  return [...pairs(rows), ...(counters.length === 0 ? [] : [[], plain('Counters'), ...pairs(counters)])];
}

function peerLines(peers: readonly PeerView[]): readonly Line[] {
  if (peers.length === 0) return [plain('Linked with nobody.')];
  const width = Math.max(...peers.map((peer) => textWidth(peer.node))) + 2;
  return peers.map((peer): Line => {
    const trip = peer.roundTripMillis === null ? '' : `${peer.roundTripMillis.toFixed(1)} ms`;
    return [
      { text: padEnd(sanitiseLine(peer.node), width), style: BOLD },
      { text: `${padEnd(peer.state, 11)}${padEnd(peer.why, 9)}${padEnd(trip, 10)}` },
      { text: sanitiseLine(peer.address), style: DIM },
    ];
  });
}

function genericLines(value: unknown): readonly Line[] {
  if (typeof value !== 'object' || value === null) return [plain(sanitiseLine(String(value)))];
  return pairs(Object.entries(value).map(([name, each]): Pair => [humanise(name), sanitiseLine(typeof each === 'string' ? each : JSON.stringify(each))]));
}
