import { ringPicture } from '../core/ring/ring-picture.ts';
import type { CliContext } from './context.ts';
import type { AskedRing, FoundKey } from './ring.ts';
import { printable } from './table.ts';

const SENTENCES_MAX = 12;

/** Picture, table and verdict. */
export function showRing(context: CliContext, { views, survey }: AskedRing): void {
  if (context.json) return context.printJson({ ...survey, nodes: views });
  const members = views.filter((view) => view.member);
  for (const line of ringPicture(members.map(({ node, nodeId }) => ({ label: printable(node), id: nodeId })))) context.print(line);
  const byName = new Map(views.map((view) => [view.node, view]));
  context.printTable({
    columns: [{ title: 'PLACE' }, { title: 'NODE' }, { title: 'PREDECESSOR' }, { title: 'SUCCESSORS' }, { title: 'FINGERS', align: 'right' }],
    rows: [...survey.members, ...survey.outside].map((name) => {
      const view = byName.get(name);
      const successors = view?.successors.map((each) => each.node).join(' ') ?? '';
      return [
        view?.member ? view.nodeId.slice(0, 6) : 'outside',
        name,
        view?.predecessor ?? '-',
        successors === '' ? '-' : successors,
        view?.fingers.length ?? 0,
      ];
    }),
  });
  context.print('');
  context.print(verdictOf({ views, survey }));
  for (const sentence of [...survey.broken, ...survey.unfinished].slice(0, SENTENCES_MAX)) context.print(`  ${sentence}`);
}

function verdictOf({ views, survey }: AskedRing): string {
  const count = `${survey.members.length} member${survey.members.length === 1 ? '' : 's'}`;
  if (survey.members.length === 0) return 'No node is a member of a ring yet.';
  if (survey.verdict === 'broken') return `The ring is broken (${count}):`;
  const small = views.some((view) => view.member && view.small) ? ', below its minimum size, so that it is the sorted list of all members' : '';
  return survey.verdict === 'ideal' ? `One ring of ${count}; every pointer is right${small}.` : `One valid ring of ${count}; some pointers are not right yet:`;
}

/** The hops of a look-up, one a line, with the reason for each. */
export function showLookup(context: CliContext, found: FoundKey): void {
  const { answer, from, name, holders } = found;
  if (context.json) return context.printJson({ name, from, ...answer, holders });
  context.print(`The key of ${printable(name)} lies at ${answer.key.slice(0, 6)} on the circle.`);
  for (const [at, hop] of answer.hops.entries())
    context.print(`  ${at + 1}. ${found.recursive && at > 0 ? answer.hops[at - 1]?.node : from} asks ${hop.node}: ${hop.why}`);
  if (answer.hops.length === 0) context.print(`  ${from} knows by itself.`);
  if (answer.owners.length === 0) return context.print('Nobody was found: those on the way did not answer.');
  const hops = `${answer.hops.length} hop${answer.hops.length === 1 ? '' : 's'}, ${answer.millis} ms`;
  context.print(`${answer.owners[0]} owns it (${hops}). Copies belong to ${holders.join(', ')}.`);
}
