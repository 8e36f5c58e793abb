import type { RingPlace } from './run-facts.ts';
import { colourOf, escapeText, short } from './svg.ts';

const SIZE = 420;
const RADIUS = 140;
const MEMBERS_MAX = 64;
/** Names of members that stand so close together are written further and further out, radians. */
const CROWDED = 0.12;
const ROWS = 4;

/** The ring as its members see it: a point for each place, an arrow to the first successor; red where it is not the next member. */
export function ringView(members: readonly RingPlace[], title: string): string {
  if (members.length === 0) return `<p class="none">${escapeText(title)}: nobody was on the ring.</p>`;
  const sorted = [...members].sort((one, other) => (one.place < other.place ? -1 : 1)).slice(0, MEMBERS_MAX);
  const angleOf = (place: string) => (Number.parseInt(place.slice(0, 8), 16) / 2 ** 32) * 2 * Math.PI - Math.PI / 2;
  const point = (place: string, radius: number) => [SIZE / 2 + radius * Math.cos(angleOf(place)), SIZE / 2 + radius * Math.sin(angleOf(place))] as const;
  const byName = new Map(sorted.map((member) => [member.node, member]));
  const parts = [`<circle cx="${SIZE / 2}" cy="${SIZE / 2}" r="${RADIUS}" class="lane" fill="none"/>`];
  let row = 0;
  for (const [index, { node, place, successors }] of sorted.entries()) {
    const before = sorted[index - 1];
    row = before !== undefined && angleOf(place) - angleOf(before.place) < CROWDED ? (row + 1) % ROWS : 0;
    const [x, y] = point(place, RADIUS);
    const next = sorted[(index + 1) % sorted.length];
    const successor = byName.get(successors[0] ?? '');
    if (successor !== undefined && successor.node !== node) {
      const [toX, toY] = point(successor.place, RADIUS);
      const right = successor.node === next?.node;
      parts.push(
        `<line x1="${short(x)}" y1="${short(y)}" x2="${short(toX)}" y2="${short(toY)}" stroke="${right ? colourOf(0) : '#c0392b'}" stroke-width="${right ? 1 : 2}" marker-end="url(#head)"/>`,
      );
    }
    const [textX, textY] = point(place, RADIUS + 14 * (row + 1));
    const anchor = textX < SIZE / 2 - 5 ? 'end' : textX > SIZE / 2 + 5 ? 'start' : 'middle';
    parts.push(
      `<circle cx="${short(x)}" cy="${short(y)}" r="4" fill="${colourOf(0)}"/><text x="${short(textX)}" y="${short(textY + 4)}" text-anchor="${anchor}">${escapeText(node)}</text>`,
    );
  }
  parts.push(`<text x="8" y="16" class="title">${escapeText(title)} (${members.length})</text>`);
  return `<svg viewBox="0 0 ${SIZE} ${SIZE}" style="max-width:${SIZE}px" role="img" aria-label="${escapeText(title)}">${parts.join('')}</svg>`;
}
