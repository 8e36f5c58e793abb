import type { ControlClient } from '../../control/protocol.ts';
import type { Persona } from './small-talk.ts';

/** Time as a bot sees it; tests give a virtual one. */
export interface BotClock {
  nowMillis(): number;
  /** `14:05` */
  text(): string;
  /** Calls once after a while; gives what takes it back. */
  after(delayMillis: number, act: () => void): () => void;
}

export interface BotParts {
  readonly persona: Persona;
  /** The other bots: befriended without being asked. */
  readonly companions: readonly string[];
  /** Whom this bot asks to be friends as soon as they turn up, once in a network's life; null for nobody. */
  readonly invites: string | null;
  /** The invitation was sent before. */
  readonly invited: boolean;
  readonly onInvited: () => void;
  readonly password: string;
  /** Attaches to the bot's node; rejects while there is none. */
  readonly connect: () => Promise<ControlClient>;
  /** Where many come at once: lets a bot log in when it is its turn. */
  readonly inTurn?: (arrive: () => Promise<void>) => Promise<void>;
  readonly clock: BotClock;
  /** A double in [0, 1). */
  readonly random: () => number;
  /** Something that a person has to know about, as a sentence. */
  readonly trouble: (sentence: string) => void;
}

/** Bounds of natural pauses, ms. */
export const PAUSES = {
  accept: [1_500, 4_000],
  read: [500, 1_600],
  hello: [1_000, 2_500],
  stay: [75_000, 210_000],
  firstStay: [50_000, 110_000],
  leave: [1_500, 2_500],
  errand: [20_000, 50_000],
} as const satisfies Record<string, readonly [number, number]>;
