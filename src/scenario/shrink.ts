import { DRAWN_GROUPS } from './drawn/all.ts';
import { NO_WORKLOADS } from './drawn/drawn-group.ts';
import { expandNames, type NameList } from './names.ts';
import { drawSteps, type RandomSteps, type RawStep } from './random-steps.ts';
import type { Workloads } from './workloads/workload.ts';

/** A scenario file as data. */
export type RawScenario = Readonly<Record<string, unknown>> & { readonly steps: readonly RawStep[] };

/** Says whether a smaller scenario still fails in the same way; false for one that cannot be played. */
export type StillFails = (scenario: RawScenario) => Promise<boolean>;

/** The file with everything written out that a seed draws or a count repeats, so that each single step can be taken away. */
export function writtenOut(scenario: RawScenario, seed: number, own: Workloads = NO_WORKLOADS): RawScenario {
  return { ...scenario, seed, steps: scenario.steps.flatMap((step, index) => flat(step, { seed, own }, String(index + 1))) };
}

interface Drawing {
  readonly seed: number;
  readonly own: Workloads;
}

function flat(step: RawStep, drawing: Drawing, number: string): RawStep[] {
  const { random, repeat, parallel } = step as { random?: RandomSteps; repeat?: { times: number; steps: RawStep[] }; parallel?: Array<RawStep | RawStep[]> };
  if (random !== undefined) return drawSteps(random, drawing.seed, number);
  for (const [name, group] of DRAWN_GROUPS) if (Object.hasOwn(step, name)) return group.draw(step[name], drawing.seed, number, drawing.own);
  if (repeat !== undefined) {
    return Array.from({ length: repeat.times }, (_, round) =>
      repeat.steps.flatMap((each, index) => flat(withRound(each, round + 1), drawing, `${number}.${round + 1}.${index + 1}`)),
    ).flat();
  }
  if (parallel === undefined) return [step];
  const strands = parallel.map((each, index) =>
    Array.isArray(each)
      ? each.flatMap((inner, part) => flat(inner, drawing, `${number}.${index + 1}.${part + 1}`))
      : flat(each, drawing, `${number}.${index + 1}`),
  );
  return [{ parallel: strands.filter((strand) => strand.length > 0) }];
}

function withRound(step: RawStep, round: number): RawStep {
  return JSON.parse(JSON.stringify(step).replaceAll('{round}', String(round))) as RawStep;
}

/**
 * Makes a failing scenario smaller while it still fails: fewer steps, fewer people, shorter waits, fewer messages.
 * Takes parts away by halves, then quarters, down to single steps (delta debugging, Zeller and Hildebrandt 2002), again and
 * again until nothing can go. The result fails, and no single step of it can be left out.
 */
export async function shrink(scenario: RawScenario, fails: StillFails, told: (left: number) => void = () => {}): Promise<RawScenario> {
  let current = scenario;
  let size = -1;
  while (size !== weight(current)) {
    size = weight(current);
    for (const pass of [withoutSteps, withoutPeople, inOneStrand, withLess]) {
      current = await pass(current, async (smaller) => {
        const still = await fails(smaller);
        if (still) told(countSteps(smaller.steps));
        return still;
      });
    }
  }
  return current;
}

function weight(scenario: RawScenario): number {
  return JSON.stringify(scenario.steps).length;
}

/** Single steps, those in strands included; notes are for people and not counted. */
export function countSteps(steps: readonly RawStep[]): number {
  return steps.reduce((sum, step) => {
    const { parallel, note } = step as { parallel?: Array<RawStep | RawStep[]>; note?: string };
    if (parallel !== undefined) return sum + parallel.reduce((inner, strand) => inner + countSteps(Array.isArray(strand) ? strand : [strand]), 0);
    return note === undefined ? sum + 1 : sum;
  }, 0);
}

/** Leaves of the tree in order: each is a step that can be taken away by its number. */
async function withoutSteps(scenario: RawScenario, fails: StillFails): Promise<RawScenario> {
  let current = scenario;
  for (let chunk = Math.max(1, countSteps(current.steps) >> 1); ; chunk = chunk >> 1) {
    let at = 0;
    while (at < countSteps(current.steps)) {
      const smaller = { ...current, steps: without(current.steps, at, at + chunk) };
      if (await fails(smaller)) current = smaller;
      else at += chunk;
    }
    if (chunk <= 1) return current;
  }
}

