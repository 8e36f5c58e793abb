import type { Distribution } from '../core/distributions.ts';
import type { MachineFaultSettings } from '../core/faults.ts';
import type { Rule } from '../core/rules.ts';

/** What a node is made to suffer, seen from outside. */
export interface FaultsOfNode extends MachineFaultSettings {
  readonly node: string;
  readonly pid: number;
  /** Its process runs other nodes, too. */
  readonly shares: boolean;
  /** It does not answer: stopped by a signal, or hanging. */
  readonly paused: boolean;
  /** How many times slower it was made; 1: not. */
  readonly slowFactor: number;
  /** Its process ended without a goodbye and nobody has started it again. */
  readonly killed: boolean;
  /** How it behaves against the rules; null: it does not. */
  readonly conduct: string | null;
  readonly rules: readonly Rule[];
}

/** Rules of all nodes together: one that started later does not have them yet. */
export function allRules(all: readonly FaultsOfNode[]): Rule[] {
  return [...new Map(all.flatMap(({ rules }) => rules.map((rule) => [rule.id, rule] as const))).values()];
}

/** `is 2 s ahead`, `gains 20 ms each second`, `is right` */
export function sayClock({ skewMillis, driftMillisPerSecond }: Pick<MachineFaultSettings, 'skewMillis' | 'driftMillisPerSecond'>): string {
  if (driftMillisPerSecond !== 0) return `${driftMillisPerSecond > 0 ? 'gains' : 'loses'} ${Math.abs(driftMillisPerSecond)} ms each second`;
  return skewMillis === 0 ? 'is right' : `is ${Math.abs(skewMillis) / 1_000} s ${skewMillis > 0 ? 'ahead' : 'behind'}`;
}

/** What a rule does, in the words by which it is ordered. */
function sayWhat(rule: Rule): string {
  switch (rule.kind) {
    case 'cut':
      return 'cut';
    case 'delay':
      return `delay ${rule.delayMillis}ms${rule.jitterMillis === 0 ? '' : ` jitter ${rule.jitterMillis}ms`}`;
    case 'latency':
      return `latency ${sayLaw(rule.distribution)}`;
    case 'matrix':
      return `latency matrix of ${rule.delayMillis.length} places`;
    case 'loss':
    case 'duplicate':
      return `${rule.kind} ${rule.probability}`;
    case 'reorder':
      return `reorder ${rule.probability} by ${rule.byMillis}ms`;
    case 'bandwidth':
      return `bandwidth ${rule.bytesPerSecond} queue ${rule.queueBytesMax}`;
  }
}

function sayLaw(of: Distribution): string {
  switch (of.law) {
    case 'constant':
      return `constant value ${of.millis}ms`;
    case 'uniform':
      return `uniform min ${of.minMillis}ms max ${of.maxMillis}ms`;
    case 'exponential':
      return `exponential mean ${of.meanMillis}ms`;
    case 'lognormal':
      return `lognormal median ${of.medianMillis}ms sigma ${of.sigma}`;
    case 'weibull':
      return `weibull scale ${of.scaleMillis}ms shape ${of.shape}`;
    case 'pareto':
      return `pareto min ${of.minMillis}ms alpha ${of.alpha}`;
  }
}

/** One fault a line, for people. */
export function sayFaults(all: readonly FaultsOfNode[]): string[] {
  const group = (names: readonly string[]) => (names.includes('*') ? 'everyone' : names.join(','));
  const lines = allRules(all).map((rule) => {
    const without = all.filter(({ rules, paused, killed }) => !paused && !killed && !rules.some(({ id }) => id === rule.id)).map(({ node }) => node);
    const ends = `${rule.oneWay ? 'from' : 'between'} ${group(rule.from)} ${rule.oneWay ? 'to' : 'and'} ${group(rule.to)}`;
    return `${rule.id}: ${sayWhat(rule)} ${ends}${without.length === 0 ? '' : ` (not at ${without.join(', ')}, which started later)`}`;
  });
  for (const each of all) {
    const { node, paused, slowFactor, killed, conduct, diskFull, skewMillis, driftMillisPerSecond } = each;
    if (killed) lines.push(`${node}: killed, until: confab fault restart ${node}`);
    if (conduct !== null) lines.push(`${node}: lies (${conduct}), until: confab fault heal ${node}`);
    if (slowFactor !== 1) lines.push(`${node}: ${slowFactor} times slower`);
    if (paused && slowFactor === 1) lines.push(`${node}: does not answer (paused?)`);
    if (diskFull) lines.push(`${node}: the disk is full`);
    if (skewMillis !== 0 || driftMillisPerSecond !== 0) lines.push(`${node}: the clock ${sayClock(each)}`);
  }
  return lines.length === 0 ? ['Nothing is broken.'] : lines;
}
