import type { Rule } from '../core/rules.ts';
import { readMatrix } from './latency-matrix.ts';

/** A rule by which measured times are added, without its ends. */
export type MatrixPart = Pick<Extract<Rule, { kind: 'matrix' }>, 'kind' | 'places' | 'delayMillis' | 'jitterShare'>;

export interface MatrixWords {
  /** Who is where; others are put somewhere by their names. */
  readonly places: ReadonlyArray<{ readonly place: string; readonly nodes: readonly string[] }>;
  /** The file holds times for one way; else round trips. */
  readonly oneWayTimes: boolean;
  readonly jitterShare: number;
}

/** The same for steps and for orders; a string says what is wrong. */
export function matrixPart(written: string, { places, oneWayTimes, jitterShare }: MatrixWords): MatrixPart | string {
  const matrix = readMatrix(written);
  if (typeof matrix === 'string') return matrix;
  const there: Array<readonly [string, number]> = [];
  for (const { place, nodes } of places) {
    const index = matrix.places.indexOf(place);
    if (index < 0) return `the matrix has no place ${JSON.stringify(place)}; it has ${matrix.places.join(', ')}`;
    for (const each of nodes) there.push([each, index]);
  }
  const factor = oneWayTimes ? 1 : 0.5;
  return { kind: 'matrix', places: there, delayMillis: matrix.millis.map((row) => row.map((each) => each * factor)), jitterShare };
}
