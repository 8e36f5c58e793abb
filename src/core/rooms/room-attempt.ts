import type { UserId } from '../types.ts';
import type { AnyRoomEvent, SignedRoomEvent } from './room-event.ts';

export type JoinOutcome = { readonly state: 'joined' | 'pending' } | { readonly code: string; readonly name?: string };

/** A join under way: in memory what a restart may forget; that it is under way stands in the room's row. */
export interface Attempt {
  password: string | null;
  readonly answers: Array<(outcome: JoinOutcome) => void>;
  readonly sinceMillis: number;
  askedMillis: number;
  /** Of those who are named as members, how many are being looked for. */
  sought: number;
  /** Who was asked the way in, and whether they have said that there is none; null: they have not answered. */
  readonly saidNo: Map<UserId, boolean | null>;
  /** The first event of the room, once a member has shown it. */
  create: (AnyRoomEvent & { readonly kind: 'create' }) | null;
  deriving: boolean;
  /** A member has said no, and others may know better. */
  turnedAway: boolean;
  /** The join that was last shown to a member, to whom and when, and how often to them. */
  sent: { readonly event: SignedRoomEvent; readonly to: UserId; readonly millis: number; readonly times: number } | null;
  /** How often a join was shown to each member. */
  readonly shown: Map<UserId, number>;
}

/** Several members answer: one join is enough while it may be on its way, ms. */
const JOIN_MILLIS = 750;
const SHOWN_MAX = 3;

export function newAttempt(nowMillis: number, known: Partial<Pick<Attempt, 'password' | 'answers' | 'create' | 'sought'>> = {}): Attempt {
  return {
    password: null,
    answers: [],
    sinceMillis: nowMillis,
    askedMillis: Number.NEGATIVE_INFINITY,
    sought: 0,
    saidNo: new Map(),
    create: null,
    deriving: false,
    turnedAway: false,
    sent: null,
    shown: new Map(),
    ...known,
  };
}

/** `hosts`: who is named as a member, where that is known; those who could not be asked yet have not said anything. */
export function everybodySaidNo({ saidNo }: Attempt, hosts: readonly UserId[]): boolean {
  return [...hosts, ...saidNo.keys()].every((user) => saidNo.get(user) === true);
}

/**
 * Whether the join is shown to this member now. Whoever answers first may show a way that leads nowhere: then others who
 * have answered, and to whom it was shown less often, have the time in which they do so again.
 */
export function isTurnOf({ sent, saidNo, shown }: Attempt, user: UserId, nowMillis: number): boolean {
  if (sent === null) return true;
  const times = shown.get(user) ?? 0;
  const isOthers = [...saidNo].some(([other, no]) => other !== user && no === false && (shown.get(other) ?? 0) < times);
  return nowMillis - sent.millis >= JOIN_MILLIS * (isOthers ? 1 + 2 * Math.min(times, SHOWN_MAX) : 1);
}
