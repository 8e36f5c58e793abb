import type { ControlClient } from '../../control/protocol.ts';
import type { ChatView, FriendView, MessageView, NodeEvent, UserView } from '../../core/commands.ts';
import { ConfabError, type ErrorCode } from '../../core/errors.ts';
import { arrive } from './arrive.ts';
import { type BotParts, PAUSES } from './bot-parts.ts';
import { reactionTo } from './reactions.ts';
import { RoomGuest } from './room-guest.ts';
import { answerTo, chatter, freshMemory, type Memory, opener, pick, type TalkContext } from './small-talk.ts';

type Whereabouts = 'coming' | 'here' | 'away' | 'gone';

interface Conversation {
  readonly memory: Memory;
  /** Texts that came in and were not answered. Only the last one gets an answer. */
  waiting: string | null;
  /** A timer runs that will look at it. */
  looking: boolean;
  lastMillis: number;
  /** How many more messages of a companion get an answer, so that two bots come to an end. */
  patience: number;
}

const RETRY_MILLIS = 1_000;
const RETRY_MILLIS_MAX = 5_000;
const INVITE_PERIOD_MILLIS = 4_000;
const RECENT_MILLIS = 300_000;
const PATIENCE_MAX = 2;
const TYPING_MILLIS_BASE = 500;
const TYPING_MILLIS_A_CHARACTER = 22;
const TYPING_MILLIS_MAX = 3_500;
const GONE_PROBABILITY = 0.35;

/**
 * A lively user: a client of the control interface like any terminal, with a temper of its own.
 *
 * Invariants
 * 1. Nothing is done after `stop`, and no timer is left.
 * 2. A node that goes away is waited for; when it is back, so is the bot, and unread messages are answered.
 * 3. Every person has at most one answer under way, however fast they write; two bots never talk for ever.
 */
export class Bot {
  readonly #parts: BotParts;
  readonly #conversations = new Map<string, Conversation>();
  readonly #cancels = new Set<() => void>();
  readonly #rooms: RoomGuest;
  #client: ControlClient | null = null;
  #whereabouts: Whereabouts = 'coming';
  #retryMillis = RETRY_MILLIS;
  #invited: boolean;
  #stopped = false;
  #wandering: (() => void) | null = null;

