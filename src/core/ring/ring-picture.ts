import { PLACES, placeOf } from './circle.ts';

export interface PicturedMember {
  /** One line of printable characters. */
  readonly label: string;
  /** 64 hex digits. */
  readonly id: string;
}

const MEMBERS_MAX = 32;
const LABEL_MAX = 14;
const RADIUS_COLUMNS = 22;
const DOTS = 120;

interface Spot {
  readonly row: number;
  readonly column: number;
  /** Right half of the circle: the label stands to the right of its mark. */
  readonly right: boolean;
}

/** The circle with its members, place 0 on top and places growing clockwise; no lines when there are too many, or none, to be told apart. */
export function ringPicture(members: readonly PicturedMember[]): string[] {
  if (members.length === 0 || members.length > MEMBERS_MAX) return [];
  const rows = Math.min(10, 4 + Math.ceil(members.length / 3));
  const width = 2 * (RADIUS_COLUMNS + LABEL_MAX + 3) + 1;
  const canvas = Array.from({ length: 2 * rows + 1 }, () => Array.from({ length: width }, () => ' '));
  const spotAt = (share: number): Spot => {
    const angle = share * 2 * Math.PI;
    return {
      row: Math.round(rows - rows * Math.cos(angle)),
      column: Math.round((width - 1) / 2 + RADIUS_COLUMNS * Math.sin(angle)),
      right: share <= 0.5,
    };
  };
  const put = (row: number, column: number, text: string): void => {
    const line = canvas[row];
    if (line !== undefined) for (const [at, character] of Array.from(text).entries()) line[column + at] = character;
  };
  for (let dot = 0; dot < DOTS; dot += 1) {
    const spot = spotAt(dot / DOTS);
    put(spot.row, spot.column, '·');
  }
  for (const { member, spot } of spread(members, spotAt)) {
    const label = member.label.slice(0, LABEL_MAX);
    put(spot.row, spot.column, '●');
    put(spot.row, spot.right ? spot.column + 2 : spot.column - 1 - label.length, label);
  }
  return canvas.map((line) => line.join('').trimEnd());
}

/** Members whose labels would stand on one line move to the next free one along the circle, as far as there is room. */
function spread(members: readonly PicturedMember[], spotAt: (share: number) => Spot): Array<{ member: PicturedMember; spot: Spot }> {
  const taken = new Set<string>();
  return [...members]
    .sort((a, b) => placeOf(a.id) - placeOf(b.id))
    .map((member) => {
      const share = placeOf(member.id) / PLACES;
      for (let step = 0; step < DOTS; step += 1) {
        const spot = spotAt((share + step / DOTS) % 1);
        const line = `${spot.row} ${spot.right}`;
        if (taken.has(line)) continue;
        taken.add(line);
        return { member, spot };
      }
      return { member, spot: spotAt(share) };
    });
}
