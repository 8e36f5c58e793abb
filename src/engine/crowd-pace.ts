import { CORE_OPTIONS, type CoreOptions } from '../core/options.ts';

/** Upkeep of packed nodes runs so many times slower, so that hundreds of them fit on a few cores. */
const FACTOR = 10;
/** More nodes than this on one machine are a crowd: where everybody knows everybody, a tenth of the pace is nothing that anyone needs. */
const CROWD_NODES = CORE_OPTIONS.fullMembershipUsers;

function slower<Name extends keyof CoreOptions>(factor: number, ...names: readonly Name[]): Partial<CoreOptions> {
  return Object.fromEntries(names.map((name) => [name, (CORE_OPTIONS[name] as number) * factor]));
}

/**
 * Options of the core for many nodes in few processes. What nobody waits for happens a tenth as often; who is dead is known after forty
 * seconds instead of four. What somebody waits for (messages, presence, look-ups) is as quick as ever. Stored values, mail, rooms and
 * files are looked after rarely but not as rarely as that, since what they do is also what somebody may come to wait for.
 */
export const CROWD_PACE: Partial<CoreOptions> = Object.freeze({
  ...slower(FACTOR, 'swimPeriodMillis', 'deadMillis', 'probeMillis', 'ringStabiliseMillis', 'ringFingerMillis', 'ringMergeMillis'),
  ...slower(FACTOR, 'replicaPushMillis', 'replicaLeaseMillis', 'replicaLeaseCheckMillis', 'ownValuesMillis', 'roomTickMillis', 'fileTickMillis'),
  ...slower(5, 'acknowledgeCalmMillis', 'resendCalmMillis'),
  ...slower(4, 'linkTickMillis', 'mailTickMillis', 'mailDrainMillisMax'),
  ...slower(2, 'announceMillis', 'announceTtlMillis'),
  ...slower(12, 'antiEntropyMillis'),
  swimTimeoutMillis: 2_000,
  suspectMillis: 20_000,
  pingMillis: 10_000,
});

/** How briskly the nodes of a network look after it. */
export interface Pace {
  readonly about: string;
  readonly coreOptions: Partial<CoreOptions>;
  /** What a network at rest is judged by is due so many times later. */
  readonly slowness: number;
}

/** Paces that a scenario may name. */
export const PACES = Object.freeze({
  full: { about: 'a node that died is offline after four seconds', coreOptions: {}, slowness: 1 },
  crowd: { about: 'upkeep at a tenth of the pace, for hundreds of nodes on one machine', coreOptions: CROWD_PACE, slowness: FACTOR },
}) satisfies Readonly<Record<string, Pace>>;

export type PaceName = keyof typeof PACES;

/** What nodes of a network of so many are given: the crowd's pace where they are many and share processes, else nothing. */
export function paceOf(nodes: number, perProcess: number): Partial<CoreOptions> {
  return perProcess > 1 && nodes > CROWD_NODES ? CROWD_PACE : {};
}
