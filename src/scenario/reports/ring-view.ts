import { counted } from '../words.ts';
import type { RingPlace } from './run-facts.ts';
import { colourOf, escapeText, short } from './svg.ts';

const SIZE = 420;
const MARGIN = 60;
const RADIUS = 140;
/** Up to so many members, those who stand close together are written further and further out. */
const STAGGERED_MAX = 32;
/** Names take so much of the circle, radians: at the sides their height, above and below their width. */
const CROWDED = 0.12;
const CROWDED_ACROSS = 0.3;
const ROWS = 4;
const WRONG_SHOWN = 8;
const WRONG = '#c0392b';

/** The ring as its members see it: a point for each place, an arrow to the first successor; red where it is not the next member. */
export function ringView(members: readonly RingPlace[], title: string): string {
  if (members.length === 0) return `<p class="none">${escapeText(title)}: nobody was on the ring.</p>`;
  const sorted = [...members].sort((one, other) => (one.place < other.place ? -1 : 1));
  const point = (place: string, radius: number) => [SIZE / 2 + radius * Math.cos(angleOf(place)), SIZE / 2 + radius * Math.sin(angleOf(place))] as const;
  const byName = new Map(sorted.map((member) => [member.node, member]));
  const parts = [`<circle cx="${SIZE / 2}" cy="${SIZE / 2}" r="${RADIUS}" class="lane" fill="none"/>`];
  const wrong: string[] = [];
  let alone = 0;
  const dot = short(Math.max(1.2, Math.min(4, 400 / sorted.length)));
  const labels = labelRows(sorted);
  for (const [index, { node, place, successors }] of sorted.entries()) {
    const [x, y] = point(place, RADIUS);
    const next = sorted[(index + 1) % sorted.length];
    const isRight = sorted.length === 1 || successors[0] === next?.node;
    const isAlone = sorted.length > 1 && successors.length === 0;
    if (isAlone) alone += 1;
    else if (!isRight) wrong.push(node);
    const successor = byName.get(successors[0] ?? '');
    if (successor !== undefined && successor.node !== node) {
      const [toX, toY] = point(successor.place, RADIUS);
      parts.push(
        `<line x1="${short(x)}" y1="${short(y)}" x2="${short(toX)}" y2="${short(toY)}" stroke="${isRight ? colourOf(0) : WRONG}" stroke-width="${isRight ? 1 : 2}"${sorted.length > STAGGERED_MAX ? '' : ' marker-end="url(#head)"'}/>`,
      );
    }
    const known = `<title>${escapeText(`${node} at ${place}, follows: ${successors.slice(0, 3).join(', ') || 'nobody'}`)}</title>`;
    parts.push(`<circle cx="${short(x)}" cy="${short(y)}" r="${dot}" fill="${isRight ? colourOf(0) : isAlone ? colourOf(7) : WRONG}">${known}</circle>`);
    const row = labels[index] ?? null;
    if (row === null) continue;
    const [textX, textY] = point(place, RADIUS + 14 * (row + 1));
    const anchor = textX < SIZE / 2 - 5 ? 'end' : textX > SIZE / 2 + 5 ? 'start' : 'middle';
    parts.push(`<text x="${short(textX)}" y="${short(textY + 4)}" text-anchor="${anchor}">${escapeText(node)}</text>`);
  }
  parts.push(`<text x="${-MARGIN + 8}" y="16" class="title">${escapeText(title)} (${members.length})</text>`);
  const unnamed = labels.filter((row) => row === null).length;
  const words = [
    unnamed === 0 ? '' : `${unnamed} names are left out for want of room.`,
    sayAlone(alone),
    sayWrong(wrong),
    alone === 0 && wrong.length === 0 ? 'Everybody follows the next one.' : '',
  ]
    .filter((each) => each !== '')
    .join(' ');
  return `<div><svg viewBox="${-MARGIN} 0 ${SIZE + 2 * MARGIN} ${SIZE}" style="max-width:${SIZE + 2 * MARGIN}px" role="img" aria-label="${escapeText(title)}">${parts.join('')}</svg><p>${escapeText(words)}</p></div>`;
}

function sayAlone(alone: number): string {
  return alone === 0 ? '' : `${counted(alone, 'member')} in grey ${alone === 1 ? 'knows' : 'know'} nobody to follow yet.`;
}

function sayWrong(wrong: readonly string[]): string {
  if (wrong.length === 0) return '';
  const named = wrong.slice(0, WRONG_SHOWN).join(', ');
  return `In red, those whose successor is not the next member: ${named}${wrong.length > WRONG_SHOWN ? ` and ${wrong.length - WRONG_SHOWN} more` : ''}.`;
}

function angleOf(place: string): number {
  return (Number.parseInt(place.slice(0, 8), 16) / 2 ** 32) * 2 * Math.PI - Math.PI / 2;
}

/** How far out each name is written, in rows; null where there is no room for it. */
function labelRows(sorted: readonly RingPlace[]): Array<number | null> {
  let row = 0;
  let written = Number.NEGATIVE_INFINITY;
  return sorted.map(({ place }, index) => {
    const angle = angleOf(place);
    if (sorted.length <= STAGGERED_MAX) {
      const before = sorted[index - 1];
      row = before !== undefined && angle - angleOf(before.place) < CROWDED ? (row + 1) % ROWS : 0;
      return row;
    }
    const room = CROWDED + (CROWDED_ACROSS - CROWDED) * Math.abs(Math.sin(angle));
    if (angle - written < room) return null;
    written = angle;
    return 0;
  });
}
