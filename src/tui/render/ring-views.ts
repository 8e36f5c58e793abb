import type { LookupView, RingView } from '../../core/commands.ts';
import { sanitiseLine } from '../text/sanitise.ts';
import { BOLD, DIM, type Line, plain } from '../text/styled.ts';
import { padEnd, textWidth } from '../text/width.ts';
import { count } from '../text/words.ts';

const PLACE_DIGITS = 6;

/** `/ring`: who stands around this node, in the order of the circle, and where its fingers point. */
export function ringLines(view: RingView): readonly Line[] {
  if (!view.member) return [plain('This node is no member of the ring: nobody has answered yet, or nobody is registered here.')];
  const around: Array<readonly [string, string, string]> = [
    ['predecessor', view.predecessor ?? 'nobody', ''],
    ['you', view.node, view.nodeId],
    ...view.successors.map(({ node, nodeId }, at) => [`successor ${at + 1}`, node, nodeId] as const),
  ];
  const fingers = [...view.fingers].sort((a, b) => b.exponent - a.exponent);
  return [
    plain(view.small ? 'Fewer than five members: the ring is the sorted list of all of them.' : 'Clockwise around you:'),
    [],
    ...table(around),
    ...(fingers.length === 0
      ? []
      : [[], plain('Shortcuts across the ring (fingers):'), ...table(fingers.map((f) => [fingerWords(f.exponent), f.node, f.nodeId]))]),
    [],
    plain(`${count(view.copies, 'value')} of the ring ${view.copies === 1 ? 'lies' : 'lie'} here.`),
  ];
}

function fingerWords(exponent: number): string {
  return `1/${2 ** (52 - exponent)} on`;
}

function table(rows: ReadonlyArray<readonly [string, string, string]>): readonly Line[] {
  const names = Math.max(...rows.map(([name]) => textWidth(name))) + 2;
  const nodes = Math.max(...rows.map(([, node]) => textWidth(node))) + 2;
  return rows.map(
    ([name, node, id]): Line => [
      { text: padEnd(name, names), style: DIM },
      { text: padEnd(sanitiseLine(node), nodes), style: BOLD },
      { text: id.slice(0, PLACE_DIGITS), style: DIM },
    ],
  );
}

/** `/lookup`: the way over the ring, a hop a line with its reason. */
export function lookupLines(found: LookupView): readonly Line[] {
  const hops = found.hops.map(
    (hop, at): Line => [
      { text: `  ${at + 1}. `, style: DIM },
      { text: sanitiseLine(hop.node), style: BOLD },
      { text: `  ${hop.why}`, style: DIM },
    ],
  );
  const [owner, ...rest] = found.owners.map(sanitiseLine);
  const end =
    owner === undefined
      ? plain('Nobody was found: those on the way did not answer. Try again in a moment.')
      : plain(`${owner} owns it${rest.length === 0 ? '' : `; ${rest.join(', ')} come after`} (${count(found.hops.length, 'hop')}, ${found.millis} ms).`);
  const record =
    found.userId === null
      ? plain('Nobody on the ring bears the name.')
      : plain(`It is the name of user ${found.userId.slice(0, 16)}; the record lies at ${found.holders.map(sanitiseLine).join(', ')}.`);
  return [plain(`The key lies at ${found.key.slice(0, PLACE_DIGITS)} on the circle.`), ...hops, end, record];
}
