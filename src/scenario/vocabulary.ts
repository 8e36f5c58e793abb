import { DRAWN_GROUPS } from './drawn/all.ts';
import { CHANGE_EXPECTATIONS } from './expectations/changes.ts';
import { FILE_EXPECTATIONS } from './expectations/files.ts';
import { MESSAGE_EXPECTATIONS } from './expectations/messages.ts';
import { NETWORK_EXPECTATIONS } from './expectations/network.ts';
import { PEOPLE_EXPECTATIONS } from './expectations/people.ts';
import { PROGRAM_EXPECTATIONS } from './expectations/programs.ts';
import { RING_EXPECTATIONS } from './expectations/ring.ts';
import { ROOM_EXPECTATIONS } from './expectations/rooms.ts';
import { TRUST_EXPECTATIONS } from './expectations/trust.ts';
import { VALUE_EXPECTATIONS } from './expectations/values.ts';
import type { AnyExpectation, AnyVerb } from './verb.ts';
import { ACCOUNT_VERBS } from './verbs/accounts.ts';
import { CHANGE_VERBS } from './verbs/changes.ts';
import { CHAT_VERBS } from './verbs/chat.ts';
import { FILE_VERBS } from './verbs/files.ts';
import { HOSTILE_VERBS } from './verbs/hostile.ts';
import { LIFECYCLE_VERBS } from './verbs/lifecycle.ts';
import { MACHINE_VERBS } from './verbs/machines.ts';
import { MAIL_VERBS } from './verbs/mail.ts';
import { NETWORK_VERBS } from './verbs/network.ts';
import { PEOPLE_VERBS } from './verbs/people.ts';
import { PROGRAM_VERBS } from './verbs/programs.ts';
import { RING_VERBS } from './verbs/ring.ts';
import { ROOM_VERBS } from './verbs/rooms.ts';
import { TIME_VERBS } from './verbs/time.ts';
import { TRUST_VERBS } from './verbs/trust.ts';

/** Everything that a step can say. A new verb is added to one of these lists and nowhere else. */
export const VERBS: ReadonlyMap<string, AnyVerb> = new Map(
  [
    ...LIFECYCLE_VERBS,
    ...ACCOUNT_VERBS,
    ...PEOPLE_VERBS,
    ...TRUST_VERBS,
    ...CHAT_VERBS,
    ...CHANGE_VERBS,
    ...ROOM_VERBS,
    ...FILE_VERBS,
    ...NETWORK_VERBS,
    ...MACHINE_VERBS,
    ...RING_VERBS,
    ...MAIL_VERBS,
    ...HOSTILE_VERBS,
    ...TIME_VERBS,
    ...PROGRAM_VERBS,
  ].map((verb) => [verb.name, verb]),
);

export const EXPECTATIONS: ReadonlyMap<string, AnyExpectation> = new Map(
  [
    ...PEOPLE_EXPECTATIONS,
    ...TRUST_EXPECTATIONS,
    ...MESSAGE_EXPECTATIONS,
    ...CHANGE_EXPECTATIONS,
    ...ROOM_EXPECTATIONS,
    ...FILE_EXPECTATIONS,
    ...NETWORK_EXPECTATIONS,
    ...RING_EXPECTATIONS,
    ...VALUE_EXPECTATIONS,
    ...PROGRAM_EXPECTATIONS,
  ].map((each) => [each.name, each]),
);

/** Steps that hold other steps; the runner plays them itself. */
export const GROUPS: readonly string[] = ['parallel', 'repeat', 'random', ...DRAWN_GROUPS.keys()];

/** All keys by which a step can begin. */
export const STEP_WORDS: readonly string[] = [...VERBS.keys(), 'expect', ...GROUPS];
