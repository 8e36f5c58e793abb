import { broken, type Finding, holds, notJudged, type TraceCheck } from './check.ts';
import type { TraceFacts } from './facts.ts';

/**
 * A program that throws is made afresh from its store, and the run goes on without that turn: a mistake that shows late, as something
 * missing, or not at all. A commit that failed is no mistake of the program.
 */
function judge(facts: TraceFacts): Finding {
  const thrown: { node: string; reason: string; id: string }[] = [];
  let lives = 0;
  for (const { id, node, detail } of facts.about({ types: ['life'] })) {
    if (detail.type !== 'life') continue;
    if (detail.what === 'start') lives += 1;
    if ((detail.what === 'reload' && detail.code === 'internal') || (detail.what === 'crash' && detail.reason !== undefined))
      thrown.push({ node, reason: detail.reason ?? '', id });
  }
  const [first] = thrown;
  if (first !== undefined) {
    const more = thrown.length === 1 ? '' : ` (the first of ${thrown.length} times)`;
    return broken(
      `at ${first.node}: ${first.reason}${more}`,
      thrown.slice(0, 5).map(({ id }) => id),
    );
  }
  return lives === 0 ? notJudged('no node has started') : holds(lives === 1 ? '1 start of a node' : `${lives} starts of nodes`);
}

export const NOTHING_THROWN: TraceCheck = {
  name: 'nothing-thrown',
  about: 'No program of a node threw an error (whoever throws is made afresh from its store, and has lost what it was about to do).',
  atRest: false,
  judge,
};
