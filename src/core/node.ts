import type { Env, Program } from './env.ts';
import type { Frame } from './messages.ts';
import { CORE_OPTIONS, type CoreOptions } from './options.ts';
import type { Endpoint } from './types.ts';

/** What a chat node is told when it is made. */
export interface ChatNodeOptions {
  /** The name of the network; frames of another are dropped. */
  readonly network: string;
  /** `alice`, and the label of this node, empty for the default one. */
  readonly user: string;
  readonly label: string;
  /** Peers known by hand. */
  readonly peers: readonly Endpoint[];
  /** False when no seed server was named. */
  readonly seedServer: boolean;
  readonly options?: Partial<CoreOptions>;
}

/** The program that joins the modules of the chat node. */
export function chatNode(_env: Env<Frame>, _settings: ChatNodeOptions): Program<Frame> {
  void CORE_OPTIONS;
  throw new Error('placeholder: replaced by the core');
}
