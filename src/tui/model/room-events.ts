import type { RoomNodeEvent } from '../../core/rooms/room-commands.ts';
import { sanitiseLine } from '../text/sanitise.ts';
import { preview } from './chat.ts';
import type { Turn } from './turn.ts';

/** What the node tells of rooms, in one line each; the list of rooms is asked for anew when it is another. */
export function takeRoomEvent(turn: Turn, event: RoomNodeEvent): void {
  switch (event.type) {
    case 'room-joined':
      turn.notice('info', `You are in ${sanitiseLine(event.room.room)} now.`);
      return refreshRooms(turn);
    case 'room-left':
      turn.notice(event.reason === 'left' ? 'info' : 'warning', `${sanitiseLine(event.room)}: ${LEFT[event.reason]}`);
      return refreshRooms(turn);
    case 'room-invited':
      turn.notice('info', `${event.from} invites you to ${sanitiseLine(event.room)}: /room-join ${sanitiseLine(event.room)}`);
      return;
    case 'room-changed':
      return refreshRooms(turn);
    case 'room-message': {
      const { message } = event;
      const muted = turn.model.rooms.find((room) => room.roomId === message.roomId)?.muted ?? false;
      if (message.fromMe || muted) return;
      if (message.kind === 'message' && turn.model.settings?.bell === true) turn.effects.push({ type: 'bell' });
      const text = message.kind === 'message' ? `${message.from}: ${preview(message.text)}` : sanitiseLine(message.text);
      turn.notice('info', `[${sanitiseLine(message.room)}] ${text}`);
      return;
    }
    case 'room-gap':
      if (event.missing > 0) turn.notice('info', `[${sanitiseLine(event.room)}] something is missing and is asked for.`);
      return;
    case 'room-message-changed':
    case 'room-typing':
      return;
  }
}

const LEFT = { left: 'you have left.', removed: 'you were removed.', refused: 'you were not let in.' } as const;

function refreshRooms(turn: Turn): void {
  if (turn.model.connection === 'up') turn.call('rooms', {}, 'refresh');
}
