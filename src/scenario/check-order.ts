import { didYouMean } from '../control/nearest.ts';
import type { Problem } from './check-shape.ts';
import type { Step } from './steps.ts';

/**
 * Walks through the steps without playing them: a node that no earlier step started is a slip of the pen,
 * and so is a node that is started twice.
 */
export function orderProblems(steps: readonly Step[]): Problem[] {
  const book: Book = { started: new Set(), users: new Set(), running: new Set(), problems: [] };
  walk(steps, book);
  return book.problems;
}

interface Book {
  readonly started: Set<string>;
  /** Whose nodes those are. */
  readonly users: Set<string>;
  readonly running: Set<string>;
  readonly problems: Problem[];
}

function walk(steps: readonly Step[], book: Book): void {
  for (const step of steps) {
    if (book.problems.length > 0) return;
    switch (step.type) {
      case 'verb':
        walkVerb(step, book);
        break;
      case 'expect':
        for (const { expectation, value } of step.checks) requireStarted(expectation.mentions(value), step, book);
        break;
      case 'parallel':
        for (const strand of step.strands) walk(strand, book);
        break;
      case 'repeat':
        for (const round of step.rounds) walk(round, book);
        break;
    }
  }
}

function walkVerb(step: Extract<Step, { type: 'verb' }>, book: Book): void {
  requireStarted(step.verb.mentions(step.value), step, book);
  // A step that must be refused changes nothing.
  const life = step.fails === null ? step.verb.life?.(step.value) : undefined;
  const again = step.verb.name === 'start' && !step.maybe ? life?.starts?.find((name) => book.running.has(name)) : undefined;
  if (again !== undefined) report(step, `${again} runs already; stop or kill it first, or use restart`, book);
  for (const name of life?.starts ?? []) {
    book.started.add(name);
    book.users.add(name.split('@')[0] ?? name);
    book.running.add(name);
  }
  for (const name of life?.ends ?? []) book.running.delete(name);
}

function requireStarted(names: readonly string[], step: Step, book: Book): void {
  const missing = names.find((name) => !book.started.has(name) && !book.users.has(name));
  if (missing !== undefined) report(step, `the node ${missing} is used here, but no step before this one starts it.${didYouMean(missing, book.started)}`, book);
}

function report(step: Step, reason: string, book: Book): void {
  if (book.problems.length === 0) book.problems.push({ path: step.path, atKey: false, reason });
}
