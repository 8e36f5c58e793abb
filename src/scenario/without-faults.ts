import { expandNames, type NameList } from './names.ts';
import type { RawStep } from './random-steps.ts';
import type { RawScenario } from './shrink.ts';

/** Steps that break something, or mend what such a step broke. */
const FAULTS: ReadonlySet<string> = new Set([
  'kill',
  'stop',
  'restart',
  'cut',
  'delay',
  'latency',
  'loss',
  'duplicate',
  'reorder',
  'bandwidth',
  'heal',
  'pause',
  'resume',
  'slow',
  'disk',
  'clock',
]);

type Start = NameList | { readonly nodes: NameList; readonly conduct?: string };

/**
 * The same scenario where nothing is broken: no faults, everybody plays by the rules, and who was started runs to the end.
 * Whatever it expects should come true; a smaller scenario of which this is not so has lost what its expectation rests on.
 * What is drawn must have been written out before (`writtenOut`).
 */
export function withoutFaults(scenario: RawScenario): RawScenario {
  const { network, ...rest } = scenario as { network?: Readonly<Record<string, unknown>> } & RawScenario;
  const { loss: _, ...kept } = network ?? {};
  return { ...rest, ...(network === undefined ? {} : { network: kept }), steps: calm(scenario.steps, { running: new Set(), seedServer: false }) };
}

/** What runs while the steps are gone through in the order of the file. */
interface Running {
  readonly running: Set<string>;
  seedServer: boolean;
}

function calm(steps: readonly RawStep[], state: Running): RawStep[] {
  return steps.flatMap((step): RawStep[] => {
    const { parallel, start, 'seed-server': seedServer } = step as { parallel?: Array<RawStep | RawStep[]>; start?: Start; 'seed-server'?: unknown };
    if (parallel !== undefined) {
      const strands = parallel.map((strand) => calm(Array.isArray(strand) ? strand : [strand], state)).filter((strand) => strand.length > 0);
      return strands.length === 0 ? [] : [{ parallel: strands }];
    }
    if (Object.keys(step).some((key) => FAULTS.has(key))) return [];
    if (seedServer !== undefined) {
      if (seedServer === 'stop' || state.seedServer) return [];
      state.seedServer = true;
      return [{ ...step, 'seed-server': 'start' }];
    }
    return start === undefined ? [step] : honest(step, start, state.running);
  });
}

/** Starts those that do not run yet, as honest nodes. */
function honest(step: RawStep, start: Start, running: Set<string>): RawStep[] {
  const isLong = typeof start === 'object' && 'nodes' in start;
  const names = expandNames(isLong ? start.nodes : start).filter((name) => !running.has(name));
  if (names.length === 0) return [];
  for (const name of names) running.add(name);
  if (!isLong) return [{ ...step, start: names }];
  const { conduct: _, ...rest } = start;
  return [{ ...step, start: { ...rest, nodes: names } }];
}
