import type { Scenario } from './load.ts';
import type { Step } from './steps.ts';

type VerbStep = Extract<Step, { readonly type: 'verb' }>;

/** The first step that ends or halts a process from outside, which nodes that share one cannot bear; null when there is none. */
export function stepForOwnProcess(scenario: Scenario): VerbStep | null {
  return find(scenario.steps, new Set());
}

/** `running` is who may run when the steps begin; nobody is taken out who might still be there. */
function find(steps: readonly Step[], running: Set<string>): VerbStep | null {
  for (const step of steps) {
    const found = findInStep(step, running);
    if (found !== null) return found;
  }
  return null;
}

function findInStep(step: Step, running: Set<string>): VerbStep | null {
  switch (step.type) {
    case 'verb': {
      const { verb, value } = step;
      const ends = verb.ownProcess === 'always' || (verb.ownProcess === 'running' && verb.mentions(value).some((name) => running.has(name)));
      if (ends) return step;
      const { starts = [], ends: ended = [] } = verb.life?.(value) ?? {};
      for (const name of starts) running.add(name);
      if (!step.maybe && step.fails === null) for (const name of ended) running.delete(name);
      return null;
    }
    case 'expect':
      return null;
    case 'parallel':
      return findInLists(step.strands, running);
    case 'repeat':
      return findInLists(step.rounds, running);
  }
}

function findInLists(lists: ReadonlyArray<readonly Step[]>, running: Set<string>): VerbStep | null {
  for (const list of lists) {
    const found = find(list, running);
    if (found !== null) return found;
  }
  return null;
}
