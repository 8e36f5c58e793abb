import { sayMillis } from '../durations.ts';
import { userOf } from '../names.ts';
import { counted } from '../words.ts';
import { broken, type Finding, holds, notJudged, type TraceCheck } from './check.ts';
import type { TraceFacts } from './facts.ts';

/** Two nodes of one user that can reach each other settle it by then. */
const TOGETHER_MILLIS = 25_000;

function judge(facts: TraceFacts): Finding {
  const users = new Set([...facts.sessions.keys()].map(userOf));
  const nodesOf = new Map<string, Set<string>>();
  for (const { node } of facts.states('session')) {
    const nodes = nodesOf.get(userOf(node));
    if (nodes === undefined) nodesOf.set(userOf(node), new Set([node]));
    else nodes.add(node);
  }
  const early = facts.unquiet(facts.due(TOGETHER_MILLIS));
  for (const user of users) {
    const nodes = facts.sessionsOf(user);
    if (nodes.length > 1 && early === null)
      return broken(`${user} is logged in at ${nodes.join(' and ')}, after ${sayMillis(facts.quietMillis)} of quiet`, lastEvents(facts, nodes));
  }
  const several = [...nodesOf.values()].filter((nodes) => nodes.size > 1).length;
  const undecided = [...users].some((user) => facts.sessionsOf(user).length > 1);
  if (undecided && early !== null) return notJudged(early);
  if (users.size === 0) return notJudged('nobody is logged in at the end');
  return holds(`${counted(users.size, 'user')} with one session each${several === 0 ? '' : `, ${several} of them moved`}`);
}

function lastEvents(facts: TraceFacts, nodes: readonly string[]): string[] {
  const last = new Map<string, string>();
  for (const { id, node } of facts.states('session')) if (nodes.includes(node)) last.set(node, id);
  return [...last.values()];
}

export const ONE_SESSION: TraceCheck = {
  name: 'one-session',
  about: 'Once it is quiet, every user is logged in at one node at most.',
  atRest: true,
  judge,
};
