import { DRAWN_MILLIS_MAX } from '../core/distributions.ts';
import {
  DELAY_MILLIS_MAX,
  DRIFT_MILLIS_MAX,
  GROUP_NODES_MAX,
  JITTER_SHARE_MAX,
  LINE_BYTES_MAX,
  SHAPE_MAX,
  SHAPE_MIN,
  SIGMA_MAX,
  SKEW_MILLIS_MAX,
} from '../core/fault-limits.ts';
import { boolean, choice, either, integer, list, number, record, type Shape, text, tuple } from '../core/shape.ts';

/** Shapes of what fault commands carry: rules and faults of machines come from outside, like everything on a control socket. */

const PLACES_MAX = 256;

const group = list(text(1, 80), GROUP_NODES_MAX);
const ends = { id: text(1, 64), from: group, to: group, oneWay: boolean };
const millis = number(0, DELAY_MILLIS_MAX);
const drawn = number(0, DRAWN_MILLIS_MAX);
const share = number(0, 1);

const distribution: Shape = either(
  record({ law: choice('constant'), millis: drawn }),
  record({ law: choice('uniform'), minMillis: drawn, maxMillis: drawn }),
  record({ law: choice('exponential'), meanMillis: drawn }),
  record({ law: choice('lognormal'), medianMillis: drawn, sigma: number(0, SIGMA_MAX) }),
  record({ law: choice('weibull'), scaleMillis: drawn, shape: number(SHAPE_MIN, SHAPE_MAX) }),
  record({ law: choice('pareto'), minMillis: drawn, alpha: number(SHAPE_MIN, SHAPE_MAX) }),
);

export const ruleShape: Shape = either(
  record({ ...ends, kind: choice('cut') }),
  record({ ...ends, kind: choice('delay'), delayMillis: millis, jitterMillis: millis }),
  record({ ...ends, kind: choice('latency'), distribution }),
  record({
    ...ends,
    kind: choice('matrix'),
    places: list(tuple(text(1, 80), integer(0, PLACES_MAX - 1)), 65_536),
    delayMillis: list(list(millis, PLACES_MAX), PLACES_MAX),
    jitterShare: number(0, JITTER_SHARE_MAX),
  }),
  record({ ...ends, kind: choice('loss'), probability: share }),
  record({ ...ends, kind: choice('duplicate'), probability: share }),
  record({ ...ends, kind: choice('reorder'), probability: share, byMillis: millis }),
  record({ ...ends, kind: choice('bandwidth'), bytesPerSecond: integer(1, LINE_BYTES_MAX), queueBytesMax: integer(0, LINE_BYTES_MAX) }),
);

/** Rules that a node holds at a time. */
export const RULES_MAX = 256;

export const machineFaultShapes = {
  diskFull: boolean,
  skewMillis: number(-SKEW_MILLIS_MAX, SKEW_MILLIS_MAX),
  driftMillisPerSecond: number(-DRIFT_MILLIS_MAX, DRIFT_MILLIS_MAX),
};
