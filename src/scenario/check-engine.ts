import { ConfabError } from '../core/errors.ts';
import type { FaultKind } from '../core/faults.ts';
import type { Engine } from '../engine/engine.ts';
import type { Scenario } from './load.ts';
import type { Step } from './steps.ts';

/** Throws `bad-scenario`, with the line, for the first step that asks the engine for something that it cannot do. */
export function requireEngineFor(scenario: Scenario, engine: Engine): void {
  if (engine.refusal === undefined) return;
  for (const { step, kind } of needsOf(scenario.steps)) {
    const reason = engine.refusal(kind);
    if (reason !== null) {
      throw new ConfabError('bad-scenario', {
        file: scenario.file,
        line: step.line,
        reason: `the engine "${engine.name}" cannot do this (${kind}): ${reason}`,
      });
    }
  }
}

function* needsOf(steps: readonly Step[]): Generator<{ readonly step: Step; readonly kind: FaultKind }> {
  for (const step of steps) {
    switch (step.type) {
      case 'verb':
        for (const kind of step.verb.needs?.(step.value) ?? []) yield { step, kind };
        break;
      case 'expect':
        break;
      case 'parallel':
        for (const strand of step.strands) yield* needsOf(strand);
        break;
      case 'repeat':
        for (const round of step.rounds) yield* needsOf(round);
        break;
    }
  }
}
