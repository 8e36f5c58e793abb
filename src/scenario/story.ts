import type { Scenario } from './load.ts';
import type { Step } from './steps.ts';
import { revealed } from './words.ts';

/** A scenario as numbered sentences, one for each step. */
export function storyOf(scenario: Scenario): string[] {
  const lines: string[] = [];
  tell(scenario.steps, '', lines, { count: 0 });
  return lines;
}

function tell(steps: readonly Step[], indent: string, lines: string[], at: { count: number }): void {
  for (const step of steps) {
    switch (step.type) {
      case 'verb':
        at.count += 1;
        lines.push(`${indent}${String(at.count).padStart(2)}. ${revealed(step.verb.words(step.value))}`);
        break;
      case 'expect':
        at.count += 1;
        lines.push(
          `${indent}${String(at.count).padStart(2)}. it must be so: ${step.checks.map(({ expectation, value }) => revealed(expectation.words(value))).join('; ')}`,
        );
        break;
      case 'parallel':
        lines.push(`${indent}side by side:`);
        for (const strand of step.strands) {
          lines.push(`${indent} -`);
          tell(strand, `${indent}   `, lines, at);
        }
        break;
      case 'repeat':
        for (const round of step.rounds) tell(round, indent, lines, at);
        break;
    }
  }
}
