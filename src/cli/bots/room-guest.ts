import type { Commands, NodeEvent } from '../../core/commands.ts';
import type { RoomMessageView } from '../../core/rooms/room-commands.ts';
import { PAUSES } from './bot-parts.ts';

export interface RoomGuestParts {
  /** The bot's own name. */
  readonly name: string;
  readonly isCompanion: (user: string) => boolean;
  readonly isHere: () => boolean;
  readonly call: (command: string, args: Readonly<Record<string, unknown>>) => Promise<unknown>;
  readonly after: (delayMillis: number, act: () => void) => void;
  readonly pause: (bounds: readonly [number, number]) => number;
  readonly random: () => number;
  /** What the bot says to such a text of that person. */
  readonly answer: (user: string, text: string) => string;
}

const ANSWERS_UNASKED = 0.45;
const REACTS = 0.25;
const REACTIONS = ['+1', '♥', 'ha!'] as const;
const TYPING_MILLIS_A_CHARACTER = 22;
const TYPING_MILLIS_MAX = 3_500;

/** How a bot behaves in rooms: it comes when invited, answers whoever names it, and others now and then; bots do not talk to each other there. */
export class RoomGuest {
  readonly #parts: RoomGuestParts;
  /** Rooms in which an answer is under way. */
  readonly #busy = new Set<string>();

  constructor(parts: RoomGuestParts) {
    this.#parts = parts;
  }

  event(event: NodeEvent): void {
    const { pause, after, call } = this.#parts;
    if (event.type === 'room-invited') after(pause(PAUSES.accept), () => void call('room-join', { room: event.link }));
    else if (event.type === 'room-joined') after(pause(PAUSES.hello), () => void this.#say(event.room.roomId, `Hello, everybody. ${this.#parts.name} here.`));
    else if (event.type === 'room-message') this.#hear(event.message);
  }

  /** Invitations that came while nobody was here. */
  async catchUp(): Promise<void> {
    const answer = (await this.#parts.call('rooms', {})) as Commands['rooms']['result'] | undefined;
    for (const { link } of answer?.invitations ?? [])
      this.#parts.after(this.#parts.pause(PAUSES.accept), () => void this.#parts.call('room-join', { room: link }));
  }

  #hear(message: RoomMessageView): void {
    const { isCompanion, isHere, after, pause, random, answer } = this.#parts;
    if (message.fromMe || message.kind !== 'message' || message.sealed || message.deleted || !isHere() || isCompanion(message.from)) return;
    after(pause(PAUSES.read), () => void this.#read(message));
    if (this.#busy.has(message.roomId) || !(message.mentionsMe || random() < ANSWERS_UNASKED)) return;
    this.#busy.add(message.roomId);
    const words = answer(message.from, message.text);
    const typingMillis = Math.min(words.length * TYPING_MILLIS_A_CHARACTER, TYPING_MILLIS_MAX);
    after(pause(PAUSES.read), () => {
      void this.#parts.call('room-typing', { room: message.roomId, typing: true });
      after(typingMillis, () => void this.#answer(message, words));
    });
  }

  async #read(message: RoomMessageView): Promise<void> {
    const { call, random } = this.#parts;
    await call('room-read', { room: message.roomId });
    if (random() >= REACTS) return;
    const reaction = REACTIONS[Math.floor(random() * REACTIONS.length)] ?? REACTIONS[0];
    await call('room-react', { room: message.roomId, id: message.id, reaction });
  }

  async #answer(message: RoomMessageView, words: string): Promise<void> {
    this.#busy.delete(message.roomId);
    await this.#say(message.roomId, words, message.mentionsMe ? { replyTo: message.id } : {});
  }

  async #say(room: string, text: string, more: { readonly replyTo?: string } = {}): Promise<void> {
    if (this.#parts.isHere()) await this.#parts.call('room-send', { room, text, ...more });
  }
}
