/** A node's place is the number in its name, as in the figures of the paper: n8 stands at 8 of 64. */
export const PLACES = 64;

export function placeOf(name: string): number {
  return Number(name.slice(1)) % PLACES;
}

/** Strictly inside the way clockwise from `from` to `to`; all the way round when they are the same. */
export function between(from: number, place: number, to: number): boolean {
  return from < to ? from < place && place < to : place > from || place < to;
}