  constructor(parts: BotParts) {
    this.#parts = parts;
    this.#invited = parts.invited;
    this.#rooms = new RoomGuest({
      name: parts.persona.name,
      isCompanion: (user) => this.#isCompanion(user),
      isHere: () => this.#whereabouts === 'here',
      call: (command, args) => this.#call(command, args),
      after: (delayMillis, act) => void this.#after(delayMillis, act),
      pause: (bounds) => this.#pause(bounds),
      random: parts.random,
      answer: (user, text) => answerTo(text, this.#context(this.#conversation(user))),
    });
  }

  start(): void {
    void this.#connect();
  }

  /** Lets go of the node; idempotent. */
  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
    this.#client?.close();
    this.#client = null;
  }

  // --- the node ---

  async #connect(): Promise<void> {
    let client: ControlClient;
    try {
      client = await this.#parts.connect();
    } catch {
      this.#after(this.#retryMillis, () => void this.#connect());
      this.#retryMillis = Math.min(this.#retryMillis * 2, RETRY_MILLIS_MAX);
      return;
    }
    if (this.#stopped) return client.close();
    this.#retryMillis = RETRY_MILLIS;
    this.#client = client;
    this.#whereabouts = 'coming';
    client.onEvent((event) => this.#event(event as NodeEvent));
    client.onClose(() => {
      if (this.#client !== client) return;
      this.#client = null;
      this.#wandering?.();
      this.#after(RETRY_MILLIS, () => void this.#connect());
    });
    await this.#arrive();
  }

  /** Logs in, or registers the first time; tries again while the network cannot be reached. */
  async #arrive(): Promise<void> {
    const { password, persona, trouble, inTurn } = this.#parts;
    const client = this.#client;
    if (client === null) return;
    const come = () => arrive(client, password, persona.name);
    try {
      await (inTurn === undefined ? come() : inTurn(come));
    } catch (error) {
      const code = error instanceof ConfabError ? error.code : 'internal';
      if (FINAL_CODES.has(code)) trouble(`${persona.name} cannot log in: ${error instanceof Error ? error.message : String(error)}`);
      else this.#after(RETRY_MILLIS_MAX, () => void this.#arrive());
      return;
    }
    await this.#settleIn();
  }

  async #settleIn(): Promise<void> {
    this.#whereabouts = 'here';
    await this.#setStatus('online', pick(this.#parts.persona.moods, this.#parts.random));
    await this.#acceptAll();
    this.#befriendCompanions();
    this.#invite();
    await this.#rooms.catchUp();
    await this.#catchUp();
    this.#stay(PAUSES.firstStay);
  }

  async #call(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    if (this.#client === null || this.#stopped) return undefined;
    try {
      return await this.#client.call(command, args);
    } catch {
      // A bot is no person: what does not work now is left.
      return undefined;
    }
  }

  #after(delayMillis: number, act: () => void): () => void {
    if (this.#stopped) return () => {};
    const cancel = this.#parts.clock.after(delayMillis, () => {
      this.#cancels.delete(forget);
      act();
    });
    const forget = () => {
      cancel();
      this.#cancels.delete(forget);
    };
    this.#cancels.add(forget);
    return forget;
  }

  #pause([min, max]: readonly [number, number]): number {
    return min + this.#parts.random() * (max - min);
  }

  // --- friends ---

  #event(event: NodeEvent): void {
    switch (event.type) {
      case 'message-received':
        this.#hear(event.message);
        return;
      case 'relation-changed':
        if (event.to === 'incoming') this.#after(this.#pause(PAUSES.accept), () => void this.#accept(event.user));
        else if (event.to === 'friend') this.#after(this.#pause(PAUSES.hello), () => void this.#greet(event.user));
        return;
      case 'logged-out':
        // Somebody else logged this user out; a person may have their reasons, so it lasts as long as an errand.
        if (this.#whereabouts !== 'gone' && this.#whereabouts !== 'coming') this.#comeBackLater();
        return;
      default:
        this.#rooms.event(event);
    }
  }

  async #acceptAll(): Promise<void> {
    const requests = (await this.#call('requests')) as { readonly incoming: readonly string[] } | undefined;
    for (const user of requests?.incoming ?? []) this.#after(this.#pause(PAUSES.accept), () => void this.#accept(user));
  }

  async #accept(user: string): Promise<void> {
    await this.#call('friend-accept', { user });
  }

  /** Of two bots the one whose name comes first asks; it asks again until the other is known. */
  #befriendCompanions(): void {
    for (const user of this.#parts.companions) {
      if (this.#parts.persona.name < user) void this.#ask(user);
    }
  }

  async #ask(user: string): Promise<void> {
    const found = (await this.#call('user', { user })) as UserView | undefined;
    if (found?.relation === 'friend' || found?.relation === 'outgoing' || found?.relation === 'blocked') return;
    if (found === undefined || (await this.#call('friend-add', { user })) === undefined) this.#after(INVITE_PERIOD_MILLIS, () => void this.#ask(user));
  }

  #invite(): void {
    const { invites } = this.#parts;
    if (invites !== null && !this.#invited) this.#after(INVITE_PERIOD_MILLIS, () => void this.#tryInvite(invites));
  }

  async #tryInvite(user: string): Promise<void> {
    if (this.#invited) return;
    const found = (await this.#call('user', { user })) as UserView | undefined;
    const asked = found?.relation === 'none' ? await this.#call('friend-add', { user }) : undefined;
    if (asked !== undefined || (found !== undefined && found.relation !== 'none')) {
      this.#invited = true;
      this.#parts.onInvited();
    } else if (this.#whereabouts !== 'gone') {
      this.#invite();
    }
  }

  async #greet(user: string): Promise<void> {
    const conversation = this.#conversation(user);
    // Whoever has written already gets an answer and needs no opening words.
    if (this.#whereabouts !== 'here' || conversation.lastMillis > 0) return;
    if (this.#isCompanion(user) && this.#parts.persona.name > user) return;
    conversation.memory.greeted = true;
    await this.#say(user, opener(this.#context(conversation)));
  }

  #isCompanion(user: string): boolean {
    return this.#parts.companions.includes(user);
  }

  // --- talk ---

  #conversation(user: string): Conversation {
    let conversation = this.#conversations.get(user);
    if (conversation === undefined) {
      conversation = { memory: freshMemory(user), waiting: null, looking: false, lastMillis: 0, patience: PATIENCE_MAX };
      this.#conversations.set(user, conversation);
    }
    return conversation;
  }

  #context({ memory }: Conversation): TalkContext {
    const { persona, random, companions, clock } = this.#parts;
    return { persona, memory, random, companions: companions.filter((name) => name !== memory.name), clockText: clock.text() };
  }

  #hear(message: MessageView): void {
    if (message.fromMe) return;
    const conversation = this.#conversation(message.with);
    if (message.deleted) return;
    conversation.waiting = message.text;
    if (this.#whereabouts === 'here' && !this.#isCompanion(message.with)) this.#react(message);
    conversation.lastMillis = this.#parts.clock.nowMillis();
    if (this.#whereabouts === 'here') this.#lookAt(message.with, conversation);
  }

  /** A moment after reading, so that it comes before the answer and not with it. */
  #react({ with: user, id, text }: MessageView): void {
    const reaction = reactionTo(text);
    if (reaction !== null) this.#after(PAUSES.read[1], () => void this.#call('react', { with: user, id, reaction }));
  }

  #lookAt(user: string, conversation: Conversation): void {
    if (conversation.looking) return;
    conversation.looking = true;
    this.#after(this.#pause(PAUSES.read), () => void this.#read(user, conversation));
  }

  async #read(user: string, conversation: Conversation): Promise<void> {
    if (this.#whereabouts !== 'here') {
      conversation.looking = false;
      return;
    }
    await this.#call('read', { with: user });
    const text = conversation.waiting;
    conversation.waiting = null;
    if (text === null || !this.#mayAnswer(user, conversation)) {
      conversation.looking = false;
      return;
    }
    const answer = answerTo(text, this.#context(conversation));
    void this.#call('typing', { with: user, typing: true });
    const typingMillis = Math.min(TYPING_MILLIS_BASE + answer.length * TYPING_MILLIS_A_CHARACTER, TYPING_MILLIS_MAX);
    this.#after(typingMillis, () => void this.#answer(user, conversation, answer));
  }

  #mayAnswer(user: string, conversation: Conversation): boolean {
    if (!this.#isCompanion(user)) return true;
    conversation.patience -= 1;
    return conversation.patience >= 0;
  }

  async #answer(user: string, conversation: Conversation, text: string): Promise<void> {
    await this.#say(user, text);
    conversation.looking = false;
    if (conversation.waiting !== null && this.#whereabouts === 'here') this.#lookAt(user, conversation);
  }

  async #say(user: string, text: string): Promise<void> {
    this.#conversation(user).lastMillis = this.#parts.clock.nowMillis();
    await this.#call('send', { to: user, text });
  }

  /** Takes up what was written while this bot or its node was away. */
  async #catchUp(): Promise<void> {
    const answer = (await this.#call('chats')) as { readonly chats: readonly ChatView[] } | undefined;
    for (const chat of answer?.chats ?? []) {
      const conversation = this.#conversation(chat.with);
      conversation.looking = false;
      if (chat.unread > 0 && !chat.lastFromMe && chat.lastText !== '') conversation.waiting ??= chat.lastText;
      conversation.lastMillis ||= chat.lastMillis > 0 ? 1 : 0;
      if (conversation.waiting !== null) this.#lookAt(chat.with, conversation);
    }
  }

  // --- coming and going ---

  #stay(bounds: readonly [number, number]): void {
    this.#wandering?.();
    this.#wandering = this.#after(this.#pause(bounds), () => void this.#wander());
  }

  async #wander(): Promise<void> {
    const { random, persona } = this.#parts;
    if (this.#whereabouts !== 'here' || this.#client === null) return;
    for (const conversation of this.#conversations.values()) conversation.patience = PATIENCE_MAX;
    const errand = pick(persona.errands, random);
    const goesOffline = random() < GONE_PROBABILITY;
    const words = goesOffline ? `I go off line for a minute, ${errand}. Write all the same: your node keeps it for me.` : `Back in a minute: ${errand}.`;
    for (const user of this.#recentPeople()) await this.#say(user, words);
    await this.#gossip();
    this.#after(this.#pause(PAUSES.leave), () => void this.#leave(errand, goesOffline));
  }

  #recentPeople(): string[] {
    const sinceMillis = this.#parts.clock.nowMillis() - RECENT_MILLIS;
    return [...this.#conversations].filter(([user, { lastMillis }]) => !this.#isCompanion(user) && lastMillis > Math.max(sinceMillis, 1)).map(([user]) => user);
  }

  /** A word to another bot, so that there is life in the network even where nobody types. */
  async #gossip(): Promise<void> {
    const answer = (await this.#call('friends')) as { readonly friends: readonly FriendView[] } | undefined;
    const here = (answer?.friends ?? []).filter((friend) => this.#isCompanion(friend.name) && friend.presence === 'online');
    if (here.length === 0) return;
    const { name } = pick(here, this.#parts.random);
    await this.#say(name, chatter(this.#context(this.#conversation(name))));
  }

  async #leave(errand: string, goesOffline: boolean): Promise<void> {
    if (this.#whereabouts !== 'here') return;
    this.#whereabouts = goesOffline ? 'gone' : 'away';
    if (goesOffline) await this.#call('logout');
    else await this.#setStatus('away', errand);
    this.#wandering = this.#after(this.#pause(PAUSES.errand), () => void this.#comeBack());
  }

  #comeBackLater(): void {
    this.#whereabouts = 'gone';
    this.#wandering?.();
    this.#wandering = this.#after(this.#pause(PAUSES.errand), () => void this.#comeBack());
  }

  async #comeBack(): Promise<void> {
    if (this.#client === null) return;
    if (this.#whereabouts === 'gone') {
      this.#whereabouts = 'coming';
      return this.#arrive();
    }
    this.#whereabouts = 'here';
    await this.#setStatus('online', pick(this.#parts.persona.moods, this.#parts.random));
    for (const user of this.#recentPeople()) if (this.#conversation(user).waiting === null) await this.#say(user, pick(RETURNS, this.#parts.random));
    await this.#catchUp();
    this.#stay(PAUSES.stay);
  }

  async #setStatus(presence: 'online' | 'away', text: string): Promise<void> {
    await this.#call('status', { presence, text });
  }
}

const RETURNS = ['Back.', 'Here again.', 'That is done. Where were we?'] as const;

/** Trying again will not mend these. */
const FINAL_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['wrong-password', 'name-taken', 'bad-password', 'too-many-attempts']);
