import type { MessageState, PresenceView } from '../../core/types.ts';

/** Times and states as people say them. Local time, since a terminal belongs to somebody who sits somewhere. */

const two = (value: number): string => String(value).padStart(2, '0');

export function clockTime(wallMillis: number): string {
  const date = new Date(wallMillis);
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

export function dayName(wallMillis: number): string {
  return new Date(wallMillis).toLocaleDateString('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
}

export function sameDay(left: number, right: number): boolean {
  const [a, b] = [new Date(left), new Date(right)];
  return a.getFullYear() === b.getFullYear() && a.getMonth() === b.getMonth() && a.getDate() === b.getDate();
}

export function dateTime(wallMillis: number): string {
  const date = new Date(wallMillis);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clockTime(wallMillis)}:${two(date.getSeconds())}`;
}

/** "just now", "3 minutes ago", "yesterday 14:02", "12 May 2025". */
export function ago(thenMillis: number, nowMillis: number): string {
  const seconds = Math.round((nowMillis - thenMillis) / 1000);
  if (seconds < 45) return 'just now';
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${count(minutes, 'minute')} ago`;
  if (sameDay(thenMillis, nowMillis)) return `today ${clockTime(thenMillis)}`;
  if (sameDay(thenMillis, nowMillis - 86_400_000)) return `yesterday ${clockTime(thenMillis)}`;
  return new Date(thenMillis).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
}

export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}

/** Why a message failed: the node's code as words. */
export function failureWords(reason: string | undefined, name: string): string {
  switch (reason) {
    case undefined:
    case '':
      return 'not delivered';
    case 'not-friends':
      return `not delivered: ${name} does not count you as a friend`;
    case 'unreadable':
      return `not delivered: ${name} could not open it`;
    default:
      return `not delivered: ${reason}`;
  }
}

/** The sign beside a name; each state has its own shape, so that it reads without colour. */
export function presenceSign(view: Pick<PresenceView, 'presence' | 'suspect'>): string {
  if (view.suspect) return '?';
  switch (view.presence) {
    case 'online':
      return '●';
    case 'away':
      return '◐';
    case 'busy':
      return '■';
    case 'offline':
      return '○';
  }
}

export function presenceColour(view: Pick<PresenceView, 'presence' | 'suspect'>): number {
  if (view.suspect) return 245;
  switch (view.presence) {
    case 'online':
      return 34;
    case 'away':
      return 178;
    case 'busy':
      return 167;
    case 'offline':
      return 245;
  }
}

export function presenceWord(view: Pick<PresenceView, 'presence' | 'suspect'>): string {
  return view.suspect ? 'silent' : view.presence;
}

/** What a tick looks like, and what it says to those who hear instead of see. */
export function tickSign(state: MessageState): string {
  switch (state) {
    case 'queued':
      return ' …';
    case 'held':
      return ' ✓';
    case 'delivered':
      return '✓✓';
    case 'read':
      return ' R';
    case 'failed':
      return ' !';
  }
}

export function tickWord(state: MessageState): string {
  switch (state) {
    case 'queued':
      return 'waiting';
    case 'held':
      return 'kept by others';
    case 'delivered':
      return 'delivered';
    case 'read':
      return 'read';
    case 'failed':
      return 'not delivered';
  }
}

/** `carol`, `carol and dave`, `carol, dave and 2 others`. */
export function namesInWords(names: readonly string[]): string {
  if (names.length < 3) return names.join(' and ');
  const [first = '', second = '', third = ''] = names;
  return names.length === 3 ? `${first}, ${second} and ${third}` : `${first}, ${second} and ${names.length - 2} others`;
}

const NICK_COLOURS = [33, 37, 70, 99, 105, 132, 136, 166, 169, 173, 203, 208, 38, 141];

/** The same person has the same colour everywhere (FNV-1a over the user id). */
export function nickColour(userId: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < userId.length; at += 1) hash = Math.imul(hash ^ userId.charCodeAt(at), 0x01000193) >>> 0;
  return NICK_COLOURS[hash % NICK_COLOURS.length] as number;
}

/** What an argument is called to whoever is asked for it; others by their names. */
const FIELD_WORDS: Readonly<Record<string, string>> = { with: 'friend', to: 'friend', query: 'words to look for', endpoint: 'address', id: 'id of a message' };

/** What hangs on the answer, where its words do not say it. */
const FIELD_MEANINGS: Readonly<Record<string, string>> = {
  policy: 'Who may come in: anybody, whom a member invites, or who knows a password.',
  history: 'What those who come later may read: all of it, or what is written from then on.',
};

export function fieldMeaning(field: string): string | null {
  return FIELD_MEANINGS[field] ?? null;
}

export function fieldWords(field: string): string {
  return FIELD_WORDS[field] ?? humanise(field).toLowerCase();
}

/** `readReceipts` -> `Read receipts`. */
export function humanise(name: string): string {
  const words = name
    .replace(/([A-Z])/g, ' $1')
    .replace(/[-_]/g, ' ')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What is said when another key has come under a name that we know. */
export function keyChangedWords(name: string): string {
  return `${name} has another key than before: it may be somebody else. Nothing is sent to ${name}. Compare with /verify ${name} by another way, then /trust ${name}.`;
}