/** The steps without leaves number `from` to `to`. Notes go with the first cut. */
function without(steps: readonly RawStep[], from: number, to: number): RawStep[] {
  let at = 0;
  const kept = (list: readonly RawStep[]): RawStep[] =>
    list.flatMap((step) => {
      const { parallel, note } = step as { parallel?: Array<RawStep | RawStep[]>; note?: string };
      if (note !== undefined) return [];
      if (parallel !== undefined) {
        const strands = parallel.map((strand) => kept(Array.isArray(strand) ? strand : [strand])).filter((strand) => strand.length > 0);
        return strands.length === 0 ? [] : strands.length === 1 ? (strands[0] as RawStep[]) : [{ parallel: strands }];
      }
      const goes = at >= from && at < to;
      at += 1;
      return goes ? [] : [step];
    });
  return kept(steps);
}

/** Everybody who can be left out is: from lists, and with the steps that are about nobody else. */
async function withoutPeople(scenario: RawScenario, fails: StillFails): Promise<RawScenario> {
  let current = scenario;
  const names = new Set(current.steps.flatMap(startedBy));
  const all = [...names];
  for (let chunk = Math.max(1, all.length >> 1); chunk >= 1; chunk >>= 1) {
    for (let at = 0; at < all.length; at += chunk) {
      const gone = new Set(all.slice(at, at + chunk).filter((name) => names.has(name)));
      if (gone.size === 0) continue;
      const smaller = { ...current, steps: current.steps.flatMap((step) => stepWithout(step, gone)) };
      if (!(await fails(smaller))) continue;
      current = smaller;
      for (const name of gone) names.delete(name);
    }
  }
  return current;
}

function startedBy(step: RawStep): string[] {
  const { start } = step as { start?: NameList | { nodes: NameList } };
  if (start === undefined) return [];
  return expandNames(typeof start === 'object' && 'nodes' in start ? start.nodes : start);
}

function stepWithout(step: RawStep, gone: ReadonlySet<string>): RawStep[] {
  const { parallel } = step as { parallel?: Array<RawStep | RawStep[]> };
  if (parallel !== undefined) {
    const strands = parallel.map((strand) => (Array.isArray(strand) ? strand : [strand]).flatMap((each) => stepWithout(each, gone)));
    return [{ parallel: strands.filter((strand) => strand.length > 0) }];
  }
  const left = valueWithout(step, gone);
  return left === undefined ? [] : [left as RawStep];
}

/** A value without the names; undefined when nothing sensible is left of it. */
function valueWithout(value: unknown, gone: ReadonlySet<string>): unknown {
  if (typeof value === 'string') {
    const names = value.includes('..') ? expandNames(value) : [value];
    if (!names.some((name) => gone.has(name))) return value;
    const left = names.filter((name) => !gone.has(name));
    return left.length === 0 ? undefined : left.length === 1 ? left[0] : left;
  }
  if (Array.isArray(value)) {
    const left = value.map((each) => valueWithout(each, gone)).filter((each) => each !== undefined);
    return left.length === 0 && value.length > 0 ? undefined : left.flat();
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, valueWithout(each, gone)] as const);
  return entries.some(([, each]) => each === undefined) ? undefined : Object.fromEntries(entries);
}

/** What happens side by side may do one after the other, which is easier to follow. */
async function inOneStrand(scenario: RawScenario, fails: StillFails): Promise<RawScenario> {
  let current = scenario;
  for (let at = 0; at < current.steps.length; at += 1) {
    const { parallel } = current.steps[at] as { parallel?: Array<RawStep | RawStep[]> };
    if (parallel === undefined) continue;
    const smaller = { ...current, steps: [...current.steps.slice(0, at), ...parallel.flat(), ...current.steps.slice(at + 1)] };
    if (await fails(smaller)) current = smaller;
  }
  return current;
}

/** Fewer messages at a time and shorter waits, by halves. */
async function withLess(scenario: RawScenario, fails: StillFails): Promise<RawScenario> {
  let current = scenario;
  for (let at = 0; at < current.steps.length; at += 1) {
    for (;;) {
      const less = halved(current.steps[at] as RawStep);
      if (less === null) break;
      const smaller = { ...current, steps: current.steps.with(at, less) };
      if (!(await fails(smaller))) break;
      current = smaller;
    }
  }
  return current;
}

function halved(step: RawStep): RawStep | null {
  const { send, wait } = step as { send?: { count?: number }; wait?: string };
  if (send?.count !== undefined && send.count > 1) return { ...step, send: { ...send, count: send.count >> 1 } };
  const millis = /^([0-9]+)ms$/.exec(wait ?? '')?.[1];
  const seconds = /^([0-9]+)s$/.exec(wait ?? '')?.[1];
  const length = millis === undefined ? Number(seconds ?? 0) * 1_000 : Number(millis);
  return length >= 2 ? { ...step, wait: `${length >> 1}ms` } : null;
}
