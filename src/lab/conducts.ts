import type { Env, Program } from '../core/env.ts';
import type { Frame } from '../core/messages.ts';
import { type ChatNodeOptions, chatNode } from '../core/node.ts';
import { babbler } from './babbler.ts';
import { type ConductName, isConduct } from './conduct-words.ts';
import { droppedMail } from './dropped-mail.ts';
import { hostileHolder } from './hostile-holder.ts';
import { idleSteward } from './idle-steward.ts';
import { wrongSuccessors } from './lying-member.ts';
import { staleRecords } from './stale-records.ts';
import { wrongSignatures } from './wrong-signatures.ts';

/** A chat node, honest or not. */
export type NodeConduct = (env: Env<Frame>, settings: ChatNodeOptions) => Program<Frame>;

/** Nodes that do not play by the rules. A new one is one file, one line here and one in conduct-words.ts. */
const MAKERS: Readonly<Record<ConductName, NodeConduct>> = {
  honest: chatNode,
  'wrong-signatures': wrongSignatures,
  'dropped-mail': droppedMail,
  babbler,
  'stale-records': staleRecords,
  'wrong-successors': wrongSuccessors,
  'copies-neglected': idleSteward,
  'mail-withheld': (env, settings) => hostileHolder(env, settings, ['withhold']),
  'mail-forged': (env, settings) => hostileHolder(env, settings, ['forge', 'reorder']),
  'mail-replayed': (env, settings) => hostileHolder(env, settings, ['replay', 'forge']),
};

/** Null when there is none of that name. */
export function conductNamed(name: string): NodeConduct | null {
  return isConduct(name) ? MAKERS[name] : null;
}
