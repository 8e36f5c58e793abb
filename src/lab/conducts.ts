import type { Env, Program } from '../core/env.ts';
import type { Frame } from '../core/messages.ts';
import { type ChatNodeOptions, chatNode } from '../core/node.ts';
import { babbler } from './babbler.ts';
import { droppedMail } from './dropped-mail.ts';
import { hostileHolder } from './hostile-holder.ts';
import { wrongSuccessors } from './lying-member.ts';
import { staleRecords } from './stale-records.ts';
import { wrongSignatures } from './wrong-signatures.ts';

/** A chat node, honest or not. */
export type NodeConduct = (env: Env<Frame>, settings: ChatNodeOptions) => Program<Frame>;

interface Conduct {
  readonly about: string;
  readonly make: NodeConduct;
}

/** Nodes that do not play by the rules, for scenarios (`start: { nodes: mallory, conduct: ... }`). A new one is one file and one line here. */
export const CONDUCTS: Readonly<Record<string, Conduct>> = {
  honest: { about: 'the chat node itself', make: chatNode },
  'wrong-signatures': { about: 'passes on records of others with signatures that are not right', make: wrongSignatures },
  'dropped-mail': { about: 'takes messages and neither keeps nor confirms them', make: droppedMail },
  babbler: { about: 'never stops talking: replays, floods and garbage on links and in datagrams', make: babbler },
  'stale-records': { about: 'tells of others what it heard of them first, however much has changed', make: staleRecords },
  'wrong-successors': { about: 'says that every key of the ring is its own and that nobody follows it', make: wrongSuccessors },
  'mail-withheld': {
    about: 'confirms letters that are left with it for others, and gives none out',
    make: (env, settings) => hostileHolder(env, settings, ['withhold']),
  },
  'mail-forged': {
    about: 'gives out altered letters and forged receipts, back to front',
    make: (env, settings) => hostileHolder(env, settings, ['forge', 'reorder']),
  },
  'mail-replayed': {
    about: 'gives out every letter that it ever saw, again and again, and altered ones with them',
    make: (env, settings) => hostileHolder(env, settings, ['replay', 'forge']),
  },
};

/** Null when there is none of that name. */
export function conductNamed(name: string): NodeConduct | null {
  return Object.hasOwn(CONDUCTS, name) ? (CONDUCTS[name] as Conduct).make : null;
}
