import { Type } from '@sinclair/typebox';
import { type Distribution, DRAWN_MILLIS_MAX, LAWS } from '../core/distributions.ts';
import { SHAPE_MAX, SHAPE_MIN, SIGMA_MAX } from '../core/fault-limits.ts';
import { durationMillis, sayLongest } from './durations.ts';
import { duration, oneOf } from './parts.ts';

const positive = Type.Number({ minimum: SHAPE_MIN, maximum: SHAPE_MAX, description: 'a number' });

/** Keys by which a step says a law and its parameters. */
export const distributionKeys = {
  law: oneOf(LAWS, 'constant, uniform, exponential, lognormal, weibull or pareto'),
  value: Type.Optional(Type.Unsafe<string>({ ...duration, description: 'constant: the time' })),
  min: Type.Optional(Type.Unsafe<string>({ ...duration, description: 'uniform and pareto: the shortest time' })),
  max: Type.Optional(Type.Unsafe<string>({ ...duration, description: 'uniform: the longest time' })),
  mean: Type.Optional(Type.Unsafe<string>({ ...duration, description: 'exponential: the mean' })),
  median: Type.Optional(Type.Unsafe<string>({ ...duration, description: 'lognormal: half of all are shorter' })),
  sigma: Type.Optional(Type.Number({ minimum: 0, maximum: SIGMA_MAX, description: 'lognormal: deviation of the logarithm; 0.5 is usual for latencies' })),
  scale: Type.Optional(Type.Unsafe<string>({ ...duration, description: 'weibull: 63 in 100 are shorter' })),
  shape: Type.Optional(Type.Unsafe<number>({ ...positive, description: 'weibull: below 1, whoever has stayed long stays longer' })),
  alpha: Type.Optional(Type.Unsafe<number>({ ...positive, description: 'pareto: the smaller, the heavier the tail' })),
};

export interface WrittenDistribution {
  readonly law: Distribution['law'];
  readonly value?: string | undefined;
  readonly min?: string | undefined;
  readonly max?: string | undefined;
  readonly mean?: string | undefined;
  readonly median?: string | undefined;
  readonly sigma?: number | undefined;
  readonly scale?: string | undefined;
  readonly shape?: number | undefined;
  readonly alpha?: number | undefined;
}

type Parameter = Exclude<keyof WrittenDistribution, 'law'>;

const PARAMETERS: Readonly<Record<Distribution['law'], readonly Parameter[]>> = {
  constant: ['value'],
  uniform: ['min', 'max'],
  exponential: ['mean'],
  lognormal: ['median', 'sigma'],
  weibull: ['scale', 'shape'],
  pareto: ['min', 'alpha'],
};
const ALL_PARAMETERS: readonly Parameter[] = ['value', 'min', 'max', 'mean', 'median', 'sigma', 'scale', 'shape', 'alpha'];

/** Why these keys make no law, or null. */
export function misfitOfDistribution(written: WrittenDistribution): string | null {
  const wanted = PARAMETERS[written.law];
  const missing = wanted.find((name) => written[name] === undefined);
  if (missing !== undefined) return `the law ${written.law} needs ${wanted.map((name) => `"${name}"`).join(' and ')}`;
  const other = ALL_PARAMETERS.find((name) => written[name] !== undefined && !wanted.includes(name));
  if (other !== undefined) return `the law ${written.law} has no "${other}"; it takes ${wanted.map((name) => `"${name}"`).join(' and ')}`;
  const endless = wanted.find((name) => typeof written[name] === 'string' && millisOf(written[name]) > DRAWN_MILLIS_MAX);
  if (endless !== undefined) return `"${endless}" is more than ${sayLongest(DRAWN_MILLIS_MAX)}, and no time that is drawn is longer`;
  if (written.law === 'uniform' && millisOf(written.min) > millisOf(written.max)) return 'the times end before they begin';
  return null;
}

/** What `misfitOfDistribution` found nothing wrong with. */
export function toDistribution(written: WrittenDistribution): Distribution {
  switch (written.law) {
    case 'constant':
      return { law: 'constant', millis: millisOf(written.value) };
    case 'uniform':
      return { law: 'uniform', minMillis: millisOf(written.min), maxMillis: millisOf(written.max) };
    case 'exponential':
      return { law: 'exponential', meanMillis: millisOf(written.mean) };
    case 'lognormal':
      return { law: 'lognormal', medianMillis: millisOf(written.median), sigma: written.sigma ?? 0 };
    case 'weibull':
      return { law: 'weibull', scaleMillis: millisOf(written.scale), shape: written.shape ?? 1 };
    case 'pareto':
      return { law: 'pareto', minMillis: millisOf(written.min), alpha: written.alpha ?? 1 };
  }
}

export function sayDistribution(written: WrittenDistribution): string {
  const parameters = PARAMETERS[written.law].map((name) => (name === 'value' ? `${written[name]}` : `${name} ${written[name]}`));
  return written.law === 'constant' ? parameters.join(' ') : `${written.law} with ${parameters.join(' and ')}`;
}

function millisOf(written: string | undefined): number {
  return written === undefined ? 0 : durationMillis(written);
}
