import type { KeyPair } from '../capabilities.ts';
import type { Env } from '../env.ts';
import type { CoreOptions } from '../options.ts';
import type { NodeId } from '../types.ts';
import type { MembersHooks } from './members.ts';
import type { MemberState } from './wire.ts';

/** What the protocol needs of a node; the chat node's env has it, and so has any small program. */
export type SwimEnv = Pick<
  Env,
  'monotonicMillis' | 'wallMillis' | 'random' | 'crypto' | 'setTimer' | 'cancelTimer' | 'sendDatagram' | 'datagramAddress' | 'tracing' | 'trace'
>;

export interface SwimParts extends MembersHooks {
  readonly env: SwimEnv;
  readonly options: CoreOptions;
  readonly key: KeyPair;
  readonly nodeId: NodeId;
  /** Mark of the network; packets of another are ignored. */
  readonly network: Uint8Array;
  count(counter: string): void;
  /** A probe is without an answer, and nobody else was heard lately: it may be this node that is cut off. */
  missed?(): void;
  /** A member has changed its state as seen from here. */
  changed(id: NodeId, state: MemberState, before: MemberState): void;
}
