import { attachNode, listNodes } from '../control/locate.ts';
import type { LookupView, RingView } from '../core/commands.ts';
import { ConfabError } from '../core/errors.ts';
import { RING_OPTIONS } from '../core/ring/ring-port.ts';
import { holdersOf, type RingSurvey, surveyRing } from '../core/ring/ring-survey.ts';

/** The ring of a data root: what each running node says of its place, and what that amounts to. */
export interface AskedRing {
  readonly views: readonly RingView[];
  readonly survey: RingSurvey;
}

export interface FoundKey {
  readonly name: string;
  readonly from: string;
  readonly recursive: boolean;
  readonly answer: LookupView;
  /** Who holds the key when one looks at the whole ring at once. */
  readonly holders: readonly string[];
}

const COPIES_SHOWN = 4;

/** Asks every running node. Throws `nothing-runs`. */
export async function readRing(root: string): Promise<AskedRing> {
  const running = (await listNodes(root)).filter((each) => each.state === 'running');
  if (running.length === 0) throw new ConfabError('nothing-runs', { folder: root });
  const views = (await Promise.all(running.map(async ({ node }) => (await ask(root, node, 'ring', {})) as RingView | null))).filter((view) => view !== null);
  return { views, survey: surveyRing(views, RING_OPTIONS.successorCount) };
}

/** Null when the node has ended since it was listed. */
async function ask(root: string, node: string, command: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
  try {
    const client = await attachNode(root, node);
    try {
      return await client.call(command, args);
    } finally {
      client.close();
    }
  } catch (error) {
    if (error instanceof ConfabError && (error.code === 'no-node' || error.code === 'unavailable')) return null;
    throw error;
  }
}

/** Looks a name's key up as the node `from` does it. Throws `no-node`. */
export async function lookUp(
  root: string,
  ring: AskedRing,
  what: { readonly name: string; readonly from: string | undefined; readonly recursive: boolean },
): Promise<FoundKey> {
  const from = what.from ?? ring.survey.members[0] ?? ring.views[0]?.node ?? '';
  const client = await attachNode(root, from);
  try {
    const answer = (await client.call('lookup', { name: what.name, recursive: what.recursive })) as LookupView;
    return { name: what.name, from, recursive: what.recursive, answer, holders: holdersOf(ring.views, answer.key, COPIES_SHOWN) };
  } finally {
    client.close();
  }
}
