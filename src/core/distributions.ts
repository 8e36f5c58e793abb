/**
 * Laws by which times are drawn: latencies, session lengths, think times. Plain data, so that they travel in rules,
 * scenarios and traces. All times in milliseconds.
 */
export type Distribution =
  | { readonly law: 'constant'; readonly millis: number }
  | { readonly law: 'uniform'; readonly minMillis: number; readonly maxMillis: number }
  /** Memoryless: the time until the next event of a Poisson process. */
  | { readonly law: 'exponential'; readonly meanMillis: number }
  /** Its logarithm is normal with deviation `sigma`: what queues in routers make of latencies. */
  | { readonly law: 'lognormal'; readonly medianMillis: number; readonly sigma: number }
  /** Shape below 1: whoever has stayed long stays longer (sessions in Stutzbach and Rejaie, 2006). */
  | { readonly law: 'weibull'; readonly scaleMillis: number; readonly shape: number }
  /** Heavy tail from `minMillis` on: no mean when `alpha` is 1 or less. */
  | { readonly law: 'pareto'; readonly minMillis: number; readonly alpha: number };

export const LAWS = ['constant', 'uniform', 'exponential', 'lognormal', 'weibull', 'pareto'] as const;

/** No draw is longer, whatever the tail: a day. */
export const DRAWN_MILLIS_MAX = 86_400_000;
const FRACTION_MIN = 2 ** -53;

/** Draws one time. `fraction` gives doubles in [0, 1); laws are drawn by inversion, the lognormal one by Box and Muller (1958). */
export function drawMillis(of: Distribution, fraction: () => number): number {
  const millis = draw(of, fraction);
  return millis > DRAWN_MILLIS_MAX ? DRAWN_MILLIS_MAX : millis;
}

function draw(of: Distribution, fraction: () => number): number {
  switch (of.law) {
    case 'constant':
      return of.millis;
    case 'uniform':
      return of.minMillis + (of.maxMillis - of.minMillis) * fraction();
    case 'exponential':
      return -of.meanMillis * Math.log(open(fraction));
    case 'lognormal': {
      const radius = Math.sqrt(-2 * Math.log(open(fraction)));
      return of.medianMillis * Math.exp(of.sigma * radius * Math.cos(2 * Math.PI * fraction()));
    }
    case 'weibull':
      return of.scaleMillis * (-Math.log(open(fraction))) ** (1 / of.shape);
    case 'pareto':
      return of.minMillis / open(fraction) ** (1 / of.alpha);
  }
}

/** In (0, 1), so that its logarithm is finite. */
function open(fraction: () => number): number {
  return Math.max(fraction(), FRACTION_MIN);
}

/** What half of all draws stay below, ms. */
export function medianMillis(of: Distribution): number {
  switch (of.law) {
    case 'constant':
      return of.millis;
    case 'uniform':
      return (of.minMillis + of.maxMillis) / 2;
    case 'exponential':
      return of.meanMillis * Math.LN2;
    case 'lognormal':
      return of.medianMillis;
    case 'weibull':
      return of.scaleMillis * Math.LN2 ** (1 / of.shape);
    case 'pareto':
      return of.minMillis * 2 ** (1 / of.alpha);
  }
}
