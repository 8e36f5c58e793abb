import type { FriendView } from '../../core/commands.ts';
import type { PresenceView } from '../../core/types.ts';
import { waitingFor } from '../model/chat.ts';
import type { Model } from '../model/model.ts';
import { isRoomKey, roomKey, roomOf, typingIn } from '../model/room-chat.ts';
import { sanitiseLine } from '../text/sanitise.ts';
import { DIM, type Line, type Segment } from '../text/styled.ts';
import { ago, count, nickColour, presenceColour, presenceSign, presenceWord } from '../text/words.ts';

/** People as a terminal shows them: sign, name, word. */

export function presenceSegment(view: Pick<PresenceView, 'presence' | 'suspect'>): Segment {
  return { text: presenceSign(view), style: { colour: presenceColour(view) } };
}

export function nameSegment(name: string, userId: string): Segment {
  return { text: sanitiseLine(name), style: { colour: nickColour(userId), bold: true } };
}

/** Names are unique in a network; should two friends bear the same one, an id suffix tells them apart. */
export function shownName(model: Model, friend: Pick<FriendView, 'name' | 'userId'>): string {
  const clash = model.friends.some((other) => other.name === friend.name && other.userId !== friend.userId);
  return clash ? `${friend.name}#${friend.userId.slice(0, 4)}` : friend.name;
}

/** "away, seen 3 minutes ago: at lunch" */
export function presencePhrase(view: PresenceView, nowMillis: number): string {
  const seen = view.lastSeenMillis !== null && (view.presence === 'offline' || view.suspect) ? `, last seen ${ago(view.lastSeenMillis, nowMillis)}` : '';
  const text = view.statusText === '' ? '' : `: ${sanitiseLine(view.statusText)}`;
  return `${presenceWord(view)}${seen}${text}`;
}

/** What happens to a message to that friend now; empty when there is nothing to explain. */
export function reachability(model: Model, name: string): string {
  if (isRoomKey(name)) return roomState(model, name);
  const friend = model.friends.find((each) => each.name === name);
  const waiting = waitingFor(model, name);
  const isTyping = typingIn(model, name).length > 0;
  const yours = `your ${waiting === 1 ? 'message' : `${waiting} messages`}`;
  if (model.connection !== 'up') return 'The node is away. What you type is kept; it can be sent when the node is back.';
  if (model.keyWarnings.includes(name)) return `${name} has another key than before; nothing is sent until you say /trust ${name}.`;
  if (friend === undefined) return `${name} is not your friend; /add ${name} asks.`;
  if (isTyping) return `${name} is typing…`;
  if (friend.presence === 'offline') {
    const kept = waitingFor(model, name, 'held');
    if (waiting > 0 && kept === waiting) return `${name} is offline; others keep ${yours} until ${name} is back.`;
    if (waiting > 0) return `${name} is offline; ${yours} ${waiting === 1 ? 'waits' : 'wait'} here and ${waiting === 1 ? 'goes' : 'go'} when ${name} is back.`;
    const since = friend.lastSeenMillis === null ? '' : ` (last seen ${ago(friend.lastSeenMillis, model.nowMillis)})`;
    return `${name} is offline${since}; what you write is kept meanwhile.`;
  }
  if (friend.suspect) return `${name} has fallen silent; what you write waits until ${name} answers.`;
  if (waiting > 0) return `${count(waiting, 'message')} to ${name} ${waiting === 1 ? 'is' : 'are'} on the way.`;
  if (friend.presence !== 'online' || friend.statusText !== '') return `${name} is ${presencePhrase(friend, model.nowMillis)}`;
  return chatOf(model, name)?.muted === true ? `This chat is quiet until ${name} names you; /mute off ends that.` : '';
}

export function unreadMark(unread: number): Segment {
  return unread === 0 ? { text: '' } : { text: ` (${unread})`, style: { bold: true } };
}

function chatOf(model: Model, name: string): Model['chats'][number] | undefined {
  return model.chats.find((chat) => chat.with === name);
}

/** A quiet chat counts what names the user. */
export function shownUnread(model: Model, friend: FriendView): number {
  const chat = chatOf(model, friend.name);
  return chat?.muted === true ? chat.mentions : friend.unread;
}

/** The list of friends at the left of a wide window. */
export function sideLines(model: Model, current: string | null): readonly Line[] {
  const here = model.friends.filter((friend) => friend.presence !== 'offline').length;
  const head: Line = [{ text: ` Friends ${here} of ${model.friends.length}`, style: DIM }];
  const ordered = [...model.friends].sort((left, right) => Number(left.presence === 'offline') - Number(right.presence === 'offline'));
  const rows = ordered.map((friend): Line => {
    const name = shownName(model, friend);
    return [
      { text: friend.name === current ? '›' : ' ' },
      presenceSegment(friend),
      { text: ' ' },
      nameSegment(name, friend.userId),
      unreadMark(shownUnread(model, friend)),
    ];
  });
  const rooms = model.rooms.filter((room) => room.role !== null && !room.archived);
  const roomRows = rooms.map((room): Line => {
    const key = roomKey(room.roomId);
    return [{ text: key === current ? '› ' : '  ' }, { text: sanitiseLine(room.room) }, unreadMark(room.muted ? room.mentions : room.unread)];
  });
  return roomRows.length === 0 ? [head, ...rows] : [head, ...rows, [], [{ text: ' Rooms', style: DIM }], ...roomRows];
}

/** What goes on in a room now; empty when there is nothing to explain. */
function roomState(model: Model, name: string): string {
  if (model.connection !== 'up') return 'The node is away. What you type is kept; it can be sent when the node is back.';
  const room = roomOf(model, name);
  if (room === undefined) return '';
  if (room.role === null) return 'You are not in this room any more; what you have read stays.';
  const typing = typingIn(model, name);
  if (typing.length > 0) return `${typing.slice(0, 3).join(', ')} ${typing.length === 1 ? 'is' : 'are'} typing…`;
  const waiting = waitingFor(model, name);
  if (waiting > 0) return `${count(waiting, 'message')} of yours ${waiting === 1 ? 'waits' : 'wait'} for another member to be here.`;
  return room.muted ? 'This room is quiet until somebody names you.' : '';
}
