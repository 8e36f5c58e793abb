import type { UserId } from '../types.ts';
import type { AnyRoomEvent, SignedRoomEvent } from './room-event.ts';

export type JoinOutcome = { readonly state: 'joined' | 'pending' } | { readonly code: string; readonly name?: string };

/** A join under way: in memory what a restart may forget; that it is under way stands in the room's row. */
export interface Attempt {
  password: string | null;
  readonly answers: Array<(outcome: JoinOutcome) => void>;
  readonly sinceMillis: number;
  askedMillis: number;
  /** Who was asked the way in, and whether they have said that there is none. */
  readonly saidNo: Map<UserId, boolean>;
  /** The first event of the room, once a member has shown it. */
  create: (AnyRoomEvent & { readonly kind: 'create' }) | null;
  deriving: boolean;
  /** A member has said no, and others may know better. */
  turnedAway: boolean;
  /** The join that was shown to members, when, and how often. */
  sent: { readonly event: SignedRoomEvent; readonly millis: number; readonly times: number } | null;
}

export function newAttempt(nowMillis: number, known: Partial<Pick<Attempt, 'password' | 'answers' | 'create'>> = {}): Attempt {
  return {
    password: null,
    answers: [],
    sinceMillis: nowMillis,
    askedMillis: Number.NEGATIVE_INFINITY,
    saidNo: new Map(),
    create: null,
    deriving: false,
    turnedAway: false,
    sent: null,
    ...known,
  };
}

/** `hosts`: who is named as a member, where that is known; those who could not be asked yet have not said anything. */
export function everybodySaidNo({ saidNo }: Attempt, hosts: readonly UserId[]): boolean {
  return [...hosts, ...saidNo.keys()].every((user) => saidNo.get(user) === true);
}
